"""Defects of referrals: who is looked at before they are rewarded, and what makes a customer."""

from collections.abc import Callable, Sequence

from tests.mutants.mutant import Mutant, put

from guerdon.engine.referrals import guards
from guerdon.engine.referrals.guards import Ground
from guerdon.store.referrals.pairs import Pair

FRAUD = "tests/referrals/test_fraud.py"
PAIRS = "tests/referrals/test_pairs.py"
_reasons_of = guards.reasons_of


def without(*left_out: str) -> Callable[[], None]:
    """Nobody is held for these reasons; without any, for none at all."""

    def reasons(ground: Ground, pairs: Sequence[Pair]) -> dict[int, list[str]]:
        found = _reasons_of(ground, pairs)
        return {
            pair: [each for each in why if left_out and each not in left_out] for pair, why in found.items()
        }

    return lambda: put("guerdon.engine.referrals.following:reasons_of", reasons)


def forgotten_before_the_claim() -> None:
    put("guerdon.engine.referrals.following:load_done", lambda *_: [])


def nothing_is_undone() -> None:
    put("guerdon.engine.referrals.following:undo", lambda *_: None)


MUTANTS = (
    Mutant("I-13", "hold of flagged pairs off", (FRAUD,), patch=without(), of="T-27"),
    Mutant("I-13", "referral cap off", (FRAUD,), patch=without("many_successes"), of="T-27"),
    Mutant(
        "I-07",
        "what a friend did before the claim is not looked for",
        (PAIRS,),
        patch=forgotten_before_the_claim,
    ),
    Mutant("I-11", "a referral that was given back stays paid", (PAIRS,), patch=nothing_is_undone),
)
