"""Out of order is impossible: two workers, killed at every step, answers lost, changes all the while.

And what is carried out late, after what was sent since, is found by reading it back.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.writebacks.house import KEY, House

from guerdon.engine.crm.out.holding import LEASE
from guerdon.engine.crm.out.sending import Claimed, Scribes, claim, send, work
from guerdon.engine.crm.port import Contact, ContactWrite, CustomEvent, Known, NotNow, Told
from guerdon.store.crm.writeback_checks import CHECKED_AGAIN
from guerdon.store.crm.writeback_events import NewEvent, record_events
from guerdon.store.crm.writebacks import LATE, Wanted, record_wanted
from guerdon.store.database import Connection, transaction
from guerdon.values.clock import utc_now

CONTACTS = 2
OFTEN = ("change", "claim", "work", "settle")
DEEDS = (*OFTEN * 3, "die_before", "die_after", "lose", "limit", "wait")
STEPS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, CONTACTS - 1)), min_size=12, max_size=40)
# What is lost now is carried out at any time within three minutes, whoever sent it lives or not.
LATE_DEEDS = (*OFTEN * 3, "lose_late", "die_late", "lose", "late", "wait")
LATE_STEPS = st.lists(
    st.tuples(st.sampled_from(LATE_DEEDS), st.integers(0, CONTACTS - 1)), min_size=12, max_size=40
)


class KilledError(Exception):
    """A worker ends between the answer and writing it down."""


@dataclass
class There:
    """An account that remembers what it was told, in the order in which it was told."""

    values: dict[str, list[int]] = field(default_factory=dict)
    events: dict[str, list[int]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    next: str = ""
    # Under way still, and since when.
    late: list[tuple[datetime, str, int]] = field(default_factory=list)
    now: Callable[[], datetime] = utc_now

    def write_contacts(
        self, id_property: str | None, writes: Sequence[ContactWrite]
    ) -> Told[Mapping[str, str]]:
        assert id_property is None
        if (refused := self._refused()) is not None:
            return refused
        for each in writes:
            if self.next in {"lose_late", "die_late"}:
                self.late.append((self.now(), each.id, int(each.properties["points"])))
            else:
                self.values.setdefault(each.id, []).append(int(each.properties["points"]))
        return self._lost() or Known({each.trace: each.id for each in writes})

    def carry_out_late(self, before: datetime, at_most: int = 1_000) -> None:
        """What was sent before then is carried out by now."""
        for each in [one for one in self.late if one[0] <= before][:at_most]:
            self.late.remove(each)
            self.values.setdefault(each[1], []).append(each[2])

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        assert [*properties] == ["points"]
        there = {each: str(self.values[each][-1]) if each in self.values else None for each in ids}
        return Known({each: Contact(each, {"points": there[each]}) for each in ids})

    def send_events(self, events: Sequence[CustomEvent]) -> Told[None]:
        if (refused := self._refused()) is not None:
            return refused
        for each in events:
            if each.uuid not in self.known:
                self.known.add(each.uuid)
                self.events.setdefault(each.contact, []).append(int(each.properties["amount"]))
        return self._lost() or Known(None)

    def _refused(self) -> NotNow | None:
        limited, self.next = self.next == "limit", "" if self.next == "limit" else self.next
        return NotNow(5.0, "limit") if limited else None

    def _lost(self) -> NotNow | None:
        what, self.next = self.next, ""
        if what in {"die_after", "die_late"}:
            raise KilledError
        return NotNow(5.0, "unreachable", perhaps=True) if what in {"lose", "lose_late"} else None


@dataclass
class Scene:
    """Two workers, an account, and what it is to have in the end."""

    house: House
    dbs: Sequence[Connection]
    members: Sequence[tuple[str, int]]
    there: Any = field(default_factory=There)
    held: dict[int, Claimed] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[int]] = field(default_factory=dict)
    count: int = 0

    @property
    def scribes(self) -> Scribes:
        house = self.house
        return Scribes(lambda *_: self.there, house.scribes.connect, lambda: house.now)

    @property
    def lane(self) -> tuple[int, str]:
        return self.house.program_id, KEY

    def __post_init__(self) -> None:
        self.there.now = lambda: self.house.now

    def step(self, deed: str, which: int) -> None:
        worker = which % 2
        self.there.carry_out_late(self.house.now - LATE + timedelta(seconds=10))
        match deed:
            case "change":
                self.change(*self.members[which])
            case "wait":
                # Whoever holds a lane so long without a word may lose it, and goes on nevertheless.
                self.house.now += LEASE
            case "late":
                self.there.carry_out_late(self.house.now, 1)
            case "claim" if worker not in self.held:
                found = claim(self.dbs[worker], self.scribes, self.lane)
                self.held |= {worker: found} if found is not None else {}
            case "settle" if worker in self.held:
                self.alive(lambda: send(self.dbs[worker], self.scribes, self.held.pop(worker)))
            case "work" if worker not in self.held:
                self.alive(lambda: work(self.dbs[worker], self.scribes, self.lane, Event()))
            case "die_before":
                self.held.pop(worker, None)
            case "lose" | "limit" | "die_after" | "lose_late" | "die_late":
                self.there.next = deed
            case _:
                pass

    def alive(self, deed: Callable[[], object]) -> None:
        with suppress(KilledError):
            deed()

    def change(self, contact: str, member: int) -> None:
        """A member's balance changes, and a reward is why."""
        self.count += 1
        now, place = self.house.now, (KEY, "crm")
        with transaction(self.dbs[0], self.house.program_id) as tx:
            wanted = Wanted(member, {"points": str(self.count)}, self.count, now)
            record_wanted(tx, self.house.program_id, place, [wanted], now)
            event = NewEvent(member, "reward_earned", {"amount": str(self.count)}, now, now)
            record_events(tx, self.house.program_id, place, [event], now)
        self.newest[contact] = self.count
        self.told.setdefault(contact, []).append(self.count)

    def end(self) -> None:
        """Everybody who was killed is gone, and what they left is done."""
        self.held.clear()
        self.there.next = ""
        for _ in range(3):
            self.house.now += LATE
            self.there.carry_out_late(self.house.now)
            self.alive(lambda: work(self.dbs[1], self.scribes, self.lane, Event()))
        # What was written anew is looked at once more.
        self.house.now += CHECKED_AGAIN
        self.alive(lambda: work(self.dbs[1], self.scribes, self.lane, Event()))


