"""Changing a text where it differs from what it shall say, and nowhere else.

Two trees are compared: what is the same keeps its letters, with its comments and quotes. Whatever was written
is read again, and is only given back when it says what it shall and everything else says what it did.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import dedent

from guerdon.program.editing.spans import (
    Entries,
    Items,
    Leaf,
    Lines,
    Plain,
    Spanned,
    end_of,
    find,
    plain,
    spans_of,
)
from guerdon.program.editing.wording import behind_key, entry, in_flow, item, scalar

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Letters from `start` to `end` become this text."""

    start: int
    end: int
    text: str


class _TangledError(Exception):
    """Nothing less than the whole entry can be written."""


def rewritten(text: str, path: Path, wanted: Plain | None) -> str | None:
    """The text with another value at a path, None: with none; None where the text cannot be changed so."""
    root = spans_of(text)
    if root is None or _stands_twice(root, path):
        return None
    shall = _placed(plain(root), path, wanted)
    if shall is None:
        return None
    for changes in (_finely, _whole):
        try:
            made = _applied(text, changes(text, root, path, shall))
        except _TangledError:
            continue
        if _says(made, shall, path):
            return made
    return None


def leaf_changed(text: str, leaves: Iterable[Leaf], to: str) -> str:
    """The text with another word in some places, each spelled as it was."""
    writing = _Rewriting(text)
    # Within brackets or not: a word that is a key needs no other quotes there.
    return _applied(text, [writing.leaf(leaf, to, flow=True) for leaf in leaves])


def lines_at(text: str, path: Path) -> str:
    """The lines of an entry, moved to the margin; nothing where it does not stand in a text."""
    root = spans_of(text)
    holder, value = find(root, path[:-1]), find(root, path)
    if not isinstance(holder, Entries) or value is None:
        return ""
    key = next(name for name, _ in holder.entries if name.text == path[-1])
    lines = Lines(text)
    return dedent(text[lines.begin(key.start) : lines.stop(end_of(value))])


def line_of(text: str, path: Path) -> int | None:
    """The line in which an entry begins, counted from 1."""
    root = spans_of(text)
    holder = find(root, path[:-1])
    keys = holder.entries if isinstance(holder, Entries) else []
    key = next((name for name, _ in keys if name.text == path[-1]), None)
    return None if key is None else Lines(text).number(key.start)


def _finely(text: str, root: Entries, path: Path, shall: Plain) -> list[Change]:  # noqa: ARG001
    return _Rewriting(text).changes(root, shall)


def _whole(text: str, root: Entries, path: Path, shall: Plain) -> list[Change]:
    """Write the whole entry anew."""
    holder = find(root, path[:-1])
    value = find(root, path)
    wanted = _at(shall, path)
    if not isinstance(holder, Entries) or value is None or wanted is None:
        raise _TangledError
    key = next(name for name, _ in holder.entries if name.text == path[-1])
    return [_Rewriting(text).instead(key, value, wanted, flow=holder.flow)]


def _says(text: str, shall: Plain, path: Path) -> bool:
    made = spans_of(text)
    if made is None or plain(made) != shall:
        return False
    section = find(made, path[:1])
    wanted = _at(shall, path[:1])
    # Rules are asked in the order of the file.
    return not isinstance(section, Entries) or [key.text for key, _ in section.entries] == list(wanted or ())


