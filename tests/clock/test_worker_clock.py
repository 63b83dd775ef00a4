"""T-08: a worker whose clock is more than two seconds from the database's does nothing until they agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import LiteralString

import msgspec
import psycopg
import pytest
from tests.access.people import grant_of, hire
from tests.channels.mail_server import MailServer, running
from tests.engine.house import House, booked
from tests.segments.adding import with_german_segment

from guerdon.config import Settings, read_settings
from guerdon.engine.crm import accounts
from guerdon.engine.crm.backfill import ask_backfill
from guerdon.engine.webhooks.endpoints import Looking, Made, Wanted, make_endpoint, send_test
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.access.invitations import NewInvitation, record_invitation
from guerdon.store.audit import record_audit
from guerdon.store.crm.actions import NewAction, record_actions
from guerdon.store.database import connect, transaction
from guerdon.store.imports.runs import NewImport, record_import
from guerdon.store.lanes import CLOCK_GAP_MAX, find_clock_gap
from guerdon.store.reports.schedules import Wanted as WantedReport
from guerdon.store.reports.schedules import record_schedule
from guerdon.store.reports.slots import Slots
from guerdon.values.clock import utc_now
from guerdon.worker import Worker

NOBODY = "select not exists (select from lanes where holder is not null) and not exists (select from workers)"
EVERYTHING = "select not exists (select from lanes where holder is null)"
DONE = "select not exists (select from inbox)"
LAST_MONTH = "to_char(now() at time zone 'UTC' + interval '12 months', '_YYYY_MM')"
PAUSES = (
    *("worker.TICK_S", "worker.SEAL_S", "worker.WATCH_S", "worker.RETENTION_S"),
    *("engine.messages.reminding.TURN_S", "engine.messages.loops.POLL_S", "engine.segments.following.TURN_S"),
    *("engine.announcements.fanning.TURN_S", "engine.webhooks.sending.POLL_S"),
    *("engine.crm.enriching.POLL_S", "engine.messages.broadcasting.campaigns.TURN_S"),
    *("engine.crm.out.sending.TURN_S", "engine.orders.working.IDLE_S"),
    *("engine.deliveries.watching.TURN_S", "engine.catalog.rounds.TURN_S"),
    *("engine.reconciling.daily.TURN_S", "engine.staff.inviting.TURN_S", "engine.reports.mailing.TURN_S"),
    "engine.imports.carrying.TURN_S",
    *("engine.crm.journal.TURN_S", "engine.crm.backfill.TURN_S", "engine.crm.actions.TURN_S"),
)
# What each loop of the worker does when it may do anything.
DEEDS: dict[str, LiteralString] = {
    "process": DONE,
    "deliver": "select exists (select from messages where channel = 'email')",
    "sms": "select exists (select from messages where channel = 'sms')",
    "push": "select exists (select from messages where channel = 'push')",
    "inapp": "select exists (select from messages where channel = 'inapp')",
    "time": f"select to_regclass('guerdon.events' || {LAST_MONTH}) is not null",
    "remind": "select exists (select from reminder_progress)",
    "campaigns": "select exists (select from broadcasts where ended_at is not null)",
    "seal": "select exists (select from seals)",
    "controls": "select exists (select from control_runs)",
    "retention": "select not exists (select from deliveries where connection = 'old')"
    " and not exists (select from catalog_pictures)",
    "segments": "select exists (select from segment_members)",
    "replays": "select exists (select from replays where state in ('done', 'failed'))",
    "announce": "select not exists (select from announcements)",
    "webhooks": "select exists (select from webhook_attempts)",
    "enrich": "select not exists (select from errands)",
    "journal": "select exists (select from crm_cursors)",
    "backfill": "select exists (select from crm_backfills where fault <> '')",
    "actions": "select exists (select from crm_actions where state <> 'waiting')",
    "writeback": "select exists (select from writeback_lanes)",
    "orders": "select not exists (select from supplier_notices)",
    "feeds": "select exists (select from catalog_pulls where why = 'key')",
    "clock": "select exists (select from delivery_progress)",
    "invite": "select exists (select from invitations where tries > 0)",
    "reports": "select exists (select from report_sendings where ended_at is not null)",
    "imports": "select exists (select from imports where ended_at is not null)",
    "reconcile": "select not exists (select from supplier_statements where state = 'reading')",
}


@dataclass
class Drifting:
    """A clock that is wrong by so much; it tells when it was looked at often enough."""

    by: timedelta = timedelta(0)
    looks: int = 0
    enough: Event = field(default_factory=Event)

    def __call__(self) -> datetime:
        self.looks += 1
        if self.looks >= 12:
            self.enough.set()
        return utc_now() + self.by


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give a house with one member."""
    made = House(database, secret)
    made.program = with_a_journal(with_german_segment(made.program))
    made.publish()
    made.enroll([1])
    return made


