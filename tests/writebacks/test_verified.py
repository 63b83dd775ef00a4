"""A write whose answer was lost is believed when it was read back, and not before; and lanes change hands."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from threading import Event

import pytest
from tests.standins.house import wait_for
from tests.writebacks.house import KEY, House
from tests.writebacks.test_trouble import earn, looking, refused
from tests.writebacks.test_values import Watched, writes

from guerdon.engine.crm.out import holding
from guerdon.engine.crm.out.checking import UNANSWERED_MAX, is_same
from guerdon.engine.crm.out.deeds import resend_failed
from guerdon.engine.crm.out.holding import HELD_S_MAX, LEASE, SURE_S, Holding, beating
from guerdon.engine.crm.out.sending import Scribes, claim, keep_writing, send, work
from guerdon.engine.crm.port import Closed, Contact, ContactWrite, No, NotNow, Told
from guerdon.engine.library import Library
from guerdon.engine.turns import Turns
from guerdon.store.crm.writeback_checks import CHECKED_AGAIN, DIFFERED_MAX, PUT_OFF, PUT_OFF_MAX
from guerdon.store.crm.writebacks import LATE
from guerdon.store.database import Connection, connect
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

READS = "POST /crm/objects/{version}/{objectType}/batch/read"


def reads(house: House) -> int:
    return int(house.stand.control("GET", "/counts").get(READS, 0))


def lose(house: House, how: str, contacts: Sequence[str]) -> None:
    """The answer to a write of these contacts is lost; they are written again."""
    for n, contact in enumerate(contacts):
        earn(house, contact, f"{how}{n}", 5)
    house.gather()
    house.stand.control("POST", "/faults", {"next": [how]})
    house.write()
    house.later(seconds=61)
    house.write()


def put(house: House, contact: str, points: str) -> None:
    """Somebody else writes it, or an old write of ours is carried out."""
    house.stand.control("PATCH", f"/records/contacts/{contact}", {"properties": {"points": points}})


@pytest.mark.parametrize("how", ["before", "after", "cut"])
def test_contacts_whose_answer_was_lost_are_read_back_at_once_and_mended(house: House, how: str) -> None:
    one, other = house.contacts(2)
    house.write_back()
    lose(house, how, [one, other])
    assert house.states() == ["checking", "checking"]
    assert house.rows("select distinct settled_at from writeback_contacts") == [(None,)]
    # What was lost is carried out, after what came since.
    put(house, one, "0")
    asked = reads(house)
    house.write()
    assert (reads(house), house.at_hubspot()[one]["points"]) == (asked, "0")
    house.later(seconds=LATE.total_seconds())
    house.write()
    assert (reads(house), house.at_hubspot()[one]["points"]) == (asked + 1, "5")
    assert house.states() == ["checking", "written"]
    house.later(seconds=CHECKED_AGAIN.total_seconds())
    house.write()
    assert house.states() == ["written", "written"]
    assert (
        house.rows("select verify_at, differed, settled_at is null from writeback_contacts")
        == [(None, 0, False)] * 2
    )
    asked = reads(house)
    house.later(days=1)
    house.write_back()
    assert reads(house) == asked


def test_a_write_that_was_answered_is_not_read_back(house: House) -> None:
    (one,) = house.contacts(1)
    earn(house, one, "a", 5)
    house.write_back()
    house.stand.control("POST", "/limits", {"on": True, "burst": 1, "interval_ms": 10_000})
    earn(house, one, "b", 5)
    house.gather()
    house.write()
    house.write()
    house.stand.control("POST", "/limits", {"on": False})
    house.later(seconds=61)
    house.write()
    assert house.states() == ["written"]
    assert reads(house) == 0


def test_what_changes_while_it_is_read_back_is_not_lost(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    lose(house, "before", [one])

    def meanwhile() -> None:
        earn(house, one, "z", 20)
        house.gather()

    house.crm = Reading(house, meanwhile)
    house.later(seconds=LATE.total_seconds())
    house.write()
    house.write()
    assert (house.at_hubspot()[one]["points"], house.states()) == ("25", ["written"])


class Reading(Watched):
    """The account; something happens when it is read."""

    def __init__(self, house: House, when_read: object = None) -> None:
        super().__init__(house)
        self.when_read = when_read
        self.read: list[list[str]] = []

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        self.read.append(list(ids))
        if isinstance(self.when_read, Closed | NotNow):
            return self.when_read
        told = self.crm.read_contacts(ids, properties)
        if callable(self.when_read):
            self.when_read()
        return told


def check_often(house: House) -> None:
    for _ in range(DIFFERED_MAX + 3):
        house.later(seconds=LATE.total_seconds())
        house.write()


def test_what_somebody_else_writes_each_time_is_shown_and_not_fought_over_for_ever(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    lose(house, "after", [one])
    account = house.account()

    class Contrary(Reading):
        def read_contacts(
            self, ids: Sequence[str], properties: Sequence[str]
        ) -> Told[Mapping[str, Contact | None]]:
            put(house, one, "7")
            self.read.append(list(ids))
            return account.read_contacts(ids, properties)

    house.crm = Contrary(house)
    written = writes(house)
    check_often(house)
    assert house.crm.read == [[one]] * DIFFERED_MAX
    assert writes(house) - written == DIFFERED_MAX - 1
    assert refused(house) == [(one, "failed", {"points": "DIFFERS"})]
    house.crm = None
    with house.web() as tx:
        assert resend_failed(tx, looking(house)) == 1
    house.write()
    assert (house.at_hubspot()[one]["points"], house.states()) == ("5", ["written"])


def test_who_may_not_read_goes_on_writing_and_it_is_shown(house: House) -> None:
    one, other = house.contacts(2)
    house.write_back()
    lose(house, "after", [one])
    house.crm = Reading(house, Closed("scopes"))
    check_often(house)
    earn(house, other, "b", 9)
    house.write_back()
    assert len(house.crm.read) == DIFFERED_MAX
    assert house.at_hubspot()[other]["points"] == "9"
    ((contact, state, why),) = refused(house)
    assert (contact, state, {*why.values()}) == (one, "failed", {"UNREAD: MISSING_SCOPES"})
    # What was written stays known as written.
    assert house.rows("select count(*) from writeback_contacts where written = wanted") == [(2,)]
    house.crm = None
    written = writes(house)
    with house.web() as tx:
        assert resend_failed(tx, looking(house)) == 1
    house.write()
    assert (writes(house), house.states()) == (written + 1, ["written", "written"])


class Prudish(Reading):
    """An account that refuses to have one contact read, and every batch that it is in."""

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        if self.when_read in ids:
            self.read.append(list(ids))
            return No("VALIDATION_ERROR", "no")
        return super().read_contacts(ids, properties)


def test_a_contact_that_may_not_be_read_does_not_fail_those_it_is_read_with(house: House) -> None:
    contacts = house.contacts(8)
    house.write_back()
    lose(house, "after", contacts)
    house.crm = Prudish(house, contacts[5])
    house.later(seconds=LATE.total_seconds())
    house.write()
    # It is read with fewer and fewer, and by itself in the end.
    assert [len(each) for each in house.crm.read if contacts[5] in each] == [8, 4, 2, 2, 1]
    assert house.states().count("written") == 7
    check_often(house)
    assert refused(house)[0][:2] == (contacts[5], "failed")
    assert {*refused(house)[0][2].values()} == {"UNREAD: VALIDATION_ERROR: no"}
    assert house.states().count("written") == 7
    assert house.rows("select count(*) from writeback_contacts where written = wanted") == [(8,)]
    assert writes(house) == 3


def test_reading_that_is_never_answered_holds_up_nothing_that_is_written(house: House) -> None:
    one, other = house.contacts(2)
    house.write_back()
    lose(house, "after", [one])
    house.crm = Reading(house, NotNow(5.0, "unreachable"))
    house.later(seconds=LATE.total_seconds())
    for n in range(3):
        earn(house, other, f"b{n}", 1)
        house.write_back()
        assert house.at_hubspot()[other]["points"] == str(n + 1)
    assert house.lane("hold_until", "failures", "reason") == (None, 0, "")
    assert (house.crm.read, house.states()) == ([[one]], ["checking", "written"])
    # It is asked more and more seldom, and told in the end.
    pauses = []
    for _ in range(UNANSWERED_MAX + DIFFERED_MAX - 1):
        assert "failed" not in house.states()
        house.later(seconds=PUT_OFF_MAX.total_seconds())
        house.write()
        pauses += house.rows(
            "select next_at - %(now)s from writeback_contacts order by member_id limit 1", now=house.now
        )
    assert pauses[: UNANSWERED_MAX - 1] == [
        (min(PUT_OFF * 2**n, PUT_OFF_MAX),) for n in range(1, UNANSWERED_MAX)
    ]
    assert len(house.crm.read) == UNANSWERED_MAX + DIFFERED_MAX
    assert refused(house)[0][:2] == (one, "failed")
    assert {*refused(house)[0][2].values()} == {"UNREAD: unreachable"}


def test_everything_waits_for_a_limit_that_reading_meets(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    lose(house, "after", [one])
    house.crm = Reading(house, NotNow(30.0, "limit"))
    house.later(seconds=LATE.total_seconds())
    house.write()
    assert house.lane("reason", "failures") == ("limit", 1)
    house.crm = None
    house.later(seconds=61)
    house.write()
    assert house.states() == ["written"]


def test_a_contact_that_is_gone_by_then_is_settled(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    lose(house, "after", [one])
    house.stand.control("POST", f"/records/contacts/{one}/forget")
    house.later(seconds=LATE.total_seconds())
    house.write()
    assert house.rows("select state, reason, verify_at from writeback_contacts") == [("gone", "gone", None)]


@pytest.mark.parametrize(
    ("ours", "same", "other"),
    [
        ("", None, "0"),
        ("5", "5", None),
        ("5.00", "5", "50"),
        ("true", "true", "false"),
        ("2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00Z", "2026-11-22T10:00:01Z"),
        ("2026-11-22T10:00:00.000Z", "1795341600000", "2026-11-22"),
        ("NaN", "NaN", "nan"),
        ("a", "a", "A"),
    ],
)
def test_a_value_is_the_same_in_whatever_form_it_is_kept(
    ours: str, same: str | None, other: str | None
) -> None:
    assert is_same(ours, same)
    assert not is_same(ours, other)


def test_a_lane_of_the_dead_is_taken_within_seconds_and_the_dead_send_nothing_more(house: House) -> None:
    (one,) = house.contacts(1)
    house.gather()
    house.crm = Watched(house)
    lane = (house.program_id, KEY)
    with house.worker() as first, house.worker() as second:
        dead = house.scribes
        claimed = claim(first, dead, lane)
        assert claimed is not None
        house.now += LEASE - timedelta(seconds=1)
        assert claim(second, house.scribes, lane) is None
        house.now += timedelta(seconds=1)
        assert work(second, house.scribes, lane, Event()) > 0
        asked = len(house.crm.asked)
        # It was asleep for so long that it cannot be sure, and asks before it sends.
        late = Scribes(dead.open, dead.connect, dead.clock, Holding(lambda: 1e9))
        assert send(first, late, claimed) is None
        assert (asked, len(house.crm.asked)) == (1, 1)
    # Nobody knows whether the dead one had sent it.
    assert house.states() == ["checking"]
    house.later(seconds=LATE.total_seconds())
    house.crm = None
    house.write()
    assert (house.states(), house.at_hubspot()[one]["points"]) == (["written"], "0")


def test_what_was_sent_by_one_who_lost_the_lane_meanwhile_is_read_back(house: House) -> None:
    (one,) = house.contacts(1)
    house.gather()
    lane = (house.program_id, KEY)
    with house.worker() as first, house.worker() as second:

        def asleep() -> None:
            # It sleeps between being sure and sending; another one sends something newer.
            house.crm = None
            house.now += LEASE
            earn(house, one, "a", 5)
            house.gather()
            work(second, house.scribes, lane, Event())
            house.later(seconds=LATE.total_seconds())
            work(second, house.scribes, lane, Event())
            assert (house.states(), house.at_hubspot()[one]["points"]) == (["written"], "5")

        house.crm = Watched(house, [asleep])
        claimed = claim(first, house.scribes, lane)
        assert claimed is not None
        sleeper = Scribes(house.open, house.scribes.connect, lambda: house.now)
        assert send(first, sleeper, claimed) is None
    assert house.at_hubspot()[one]["points"] == "0"
    assert house.rows("select state, settled_at from writeback_contacts") == [("checking", None)]
    for _ in range(2):
        house.later(seconds=LATE.total_seconds())
        house.write()
    assert (house.states(), house.at_hubspot()[one]["points"]) == (["written"], "5")


def test_the_time_that_a_machine_sleeps_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = {time.CLOCK_BOOTTIME: 1000.0, time.CLOCK_MONOTONIC: 10.0}
    monkeypatch.setattr(time, "clock_gettime", slept.__getitem__)
    assert Holding().tick() == 1000.0
    # Where there is none, there is no such sleep either.
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    assert Holding().tick() == 10.0


def test_a_lane_is_renewed_by_the_databases_clock_alone(house: House) -> None:
    house.contacts(1)
    house.gather()
    scribes = house.scribes
    left = "select extract(epoch from lease_until - clock_timestamp())::integer from writeback_lanes"
    with house.worker() as db:
        claimed = claim(db, scribes, (house.program_id, KEY))
        assert claimed is not None
        for wrong_by in (timedelta(hours=1), timedelta(hours=-1)):
            house.now += wrong_by
            db.execute("update writeback_lanes set lease_until = %s", (house.now,))
            assert Holding(lambda: 1e9).is_ours(db, claimed.lease)
            ((seconds,),) = house.rows(left)
            assert 0 < seconds <= LEASE.total_seconds()


def test_who_goes_on_saying_that_it_lives_keeps_its_lane_but_not_for_ever(house: House) -> None:
    house.contacts(1)
    house.gather()
    # Leases are told by the database's clock.
    house.now = utc_now() + timedelta(seconds=3)
    lane, at = (house.program_id, KEY), [0.0]
    scribes = house.scribes
    holding = Holding(lambda: at[0])
    scribes = Scribes(scribes.open, scribes.connect, scribes.clock, holding)
    with house.worker() as first, house.worker() as second:
        claimed = claim(first, scribes, lane)
        assert claimed is not None
        for _ in range(5):
            at[0] += LEASE.total_seconds() - 1
            second.execute("update writeback_lanes set lease_until = now()")
            assert not holding.is_sure(claimed.lease)
            holding.beat(second)
            assert holding.is_sure(claimed.lease)
            assert claim(second, house.scribes, lane) is None
        at[0] += SURE_S
        assert not holding.is_sure(claimed.lease)
        # It hangs, and what is to be told waits for it.
        at[0] = HELD_S_MAX
        second.execute("update writeback_lanes set lease_until = now()")
        holding.beat(second)
        assert claim(second, house.scribes, lane) is not None
        assert not holding.is_ours(first, claimed.lease)


def test_a_worker_says_that_it_lives_while_it_waits_for_an_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = house.contacts(1)
    house.gather()
    with house.worker() as db:
        db.execute("update writeback_contacts set next_at = now()")
    monkeypatch.setattr(holding, "BEAT_S", 0.02)
    stop = Event()

    class Slow(Watched):
        def write_contacts(
            self, id_property: str | None, writes: Sequence[ContactWrite]
        ) -> Told[Mapping[str, str]]:
            taken = house.lane("lease_until")
            try:
                wait_for(lambda: house.lane("lease_until") > taken)
            finally:
                stop.set()
            return super().write_contacts(id_property, writes)

    house.crm = Slow(house)
    scribes = Scribes(house.open, house.scribes.connect, utc_now)
    with house.worker() as db:
        keep_writing(db, scribes, Library(house.vault, MAPPERS), Turns(utc_now, stop))
    assert (house.states(), house.at_hubspot()[one]["points"]) == (["written"], "0")


def test_a_thread_of_its_own_says_that_a_worker_lives_but_not_by_a_wrong_clock(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.contacts(1)
    house.gather()
    monkeypatch.setattr(holding, "BEAT_S", 0.01)
    scribes, wrong_by = house.scribes, [timedelta(hours=1)]
    opened: list[Connection] = []

    def connected() -> Connection:
        opened.append(connect(house.url, house.secret, "worker"))
        return opened[-1]

    def lease() -> object:
        return house.lane("lease_until")

    with house.worker() as db:
        assert claim(db, scribes, (house.program_id, KEY)) is not None
        taken = lease()
        turns = Turns(lambda: utc_now() + wrong_by[0], Event())
        with beating(scribes.holding, connected, turns):
            wait_for(lambda: len(opened) > 3)
            assert lease() == taken
            wrong_by[0] = timedelta(0)
            wait_for(lambda: lease() != taken)
            # The connection breaks, and another one is made.
            broken, said = len(opened), lease()
            opened[-1].close()
            wait_for(lambda: len(opened) > broken and lease() != said)
    assert all(each.closed for each in opened)
