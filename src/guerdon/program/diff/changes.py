"""Changes from one program to another, gathered as people see them: by noun, and by places they hold for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from guerdon.program.diff.users import count_users
from guerdon.program.diff.views import follows, viewed
from guerdon.program.diff.walk import ORDER, At, Leaf, Sight, Step, walk
from guerdon.program.model import Program, Rule, Table

Kind = Literal["added", "removed", "changed", "order"]
# What stands for the whole text, and follows from everything else.
WHOLE = frozenset({"text", "sha"})
SIGHT = Sight(viewed, follows)
TEXTS = frozenset(
    {
        *("name", "location_word", "about", "use", "because", "agreement"),
        *("subject_line", "preheader", "headline", "body", "button", "sms", "title", "words"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `places` are the markets or locations it holds for, empty for all of them.

    `section` is the program's field, `key` which of its entries; `path` leads on from there. `rules` is how
    many rules use what changed, by the new text; by the old one, where it is gone.
    """

    section: str
    key: str
    path: tuple[Step, ...]
    kind: Kind
    old: object
    new: object
    places: tuple[str, ...] = ()
    rules: int = 0
    holders: tuple[object, object] = (None, None)


def diff(old: Program, new: Program) -> list[Change]:
    """Everything that the new program says otherwise, in the order of its sections."""
    found: list[Change] = []
    of_tables = {
        (key, *_mark(leaf))
        for key in old.tables.keys() & new.tables.keys()
        for leaf in walk(old.tables[key], new.tables[key], sight=SIGHT)
    }
    for field in fields(Program):
        if field.name not in WHOLE:
            leaves = walk(getattr(old, field.name), getattr(new, field.name), sight=SIGHT)
            own = (leaf for leaf in leaves if _within_table(leaf, new) not in of_tables)
            found += _gathered(field.name, own, old, new)
    return found


def _mark(leaf: Leaf, begin: int = 0) -> tuple[object, ...]:
    return leaf.path[begin:], repr(leaf.old), repr(leaf.new)


def _within_table(leaf: Leaf, new: Program) -> tuple[object, ...]:
    """What a rule's table does otherwise, as it is told of the table itself; nothing for anything else."""
    at = leaf.path[0] if leaf.path else None
    rule = new.rules.get(at.key) if isinstance(at, At) and "table" in leaf.path else None
    table = rule.table if isinstance(rule, Rule) else None
    if not isinstance(table, Table):
        return ()
    return table.key, *_mark(leaf, leaf.path.index("table") + 1)


def _gathered(section: str, leaves: Iterable[Leaf], old: Program, new: Program) -> list[Change]:
    # The same change in several places is one.
    together: dict[tuple[object, ...], list[tuple[Leaf, str]]] = {}
    for leaf in leaves:
        place, rest = _place_of(leaf.path, section, old, new)
        mark = (rest, repr(leaf.old), repr(leaf.new)) if place else (leaf.path,)
        together.setdefault(mark, []).append((leaf, place))
    return [_change(section, group, old, new) for group in together.values()]


def _change(section: str, group: list[tuple[Leaf, str]], old: Program, new: Program) -> Change:
    leaf, place = group[0]
    rest = _place_of(leaf.path, section, old, new)[1] if place else leaf.path
    key, path = ("", rest)
    if rest and isinstance(rest[0], At):
        key, path = rest[0].key, rest[1:]
    places = tuple(each for _, each in group if each)
    everywhere = {*old.markets} & {*new.markets}
    return Change(
        section=section,
        key=key,
        path=path,
        kind=_kind(leaf),
        old=leaf.old,
        new=leaf.new,
        places=() if len(places) > 1 and set(places) >= everywhere else places,
        rules=count_users(new if leaf.new is not None or path else old, section, key) if key else 0,
        holders=leaf.holders,
    )


def _kind(leaf: Leaf) -> Kind:
    if leaf.path[-1:] == (ORDER,):
        return "order"
    if leaf.old is None and leaf.new is not None:
        return "added"
    return "removed" if leaf.new is None and leaf.old is not None else "changed"


def _in_text(section: str, path: tuple[Step, ...]) -> bool:
    """Whether the keys here are languages."""
    last = path[-1] if path else section
    return last in TEXTS


def _place_of(
    path: tuple[Step, ...], section: str, old: Program, new: Program
) -> tuple[str, tuple[Step, ...]]:
    """The market or location that a path leads through, and the path without it."""
    known: Mapping[str, object] = {**old.markets, **new.markets, **old.locations, **new.locations}
    for number, step in enumerate(path):
        # The first key is the entry's own, except where entries are places themselves.
        entry = (number == 0 and section != "allowed") or _in_text(section, path[:number])
        if type(step) is At and not entry and step.key in known:
            return step.key, (*path[:number], *path[number + 1 :])
    return "", path