def to_be_told(house: House) -> None:
    """Somebody wants to be told, at an address where nobody may be asked; and a test waits for them."""
    looking = Looking(house.program_id, house.program.key, house.vault, (), "per_test", utc_now())
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        made = make_endpoint(tx, looking, Wanted("Nobody", "https://nobody.invalid/", ()))
        assert isinstance(made, Made)
        send_test(tx, looking, made.id)


def with_a_journal(program: Program) -> Program:
    """The same program with another connection, whose journal is read and whose contacts are told."""
    text = msgspec.json.decode(program.text)
    write = {"properties": {"reward_waiting": "reward_waiting"}}
    other = {"portal": 2, "journal": True, "subject": "hubspot_us", "write": write}
    text["members"]["sources"].append("hubspot_us")
    text["connections"]["hubspot_us"] = {**text["connections"]["hubspot_eu"], **other}
    made = read_program(msgspec.json.encode(text).decode())
    assert isinstance(made, Program), made
    return made


def to_be_read(house: House) -> None:
    """Somebody wants contacts read over, and a step of a workflow has waited for too long."""
    looking = accounts.Looking(house.program_id, house.vault, "per_test", utc_now())
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        assert ask_backfill(tx, looking, "hubspot_us", None)
        step = NewAction("hubspot_us", "c", "00000000-0000-0000-0000-000000000001")
        record_actions(tx, house.program_id, [step], utc_now() - timedelta(days=8))
    to_be_invited(house)
    to_be_reported(house)
    to_be_let_go(house)


def to_be_let_go(house: House) -> None:
    """Somebody had a file tried, and nobody confirmed it."""
    brought = NewImport("members", "crm.csv", b"x" * 32, 1, b"x", "{}", 1, "test")
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        record_import(tx, house.program_id, brought, utc_now() - timedelta(hours=25))
        record_audit(tx, house.program_id, "test", "import.tried", "none", utc_now())


def to_be_invited(house: House) -> None:
    """Somebody was signed for, and waits for the mail by which they come."""
    with connect(house.url, house.secret, "web") as db:
        new = hire(db, house.program_id, "new@example.com", [grant_of(house.program_id, "finance")])
        with transaction(db, house.program_id) as tx:
            asked = NewInvitation(new, None, None, "finance", "en", ())
            record_invitation(tx, house.program_id, asked, "test", utc_now())


def to_be_reported(house: House) -> None:
    """Somebody was to be mailed a report this morning."""
    with connect(house.url, house.secret, "web") as db:
        who = hire(db, house.program_id, "late@example.com", [grant_of(house.program_id, "finance")])
        with transaction(db, house.program_id) as tx:
            wanted = WantedReport("overview", "en", ["pdf"], Slots("day", None, 7, "UTC"))
            assert record_schedule(tx, house.program_id, who, wanted, utc_now() - timedelta(days=2))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guerdon.worker.RENEW_S", 0.1)
    for pause in PAUSES:
        monkeypatch.setattr(f"guerdon.{pause}", 0.05)


def employed(house: House, home: Path, only: str, clock: Drifting, smtp: str = "") -> Worker:
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(home),
            "GUERDON_SMTP_URL": smtp,
        }
    )
    assert isinstance(settings, Settings)
    return Worker(settings, only, clock)


@contextmanager
def working(house: House, home: Path, only: str, clock: Drifting, smtp: str = "") -> Iterator[None]:
    worker = employed(house, home, only, clock, smtp)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


@pytest.mark.parametrize(
    "by",
    [
        timedelta(seconds=3),
        timedelta(seconds=-3),
        timedelta(hours=-2),
        timedelta(days=1),
        timedelta(days=400),
    ],
    ids=str,
)
def test_how_far_a_clock_is_off_is_found_out(house: House, by: timedelta) -> None:
    with connect(house.url, house.secret, "worker") as db:
        gap = find_clock_gap(db, Drifting(by))
        assert CLOCK_GAP_MAX < gap <= abs(by)
        # A question may take long; that is nobody's fault.
        assert find_clock_gap(db, utc_now) <= timedelta(seconds=1)
        slow = iter([utc_now() - timedelta(hours=1), utc_now() + timedelta(hours=1)])
        assert find_clock_gap(db, lambda: next(slow)) == timedelta(0)


