"""All contacts read over: page by page, from the page it was at, whoever stops it."""

from datetime import timedelta

import pytest
from tests.approvals.doors import Doors
from tests.connections.house import KEY, PORTAL, House
from tests.standins.house import Stand

from guerdon.engine.crm.accounts import Looking
from guerdon.engine.crm.backfill import Reader, ask_backfill
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

THERE = f"connections/{KEY}"
MEMBERS = "select count(*) from members where member_id > 1000"
STANDING = "select state, pages, contacts, members, fault from crm_backfills"


def read(house: House, pages: int = 100) -> int:
    """Read so many pages, or all there are; how many that were."""
    reader = Reader(house.library(), house.hubspot.open, house.clock)
    with connect(house.url, house.secret, "worker") as db:
        for n in range(pages):
            if not reader.read(db, house.program_id):
                return n
    return pages


@pytest.fixture
def full(house: House, hubspot: Stand) -> Stand:
    """An account with 250 contacts, connected."""
    house.connect(Granted("token", hubspot.token, PORTAL))
    hubspot.add("contacts", *({"country": "Germany", "firstname": f"N{n}"} for n in range(250)))
    return hubspot


def ask(house: House, since: timedelta | None = None) -> bool:
    looking = Looking(house.program_id, house.vault, "per_test", utc_now())
    with house.opened("web") as tx:
        return ask_backfill(tx, looking, KEY, None if since is None else utc_now() - since)


def test_everybody_becomes_a_member_and_a_second_reading_changes_nothing(house: House, full: Stand) -> None:
    assert ask(house)
    assert not ask(house)
    assert read(house) == 3
    assert house.rows(STANDING) == [("done", 3, 250, 250, "")]
    assert house.rows(MEMBERS) == [(250,)]
    assert full.control("GET", "/counts")
    assert ask(house)
    read(house)
    assert house.rows(MEMBERS) == [(250,)]
    assert (
        house.rows("select action from audit where action ^@ 'backfill' order by id")
        == [
            ("backfill.asked",),
            ("backfill.ended",),
        ]
        * 2
    )


def test_it_is_stopped_in_the_console_and_goes_on_from_the_page_it_was_at(
    doors: Doors, house: House, full: Stand
) -> None:
    opa = doors.visitor("opa")
    assert opa.send(THERE, act="backfill").status_code == 303
    assert read(house, 1) == 1
    page = opa.plain(THERE)
    assert "Contacts read100" in page.replace(" ", "").replace("Contactsread", "Contacts read")
    assert opa.send(THERE, act="cancel").status_code == 303
    assert read(house) == 0
    assert house.rows(MEMBERS) == [(100,)]
    assert opa.send(THERE, act="resume").status_code == 303
    assert read(house) == 2
    assert house.rows(STANDING) == [("done", 3, 250, 250, "")]
    assert house.rows(MEMBERS) == [(250,)]
    assert opa.send(THERE, act="resume").status_code == 422
    assert full.process.poll() is None


def test_trouble_is_waited_out_and_a_reader_that_died_is_followed_by_another(
    house: House, full: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(house)
    full.control("POST", "/faults", {"next": ["before"]})
    assert read(house) == 0
    assert house.rows("select fault from crm_backfills") == [("trouble",)]
    house.ahead = timedelta(seconds=61)
    with monkeypatch.context() as broken:
        broken.setattr("guerdon.engine.crm.backfill.keep_contacts", _fail)
        with pytest.raises(RuntimeError):
            read(house)
    # Its lease holds for a while.
    assert read(house) == 0
    house.ahead += timedelta(seconds=91)
    assert read(house) == 3
    assert house.rows(STANDING) == [("done", 3, 250, 250, "")]


def _fail(*_: object) -> None:
    raise RuntimeError


def test_only_those_changed_since_are_read(house: House, full: Stand) -> None:
    full.control("POST", "/clock", {"advance_s": 86_400})
    full.add("contacts", {"country": "Norway"}, {"country": "Norway"})
    assert ask(house, since=-timedelta(hours=12))
    read(house)
    assert house.rows("select contacts, members from crm_backfills") == [(2, 2)]
