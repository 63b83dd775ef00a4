"""Codes of our own that end, as staff see them: brought by a file, counted, told of, and issued anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.approvals.doors import plain
from tests.orders.office import POOLED, Office, opened_office
from tests.redeem.house import EUR_200
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.codes import add_codes
from guerdon.engine.orders.cases import Complaint, open_case
from guerdon.engine.orders.pools import ENDING_ALARM, watch_pools
from guerdon.store.codes import Code
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

BRINGS = "green_basket,200.00 EUR"
HEADINGS = {
    "en": ("End within 30 days", "Expired unused"),
    "es": ("Caducan en 30 días", "Caducados sin usar"),
    "de": ("Enden in 30 Tagen", "Ungenutzt abgelaufen"),
    "fr": ("30 jours", "Expirés sans usage"),
    "ar": ("تنتهي خلال 30 يومًا", "انتهت دون استخدام"),
    "id": ("Berakhir dalam 30 hari", "Kedaluwarsa tanpa dipakai"),
}


@pytest.fixture(scope="module")
def office(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Open the console on a house with orders, for all of these tests."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_office(url, secret, tmp_path_factory.mktemp("home")) as opened,
    ):
        yield opened
        opened.here.check()


def bring(office: Office, item: str, ends: dict[str, datetime | None]) -> None:
    with office.here.house.working() as tx:
        codes = [Code(item, EUR_200, f"{item} {text}", end) for text, end in ends.items()]
        assert all(add_codes(tx, office.here.house.vault, office.here.house.program_id, codes))


def told(office: Office, now: datetime) -> list[tuple[object, ...]]:
    """Of which items somebody is told now that many codes end, and how many."""
    house = office.here.house
    with house.working() as tx:
        watch_pools(tx, house.program_id, now)
    return house.rows(
        "select subject, detail ->> 'ending' from alarms where kind = %(k)s and settled_at is null",
        k=ENDING_ALARM,
    )


def cells_of(page: str, item: str) -> list[str]:
    """What the table says of a pool."""
    row = next(each for each in page.split("<tr>") if f"<bdi>{item}</bdi></th>" in each)
    return [" ".join(plain(cell).split()) for cell in row.partition("</tr>")[0].split("<td")[1:]]


def test_a_file_says_until_when_and_each_mistake_is_told_with_its_line(office: Office) -> None:
    today = utc_now().date()
    lines = [
        "item,value,code,expires_on",
        f"{BRINGS},ENDS-1,{today + timedelta(days=400)}",
        f"{BRINGS},ENDS-2,",
        f"{BRINGS},ENDS-3,{today - timedelta(days=2)}",
        f"{BRINGS},ENDS-4,next year",
        f"{BRINGS},{today},SECRET-5",
        f"{BRINGS},ENDS-6",
    ]
    rita = office.visitor("rita")
    file = SimpleUploadedFile("codes.csv", "\n".join(lines).encode())
    answer = rita.send("pools", act="bring", file=file)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "New: 2. Known before: 0. Wrong: 4." in plain(page)
    for line, why in (
        (4, "expires_on: the code has expired already"),
        (5, "expires_on: is neither a day nor a time"),
        (6, "expires_on: is neither a day nor a time"),
        (7, "is not four cells"),
    ):
        assert f"line {line}" in page
        assert why in page
    for hidden in ("ENDS-", "SECRET"):
        assert hidden not in page
    assert office.here.house.rows(
        "select expires_at = 'infinity', expires_at > now() + interval '399 days' from codes"
        " where item = 'green_basket' order by id"
    ) == [(False, True), (True, True)]


def test_a_file_that_comes_again_says_how_many_ends_it_changed(office: Office) -> None:
    rita, today = office.visitor("rita"), utc_now().date()
    sayings = {
        "en": "Known before: 1. Wrong: 0. Ends changed: 2.",
        "es": "Fechas de fin cambiadas: 2.",
        "de": "Gültigkeit geändert: 2.",
        "fr": "Dates de fin modifiées : 2.",
        "ar": "غُيّر تاريخ الانتهاء: 2.",
        "id": "Tanggal berakhir diubah: 2.",
    }

    def bring_file(end: str, language: str = "en") -> str:
        lines = [f"book_lantern,25.00 EUR,AGAIN-{n},{end if n else ''}" for n in range(3)]
        file = SimpleUploadedFile("codes.csv", "\n".join(["item,value,code,expires_on", *lines]).encode())
        token = rita.page("pools").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {"csrfmiddlewaretoken": token, "act": "bring", "file": file}
        answer = rita.client.post(f"{rita.home}pools", form, headers={"accept-language": language})
        assert answer.status_code == 200
        return " ".join(plain(answer.content.decode()).split())

    assert "Ends changed" not in bring_file("")
    for days, (language, said) in enumerate(sayings.items()):
        assert said in bring_file(str(today + timedelta(days=500 + days)), language), language


def test_staff_see_how_many_end_and_how_many_ended_unused(office: Office) -> None:
    now = utc_now()
    ends = {"over": -3, "over too": -1, "soon": 10, "later": 25, "much later": 90}
    bring(office, "counted", {text: now + timedelta(days=days) for text, days in ends.items()})
    bring(office, "counted", {"endless": None, "nearly over": now + timedelta(hours=20)})
    rita = office.visitor("rita")
    page = rita.page("pools")
    cells = cells_of(page, "counted")
    assert [cell.rpartition(">")[2] for cell in cells[:5]][1:4] == ["4", "2", "3"]
    assert "counted over" not in page
    for language, headings in HEADINGS.items():
        shown = rita.plain("pools", language)
        for heading in headings:
            assert heading in shown, language


def test_somebody_is_told_when_many_end_soon_and_not_any_more_when_they_do_not(office: Office) -> None:
    now = utc_now()
    bring(office, "told", {str(n): now + timedelta(days=20, hours=n) for n in range(10)})
    assert ("told", "10") not in told(office, now)
    later = now + timedelta(days=8)
    assert ("told", "10") in told(office, later)
    assert told(office, later) == told(office, later)
    raised = "select count(*) from alarms where kind = %(k)s and subject = 'told'"
    assert office.here.house.rows(raised, k=ENDING_ALARM) == [(1,)]
    # Ten of a hundred and one are few.
    bring(office, "told", {f"endless {n}": None for n in range(91)})
    assert ("told", "10") not in told(office, later)
    assert office.here.house.rows(f"{raised} and settled_at is not null", k=ENDING_ALARM) == [(1,)]
    # What is over does not end any more.
    bring(office, "over", {"it": now + timedelta(days=3)})
    assert ("over", "1") in told(office, now)
    assert "over" not in {item for item, _ in told(office, now + timedelta(days=3))}


def test_who_could_not_use_it_in_time_is_given_another(office: Office) -> None:
    here = office.here
    member, there = office.ordered(POOLED)
    number = read("ord", there.partition("/")[2])
    assert number is not None
    with psycopg.connect(here.house.url, options="-c search_path=guerdon") as db:
        db.execute(
            "update codes set issued_at = now() - interval '9 days', expires_at = now() - interval '1 day'"
            " where order_id = %s",
            (number,),
        )
    with here.house.opens(member)() as tx:
        said = Complaint(here.house.program_id, member, number, "not_accepted", "it had ended")
        assert open_case(tx, here.house.vault, said, utc_now()) == "opened"
    rita = office.visitor("rita")
    assert "good until" in rita.plain(there)
    assert "and 1 in their hands" in cells_of(rita.page("pools"), "Card")[3]
    assert rita.send(there, act="reissue", reason="expired").status_code == 303
    assert office.audited("order.reissued")[-1] == (there.partition("/")[2], "expired")
    assert here.house.rows(
        "select f.state, c.state, c.expires_at > now() from fulfillments f join codes c using (order_id)"
        " where member_id = %(m)s order by 1",
        m=member,
    ) == [("fulfilled", "issued", True), ("returned", "void", False)]
