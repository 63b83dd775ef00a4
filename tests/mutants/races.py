"""Defects that show when many come at once (T-03)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.ledger.chart import POOL_OWNER, is_bounded
from guerdon.store.codes import settle_code
from guerdon.store.database import Transaction
from guerdon.store.pools import PoolKey, PoolSpent, record_pools
from guerdon.values.money import Money

BUDGETS = "tests/engine/test_process.py::test_eight_workers_never_overspend_a_budget"
CODES = "tests/redeem/test_races.py::test_thirty_two_members_share_ten_codes_exactly"
TOP_UPS = "tests/budgets/test_top_ups.py::test_32_at_once_top_up_once_and_spend_to_the_last_cent"
LAST_POINTS = (
    "tests/wallet/test_spending.py::test_the_last_points_are_spent_once_whoever_asks_at_the_same_moment"
)
CHECKERS = "tests/approvals/test_races.py"
ASKING = f"{CHECKERS}::test_who_asks_at_the_same_moment_never_sets_more_aside_than_there_is"


def read_then_write() -> None:
    """What a pool has is read, the new balance is worked out here, and written."""

    def settle(
        tx: Transaction,
        program_id: int,
        changes: Mapping[PoolKey, int],
        held: Mapping[PoolKey, int],
        lowest: Mapping[PoolKey, int],
    ) -> None:
        for name, unit in sorted({*changes, *held}):
            record_pools(tx, program_id, {name: unit})
            where = (program_id, POOL_OWNER, name, unit)
            row = tx.execute(
                "select posted, held from accounts"
                " where program_id = %s and member_id = %s and name = %s and unit = %s",
                where,
            ).fetchone()
            assert row is not None
            key = (name, unit)
            if is_bounded(name) and row[0] - row[1] + lowest.get(key, 0) < 0:
                raise PoolSpent
            tx.execute(
                "update accounts set posted = %s, held = %s"
                " where program_id = %s and member_id = %s and name = %s and unit = %s",
                (row[0] + changes.get(key, 0), row[1] + held.get(key, 0), *where),
            )

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
    put("guerdon.engine.redeem:settle_code", take)


def not_looking_again() -> None:
    """Sold out, though others may yet give theirs back."""
    from guerdon.store import codes  # noqa: PLC0415  by its own name

    take = codes._take  # noqa: SLF001  the place of the defect

    def once(tx: Any, locked: Any, wanted: Any) -> bool:
        return "skip" in locked.as_string(tx) and take(tx, locked, wanted)

    put("guerdon.store.codes:_take", once)


def members_not_locked() -> None:
    rewriting({"member_id = %s for no key update": "member_id = %s"})


def requests_not_locked() -> None:
    rewriting({"id = any(%s) order by id for update": "id = any(%s) order by id"})


def reserves_not_locked() -> None:
    rewriting({"order by a.name, a.unit for no key update of a": "order by a.name, a.unit"})


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
    Mutant(
        "I-12",
        "two top-ups a period",
        (TOP_UPS,),
        sql="alter table top_ups drop constraint top_ups_pkey",
        of="T-03",
    ),
    Mutant("I-04", "members not locked by commands", (LAST_POINTS,), patch=members_not_locked, of="T-03"),
    Mutant("I-13", "requests not locked by signatures", (CHECKERS,), patch=requests_not_locked, of="T-03"),
    Mutant("I-12", "pools not locked by who asks", (ASKING,), patch=reserves_not_locked, of="T-03"),
)
