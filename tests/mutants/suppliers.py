"""Defects that show when suppliers fail (T-11)."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.mutant import Mutant, put

from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.placing import asking
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.port import Ask, Placed, Rejected, Told, Unknown

FAULTS = "tests/orders/test_suppliers_and_faults.py::test_each_fault_alone_comes_to_one_issue_or_to_none"
CALLED_OFF = "tests/orders/test_called_off.py"
CUT, WRONG_AMOUNT = f"{FAULTS}[cut]", f"{FAULTS}[wrong_amount]"


def _answering(change: Callable[[Question, Told | None], Told | None]) -> None:
    ask = asking.ask_one

    def answered(desk: Desk, question: Question) -> Told | None:
        return change(question, ask(desk, question))

    put("guerdon.engine.orders.working:ask_one", answered)


def release_on_timeout() -> None:
    """An answer that did not come is taken for a no."""

    def no(_: Question, told: Told | None) -> Told | None:
        return Rejected("refused", told.says) if isinstance(told, Unknown) else told

    _answering(no)


def days_more_for_calling_off() -> None:
    """Whoever calls an order off is given the days of grace that a failure gives."""
    put("guerdon.engine.orders.delivering:Order.is_its_members_word", property(lambda _: False))


def new_key_on_retry() -> None:
    """Whatever is asked for again is asked for under another key."""
    ask = asking.ask_one

    def asked(desk: Desk, question: Question) -> Told | None:
        tried = question.claimed.open
        key = f"{question.ask.key}-{tried.asks}" if tried is not None else question.ask.key
        return ask(desk, replace(question, ask=replace(question.ask, key=key)))

    put("guerdon.engine.orders.working:ask_one", asked)


def amount_unchecked() -> None:
    """What came is believed to be worth what was asked for."""

    def right(question: Question, told: Told | None) -> Told | None:
        if not isinstance(told, Placed):
            return told
        ask: Ask = question.ask
        return replace(told, currency=ask.currency, face_minor=ask.face_minor)

    _answering(right)


MUTANTS = (
    Mutant("I-15", "release on timeout, at suppliers", (CUT,), patch=release_on_timeout, of="T-11"),
    Mutant("I-15", "new key on retry, at suppliers", (CUT,), patch=new_key_on_retry, of="T-11"),
    Mutant("I-15", "callback amount unchecked", (WRONG_AMOUNT,), patch=amount_unchecked, of="T-11"),
    Mutant("I-10", "days more for calling off", (CALLED_OFF,), patch=days_more_for_calling_off),
)
