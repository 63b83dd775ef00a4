"""Defects of time and order: what was told first, twice or late, and by which version it was decided."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.engine import process
from guerdon.ledger.effects import Wait
from guerdon.rules.facts import Facts, Waiting
from guerdon.store.database import Transaction
from guerdon.store.intake import IntakeRow, record_intake
from guerdon.store.versions.timeline import Timeline, hold_timeline
from guerdon.values.clock import utc_now
from guerdon.values.ids import derived_id

ORDER, REPLAY = "tests/order/test_order.py", "tests/replay/test_replay.py"
LIFE = f"{REPLAY}::test_a_programs_life_is_decided_again_and_every_byte_comes_out_as_it_was"
VERSIONS = f"{REPLAY}::test_each_event_is_decided_once_and_by_the_version_that_was_live"
POISON, BOTH = "tests/engine/test_process.py", "tests/engine/test_two_reversals.py"


def in_the_order_of_arrival() -> None:
    """When it came is taken for when it happened."""
    event = process._event  # noqa: SLF001  the place of the defect

    def as_it_came(playbook: Any, row: Any, meaning: Any, fields: Any) -> Any:
        return event(playbook, row, replace(meaning, happened_at=row.recorded_at), fields)

    put("guerdon.engine.process:_event", as_it_came)


def unknown_reversals_dropped() -> None:
    put("guerdon.rules.decide:wait_for", lambda want, _: Wait(want.rule, want.reference))


def the_second_that_waits_dropped() -> None:
    """Of what an event lets wait for a rule's rewards only the first does."""
    wait = Facts.wait

    def wait_once(facts: Facts, waiting: Waiting) -> None:
        if waiting.key not in facts.waits_made:
            wait(facts, waiting)

    put("guerdon.rules.facts:Facts.wait", wait_once)


def one_number_for_all_that_an_event_takes() -> None:
    put("guerdon.rules.reversals:_Taking._number", lambda taking, name: derived_id(taking.cause, name))


def payloads_not_compared() -> None:
    def any_payload(
        tx: Transaction,
        program_id: int,
        deliveries: Sequence[tuple[str, bytes]],
        rows: Sequence[IntakeRow],
        at: datetime,
    ) -> list[str]:
        return record_intake(tx, program_id, deliveries, [replace(row, payload_hash=0) for row in rows], at)

    put("guerdon.engine.intake:record_intake", any_payload)


def two_versions_at_once() -> None:
    """A worker goes on by the versions that it knows."""
    known: dict[int, Timeline] = {}

    def as_it_was(tx: Transaction, program_id: int) -> Timeline:
        return known.setdefault(program_id, hold_timeline(tx, program_id))

    put("guerdon.engine.process:hold_timeline", as_it_was)


def the_version_of_its_telling() -> None:
    """An event is decided by what is live as it is decided, not by what was live when it happened."""
    put("guerdon.engine.versions.deciding:_instant", lambda _, __, now: now)


def its_last_instant_included() -> None:
    """A version is live in the very instant in which the next one is."""
    put("guerdon.store.versions.timeline:bisect_right", bisect_left)


def a_clock_in_a_rule() -> None:
    put("guerdon.rules.earnings:available_at", lambda *_: utc_now() + timedelta(days=1))


def parked_without_reason() -> None:
    rewriting({"select %s, c, e, x, r, d, v, p, l, %s": "select %s, c, e, x, r, '', v, p, l, %s"})


def a_bad_one_blocks_the_others() -> None:
    put("guerdon.engine.process:POISON", ())


MUTANTS = (
    Mutant("I-07", "apply in arrival order", (ORDER,), patch=in_the_order_of_arrival, of="T-09"),
    Mutant("I-07", "unknown reversal dropped", (ORDER,), patch=unknown_reversals_dropped, of="T-09"),
    Mutant("I-07", "second of a wait dropped", (BOTH,), patch=the_second_that_waits_dropped, of="T-09"),
    Mutant(
        "I-08",
        "two takings under one id",
        (BOTH,),
        patch=one_number_for_all_that_an_event_takes,
        of="T-10",
    ),
    Mutant("I-05", "payload hash ignored", (ORDER,), patch=payloads_not_compared, of="T-09"),
    Mutant(
        "I-20", "two versions effective at a boundary", (VERSIONS,), patch=two_versions_at_once, of="T-22"
    ),
    Mutant(
        "I-20", "decided by the version of the day", (VERSIONS,), patch=the_version_of_its_telling, of="T-22"
    ),
    Mutant(
        "I-20",
        "a version's end is not the next one's",
        (VERSIONS,),
        patch=its_last_instant_included,
        of="T-22",
    ),
    Mutant("I-20", "clock read in a rule", (LIFE,), patch=a_clock_in_a_rule, of="T-22"),
    Mutant("I-08", "parked without reason", (POISON,), patch=parked_without_reason, of="T-10"),
    Mutant("I-08", "bad item blocks the head", (POISON,), patch=a_bad_one_blocks_the_others, of="T-10"),
)