@pytest.mark.parametrize("by", [timedelta(seconds=-4), timedelta(days=1)], ids=str)
def test_a_worker_lets_its_lanes_go_while_its_clock_is_wrong(
    house: House, tmp_path: Path, by: timedelta
) -> None:
    clock = Drifting(timedelta(seconds=1))
    with working(house, tmp_path, "process", clock):
        # A second is within the bounds.
        house.await_true(EVERYTHING)
        house.tell([booked(1)])
        house.await_true(DONE)
        clock.by = by
        house.await_true(NOBODY)
        house.tell([booked(1)])
        clock.looks = 0
        clock.enough.clear()
        assert clock.enough.wait(60)
        assert house.count("select count(*) from inbox") == 1
        clock.by = timedelta(0)
        house.await_true(DONE)
    assert house.count("select count(*) from events") == 2
    house.check()


def test_nothing_ends_by_a_clock_that_is_wrong(house: House, tmp_path: Path) -> None:
    house.tell([booked(1)])
    with house.worker() as worker:
        worker.work()
    ready = "select count(*) from rewards where state = 'ready'"
    given = house.count(ready)
    assert given > 0
    clock = Drifting(timedelta(days=4_000))
    with working(house, tmp_path, "time", clock):
        assert clock.enough.wait(60)
    assert house.count(ready) == given
    house.check()


def test_every_loop_is_tried(house: House, tmp_path: Path) -> None:
    assert set(employed(house, tmp_path, "", Drifting()).loops) == set(DEEDS)


@pytest.mark.parametrize("loop", DEEDS)
def test_no_loop_does_anything_by_a_clock_that_is_wrong_and_each_goes_on_when_it_is_right(
    house: House, tmp_path: Path, loop: str
) -> None:
    house.tell([booked(1)])
    to_be_told(house)
    to_be_read(house)
    with house.worker() as worker:
        worker.work()
    house.tell([booked(1)])
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(f"do $$ begin execute 'drop table events' || {LAST_MONTH}; end $$")
        db.execute(
            "insert into replays (program_id, title, bundle, sha, since, until, asked_by, asked_at)"
            " select program_id, 'the same', bundle, sha, now() - interval '9 years', now(), 'test', now()"
            " from program_versions"
        )
        db.execute(
            "insert into deliveries (program_id, connection, body, recorded_at)"
            " select program_id, 'old', 'x', now() - interval '32 days' from program_versions"
        )
        db.execute(
            "insert into catalog_pictures (program_id, address, why, feed, sku, tries, asked_at, named_at)"
            " select program_id, 'https://a.example/', 'picture_silent', 's', 'b', 1, now(),"
            " now() - interval '61 days' from program_versions"
        )
        db.execute(
            "insert into supplier_notices select program_id, 's', 'old', '', '', now() - interval '8 days'"
            " from program_versions"
        )
        db.execute(
            "insert into supplier_statements (program_id, supplier, source, since, until, by, taken_at,"
            " beat_at) select program_id, 's', 'asked', now() - interval '9 days', now(), 'test', now(),"
            " now() - interval '8 days' from program_versions"
        )
        db.execute(
            "insert into errands (program_id, connection, kind, object, step, asked_at, next_at)"
            " select program_id, 'hubspot_eu', 'contact', '7', 'gone', now(), now() from program_versions"
        )
        db.execute(
            "insert into broadcasts (program_id, message, segment, state, spread_s, starts_at, made_by,"
            " made_at) select program_id, 'none', 'none', 'stopped', 0, now(), 'test', now()"
            " from program_versions"
        )
        db.execute(
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " select program_id, 'test', 'broadcast.made', 'none', now() from program_versions"
        )
        db.execute(
            "insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel,"
            " created_at, next_at)"
            " select r.program_id, r.member_id, n, r.event_id, r.id, 'reward_ready', c, now(), now()"
            " from rewards r, unnest(array['sms', 'push', 'inapp']) with ordinality as o (c, n)"
        )
    clock = Drifting(timedelta(days=1))
    with running(MailServer()) as server, working(house, tmp_path, loop, clock, server.url):
        assert clock.enough.wait(60)
        assert house.rows(DEEDS[loop]) == [(False,)]
        assert server.mails == []
        clock.by = timedelta(0)
        house.await_true(DEEDS[loop])
