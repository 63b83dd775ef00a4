"""T-10: poison among what is good is set apart alone, each with its reason, and nobody waits for it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from math import ceil, log2

import msgspec
import pytest
from msgspec.structs import replace
from tests.engine.house import House, Worker, booked
from tests.evidence import FULL, Figures, scaled

from guerdon.connectors.hubspot.mapping import map_body
from guerdon.engine.arrivals import Element, Meaning
from guerdon.engine.process import BATCH_MAX
from guerdon.program.model import Program

GOOD, BAD = scaled(60, 1_000), scaled(8, 40)
# A batch is halved until the bad one stands alone: so often it is looked at, and no more.
TRIES_MAX = 1 + ceil(log2(BATCH_MAX))
DECIDED = """
    select i.external_id from events e join member_ids i using (program_id, member_id)
    where e.program_id = (select max(program_id) from programs)
"""


def not_utf_8(meaning: Meaning) -> Meaning:
    return replace(meaning, external_id=b"\xff\xfe".decode())


def too_deep(meaning: Meaning) -> Meaning:
    return replace(meaning, fields=msgspec.json.decode(b'{"a":' * 100_000))


def with_nul(meaning: Meaning) -> Meaning:
    return replace(meaning, external_id="a\0b")


def of_the_next_version(meaning: Meaning) -> Meaning:
    return replace(meaning, type="never.declared")


def of_another_kind(meaning: Meaning) -> Meaning:
    return replace(meaning, subject=5)


def of_no_rule(meaning: Meaning) -> Meaning:
    return replace(meaning, fields={"order_type": object()})


# Ten megabytes and numbers beyond all measure come no further than the door.
POISONS: tuple[Callable[[Meaning], Meaning], ...] = (
    *(not_utf_8, too_deep, with_nul),
    *(of_the_next_version, of_another_kind, of_no_rule),
)


class Poisoner:
    """A reader that makes poison of some contacts' events, and counts how often it is asked for each."""

    def __init__(self, bad: Sequence[int]) -> None:
        self.kinds = {str(contact): kind for contact, kind in zip(bad, cycle(POISONS), strict=False)}
        self.asked: Counter[str] = Counter()

    def __call__(self, program: Program, connection: str, body: bytes) -> Sequence[Element]:
        return [self._spoiled(element) for element in map_body(program, connection, body)]

    def _spoiled(self, element: Element) -> Element:
        if isinstance(element, Meaning) and element.subject in self.kinds:
            self.asked[element.subject] += 1
            return self.kinds[element.subject](element)
        return element


def spread(good: int, bad: int) -> tuple[list[int], list[int]]:
    """Contacts, and those among them whose events are bad, evenly between the others."""
    contacts = list(range(1, good + bad + 1))
    return contacts, contacts[:: len(contacts) // bad][:bad] if bad else []


@pytest.mark.full(minutes=1, gate=True)
def test_all_that_is_bad_in_a_heap_is_set_apart_with_its_reason_and_all_that_is_good_decided(
    house: House, figures: Figures
) -> None:
    contacts, bad = spread(GOOD, BAD)
    poisoner = Poisoner(bad)
    house.publish()
    house.enroll(contacts)
    house.tell([booked(contact) for contact in contacts])
    with house.worker(poisoner) as worker:
        began = time.monotonic()
        assert worker.work(BATCH_MAX) == GOOD + BAD
        figures.update(good=GOOD, bad=BAD, seconds=round(time.monotonic() - began, 1))
        assert worker.work() == 0
    assert house.count("select count(*) from rewards") == GOOD
    assert house.count("select count(*) from inbox") == 0
    parked = house.rows("select reason, event_id, detail from quarantine order by detail")
    assert len({event for _, event, _ in parked}) == BAD
    assert {reason for reason, _, _ in parked} == {"poison"}
    details = [str(detail) for _, _, detail in parked]
    figures.update(reasons=sorted({detail.split(": ")[1] for detail in details}))
    assert all(len(detail) > len("It could not be decided: ") for detail in details)
    assert set(poisoner.asked) == set(poisoner.kinds)
    figures.update(tries_most=max(poisoner.asked.values()))
    assert max(poisoner.asked.values()) <= TRIES_MAX


def waits(house: House, worker: Worker, contacts: Sequence[int]) -> dict[str, float]:
    """How long contacts waited for what is good to be decided, in seconds; they come one after another."""
    told: dict[str, float] = {}
    done: dict[str, float] = {}

    def tell_all() -> None:
        for contact in contacts:
            told[str(contact)] = time.monotonic()
            house.tell([booked(contact)])

    with ThreadPoolExecutor(1) as aside:
        telling = aside.submit(tell_all)
        while True:
            last = telling.done()
            if worker.work():
                now = time.monotonic()
                decided = [str(row[0]) for row in worker.db.execute(DECIDED).fetchall()]
                done |= {contact: now for contact in decided if contact not in done}
            elif last:
                telling.result()
                return {contact: at - told[contact] for contact, at in done.items()}


@pytest.mark.full(minutes=1, gate=True)
def test_what_is_good_hardly_waits_for_the_bad_that_comes_between(house: House, figures: Figures) -> None:
    p95 = {}
    for key, among in (("clean", 0), ("poisoned", BAD)):
        contacts, bad = spread(GOOD, among)
        house.publish(key)
        house.enroll(contacts)
        with house.worker(Poisoner(bad)) as worker:
            waited = waits(house, worker, contacts)
        assert len(waited) == GOOD
        p95[key] = sorted(waited.values())[GOOD * 95 // 100]
    figures.update({f"p95_ms_{key}": round(value * 1_000, 1) for key, value in p95.items()})
    assert house.rows("select reason, count(*) from quarantine group by 1") == [("poison", BAD)]
    # A promise of time is asked for in the full set alone.
    assert not FULL or p95["poisoned"] <= 2 * p95["clean"]
