"""The page: the sentence, before and now, parts by the address, who sees what; and one reward's clock."""

import re
from datetime import timedelta
from html import unescape

import pytest
from tests.deliveries.conftest import DEALER, EVERYTHING, Doors
from tests.deliveries.house import DAY, after
from tests.deliveries.test_vouchers import FILE, take

from guerdon.values.ids import show
from guerdon.web.console.deliveries import vouchers

MAY = "from=2026-05-01&to=2026-05-31"


def test_the_page_says_how_long_it_takes_and_took(doors: Doors) -> None:
    house = doors.house
    first = house.reward(4)
    house.order(first, after(3600), 26)
    second = house.reward(1, location="de-ulm")
    house.order(second, after(3600), 9, supplier="slow")
    house.follow()
    take(house, FILE)
    doors.sign_in(EVERYTHING)
    page = doors.page(f"delivery?{MAY}")
    assert "Half are there in 10 s, 95% in 31 s; before, half took 9 d." in page
    assert "Nothing is under way." in page
    # No wait is told of more than was measured; what stands in attributes (tokens, names) is nobody's number.
    assert "73" not in re.sub(r"<[^>]*>", " ", page)
    for language in ("de", "es", "fr", "ar", "id"):
        assert "Half are there" not in doors.page(f"delivery?{MAY}&part=given", language)
    # A part of it, by the address; and nothing where there is nothing.
    assert "Half are there in 10 s, 95% in 10 s" in doors.page(f"delivery?{MAY}&supplier=slow")
    assert "Nothing was delivered in these weeks." in doors.page(f"delivery?{MAY}&rule=nobody")
    assert "Nothing was delivered in these weeks." in doors.page("delivery?from=2026-06-01&to=2026-06-30")
    # Each reward has its clock, and a strange one none.
    own = doors.page(f"delivery/{show('mem', first)}/{show('rwd', first)}")
    assert "In their hands" in own
    assert "26 s" in own
    strange = f"/console/{house.program.key}/delivery/{show('mem', first)}/{show('rwd', second)}"
    assert doors.client.get(strange).status_code == 404
    # A dealer sees what is theirs.
    doors.sign_in(DEALER)
    theirs = doors.page(f"delivery?{MAY}")
    assert "Half are there in 31 s, 95% in 31 s" in theirs
    assert "de-ulm" not in theirs
    assert "slow" not in theirs


def test_what_is_under_way_is_there_with_its_forecast(doors: Doors) -> None:
    house = doors.house
    house.order(house.reward(4), after(3600), None, state="reserved")
    house.now = DAY + timedelta(hours=2)
    house.follow()
    house.watch()
    doors.sign_in(EVERYTHING)
    page = doors.page(f"delivery?{MAY}")
    assert "1 is not there yet." in page
    assert "1 is late or about to be." in page
    assert "Half are there in over" in page


def test_old_vouchers_come_in_by_a_form(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    def bring(text: str | None) -> tuple[int, str]:
        token = (
            doors.page("delivery/before").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        )
        file = {} if text is None else {"file": SimpleUploadedFile("old.csv", text.encode())}
        sent = {"csrfmiddlewaretoken": token, "act": "bring", **file}
        answer = doors.client.post(f"/console/{doors.house.program.key}/delivery/before", sent)
        return answer.status_code, unescape(answer.content.decode())

    doors.sign_in(EVERYTHING)
    head, good, *_ = FILE.splitlines()
    status, page = bring(f"{head}\n{good}\n2026-01-09,2026-01-02,,,\n")
    assert status == 422
    assert "1 row is wrong, so nothing was taken." in page
    assert "line 3, delivered_on: is before it was asked for" in page
    assert bring(None)[0] == 422
    status, page = bring(FILE)
    assert (status, "Taken: 5. Known before: 0." in page, "Half were there in 9 d" in page) == (
        200,
        True,
        True,
    )
    assert "Taken: 0. Known before: 5." in bring(FILE)[1]
    monkeypatch.setattr(vouchers, "FILE_BYTES_MAX", 10)
    assert bring(FILE)[0] == 422
    # A dealer reads what is theirs, and brings nothing.
    doors.sign_in(DEALER)
    page = doors.page("delivery/before")
    assert 'name="act"' not in page
    assert "3 vouchers, requested from" in page
    assert bring(FILE)[0] == 403
