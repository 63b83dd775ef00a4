"""What happened before is brought as events: once, whoever else tells of it, and on the day it happened."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tests.approvals.doors import Doors
from tests.approvals.house import PROGRAM
from tests.connections.house import DECLARED, KEY, PORTAL, House, opened_doors
from tests.connections.test_listening import customers, listen, tell
from tests.standins.house import CONTACTS, DEALS, Stand, wait_for

from guerdon.cli import main
from guerdon.connectors.hubspot.crm import HubSpotCrm
from guerdon.engine.arrivals import Unusable
from guerdon.engine.crm import journal
from guerdon.engine.crm.accounts import Looking
from guerdon.engine.crm.backfill import Reader, ask_backfill, cancel_backfill, resume_backfill
from guerdon.engine.crm.enriching import Desk, enrich
from guerdon.engine.crm.pages import finish_page
from guerdon.engine.crm.port import Known
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.publish import publish
from guerdon.engine.quarantine.settling import CHUNK, retry
from guerdon.engine.quarantine.settling import Reading as Parked
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.controls import intake
from guerdon.queries.controls.run import run_controls
from guerdon.store.crm import backfills
from guerdon.store.crm.accounts import Granted
from guerdon.store.crm.contacts import record_departures
from guerdon.store.database import connect
from guerdon.store.quarantine.settling import Chosen, Settled
from guerdon.values.clock import utc_now
from guerdon.web.readers import READERS

THERE = f"connections/{KEY}"
DAY = timedelta(days=1)
EVENTS = "  order.placed:\n    fields:\n      order_no: { type: string }\n"
MORE = (
    EVENTS
    + "  home.moved:\n    fields: { city: { type: string } }\n"
    + "  deal.won:\n    fields: { what: { type: string } }\n"
)
# Two things that contacts do, one that deals do; without a journal, so that nothing is claimed.
MAPPED = DECLARED.replace("    journal: true\n", "").replace(
    "    contacts:\n",
    "      - { property: city, event: home.moved, fields: { city: value } }\n"
    "    deals:\n"
    "      - { property: dealstage, value: closedwon, event: deal.won, fields: { what: dealname } }\n"
    "    contacts:\n",
)
COUNTED = "select contacts, members, events, known, early, ours, clipped from crm_backfills"
TYPES = "select type, count(*) from events where source = 'hubspot_eu' group by type order by type"
TWICE = "select coalesce(sum(n), 0)::int from intake_counts where what = 'told_twice'"
LISTED = "GET /crm/objects/{version}/{objectType}"
CUSTOMER = {"country": "Germany", "lifecyclestage": "customer"}


class Past(House):
    """A house whose account had a life before it was connected."""

    stand: Stand
    reader: Reader | None = None
    # Its program as it was written.
    source: str

    def read(self, pages: int = 100) -> int:
        reader = self.reader = self.reader or Reader(self.library(), self.hubspot.open, self.clock)
        with connect(self.url, self.secret, "worker") as db:
            for n in range(pages):
                if not reader.read(db, self.program_id):
                    return n
        return pages

    def bring(self, days: int, *, dry: bool = False) -> None:
        """Read over all that happened in so many days, to the end."""
        looking = Looking(self.program_id, self.vault, "per_test", self.clock())
        with self.opened("web") as tx:
            assert ask_backfill(tx, looking, KEY, None, self.clock() - days * DAY, dry=dry)
        self.read()
        assert self.rows("select state, fault from crm_backfills") == [("done", "")]

    def publish(self, old: str, new: str, days_ago: float = 0) -> None:
        """Make the program live with something else in it."""
        assert old in self.source
        text = self.source.replace(old, new)
        program = read_program(text, None)
        assert isinstance(program, Program), program
        self.program = program
        with connect(self.url, self.secret, "owner") as db:
            publish(db, program, "test", utc_now() - days_ago * DAY)

    def settle(self) -> None:
        """Decide and enrich until nothing is left."""
        desk = Desk(self.library(), self.hubspot.open, self.clock, self.graveyard)
        self.decide()
        with connect(self.url, self.secret, "worker") as db:
            while enrich(db, desk):
                self.decide()

    def ago(self, days: int, kind: str, *records: dict[str, Any]) -> list[str]:
        """Records that were made so many days ago, when nobody was told."""
        self.stand.control("POST", "/clock", {"advance_s": -days * 86_400})
        ids: list[str] = self.stand.control("POST", f"/records/{kind}", {"records": [*records]})["ids"]
        self.stand.control("POST", "/clock", {"advance_s": days * 86_400})
        return ids

    def webhook(self, record: str, name: str, path: str = CONTACTS, late_ms: int = 0) -> bytes:
        """What a webhook said of the newest value of a property."""
        asked = {"inputs": [{"id": record}], "properties": [], "propertiesWithHistory": [name]}
        (found,) = self.stand.ask("POST", f"{path}/batch/read", asked).body["results"]
        newest = found["propertiesWithHistory"][name][0]
        told = {
            "eventId": crc32(name.encode()),
            "subscriptionId": 5,
            "portalId": PORTAL,
            "objectId": int(record),
            "occurredAt": round(datetime.fromisoformat(newest["timestamp"]).timestamp() * 1000) + late_ms,
            "subscriptionType": f"{'contact' if path == CONTACTS else 'deal'}.propertyChange",
            "propertyName": name,
            "propertyValue": newest["value"],
        }
        return json.dumps([told]).encode()

    def tell(self, record: str, *names: str, path: str = CONTACTS, late_ms: int = 0) -> None:
        """Have webhooks tell of properties' newest values."""
        for name in names:
            tell(self, self.webhook(record, name, path, late_ms))

    def check_places(self) -> None:
        """Everything that came stands in one place, or is counted."""
        with self.opened("worker") as tx:
            found = run_controls(tx, utc_now(), intake.CONTROLS).breached
            assert [str(each) for one in found for each in one.breaches] == []


