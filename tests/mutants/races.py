"""Defects that show when many come at once (T-03)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.ledger.chart import is_bounded
from guerdon.store import pools
from guerdon.store.codes import settle_code
from guerdon.store.database import Transaction
from guerdon.store.pools import PoolKey
from guerdon.store.wallet import due
from guerdon.values.money import Money

BUDGETS = "tests/engine/test_process.py::test_many_workers_never_overspend_a_budget"
CODES = "tests/redeem/test_races.py::test_thirty_two_members_share_ten_codes_exactly"
LAST_POINTS = (
    "tests/wallet/test_spending.py::test_the_last_points_are_spent_once_whoever_asks_at_the_same_moment"
)
CHECKERS = "tests/approvals/test_races.py"
SILENCE = "tests/wallet/test_races.py::test_who_earns_between_the_question_and_the_lock_is_not_silent"
PLACES = "tests/orders/test_waiting.py::test_who_saw_a_place_before_others_waited_for_it_passes_nobody_by"
ASKING = f"{CHECKERS}::test_who_asks_at_the_same_moment_never_sets_more_aside_than_there_is"


def read_then_write() -> None:
    """What a pool has is read as the batch begins, its new balance is worked out here, and written late."""
    read: dict[tuple[int, PoolKey], int] = {}
    load = pools.load_pools

    def load_and_keep(tx: Transaction, program_id: int, keys: Iterable[PoolKey]) -> dict[PoolKey, int]:
        left = load(tx, program_id, keys)
        read.update({(id(tx), key): amount for key, amount in left.items()})
        return left

    def settle(
        tx: Transaction,
        program_id: int,
        changes: Mapping[PoolKey, int],
        held: Mapping[PoolKey, int],
        lowest: Mapping[PoolKey, int],
    ) -> None:
        known = {key: n for key, n in changes.items() if is_bounded(key[0]) and (id(tx), key) in read}
        others = {key: n for key, n in changes.items() if key not in known}
        pools.settle_pools(tx, program_id, others, held, lowest)
        for (name, unit), change in sorted(known.items()):
            tx.execute(
                "update accounts set posted = %s"
                " where program_id = %s and member_id = 0 and name = %s and unit = %s",
                (read[id(tx), (name, unit)] + change, program_id, name, unit),
            )

    put("guerdon.store.pools:load_pools", load_and_keep)
    put("guerdon.engine.apply:settle_pools", settle)


def select_then_update() -> None:
    """A free code is looked up, and then taken by its number."""

    def take(tx: Transaction, program_id: int, order_id: int, item: str, value: Money, at: datetime) -> bool:
        row = tx.execute(
            "select id from codes where program_id = %s and item = %s and unit = %s and value = %s"
            " and state = 'free' order by id limit 1",
            (program_id, item, value.unit, value.amount_minor),
        ).fetchone()
        if row is None:
            return False
        tx.execute(
            "update codes set state = 'issued', order_id = %s, issued_at = %s"
            " where program_id = %s and id = %s",
            (order_id, at, program_id, row[0]),
        )
        return True

    assert settle_code.__code__.co_varnames[:6] == take.__code__.co_varnames[:6]
    put("guerdon.engine.redeeming.writing:settle_code", take)


def members_not_locked() -> None:
    rewriting({"member_id = %s for no key update": "member_id = %s"})


def requests_not_locked() -> None:
    rewriting({"id = any(%s) order by id for update": "id = any(%s) order by id"})


def reserves_not_locked() -> None:
    rewriting({"order by a.name, a.unit for no key update of a": "order by a.name, a.unit"})


def free_places_taken_past_who_waits() -> None:
    """A place that is free is anybody's who comes, once they saw it free."""
    rewriting({"taken < capacity and waiting = 0": "taken < capacity"})


def silence_not_asked_for_again() -> None:
    """Who was silent when first asked for is silent for good, though they earned before they were locked."""
    find = due._find_absent  # noqa: SLF001  the place of the defect

    def find_once(tx: Transaction, *terms: Any) -> list[int]:
        among = terms[4] if len(terms) > 4 else None
        return find(tx, *terms) if among is None else list(among)

    put("guerdon.store.wallet.due:_find_absent", find_once)


MUTANTS = (
    Mutant("I-12", "read-then-write budget", (BUDGETS,), patch=read_then_write, of="T-03 ●"),
    Mutant(
        "I-14",
        "select-then-update voucher",
        (CODES,),
        # The table would refuse the second one by itself.
        sql="drop trigger codes_stay_issued on codes",
        patch=select_then_update,
        of="T-03 ●",
    ),
    Mutant("I-04", "members not locked by commands", (LAST_POINTS,), patch=members_not_locked, of="T-03"),
    Mutant("I-13", "requests not locked by signatures", (CHECKERS,), patch=requests_not_locked, of="T-03"),
    Mutant("I-10", "silence not asked for again", (SILENCE,), patch=silence_not_asked_for_again, of="T-03"),
    Mutant("I-12", "pools not locked by who asks", (ASKING,), patch=reserves_not_locked, of="T-03"),
    Mutant(
        "I-15",
        "places taken past who waits",
        (PLACES,),
        patch=free_places_taken_past_who_waits,
        of="T-03",
    ),
)
