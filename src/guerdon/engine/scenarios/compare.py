"""Holding what happened against what the page says: nothing may be missing, nothing may be too much.

A line of the page may leave facts out, so lines and happenings are paired as well as they can be before any
is called missing: a vague line never takes the happening that a precise one needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.engine.scenarios.expectations import STANDINGS
from guerdon.engine.scenarios.scenario import Expected, Happening, Scenario


@dataclass(frozen=True, slots=True)
class Played:
    """What a run left: everything that happened, and how purses and budgets stand."""

    happened: Sequence[Happening]
    standings: Sequence[Happening]


def differences(scenario: Scenario, played: Played) -> list[str]:
    """Every difference in words, each with the page's line; none when the scenario is green."""
    effects = [e for e in scenario.then if e.happening.kind not in STANDINGS]
    told = [h for h in played.happened if _is_told(scenario, h)]
    paired = _paired(effects, told)
    missing = [e for n, e in enumerate(effects) if n not in paired.values()]
    excess = [h for n, h in enumerate(told) if n not in paired]
    said = [f"line {e.line}: did not happen: {e.happening}" for e in missing]
    said += [f"happened, and no line expects it: {h}" for h in excess]
    said += [
        f"line {e.line}: must never happen, but did: {h}"
        for e in scenario.never
        for h in played.happened
        if _fits(e, h)
    ]
    standings = [e for e in scenario.then if e.happening.kind in STANDINGS]
    return said + [line for e in standings if (line := _standing_difference(e, played.standings))]


def _is_told(scenario: Scenario, happening: Happening) -> bool:
    """Whether the page tells of this: what a rule did that it is not about is left out."""
    return not scenario.about or happening.facts.get("rule", next(iter(scenario.about))) in scenario.about


def _fits(expected: Expected, happening: Happening) -> bool:
    wanted = expected.happening
    return wanted.kind == happening.kind and wanted.facts.items() <= happening.facts.items()


def _paired(expected: Sequence[Expected], happened: Sequence[Happening]) -> dict[int, int]:
    """Happening -> the line that expects it, as many pairs as there can be."""
    taken: dict[int, int] = {}

    def place(line: int, tried: set[int]) -> bool:
        for n, happening in enumerate(happened):
            if n not in tried and _fits(expected[line], happening):
                tried.add(n)
                # Whoever has it may find another one.
                if n not in taken or place(taken[n], tried):
                    taken[n] = line
                    return True
        return False

    for line in range(len(expected)):
        place(line, set())
    return taken


def _standing_difference(expected: Expected, standings: Sequence[Happening]) -> str | None:
    """Say how it stands, when it does not stand as the page says."""
    wanted = expected.happening
    told = {"balance": "purse", "pair": "state"}.get(wanted.kind, "amount")
    about = {name: fact for name, fact in wanted.facts.items() if name != told}
    amounts = [
        each.facts[told]
        for each in standings
        if each.kind == wanted.kind and about.items() <= each.facts.items()
    ]
    if wanted.facts[told] in amounts:
        return None
    if not amounts:
        return f"line {expected.line}: there is nothing like {wanted}"
    # A purse holds each unit apart; what the page speaks of is the one to tell.
    unit = wanted.facts[told].rpartition(" ")[2]
    stands = next((amount for amount in amounts if amount.endswith(f" {unit}")), amounts[0])
    return f"line {expected.line}: expected {wanted}, but it is {stands}"
