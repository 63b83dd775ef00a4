"""Defects of a member's value that the property machine must find (T-01)."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.engine import apply
from guerdon.engine.wallet import holding
from guerdon.ledger import lots, payback
from guerdon.ledger.chart import DEBT, PURSE
from guerdon.ledger.effects import Effect, Expire, Post
from guerdon.ledger.lots import Debt, Lot
from guerdon.rules import reversals, wallet
from guerdon.store.wallet import deeds
from guerdon.store.wallet.deeds import Held

MACHINE = "tests/wallet/test_machine.py::test_whatever_is_done_the_house_agrees_with_the_model"
HOLDING, COMMANDS, TIMERS = (
    "guerdon.engine.wallet.holding",
    "guerdon.engine.wallet.commands",
    "guerdon.engine.timers",
)


def called_by(function: str) -> bool:
    """Whether the function that asks was called by one of this name."""
    return sys._getframe(2).f_code.co_name == function  # noqa: SLF001  only in mutants


def capture_of_a_closed_hold() -> None:
    from guerdon.store.wallet.holds import load_holds as load  # noqa: PLC0415  by its own name

    def all_open(*args: Any) -> dict[int, Any]:
        return {number: replace(found, state="open") for number, found in load(*args).items()}

    put(f"{HOLDING}:load_holds", all_open)
    rewriting({"and h.state = 'open' and h.amount >= c.captured": "and h.amount >= c.captured"})


def freed_and_no_debt_paid(by: str) -> Callable[[], None]:
    def plant() -> None:
        pay = wallet.decide_freeing

        def freeing(*args: Any) -> list[Effect]:
            return [] if called_by(by) else pay(*args)

        put(f"{HOLDING}:decide_freeing", freeing)
        put(f"{TIMERS}:decide_freeing", freeing)

    return plant


def debt_repaid_in_one_leg() -> None:
    """The balances say what was paid, the transfers say that the member got it all."""
    record = deeds._record_transfers  # noqa: SLF001  the place of the defect

    def record_one_leg(tx: Any, program_id: int, posts: Sequence[tuple[Any, Post]], at: Any) -> None:
        record(tx, program_id, [(deed, post) for deed, post in posts if post.to_account != DEBT], at)

    put("guerdon.store.wallet.deeds:_record_transfers", record_one_leg)
    add = apply._add_post  # noqa: SLF001  the place of the defect

    def add_one_leg(rows: Any, *args: Any) -> None:
        add(rows, *args)
        if any(isinstance(post, Post) and post.to_account == DEBT for post in args):
            rows.transfers[-1] = rows.transfers[-1].replace(f"\t{DEBT}\t", f"\t{PURSE}\t")

    put("guerdon.engine.apply:_add_post", add_one_leg)


def what_is_owed_is_forgotten() -> None:
    pay = payback.pay_debts

    def one_leg(debts: Sequence[Debt], coming: payback.Coming, cause: int) -> tuple[list[Any], list[Debt]]:
        effects, paid = pay(debts, coming, cause)
        return effects[:2], paid

    for module in ("wallet", "earnings", "reversals"):
        put(f"guerdon.rules.{module}:pay_debts", one_leg)


def remainder_not_released() -> None:
    freed = holding.freed

    def freed_partly(found: Any) -> Held:
        caller = sys._getframe(1)  # noqa: SLF001  only in mutants
        if caller.f_code.co_name != "capture":
            return freed(found)
        kept: Mapping[int, int] = caller.f_locals["kept"]
        return Held(found.unit, -caller.f_locals["taken"], {number: -part for number, part in kept.items()})

    put(f"{HOLDING}:freed", freed_partly)


def hold_without_guard() -> None:
    ask = wallet.objection_to_spending

    def unguarded(*args: Any) -> str | None:
        said = ask(*args)
        return None if said == "balance" else said

    put(f"{HOLDING}:objection_to_spending", unguarded)


def duplicate_key_ignored() -> None:
    put(f"{COMMANDS}:find_said", lambda *_: None)
    put(f"{COMMANDS}:record_key", lambda *_: True)


def refund_takes_more_than_spendable() -> None:
    """What is held counts as there."""
    put("guerdon.rules.facts:Holding.free", property(lambda self: self.remaining))


def held_points_expire() -> None:
    rewriting({"and held = 0": ""})

    def decide(event_id: int, unit: str, ending: Sequence[Lot]) -> list[Effect]:
        drawn = [(lot, lot.remaining) for lot in ending]
        told = [Expire(lot.reward_id, amount) for lot, amount in drawn]
        return [*told, *wallet._moved(event_id, "expire", unit, drawn, to_payer=True)]  # noqa: SLF001

    put(f"{TIMERS}:decide_expiry", decide)


def expired_twice() -> None:
    settle = deeds.settle_lots

    def settle_but_what_ends(tx: Any, program_id: int, changed: Any, ends: str, at: Any) -> None:
        if ends != "expired":
            settle(tx, program_id, changed, ends, at)

    put(f"{TIMERS}:settle_lots", settle_but_what_ends)


def newest_lot_first() -> None:
    earliest = lots.earliest_first

    def newest(given: Iterable[Lot]) -> list[Lot]:
        return earliest(given)[::-1]

    put("guerdon.ledger.lots:earliest_first", newest)


def one_legged_transfer() -> None:
    for place in (COMMANDS, TIMERS):
        put(f"{place}:post_to_pools", lambda *_: None)


def reversed_beyond_the_original() -> None:
    put("guerdon.rules.reversals:_recoverable", lambda _, amount: amount)
    take = reversals.take_back

    def take_again(want: Any, lot: Any, *args: Any, **kwargs: Any) -> Any:
        told = lot.reversed
        lot.reversed = 0
        effects, taken = take(want, lot, *args, **kwargs)
        lot.reversed += told
        return effects, taken

    put("guerdon.rules.decide:take_back", take_again)


_machine = partial(Mutant, tests=(MACHINE,), way="machine")
_HOLDING, _TIMERS, _SPENDING = (
    f"tests/wallet/test_{name}.py::test_" for name in ("holding", "timers", "spending")
)
_FREED = f"{_HOLDING}freed_value_pays_the_debt_first"

MUTANTS = (
    _machine(
        "I-09",
        "capture without `state = 'open'`",
        sql="drop trigger holds_stay_closed on holds",
        patch=capture_of_a_closed_hold,
        of="T-01 ●",
        quick=f"{_HOLDING}a_hold_ends_once",
    ),
    _machine(
        "I-11",
        "release without paying debt",
        patch=freed_and_no_debt_paid("release"),
        of="T-01 ●",
        quick=_FREED,
    ),
    _machine(
        "I-11",
        "partial capture without paying debt",
        patch=freed_and_no_debt_paid("capture"),
        of="T-01 ●",
        quick=f"{_HOLDING}what_is_left_of_a_hold_that_was_taken_pays_the_debt_first",
    ),
    _machine(
        "I-11",
        "hold run out without paying debt",
        patch=freed_and_no_debt_paid("_run_out"),
        of="T-01",
        quick=f"{_TIMERS}a_hold_that_runs_out_pays_the_debt_first",
    ),
    _machine("I-03", "debt repaid in one leg", patch=debt_repaid_in_one_leg, of="T-01 ●", quick=_FREED),
    _machine(
        "I-03", "debt repaid and its pool not told", patch=what_is_owed_is_forgotten, of="T-01", quick=_FREED
    ),
    _machine(
        "I-09",
        "remainder not released",
        patch=remainder_not_released,
        of="T-01",
        quick=f"{_HOLDING}taking_part_frees_the_rest_in_the_same_commit",
    ),
    _machine(
        "I-09",
        "hold without guard",
        patch=hold_without_guard,
        of="T-01",
        quick=f"{_HOLDING}what_is_held_is_there_and_cannot_be_spent",
    ),
    _machine(
        "I-05",
        "duplicate key ignored",
        patch=duplicate_key_ignored,
        of="T-01",
        quick=f"{_HOLDING}the_same_reference_holds_once",
    ),
    _machine(
        "I-11",
        "refund takes more than spendable",
        patch=refund_takes_more_than_spendable,
        of="T-01",
        quick=_FREED,
    ),
    _machine(
        "I-10",
        "expiry of held points",
        patch=held_points_expire,
        of="T-01",
        quick=f"{_TIMERS}a_lot_does_not_end_while_any_of_it_is_held",
    ),
    _machine(
        "I-10",
        "expiry twice",
        patch=expired_twice,
        of="T-01",
        quick=f"{_TIMERS}workers_at_the_same_moment_end_each_lot_once",
    ),
    _machine(
        "I-10",
        "newest lot first",
        patch=newest_lot_first,
        of="T-01",
        quick=f"{_SPENDING}the_lot_that_ends_first_is_spent_first_and_the_decision_says_so",
    ),
    _machine("I-01", "one-legged transfer", patch=one_legged_transfer, of="T-01", quick=_FREED),
    _machine("I-02", "reversal beyond the original", patch=reversed_beyond_the_original, of="T-01"),
)