class _Rewriting:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)

    def changes(self, node: Spanned, shall: Plain, *, flow: bool = False) -> list[Change]:
        """What to change so that a node says something else."""
        if plain(node) == shall:
            return []
        if isinstance(node, Entries) and isinstance(shall, dict) and node.entries and shall:
            return self._entries(node, shall)
        if isinstance(node, Items) and isinstance(shall, list) and node.items and shall:
            return self._items(node, shall)
        if isinstance(node, Leaf) and isinstance(shall, str) and node.style not in ("|", ">"):
            return [self.leaf(node, shall, flow=flow)]
        if flow or (isinstance(node, Items | Entries) and node.flow):
            return [Change(node.start, node.end, in_flow(shall))]
        raise _TangledError

    def instead(self, key: Leaf, value: Spanned, shall: Plain, *, flow: bool) -> Change:
        """Another value behind a key, written anew."""
        colon = self.text.index(":", key.end)
        if flow:
            return Change(colon + 1, end_of(value), f" {in_flow(shall)}")
        indent = " " * (key.start - self.lines.begin(key.start))
        return Change(colon + 1, max(end_of(value), colon + 1), behind_key(shall, indent))

    def leaf(self, node: Leaf, shall: str, *, flow: bool) -> Change:
        """Another text in place of a scalar."""
        said = scalar(shall, flow=flow, style=node.style)
        if node.start == node.end and self.text[node.start - 1 : node.start] == ":":
            said = f" {said}"
        return Change(node.start, node.end, said)

    def _entries(self, node: Entries, shall: dict[str, Plain]) -> list[Change]:
        keys = [key.text for key, _ in node.entries]
        if len(set(keys)) < len(keys):
            raise _TangledError
        if node.flow and set(keys) != set(shall):
            return [Change(node.start, node.end, self._flow_entries(node, shall))]
        found: list[Change] = []
        for key, value in node.entries:
            if key.text not in shall:
                found.append(self._dropped(key, value))
            else:
                found += self._entry(key, value, shall[key.text], flow=node.flow)
        return found + self._added(node, shall)

    def _entry(self, key: Leaf, value: Spanned, shall: Plain, *, flow: bool) -> list[Change]:
        try:
            return self.changes(value, shall, flow=flow)
        except _TangledError:
            return [self.instead(key, value, shall, flow=flow)]

    def _flow_entries(self, node: Entries, shall: dict[str, Plain]) -> str:
        known = {key.text: (key, value) for key, value in node.entries}
        said = []
        for name, value in shall.items():
            if name in known:
                key, old = known[name]
                inner = self._entry(key, old, value, flow=True)
                said.append(_applied(self.text, inner, key.start, end_of(old)))
            else:
                said.append(f"{scalar(name, flow=True)}: {in_flow(value)}")
        return "{ " + ", ".join(said) + " }"

    def _dropped(self, key: Leaf, value: Spanned) -> Change:
        start = self.lines.begin(key.start)
        if self.text[start : key.start].strip():
            raise _TangledError
        stop = self.lines.stop(end_of(value))
        return Change(start, min(stop + len(self._line_end(stop)), len(self.text)), "")

    def _line_end(self, stop: int) -> str:
        return "\r\n" if self.text.startswith("\r\n", stop) else self.text[stop : stop + 1]

    def _added(self, node: Entries, shall: dict[str, Plain]) -> list[Change]:
        """New entries, each behind the one that it stands behind in what shall be."""
        old = {key.text: (key, value) for key, value in node.entries}
        kept = [(key, value) for key, value in node.entries if key.text in shall]
        if not kept:
            raise _TangledError
        first = kept[0][0]
        indent = " " * (first.start - self.lines.begin(first.start))
        anchor = end_of(kept[0][1])
        said: dict[int, list[str]] = {}
        for name, value in shall.items():
            if name in old:
                anchor = end_of(old[name][1])
            else:
                said.setdefault(self.lines.stop(anchor), []).append(entry(name, value, indent))
        return [Change(at, at, "".join(f"\n{each}" for each in all_)) for at, all_ in said.items()]

    def _items(self, node: Items, shall: list[Plain]) -> list[Change]:
        old = [plain(each) for each in node.items]
        same = sum(one == other for one, other in zip(old, shall, strict=False))
        if len(old) == len(shall) and (same >= len(old) - 1 or not _shares(old, shall)):
            found: list[Change] = []
            for each, value in zip(node.items, shall, strict=True):
                found += self.changes(each, value, flow=node.flow)
            return found
        if node.flow:
            said = [
                self._source(node.items[place]) if place is not None else in_flow(value)
                for place, value in zip(_origins(old, shall), shall, strict=True)
            ]
            return [Change(node.start, node.end, f"[{', '.join(said)}]")]
        return [self._rebuilt(node, old, shall)]

    def _source(self, node: Spanned) -> str:
        return self.text[node.start : end_of(node)]

    def _rebuilt(self, node: Items, old: list[Plain], shall: list[Plain]) -> Change:
        """Items of a block in another order, with some gone and some new; each keeps its letters."""
        dashes = [self._dash(each) for each in node.items]
        indent = " " * (dashes[0] - self.lines.begin(dashes[0]))
        starts = [self.lines.begin(dashes[0])]
        starts += [min(self.lines.stop(end_of(each)) + 1, len(self.text)) for each in node.items[:-1]]
        stops = [self.lines.stop(end_of(each)) for each in node.items]
        origins = _paired(old, shall)
        said = []
        for place, value in zip(origins, shall, strict=True):
            if place is None:
                said.append(item(value, indent))
            else:
                inner = self.changes(node.items[place], value)
                said.append(_applied(self.text, inner, starts[place], stops[place]))
        return Change(starts[0], stops[-1], "\n".join(said))

    def _dash(self, node: Spanned) -> int:
        at = len(self.text[: node.start].rstrip(" ")) - 1
        begin = self.lines.begin(node.start)
        if at < begin or self.text[at] != "-" or self.text[begin:at].strip():
            raise _TangledError
        return at


