"""What the simulator reads of program.yaml: where its people live, and what the rules pay.

Values, limits and budgets come from the file so that one who plays with them sees the simulator follow.
Who qualifies does not: the conditions stand in events.py as the brand meant them, so a slip in the file is
noticed.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from .expect import Limit, Pools

MINOR_PER_UNIT = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the program: what starts it, what it pays and from where."""

    key: str
    event_type: str
    value_minor: int
    budget: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The part of a program that its customers' world depends on."""

    time_zone: str
    portal: int
    languages: Mapping[str, str]
    locations: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule]
    pools: Pools


def load_terms(path: Path, connection: str) -> Terms:
    """Read the program file and the locations it names."""
    # BaseLoader leaves every scalar a string: amounts stay exact, and the market NO does not turn into false.
    program = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it builds only strings
    rules = [rule for key, said in program["rules"].items() for rule in _rules_in(key, said)]
    by_type = {rule.event_type: rule for rule in rules}
    if len(by_type) != len(rules):
        raise SystemExit("The simulator knows one rewarding rule per event type; the program has more.")
    return Terms(
        time_zone=program["time_zone"],
        portal=int(program["connections"][connection]["portal"]),
        languages={market: said["language"] for market, said in program["markets"].items()},
        locations=_locations(program["locations"], path.parent),
        rules=by_type,
        pools=Pools(_limits(program.get("limits", {})), _budgets(program.get("budgets", {}))),
    )


def _rules_in(key: str, said: Mapping[str, Any]) -> list[Rule]:
    """Find the rewards among a rule's effects."""
    rewards = [effect["reward"] for effect in said["then"] if "reward" in effect]
    return [Rule(key, said["when"], _minor(reward["value"]), reward["pay_from"]) for reward in rewards]


def _limits(said: Mapping[str, Any]) -> tuple[Limit, ...]:
    unknown = [key for key, limit in said.items() if (limit["per"], limit["period"]) != ("member", "month")]
    if unknown:
        raise SystemExit(f"The simulator knows limits per member and month only, not: {', '.join(unknown)}")
    return tuple(
        Limit(
            key=key,
            amount_minor=_minor(limit["amount"]) if "amount" in limit else None,
            times=int(limit["times"]) if "times" in limit else None,
            rules=frozenset(limit["rules"]) if "rules" in limit else None,
        )
        for key, limit in said.items()
    )


def _budgets(said: Mapping[str, Any]) -> dict[str, int]:
    """Name every budget account as Guerdon's ledger does, less its first word."""
    return {
        f"{key}:{market}": _minor(amount)
        for key, budget in said.items()
        for market, amount in budget["amounts"].items()
    }


def _locations(said: str | Mapping[str, Any], folder: Path) -> dict[str, tuple[str, ...]]:
    """List the location keys of each market, from the file or from the program itself."""
    if isinstance(said, str):
        with (folder / said).open(encoding="utf-8", newline="") as file:
            pairs = [(row["key"], row["market"]) for row in csv.DictReader(file)]
    else:
        pairs = [(key, location["market"]) for key, location in said.items()]
    by_market: dict[str, list[str]] = {}
    for key, market in pairs:
        by_market.setdefault(market, []).append(key)
    return {market: tuple(keys) for market, keys in by_market.items()}


def _minor(amount: str) -> int:
    """Read `25.00 EUR`, or a bare number, as cents."""
    number = amount.partition(" ")[0]
    return int((Decimal(number) * MINOR_PER_UNIT).to_integral_exact())
