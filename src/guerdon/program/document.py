"""A YAML text as a tree of nodes that know their lines, with YAML's traps taken out.

Every scalar stays text: Norway's market `NO` is no boolean here, and `25.00` keeps its digits. Anchors,
aliases, tags and deep nesting are refused while the parser's events go by, before a small file can
unfold into a large tree or a deep one exhaust the stack.
"""

import json
import re
from dataclasses import dataclass, field

import yaml

from guerdon.values.problems import Problem

FILE_BYTES_MAX = 2 * 1024 * 1024
# The stored copy carries the locations too.
STORED_BYTES_MAX = 4 * 1024 * 1024
DEPTH_MAX = 12

# What YAML itself cannot carry, and the line ends that only YAML knows: a stored copy would differ.
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word or a text."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence of nodes."""

    line: int
    items: "list[Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with the keys in the order of the file; a key that stands twice is kept twice."""

    line: int
    entries: "list[tuple[Scalar, Node]]" = field(default_factory=list)


Node = Scalar | Listing | Table


class _RefusedError(Exception):
    """The document cannot be read on from here."""

    def __init__(self, line: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.problem = Problem("", line, what, hint)


def document_of(text: str) -> Node | Problem:
    """Read one YAML document, or say why it is none."""
    if len(text.encode(errors="replace")) > STORED_BYTES_MAX:
        return Problem("", None, "the program is larger than 4 MiB", "use fewer or shorter texts")
    odd = _UNWRITABLE.search(text.removeprefix("\ufeff"))
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        return Problem("", line, f"a control character, U+{ord(odd.group()):04X}", "remove it")
    try:
        return _tree(_Events(text.removeprefix("\ufeff")))
    except _RefusedError as refused:
        return refused.problem
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        hint = "check the indentation, the quotes and the colons up to here"
        return Problem("", mark.line + 1 if mark else None, f"this is not YAML: {said}", hint)
    except yaml.YAMLError:
        return Problem("", None, "this is not YAML", "check the quotes and the special characters")


class _Events:
    """The parser's events, less those that open and close the stream and its one document."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._documents = 0

    def __iter__(self) -> "_Events":
        return self

    def __next__(self) -> yaml.Event:
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _RefusedError(_line(event), "a second document begins", "a program is one document")
        _refuse_extras(event)
        return event


def _tree(events: _Events) -> Node | Problem:
    root: list[Node] = []
    # Open nodes, innermost last; a table's key waits in `keys` until its value is there.
    stack: list[Listing | Table] = []
    keys: list[Scalar | None] = []
    for event in events:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            stack.pop()
            keys.pop()
            continue
        node = _opened(event)
        if node is None:
            continue
        _attach(node, root, stack, keys)
        if isinstance(node, Listing | Table):
            stack.append(node)
            keys.append(None)
            if len(stack) > DEPTH_MAX:
                what = f"nested deeper than {DEPTH_MAX} levels"
                raise _RefusedError(node.line, what, "nothing in a program lies that deep")
    if not root or (isinstance(root[0], Scalar) and not root[0].text):
        return Problem("", None, "the file is empty", "begin with `program: your_key`")
    return root[0]


def _opened(event: yaml.Event) -> Node | None:
    line = _line(event)
    if isinstance(event, yaml.ScalarEvent):
        odd = _UNWRITABLE.search(event.value)
        if odd is not None:
            raise _RefusedError(line, f"a control character, U+{ord(odd.group()):04X}", "remove it")
        return Scalar(line, event.value)
    if isinstance(event, yaml.MappingStartEvent):
        return Table(line)
    if isinstance(event, yaml.SequenceStartEvent):
        return Listing(line)
    return None


def _attach(node: Node, root: list[Node], stack: list[Listing | Table], keys: list[Scalar | None]) -> None:
    if not stack:
        root.append(node)
        return
    parent = stack[-1]
    if isinstance(parent, Listing):
        parent.items.append(node)
        return
    key = keys[-1]
    if key is not None:
        parent.entries.append((key, node))
        keys[-1] = None
    elif isinstance(node, Scalar):
        keys[-1] = node
    else:
        raise _RefusedError(node.line, "a key that is not a word", "keys are plain words")


def _refuse_extras(event: yaml.Event) -> None:
    if getattr(event, "anchor", None) is not None:
        hint = "write the value out where it is needed"
        raise _RefusedError(_line(event), "anchors and aliases (& and *) are not allowed", hint)
    if getattr(event, "tag", None) is not None:
        raise _RefusedError(
            _line(event), "tags (!) are not allowed", "put a text that begins with ! in quotes"
        )


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 1


def written(node: Node) -> str:
    """Write a tree as JSON, which is YAML too: the form in which a program is stored."""
    return json.dumps(_plain(node), ensure_ascii=False, indent=1) + "\n"


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listing):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.entries}
