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

from .expect import Limit, Pools, Refill

MINOR_PER_UNIT = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the program: what starts it, what it pays and from where."""

    key: str
    event_type: str
    value_minor: int
    budget: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """A rule that takes back the latest reward of another one."""

    key: str
    event_type: str
    rule: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The part of a program that its customers' world depends on."""

    time_zone: str
    portal: int
    languages: Mapping[str, str]
    locations: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule]
    reversals: Mapping[str, Reversal]
    pools: Pools


def load_terms(path: Path, connection: str) -> Terms:
    """Read the program file and the locations it names."""
    # BaseLoader leaves every scalar a string: amounts stay exact, and the market NO does not turn into false.
    program = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it builds only strings
    told = _told_of_referrals(program.get("referrals", {}))
    outside = {key: said for key, said in program["rules"].items() if said["when"] not in told}
    rules = [rule for key, said in outside.items() for rule in _rules_in(key, said)]
    reversals = [each for key, said in outside.items() for each in _reversals_in(key, said)]
    by_type = {rule.event_type: rule for rule in rules}
    taken_by_type = {each.event_type: each for each in reversals}
    if len({*by_type, *taken_by_type}) != len(rules) + len(reversals):
        raise SystemExit("The simulator knows one rule per event type; the program has more.")
    return Terms(
        time_zone=program["time_zone"],
        portal=int(program["connections"][connection]["portal"]),
        languages={market: said["language"] for market, said in program["markets"].items()},
        locations=_locations(program["locations"], path.parent),
        rules=by_type,
        reversals=taken_by_type,
        pools=_pools(program.get("limits", {}), program.get("budgets", {})),
    )


def _told_of_referrals(schemes: Mapping[str, Any]) -> set[str]:
    """Name the events that the rewards software tells by itself: no customer brings them."""
    told = [side for said in schemes.values() for side in said["tells"].values()]
    told += [side for said in schemes.values() for side in said.get("undo", {}).get("tells", {}).values()]
    return {side["event"] if isinstance(side, dict) else side for side in told}


def _rules_in(key: str, said: Mapping[str, Any]) -> list[Rule]:
    """Find the rewards among a rule's effects."""
    rewards = [effect["reward"] for effect in said["then"] if "reward" in effect]
    return [Rule(key, said["when"], _minor(reward["value"]), reward["pay_from"]) for reward in rewards]


def _reversals_in(key: str, said: Mapping[str, Any]) -> list[Reversal]:
    steps = [effect["reverse"] for effect in said["then"] if "reverse" in effect]
    if any(step.keys() - {"rule", "if_spent"} for step in steps):
        raise SystemExit(f"The simulator knows rules that take all of the latest reward back, not: {key}")
    return [Reversal(key, said["when"], step["rule"]) for step in steps]


def _pools(limits: Mapping[str, Any], budgets: Mapping[str, Any]) -> Pools:
    accounts, refills = _budgets(budgets)
    return Pools(tuple(_limit(key, said) for key, said in limits.items()), accounts, refills)


def _limit(key: str, said: Mapping[str, Any]) -> Limit:
    period = said["period"]
    if said["per"] != "member" or not (period == "month" or isinstance(period, dict)):
        raise SystemExit(f"The simulator knows limits per member and month, or some hours, not: {key}")
    return Limit(
        key=key,
        amount_minor=_minor(said["amount"]) if "amount" in said else None,
        times=int(said["times"]) if "times" in said else None,
        rules=frozenset(said["rules"]) if "rules" in said else None,
        hours=int(period["hours"]) if isinstance(period, dict) else None,
        holds=said.get("over") == "hold",
    )


def _budgets(said: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, Refill]]:
    """Name every budget account as Guerdon's ledger does, less its first word; say who refills whom."""
    accounts: dict[str, int] = {}
    refills: dict[str, Refill] = {}
    for key, budget in said.items():
        amounts = budget["amounts"] if "amounts" in budget else {"": budget["amount"]}
        accounts |= {f"{key}:{place}": _minor(amount) for place, amount in amounts.items()}
    for key, budget in said.items():
        giver = f"{budget.get('parent', '')}:"
        if giver in accounts:
            accounts[giver] -= sum(_minor(amount) for amount in budget["amounts"].values())
            top_up = budget.get("top_up", {"amount": {}})
            for place, amount in top_up["amount"].items():
                refills[f"{key}:{place}"] = Refill(_minor(top_up["below"][place]), _minor(amount), giver)
    return accounts, refills


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
