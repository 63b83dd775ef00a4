"""Circles: what would have to be known before it is known, or feeds what feeds it.

Segments and derived attributes may name each other, rules take back and release each other's rewards, and
value waits for the event of another rule. A chain of these that comes back to its beginning is a mistake.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from guerdon.program.model import Life, Pending, Rule
from guerdon.program.places import Place

_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*")
_SEGMENT = re.compile(r"\bsegment\s*\(\s*([a-z][a-z0-9_]*)\s*\)")
_MEMBER = re.compile(r"\bmember\s*\.\s*([a-z][a-z0-9_]*)")


def find_circles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Find chains that come back to where they began, each named once, from its first in the order given."""
    return walk(edges)[0]


def walk(edges: Mapping[str, Sequence[str]]) -> tuple[list[list[str]], list[str]]:
    """Find the circles, and an order in which each comes after what it leads to, but for circles."""
    found: list[list[str]] = []
    done: dict[str, None] = {}
    for start in edges:
        path: dict[str, Iterator[str]] = {}
        at: str | None = start if start not in done else None
        while at is not None:
            if at in path:
                chain = list(path)
                found.append(chain[chain.index(at) :])
            elif at not in done:
                path[at] = iter(edges.get(at, ()))
            at = _next(path, done)
    order = {key: number for number, key in enumerate(edges)}
    return [_from_first(circle, order) for circle in found], list(done)


def _next(path: dict[str, Iterator[str]], done: dict[str, None]) -> str | None:
    while path:
        last = next(reversed(path))
        following = next((each for each in path[last] if each not in done), None)
        if following is not None:
            return following
        done[last] = None
        path.pop(last)
    return None


def _from_first(circle: list[str], order: Mapping[str, int]) -> list[str]:
    first = min(range(len(circle)), key=lambda number: order.get(circle[number], 0))
    return [*circle[first:], *circle[:first]]


def named_in(text: str, segments: Iterable[str], derived: Iterable[str]) -> list[str]:
    """Name the segments (`segment(loyal)`) and derived attributes (`member.spend`) that a text speaks of."""
    bare = _QUOTED.sub("''", text)
    of_segments = [key for key in _SEGMENT.findall(bare) if key in set(segments)]
    of_derived = [key for key in _MEMBER.findall(bare) if key in set(derived)]
    return [*(f"segment({key})" for key in of_segments), *(f"member.{key}" for key in of_derived)]


def check_rule_circles(
    places: Mapping[str, Place], rules: Mapping[str, Rule], lives: Mapping[str, Life]
) -> None:
    """Name rules that take back or release each other in a circle, or wait for each other's events."""
    back = {key: [name for name in _looked_back_at(rule) if name != key] for key, rule in rules.items()}
    for circle in find_circles(back):
        told = "; ".join(_looks_back(rules[key], after) for key, after in _pairs(circle))
        places[circle[0]].wrong(
            f"these rules feed each other in a circle: {told}", "remove one of these steps"
        )
    by_event: dict[str, list[str]] = {}
    for key, rule in rules.items():
        by_event.setdefault(rule.when, []).append(key)
    waits = {
        key: [other for event in _awaited(rule, lives) for other in by_event.get(event, ()) if other != key]
        for key, rule in rules.items()
    }
    for circle in find_circles(waits):
        told = "; ".join(f"what {key} gives waits for {rules[after].when}" for key, after in _pairs(circle))
        places[circle[0]].wrong(
            f"these rules wait for each other in a circle: {told}", "change one `pending:`, or one `when:`"
        )


def _looked_back_at(rule: Rule) -> list[str]:
    return [*(step.rule for step in rule.reversals), *(step.rule for step in rule.releases)]


def _pairs(circle: list[str]) -> Iterator[tuple[str, str]]:
    return zip(circle, [*circle[1:], circle[0]], strict=True)


def _looks_back(rule: Rule, after: str) -> str:
    does = "takes back" if any(step.rule == after for step in rule.reversals) else "releases"
    return f"{rule.key} {does} {after}"


def _awaited(rule: Rule, lives: Mapping[str, Life]) -> set[str]:
    """The events that what a rule gives waits for; only where they are not its own."""
    if rule.reward is None:
        return set()
    own = rule.reward.pending
    policies: list[Pending] = (
        [own] if own is not None else [lives[unit].pending for unit in rule.reward.units]
    )
    return {policy.event for policy in policies if policy.kind == "until"} - {rule.when, ""}
