"""The checker's mistakes, at the fields of a form that they concern."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from guerdon.program.editing.conditions import Source
from guerdon.values.problems import Problem

# The fields of a rule's form, by the line of the rule.
LINES: Mapping[str, str] = {
    "name": "name",
    "when": "when",
    "if": "parts",
    "because": "because",
    "promise": "promise",
    "markets": "markets",
    "campaign": "campaign",
    "valid": "valid",
    "segments": "segments",
    "priority": "priority",
    "group": "group",
}
# Those of its reward, by the line of the reward.
REWARD: Mapping[str, str] = {
    "value": "amount",
    "table": "table",
    "pay_from": "pay_from",
    "valid_days": "valid_days",
    "pending": "pending",
    "reference": "reference",
}

_COLUMN = re.compile(r"\(column (\d+)\)")
_ROW = re.compile(r"rows\[(\d+)\]")
_PLACE = re.compile(r"\[(\d+)\]")
_HEAD = re.compile(r"columns\[(\d+)\]")

Told = defaultdict[str, list[Problem]]


def by_field(
    problems: Iterable[Problem], where: str, parts: Sequence[Source], backs: Sequence[int] = ()
) -> Told:
    """Mistakes of a rule by the field of its form; what belongs to none stands under nothing.

    `backs` are the places of the steps that look back: `step.0` is the first of them.
    """
    told: Told = defaultdict(list)
    for problem in problems:
        rest = problem.where.removeprefix(where).lstrip(".")
        line, _, inner = rest.partition(".")
        name = LINES.get(line.partition("[")[0], "")
        if name == "parts":
            name = _part(problem, parts)
        elif line.startswith("then"):
            name = _step(line, inner, backs)
        told[name].append(problem)
    return told


def by_row(problems: Iterable[Problem]) -> Told:
    """Mistakes of a table: by `row.3`, by `column.0`, and of the table as a whole."""
    told: Told = defaultdict(list)
    for problem in problems:
        row, head = _ROW.search(problem.where), _HEAD.search(problem.where)
        name = f"row.{row.group(1)}" if row else f"column.{head.group(1)}" if head else ""
        told[name].append(problem)
    return told


def _part(problem: Problem, parts: Sequence[Source]) -> str:
    """The part of a condition in which its mistake stands."""
    column = _COLUMN.search(problem.what)
    if column is None:
        return "parts"
    place = int(column.group(1)) - 1
    found = [at for at, source in enumerate(parts) if source.start <= place]
    return f"part.{found[-1]}" if found else "parts"


def _step(line: str, inner: str, backs: Sequence[int]) -> str:
    place = _PLACE.search(line)
    if place is not None and int(place.group(1)) in backs:
        return f"step.{backs.index(int(place.group(1)))}"
    step, _, line = inner.partition(".")
    if step == "reward":
        return REWARD.get(line.partition(".")[0].partition("[")[0], "amount")
    return "sends" if step == "send" else ""
