"""Files of a brand: read beside the program, or out of its text, where a stored one has them.

A stored program needs no file beside it, so what is kept of a file stands in its text: an SVG as it is, all
else as base64. What stands there is checked just as the file was: a text can be written by hand.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from guerdon.program.brand import dots, typefaces, vectors
from guerdon.program.brand.nouns import File, Kind
from guerdon.program.brand.vectors import UnfitError
from guerdon.program.document import Node, Scalar, Table
from guerdon.program.places import Place

MARK_LETTERS = 16
# How a file is written into a text, and a line of it.
HEADS: Mapping[Kind, str] = {"png": "data:image/png;base64,", "woff2": "data:font/woff2;base64,"}
LINE = 72


def _vector(raw: bytes) -> bytes:
    return vectors.clean_svg(raw).encode()


CHECKS: Mapping[Kind, tuple[Callable[[bytes], bytes], int, str]] = {
    "svg": (_vector, vectors.BYTES_MAX, "logo.svg"),
    "png": (dots.clean_png, dots.BYTES_MAX, "icon.png"),
    "woff2": (typefaces.check_woff2, typefaces.BYTES_MAX, "typeface.woff2"),
}


@dataclass
class Beside:
    """The folder of a program, and what was read of it: for each node that named a file, the file as text."""

    folder: Path | None
    read: dict[int, Node] = field(default_factory=dict)

    def inlined(self, node: Node) -> Node:
        """A node with files in place of their names."""
        if id(node) in self.read:
            return self.read[id(node)]
        if not isinstance(node, Table):
            return node
        return Table(node.line, [(key, self.inlined(value)) for key, value in node.entries])


def file_of(kind: Kind, raw: bytes) -> File:
    """Bytes that somebody brought, as a clean file; raises `UnfitError`."""
    body = CHECKS[kind][0](raw)
    return File(sha256(body).hexdigest()[:MARK_LETTERS], kind, body)


def as_text(file: File) -> str:
    """A file as it stands in a program's text."""
    if file.kind == "svg":
        return file.body.decode()
    coded = base64.b64encode(file.body).decode()
    # Broken into pieces, so that editors of text do not meet a line of a hundred thousand letters.
    pieces = [coded[at : at + LINE] for at in range(0, len(coded), LINE)]
    return HEADS[file.kind] + " " + " ".join(pieces)


def read_file(place: Place | None, kind: Kind, beside: Beside) -> File | None:
    """Read a file that a place names, or has in it."""
    if place is None:
        return None
    raw = _bytes_of(place, kind, beside.folder)
    if raw is None:
        return None
    try:
        made = file_of(kind, raw)
    except UnfitError as fault:
        place.wrong(fault.what, fault.hint)
        return None
    beside.read[id(place.node)] = Scalar(place.line, as_text(made))
    return made


def _bytes_of(place: Place, kind: Kind, folder: Path | None) -> bytes | None:
    text = place.node.text.strip() if isinstance(place.node, Scalar) else ""
    head = HEADS.get(kind, "<")
    if text.startswith(head):
        return text.encode() if kind == "svg" else _decoded(place, text.removeprefix(head))
    if text.startswith(("data:", "<")):
        place.wrong(f"this is no {kind.upper()}", f"name a file beside the program, like {CHECKS[kind][2]}")
        return None
    name = place.word()
    return None if name is None else _bytes_beside(place, name, kind, folder)


def _decoded(place: Place, text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        place.wrong(
            "this is not base64", "name a file beside the program, or send the file on the brand's page"
        )
        return None


def _bytes_beside(place: Place, name: str, kind: Kind, folder: Path | None) -> bytes | None:
    _, most, example = CHECKS[kind]
    if folder is None:
        place.wrong("there is no folder to look for this file in", "send the file on the brand's page")
        return None
    if Path(name).name != name or name in {".", ".."} or "\\" in name:
        place.wrong("the file must stand beside the program", f"write its name only, like {example}")
        return None
    try:
        path = folder / name
        if not path.is_file():
            place.wrong(f"there is no file {name[:60]} beside the program", f"name one like {example}")
            return None
        if path.stat().st_size > most:
            place.wrong(f"{name[:60]} is larger than {most // 1024} KiB", "bring a smaller one")
            return None
        return path.read_bytes()
    except (OSError, ValueError) as error:
        place.wrong(f"{name[:60]} cannot be read: {getattr(error, 'strerror', None) or 'a bad name'}")
    return None