def _origins(old: list[Plain], shall: list[Plain]) -> list[int | None]:
    """For each wanted item the place of the same one, each place once."""
    free = list(range(len(old)))
    found: list[int | None] = []
    for value in shall:
        place = next((each for each in free if old[each] == value), None)
        if place is not None:
            free.remove(place)
        found.append(place)
    return found


def _paired(old: list[Plain], shall: list[Plain]) -> list[int | None]:
    """As `_origins`, and what has no same one has the first left of its kind: the one that was changed."""
    found = _origins(old, shall)
    free = [place for place in range(len(old)) if place not in found]
    for at, value in enumerate(shall):
        if found[at] is None:
            found[at] = next((place for place in free if _alike(old[place], value)), None)
            if found[at] is not None:
                free.remove(found[at] or 0)
    return found


def _alike(one: Plain, other: Plain) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one)[:1] == list(other)[:1]
    return (
        isinstance(one, list)
        and isinstance(other, list)
        and any(left == right for left, right in zip(one, other, strict=False))
    )


def _shares(old: Sequence[Plain], shall: Sequence[Plain]) -> bool:
    """Whether some item stands in another place now."""
    moved = Counter(map(repr, old)) & Counter(map(repr, shall))
    same = Counter(repr(one) for one, other in zip(old, shall, strict=False) if one == other)
    return bool(moved - same)


def _applied(text: str, changes: Iterable[Change], start: int = 0, stop: int | None = None) -> str:
    """The letters from `start` to `stop` with the changes in them."""
    said: list[str] = []
    at = start
    for change in sorted(changes):
        if change.start < at:
            raise _TangledError
        said += [text[at : change.start], change.text]
        at = change.end
    end = len(text) if stop is None else stop
    return "".join(said) + text[at : max(at, end)]


def _placed(root: Plain, path: Path, wanted: Plain | None) -> Plain | None:
    """A tree with another value at a path; what holds it is made where it is not there."""
    if not path:
        return wanted
    if not isinstance(root, dict):
        return _placed({}, path, wanted) if root == "" and wanted is not None else None
    if len(path) == 1 and wanted is None:
        return {key: value for key, value in root.items() if key != path[0]}
    inner = _placed(root.get(path[0], ""), path[1:], wanted)
    return None if inner is None else {**root, path[0]: inner}


def _at(root: Plain | None, path: Path) -> Plain | None:
    for step in path:
        root = root.get(step) if isinstance(root, dict) else None
    return root


def _stands_twice(root: Entries, path: Path) -> bool:
    node: Spanned | None = root
    for step in path:
        if not isinstance(node, Entries):
            return False
        if sum(key.text == step for key, _ in node.entries) > 1:
            return True
        node = node.find(step)
    return False
