"""A member's purse with orders on their way: held, captured, released, expired, and a refund in between.

What is held leaves once; what nobody captured is free again and pays a debt first; while nobody knows how an
order ended, its hold does not expire.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.models.explorer import Model

EARNED_MAX = 8
CLAWED_MAX = 6
AMOUNTS = (1, 2, 3)


@dataclass(frozen=True)
class Hold:
    """A hold: `none` before it is opened."""

    state: str = "none"
    amount: int = 0
    captured: int = 0
    known: bool = True


@dataclass(frozen=True)
class Purse:
    """All there is."""

    posted: int = 0
    held: int = 0
    debt: int = 0
    earned: int = 0
    clawed: int = 0
    spent: int = 0
    holds: tuple[Hold, ...] = (Hold(), Hold(), Hold())


BUGS = frozenset(
    {
        "capture without state open",
        "release without paying debt",
        "remainder not released",
        "hold without guard",
        "release on timeout",
    }
)


def _paid(purse: Purse) -> Purse:
    """What is free pays the debt."""
    part = min(purse.posted - purse.held, purse.debt)
    return replace(purse, posted=purse.posted - part, debt=purse.debt - part) if part > 0 else purse


@dataclass(frozen=True)
class _Steps:
    """The ways out of a state, with one thing done wrong."""

    bug: str

    def steps(self, purse: Purse) -> Iterator[tuple[str, Purse]]:
        if purse.earned < EARNED_MAX:
            yield "earn", _paid(replace(purse, posted=purse.posted + 1, earned=purse.earned + 1))
        if purse.clawed < min(CLAWED_MAX, purse.earned):
            taken = min(1, purse.posted - purse.held)
            yield (
                "take back",
                replace(
                    purse, posted=purse.posted - taken, debt=purse.debt + 1 - taken, clawed=purse.clawed + 1
                ),
            )
        for n, hold in enumerate(purse.holds):
            yield from self._of_hold(purse, n, hold)

    def _of_hold(self, purse: Purse, n: int, hold: Hold) -> Iterator[tuple[str, Purse]]:
        def put(new: Hold) -> tuple[Hold, ...]:
            return (*purse.holds[:n], new, *purse.holds[n + 1 :])

        if hold.state == "none":
            for amount in AMOUNTS:
                if self.bug == "hold without guard" or purse.posted - purse.held >= amount:
                    opened = put(Hold("open", amount))
                    yield f"hold {n}", replace(purse, held=purse.held + amount, holds=opened)
            return
        if hold.state == "open" and hold.known:
            yield f"no answer {n}", replace(purse, holds=put(replace(hold, known=False)))
        if hold.state == "open" and not hold.known:
            yield f"answer {n}", replace(purse, holds=put(replace(hold, known=True)))
        if hold.state == "open" or (self.bug == "capture without state open" and hold.state == "captured"):
            for part in range(1, hold.amount + 1):
                freed = hold.amount if self.bug != "remainder not released" else part
                after = replace(
                    purse,
                    posted=purse.posted - part,
                    held=purse.held - freed,
                    spent=purse.spent + part,
                    holds=put(replace(hold, state="captured", captured=hold.captured + part, known=True)),
                )
                yield f"capture {n}", _paid(after)
        if hold.state == "open" and (hold.known or self.bug == "release on timeout"):
            freed_purse = replace(
                purse, held=purse.held - hold.amount, holds=put(replace(hold, state="released"))
            )
            yield (
                f"release {n}",
                freed_purse if self.bug == "release without paying debt" else _paid(freed_purse),
            )


def model(bug: str = "") -> Model[Purse]:
    """The model, with one thing done wrong."""
    assert not bug or bug in BUGS
    return Model(Purse(), _Steps(bug).steps, _broken)


def _broken(purse: Purse) -> str | None:
    held = sum(hold.amount for hold in purse.holds if hold.state == "open")
    checks = (
        (purse.posted - purse.held < 0 or purse.held < 0, "overspent"),
        (purse.debt > 0 and purse.posted - purse.held > 0, "something to spend beside a debt"),
        (purse.held != held, "held is not the sum of open holds"),
        (any(hold.captured > hold.amount for hold in purse.holds), "more captured than held"),
        (
            any(hold.state == "released" and not hold.known for hold in purse.holds),
            "freed, and perhaps delivered",
        ),
        (
            purse.earned - purse.clawed != purse.posted + purse.spent - purse.debt,
            "value came from nowhere or went there",
        ),
    )
    return next((what for wrong, what in checks if wrong), None)
