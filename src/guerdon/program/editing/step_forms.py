"""Steps of a rule that look back, as a form: what is taken back or released, and the steps that it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from guerdon.program.editing.spans import Plain

BackKind = Literal["reverse", "release"]
KINDS: tuple[BackKind, ...] = get_args(BackKind)
LINES: Mapping[BackKind, tuple[str, ...]] = {
    "reverse": ("rule", "reference", "part", "whole", "if_spent"),
    "release": ("rule", "reference"),
}


@dataclass(frozen=True, slots=True)
class Back:
    """A step that looks back, as it is typed; empty texts are lines that are not there.

    `place` is where it stands among the rule's steps, -1 for a new one.
    """

    kind: BackKind
    rule: str = ""
    reference: str = ""
    part: str = ""
    whole: str = ""
    if_spent: str = ""
    place: int = field(default=-1, compare=False)


def read_backs(steps: Plain | None) -> tuple[Back, ...]:
    """The steps that look back, of all steps of a rule; what a form cannot show is none of them."""
    listed = steps if isinstance(steps, list) else []
    found = [_read(step, place) for place, step in enumerate(listed)]
    return tuple(back for back in found if back is not None)


def with_backs(steps: Sequence[Plain], backs: Sequence[Back]) -> list[Plain]:
    """All steps of a rule with other ones that look back: each in its place, new ones at the end."""
    shown = {back.place: back for back in read_backs(list(steps))}
    wanted = {back.place: back for back in backs if back.place in shown}
    made: list[Plain] = []
    for place, step in enumerate(steps):
        if place not in shown:
            made.append(step)
        elif place in wanted:
            made.append(step if wanted[place] == shown[place] else _written(wanted[place], step))
    return made + [_written(back, None) for back in backs if back.place not in shown]


def _read(step: Plain, place: int) -> Back | None:
    if not isinstance(step, dict) or len(step) != 1:
        return None
    ((kind, said),) = step.items()
    known = next((each for each in KINDS if each == kind), None)
    if known is None or not isinstance(said, dict) or not said:
        return None
    told = {line: value for line, value in said.items() if isinstance(value, str)}
    # What a form has no field for would be written without anybody seeing it.
    if len(told) < len(said) or not set(told) <= set(LINES[known]):
        return None
    return Back(known, **told, place=place)


def _written(back: Back, old: Plain | None) -> Plain:
    was = old[back.kind] if isinstance(old, dict) else {}
    lines = {line: getattr(back, line) for line in LINES[back.kind]}
    order = [*(was if isinstance(was, dict) else ()), *LINES[back.kind]]
    said: dict[str, Plain] = {line: lines[line] for line in dict.fromkeys(order) if lines[line]}
    # A step that says nothing yet is still one: its mistake is told.
    return {back.kind: said or {"rule": ""}}
