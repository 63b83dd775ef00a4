"""Exclusive groups: of several rules for an event, one gives.

The first that gives or holds wins (`pick: first`), or the one that would give the most is asked first
(`pick: best`). Rules without a group stack: each gives for itself.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from guerdon.program.model import Group, Rule
from guerdon.program.places import Place
from guerdon.program.texts import read_name

PICKS: tuple[Literal["first", "best"], ...] = ("first", "best")


def read_groups(place: Place | None) -> dict[str, Group]:
    """Read `groups`."""
    if place is None:
        return {}
    found = {}
    for key, group in place.keyed(example="welcome").items():
        fields = group.fields(optional=["name", "pick"])
        pick = fields["pick"].one_of(PICKS, "pick") if "pick" in fields else None
        found[key] = Group(key, read_name(fields.get("name"), key), pick or "first")
    return found


def check_groups(
    place: Place | None, groups: Mapping[str, Group], rules: Mapping[str, Rule], rules_place: Place | None
) -> None:
    """Name groups that exclude nothing, and rules of them that give nothing or cannot be compared."""
    if rules_place is None or any(problem.where.endswith(".group") for problem in rules_place.problems):
        return
    places = rules_place.table()
    for key, where in (place.table() if place is not None else {}).items():
        if key not in groups:
            continue
        members = [rule for rule in rules.values() if rule.group == key]
        for rule in members:
            if rule.reward is None:
                places[rule.key].table().get("group", places[rule.key]).wrong(
                    f"{rule.key} gives no reward, and a group is about who gives one",
                    "remove it from the group",
                )
        if len({rule.when for rule in members}) == len(members):
            where.wrong(
                "no two rules of this group follow from the same event, so it excludes nothing",
                f"write `group: {key[:64]}` in two rules, or remove it",
            )
        elif groups[key].pick == "best":
            _check_comparable(where, members)


def _check_comparable(where: Place, members: Iterable[Rule]) -> None:
    units: dict[tuple[str, str], tuple[str, str]] = {}
    for rule in members:
        for market in rule.markets:
            unit = rule.reward.unit_in(market) if rule.reward is not None else None
            first = units.setdefault((rule.when, market), (rule.key, unit)) if unit is not None else None
            if first is not None and first[1] != unit:
                where.wrong(
                    f"{first[0]} gives {first[1]} in {market} and {rule.key} {unit}: none is best",
                    "let them give one unit in a market, or write `pick: first`",
                )
                return