@pytest.fixture
def past(database: str, secret: str, tmp_path: Path, process: Stand) -> Iterator[Past]:
    """Give such a house."""
    process.reset()
    made = Past(database, secret)
    made.stand = process
    text = PROGRAM.read_text(encoding="utf-8")
    assert EVENTS in text
    program = tmp_path / "program.yaml"
    program.write_text(text.replace(EVENTS, MORE), encoding="utf-8")
    made.source = program.read_text(encoding="utf-8") + MAPPED
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.connections.house.PROGRAM", program)
        made.declare(process, tmp_path, MAPPED)
    made.connect(Granted("token", process.token, PORTAL))
    yield made
    made.db.close()
    made.check_places()


def test_the_past_is_counted_first_and_then_brought_on_its_day_by_the_rules_of_its_time(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    past.ago(500, "contacts", {"properties": CUSTOMER})
    past.ago(40, "contacts", *({"properties": CUSTOMER} for _ in range(110)))
    past.publish("{ value: 100 PTS", "{ value: 70 PTS", days_ago=10)
    past.ago(3, "contacts", {"properties": CUSTOMER})
    past.stand.add("contacts", {"country": "Norway"})
    # Whoever wanted to be forgotten is brought nothing, whatever HubSpot still has.
    (ada,) = past.ago(2, "contacts", {"properties": CUSTOMER})
    with past.opened("worker") as tx:
        record_departures(tx, past.program_id, "crm", {ada: "forgotten"}, utc_now())
    with opened_doors(past) as doors:
        _in_the_console(past, doors)
    past.settle()
    assert past.rows(TYPES) == [("order.placed", 111)]
    assert past.rows(
        "select (now() at time zone 'UTC')::date - (happened_at at time zone 'UTC')::date, version, count(*)"
        " from events group by 1, 2 order by 1"
    ) == [
        (3, 2, 1),
        (40, 1, 110),
    ]
    points = "select value, count(*) from rewards where unit = 'PTS' group by 1 order by 1"
    assert past.rows(points) == [(70, 1), (100, 110)]
    # Once more nothing is new, whether it is counted or brought.
    for name, value in past.environment(past.stand, tmp_path).items():
        monkeypatch.setenv(name, value)
    command = ["hubspot", "backfill", KEY, "--events-since", (utc_now() - 600 * DAY).date().isoformat()]
    assert main([*command, "--dry-run"]) == 0
    assert main(command) == 0
    came = "0 events, 111 here already, 1 left out, older than the program"
    assert capsys.readouterr().out.splitlines() == [
        f"done: 114 contacts, {came}; nothing was kept",
        f"done: 114 contacts, 113 members, {came}",
    ]
    assert past.rows("select count(*) from inbox") == [(0,)]
    for option in ("--since", "--events-since"):
        assert main([*command[:3], option, "0001-01-01"]) == 1
        assert f"{option} 0001-01-01 is not between 2000 and 2099" in capsys.readouterr().err


def _in_the_console(past: Past, doors: Doors) -> None:
    opa = doors.visitor("opa")
    since = (utc_now() - 600 * DAY).date().isoformat()
    assert opa.send(THERE, act="backfill", what="events").status_code == 422
    assert opa.send(THERE, act="backfill", what="events", since=since, dry="yes").status_code == 303
    assert past.read() == 3
    assert past.rows(COUNTED) == [(114, 0, 111, 0, 1, 0, 0)]
    nothing = "select (select count(*) from inbox), (select count(*) from members where member_id > 1000)"
    assert past.rows(nothing) == [(0, 0)]
    page = opa.plain(THERE)
    assert "Nothing was kept" in page
    assert "Left out, older than the program" in page
    assert "only so many at once" not in page
    past.rows("update crm_backfills set cut = true returning 1")
    assert "only so many at once" in opa.plain(THERE)
    assert opa.send(THERE, act="backfill", what="events", since=since).status_code == 303
    assert past.read() == 3
    assert past.rows(COUNTED) == [(114, 113, 111, 0, 1, 0, 0)]
    asked = past.rows("select after from audit where action = 'backfill.asked' order by id")
    assert ["dry" in str(row[0]) for row in asked] == [True, False]
    # Members alone, as it was.
    assert opa.send(THERE, act="backfill", what="members").status_code == 303
    assert past.read() == 2
    assert past.rows(COUNTED) == [(114, 113, 0, 0, 0, 0, 0)]


def test_a_change_is_one_event_whoever_tells_of_it_first_and_another_change_is_another(past: Past) -> None:
    jena = {"properties": {**CUSTOMER, "city": "Jena"}}
    first, at_once, last, other, held = past.ago(2, "contacts", *[jena] * 5)
    past.bring(1)
    assert past.rows("select count(*) from inbox") == [(0,)]
    # Decided before; and of somebody whom nobody knows yet. Two clocks of HubSpot's may differ a little.
    past.tell(first, "lifecyclestage", "city", late_ms=800)
    (waiting,) = past.ago(2, "contacts", jena)
    past.tell(waiting, "lifecyclestage", "city", late_ms=-800)
    past.decide()
    # Not decided yet; and other changes: the same value at another time, and another value at the same.
    past.tell(at_once, "lifecyclestage", "city", late_ms=800)
    past.tell(other, "lifecyclestage", late_ms=60_000)
    tell(past, past.webhook(other, "city").replace(b"Jena", b"Bonn"))
    past.bring(3)
    past.settle()
    past.tell(last, "lifecyclestage", "city", late_ms=800)
    past.settle()
    assert past.rows(TYPES) == [("home.moved", 7), ("order.placed", 7)]
    assert past.rows(TWICE) == [(8,)]
    # Arrived within the three days, and is decided when these are over; what arrives then is not compared.
    past.tell(held, "lifecyclestage", "city", late_ms=800)
    past.ahead = timedelta(days=4)
    past.read()
    past.settle()
    assert past.rows(TYPES) == [("home.moved", 7), ("order.placed", 7)]
    assert past.rows(TWICE) == [(10,)]
    past.tell(held, "city", late_ms=-800)
    past.settle()
    assert past.rows(TYPES) == [("home.moved", 8), ("order.placed", 7)]


def test_a_list_of_contacts_that_was_cut_is_told_also_when_deals_were_read_after_it(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    past.ago(2, "contacts", {"properties": CUSTOMER})
    page = HubSpotCrm.page_contacts

    def cut(self: HubSpotCrm, *asked: Any) -> Any:
        told = page(self, *asked)
        return Known(replace(told.answer, whole=False)) if isinstance(told, Known) else told

    looking = Looking(past.program_id, past.vault, "per_test", past.clock())
    with past.opened("web") as tx:
        assert ask_backfill(tx, looking, KEY, None, past.clock() - DAY)
    with monkeypatch.context() as few:
        few.setattr(HubSpotCrm, "page_contacts", cut)
        assert past.read() == 2
    assert past.rows("select state, part, cut, fault from crm_backfills") == [("done", "deals", True, "cut")]
    past.bring(1)
    assert past.rows("select cut from crm_backfills") == [(False,)]


def test_the_journal_and_the_past_tell_the_same_event_by_one_key(
    house: House, hubspot: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "BEGIN_AFTER", timedelta(seconds=-60))
    house.connect(Granted("token", hubspot.token, PORTAL))
    listen(house)
    reader = Reader(house.library(), house.hubspot.open, house.clock)
    for counted in ((1, 1, 0, 1), (2, 2, 1, 1)):
        customers(hubspot, 1)
        if counted[0] == 1:
            listen(house)
        looking = Looking(house.program_id, house.vault, "per_test", utc_now())
        with house.opened("web") as tx:
            assert ask_backfill(tx, looking, KEY, None, utc_now() - DAY)
        with connect(house.url, house.secret, "worker") as db:
            assert reader.read(db, house.program_id)
        assert house.rows(COUNTED) == [(*counted, 0, 0, 0)]
    listen(house)
    house.decide()
    assert house.rows(TYPES) == [("order.placed", 2)]
    assert house.rows("select n from intake_counts where what = 'duplicate'") == [(3,)]
    assert house.rows("select count(*) from quarantine") == [(0,)]


def test_what_webhooks_told_is_known_after_a_merge_and_after_months_in_quarantine(past: Past) -> None:
    home = {"country": "Germany", "city": "Jena"}
    made = ({"properties": one} for one in (CUSTOMER, {}, home, home))
    ada, second, ben, eve = past.ago(2, "contacts", *made)
    past.bring(1)
    past.tell(ada, "lifecyclestage")
    line = "      - { property: city, event: home.moved, fields: { city: value } }\n"
    past.publish(line, "")
    past.tell(ben, "city")
    past.decide()
    assert past.rows("select reason from quarantine") == [("unmapped_property",)]
    # The door of that day could not read it: it gets its number when it is tried again.
    unread = Delivery(KEY, past.webhook(eve, "city"), [Unusable(0, "malformed_event", "no known shape")])
    with connect(past.url, past.secret, "web") as db:
        keep_deliveries(db, past.vault, past.program_id, [unread], utc_now())
    past.publish(line, line)
    past.stand.control("POST", "/records/contacts/merge", {"primary": ada, "second": second})
    past.bring(3)
    past.settle()
    past.ahead = timedelta(days=90)
    past.read()
    assert past.rows("select compared_until from crm_backfills") == [(None,)]
    with past.opened("web") as tx:
        reading = Parked(past.program, past.vault, READERS)
        retry(tx, reading, Chosen(past.program_id, CHUNK), Settled("per_test", utc_now()))
    past.settle()
    assert past.rows(TYPES) == [("home.moved", 2), ("order.placed", 1)]
    assert past.rows(TWICE) == [(3,)]


def test_deals_bring_what_happened_to_the_contact_they_belong_to(past: Past) -> None:
    (ada,) = past.ago(5, "contacts", {"properties": {"country": "Germany"}})
    won = {"dealname": "A car", "dealstage": "closedwon"}
    deal, other = past.ago(4, "deals", *({"properties": won, "contact": ada} for _ in range(2)))
    past.tell(deal, "dealstage", path=DEALS)
    past.settle()
    assert past.rows(TYPES) == [("deal.won", 1)]
    past.bring(6)
    assert past.rows("select part, events from crm_backfills") == [("deals", 2)]
    past.settle()
    assert past.rows(TYPES) == [("deal.won", 2)]
    assert past.rows(TWICE) == [(1,)]
    told = past.rows("select happened_at, data ->> 'what' from events order by id")
    assert [what for _, what in told] == ["A car"] * 2
    for at, _ in told:
        assert isinstance(at, datetime)
        assert abs(utc_now() - 4 * DAY - at) < timedelta(minutes=10)
    past.tell(other, "dealstage", path=DEALS)
    past.settle()
    assert past.rows(TYPES) == [("deal.won", 2)]


def test_a_reader_that_is_killed_or_held_up_goes_on_where_it_was(past: Past) -> None:
    past.ago(2, "contacts", *({"properties": CUSTOMER} for _ in range(250)))
    looking = Looking(past.program_id, past.vault, "per_test", utc_now())
    with past.opened("web") as tx:
        assert ask_backfill(tx, looking, KEY, None, utc_now() - 3 * DAY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("guerdon.engine.crm.backfill.finish_page", partial(_canceled, past, looking))
        past.read(1)
    # Whoever stopped it while a page was read has nothing of that page.
    nothing = "select (select count(*) from inbox), (select count(*) from members where member_id > 1000)"
    assert past.rows(nothing) == [(0, 0)]
    with past.opened("web") as tx:
        assert resume_backfill(tx, looking, KEY)
    before = past.stand.control("GET", "/counts")[LISTED]
    assert past.read(1) == 1
    # The list of the next page is answered, and what its contacts were is not.
    past.stand.control("POST", "/faults", {"next": ["none", "before"]})
    assert past.read() == 0
    assert past.rows("select pages, fault from crm_backfills") == [(1, "trouble")]
    past.ahead = timedelta(seconds=11)
    child = os.fork()
    if child == 0:
        _die(past)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert past.rows("select pages, events from crm_backfills") == [(1, 100)]
    assert past.rows("select count(*) from inbox") == [(100,)]
    past.ahead += timedelta(seconds=91)
    # HubSpot wants to be asked less: the pages wait as long as it says.
    past.stand.control("POST", "/limits", {"on": True, "burst": 4, "interval_ms": 500})
    assert past.read() in (0, 1)
    assert past.rows("select state, fault in ('limit', 'pace') from crm_backfills") == [("waiting", True)]
    wait_for(lambda: past.read() == 0 and past.rows("select state from crm_backfills") == [("done",)], 30)
    past.stand.control("POST", "/limits", {"on": False})
    # Three pages and one of deals: none is listed again, but by whoever comes after one who was killed.
    assert past.stand.control("GET", "/counts")[LISTED] - before == 3 + 1 + 1
    past.settle()
    assert past.rows(TYPES) == [("order.placed", 250)]
    assert past.rows(COUNTED) == [(250, 250, 250, 0, 0, 0, 0)]


def _canceled(past: Past, looking: Looking, *given: Any) -> Any:
    """Finish a page, after somebody stopped it."""
    with past.opened("web") as tx:
        assert cancel_backfill(tx, looking, KEY)
    return finish_page(*given)


def _die(past: Past) -> None:
    """Read a page, and be killed when all of it is written and nothing committed."""

    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    try:
        vars(backfills)["move_on"] = killed
        past.read(1)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)
