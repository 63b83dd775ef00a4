"""The pages of quarantine: found by reason, looked at raw and mapped, tried again, put away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import House

from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.store.database import connect
from guerdon.text.catalogs import words
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

PATH = "events/quarantine"
BODY = (
    b'{"specversion": "1.0", "id": "a-1", "source": "/crm", "type": "order.plaiced", "subject": "crm:c7",'
    b' "data": {"type": "Ada L."}}'
)


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened


def set_apart(doors: Doors, reason: str = "malformed_event", n: int = 1) -> str:
    """So many things set apart, one to a request; the page of the last."""
    house = doors.house
    with connect(house.url, house.secret, "web") as db:
        bad = [Unusable(0, reason, "It <b>says</b> nothing", "x-1")]
        keep_deliveries(
            db, house.vault, house.program_id, [Delivery("gone", BODY, bad) for _ in range(n)], utc_now()
        )
    ((number,),) = house.rows("select max(id) from quarantine")
    return f"{PATH}/{show('qrt', int(str(number)))}"


def test_it_is_found_by_reason_connection_and_day(doors: Doors) -> None:
    opa = doors.visitor("opa")
    assert "No refused events." in opa.plain(PATH)
    set_apart(doors, n=60)
    other = set_apart(doors, "too_many")
    page = opa.page(PATH)
    assert page.count(f'href="{opa.home}{PATH}/qrt_') == 50
    (older,) = [each for each in page.split('"') if "before=qrt_" in each]
    rest = opa.page(older.replace("&amp;", "&").removeprefix(opa.home))
    assert rest.count(f'href="{opa.home}{PATH}/qrt_') == 11
    only = opa.page(f"{PATH}?reason=too_many&connection=gone&day={utc_now():%Y-%m-%d}")
    assert only.count(f'href="{opa.home}{PATH}/qrt_') == 1
    assert other in only
    assert f"{PATH}/qrt_" not in opa.page(f"{PATH}?day=2020-01-01")
    assert f"{PATH}/qrt_" not in opa.page(f"{PATH}?reason=%00nonsense")


def test_it_is_shown_masked_and_who_looks_behind_the_mask_is_told(doors: Doors) -> None:
    there = set_apart(doors)
    olga, cora = doors.visitor("olga"), doors.visitor("cora")
    page = olga.page(there)
    assert "order.plaiced" in page
    assert "crm:c7" not in page
    assert "Ada L." not in page
    assert "<b>says" not in page
    assert "Connection gone from the program" in page
    assert mended_at(page) == "program"
    assert olga.get(f"{there}/raw").status_code == 404
    assert "crm:c7" not in cora.page(there)
    shown = cora.get(f"{there}/raw")
    assert "crm:c7" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert doors.house.rows("select actor, subject from audit where action = 'quarantine.opened'") == [
        (show("per", doors.house.people["cora"]), there.rpartition("/")[2])
    ]


def mended_at(page: str) -> str:
    """Where the mapping is mended."""
    before = page.partition(">Mend the mapping")[0]
    return before.rpartition('href="')[2].rstrip('"').rpartition("/")[2]


def test_all_of_a_reason_is_tried_again_and_one_put_away(doors: Doors) -> None:
    there = set_apart(doors, n=3)
    set_apart(doors, "too_many")
    olga = doors.visitor("olga")
    asked = olga.send(PATH, form=f"{PATH}?reason=malformed_event", act="retry", reason="malformed_event")
    assert asked.status_code == 303
    standing = "select reason, count(*) from quarantine where settled_at is null group by 1 order by 1"
    assert doors.house.rows(standing) == [("no_connection", 3), ("too_many", 1)]
    assert "Tried again by olga" in olga.plain(there)
    assert "It was set apart again" in olga.plain(there)
    assert olga.send(PATH, act="retry").status_code == 404
    ((number,),) = doors.house.rows("select max(id) from quarantine")
    newest = f"{PATH}/{show('qrt', int(str(number)))}"
    assert olga.send(newest, act="put_away", why=" ").status_code == 422
    assert olga.send(newest, act="put_away", why="a test").status_code == 303
    assert "Put away by olga" in olga.plain(newest)
    again = olga.send(newest, form=PATH, act="put_away", why="a test")
    assert again.status_code == 422
    assert "somebody else was first" in plain(again.content.decode())
    assert doors.house.rows("select count(*) from quarantine where settled_as = 'put_away'") == [(1,)]


def test_whoever_may_only_read_it_is_offered_nothing_and_refused(doors: Doors) -> None:
    there = set_apart(doors)
    ava = doors.visitor("ava")
    assert "Try it again" not in ava.page(there)
    assert ava.send(there, act="retry").status_code == 403
    # Of one market, she sees nothing of what stands nowhere.
    assert doors.visitor("mara").get(there).status_code == 404


def test_it_reads_in_every_language(doors: Doors) -> None:
    there = set_apart(doors)
    olga = doors.visitor("olga")
    for language in LANGUAGES:
        for path in (PATH, f"{PATH}?reason=malformed_event", there):
            page = olga.page(path, language)
            assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page
        assert words(language, "console").gettext("Try it again") in page