def played(house: House, steps: list[tuple[str, int]]) -> Scene:
    """Everything that happens, and what is left of it."""
    with house.worker() as one, house.worker() as other:
        if not house.rows("select from member_ids"):
            house.contacts(CONTACTS)
            house.gather()
        members = house.rows("select external_id, member_id from member_ids order by 2")
        # Nobody of ours may.
        house.rows("with gone as (delete from writeback_contacts) delete from writeback_events returning 1")
        one.execute("update writeback_lanes set fence = null, lease_until = null, hold_until = null")
        scene = Scene(house, [one, other], [(str(row[0]), int(row[1])) for row in members])
        for deed, which in steps:
            scene.step(deed, which)
        scene.end()
    assert scene.there.events == scene.told
    assert set(house.states()) <= {"written"}
    return scene


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_nothing_overtakes_what_was_to_come_before(house: House, steps: list[tuple[str, int]]) -> None:
    scene = played(house, steps)
    assert {contact: told[-1] for contact, told in scene.there.values.items()} == scene.newest
    assert all(told == sorted(told) for told in scene.there.values.values()), scene.there.values


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=LATE_STEPS)
@example(
    steps=[("change", 0), ("lose_late", 0), ("work", 0), ("wait", 0), ("change", 0), ("work", 0), ("late", 0)]
)
@example(
    steps=[("change", 0), ("die_late", 0), ("work", 0), ("wait", 0), ("change", 0), ("work", 1), ("late", 0)]
)
def test_what_is_carried_out_late_does_not_stay(house: House, steps: list[tuple[str, int]]) -> None:
    scene = played(house, steps)
    assert {contact: told[-1] for contact, told in scene.there.values.items()} == scene.newest


def test_what_arrived_without_our_knowing_is_written_over_when_the_old_value_is_right_again(
    house: House,
) -> None:
    (contact,) = house.contacts(1)
    house.tell(contact, "order.paid", order_no="a", amount=100)
    house.write_back()
    assert house.at_hubspot()[contact]["points"] == "100"
    house.tell(contact, "order.paid", order_no="b", amount=5)
    house.gather()
    house.stand.control("POST", "/faults", {"next": ["after"]})
    house.write()
    assert house.at_hubspot()[contact]["points"] == "105"
    house.tell(contact, "order.returned", order_no="b", refunded=5, total=5)
    house.later(seconds=61)
    house.write_back()
    assert house.at_hubspot()[contact]["points"] == "100"
