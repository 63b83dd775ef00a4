"""Putting the typed lines of an entry in place of those that stand in a text, with the comments in them."""

from guerdon.program.editing.spans import Entries, Leaf, Lines, end_of, find, plain, spans_of


def spliced(text: str, path: tuple[str, str], typed: str) -> str | None:
    """The text with these lines as the entry at a path; None where it would not say just what they say."""
    section, key = path
    root, said = spans_of(text), spans_of(typed)
    holder, value = find(root, (section,)), find(root, path)
    if root is None or said is None or value is None or not isinstance(holder, Entries):
        return None
    old, new = _key(holder, key), _key(said, key)
    lines = Lines(text)
    begin, stop = lines.begin(old.start), lines.stop(end_of(value))
    if len(said.entries) != 1 or holder.flow or text[begin : old.start].strip():
        return None
    margin = new.start - Lines(typed).begin(new.start)
    moved = [_moved(line, old.start - begin - margin) for line in typed.rstrip().split("\n")]
    made = text[:begin] + "\n".join(moved) + text[stop:]
    shall = plain(root)
    assert isinstance(shall, dict), "its root is a mapping"
    inner = shall[section]
    assert isinstance(inner, dict), "the entry stands in it"
    again = spans_of(made)
    is_so = again is not None and plain(again) == {**shall, section: {**inner, key: _said(said, key)}}
    return made if is_so else None


def _key(holder: Entries, key: str) -> Leaf:
    return next(name for name, _ in holder.entries if name.text == key)


def _said(said: Entries, key: str) -> object:
    value = said.find(key)
    assert value is not None, "it was found"
    return plain(value)


def _moved(line: str, by: int) -> str:
    """A line so many letters further in, or out as far as it has blanks."""
    if not line.strip():
        return line
    return " " * by + line if by >= 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
