"""The rows of a feed as it was brought: a CSV, JSON objects one a line, or a JSON array of them.

Read as it comes, a row at a time: no more than one row is held. A row that cannot be read is a row with a
problem; where nothing further can be read, `UnfitFeed` says so.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from guerdon.engine.catalog.wrong import Reason, UnfitFeed, WrongRow

ROWS_MAX = 500_000
# The largest row that is looked at: an image and all texts fit in it many times.
ROW_BYTES_MAX = 16 * 1024 * 1024
COLUMNS_MAX = 200
CHUNK = 256 * 1024

_LANGUAGED = re.compile(r"(name|about|terms|use)_([a-z]{2})")
_PRICED = re.compile(r"price_([A-Za-z][A-Za-z0-9_]{0,15})")
# What is written as JSON in a cell.
_NESTED = frozenset({"offers", "slots", "prices"})
_LETTERS_OF_CSV = 120_000
_LARGE = Reason("row_large", {"most": ROW_BYTES_MAX})
_ENCODING, _OBJECT = Reason("row_encoding", {}), Reason("row_object", {})
_UNREADABLE, _CELLS = Reason("row_unreadable", {}), Reason("row_cells", {})


@dataclass(frozen=True, slots=True)
class Picture:
    """The hash of an image that is kept already, or None; and whether it came just now, or did not.

    `failed`, `left`: it did not come, or was not asked for; so the item keeps the image that it has.
    """

    image: str | None
    came: Literal["known", "new", "failed", "left"]


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it was read, or why it could not be; `line` counts from 1, of JSON arrays objects.

    `elsewhere`: it is for countries or currencies that the program does not have, and is only counted.
    `picture`: that of a supplier's item, which names an address instead of an image.
    """

    line: int
    row: Mapping[str, object]
    problem: Reason | None = None
    elsewhere: bool = False
    picture: Picture | None = None


def read_feed(source: BinaryIO) -> Iterator[RawRow]:
    """The rows of a feed, whichever of the three forms it has."""
    head, start = b"", b""
    # A mark of the encoding has three letters, which may come one by one.
    while len(start) < 4 and len(head) < CHUNK and (chunk := source.read(CHUNK)):
        head += chunk
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        rest = source.read(1)
        if rest:
            raise UnfitFeed("form", "blank")
        return
    stream = _Stream(source, start)
    if start[:1] == b"[":
        rows = _array(stream)
    elif start[:1] == b"{":
        rows = _lines(stream)
    else:
        rows = _csv(stream)
    for number, row in enumerate(rows):
        if number >= ROWS_MAX:
            raise UnfitFeed("large", "rows_many", most=ROWS_MAX)
        yield row


class _Stream:
    """A source of which something was read already, in chunks or in lines."""

    def __init__(self, source: BinaryIO, head: bytes) -> None:
        self._source = source
        self._head = head

    def more(self, size: int = CHUNK) -> bytes:
        """The next bytes; nothing at the end."""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._source.read(size)

    def lines(self) -> Iterator[tuple[bytes, bool]]:
        """Each line with its end; True: it was longer than a row may be, and this is its beginning."""
        buffer = bytearray()
        skipping = False
        while chunk := self.more():
            buffer += chunk
            while (end := buffer.find(b"\n")) >= 0:
                line = bytes(buffer[: end + 1])
                del buffer[: end + 1]
                if not skipping:
                    yield line, False
                skipping = False
            if skipping:
                buffer.clear()
            elif len(buffer) > ROW_BYTES_MAX:
                yield bytes(buffer[:2000]), True
                buffer.clear()
                skipping = True
        if buffer and not skipping:
            yield bytes(buffer), False


def _lines(stream: _Stream) -> Iterator[RawRow]:
    """One JSON object a line."""
    last = False
    for number, (line, long) in enumerate(stream.lines(), 1):
        if not line.strip():
            continue
        if long:
            yield RawRow(number, {"text": _decoded(line)}, _LARGE)
            continue
        last = not line.endswith(b"\n")
        row = _object(line, number)
        if row.problem is not None and last:
            raise UnfitFeed("cut", "line_cut", line=number)
        yield row


def _object(line: bytes, number: int) -> RawRow:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return RawRow(number, {"text": _decoded(line)}, _ENCODING)
    said = {"text": text[:20_000]}
    try:
        value = json.loads(text)
    except json.JSONDecodeError as fault:
        return RawRow(number, said, Reason("row_json", {"at": fault.pos + 1}))
    except (ValueError, RecursionError):
        return RawRow(number, said, _UNREADABLE)
    return RawRow(number, value) if isinstance(value, dict) else RawRow(number, said, _OBJECT)


def _array(stream: _Stream) -> Iterator[RawRow]:
    """A JSON array of objects, whichever way it is broken into lines."""
    decoder = json.JSONDecoder()
    text = _Text(stream)
    text.skip("[")
    number = 0
    if text.peek() == "]":
        text.skip("]")
    else:
        while True:
            number += 1
            value = text.value(decoder, number)
            if isinstance(value, dict):
                yield RawRow(number, value)
            else:
                yield RawRow(number, {"text": str(value)[:20_000]}, _OBJECT)
            if text.peek() == "]":
                text.skip("]")
                break
            text.skip(",", number)
    if text.peek():
        raise UnfitFeed("form", "list_followed")


class _Text:
    """Text of a stream from a place on; what was read is let go of."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._bytes = b""
        self._text = ""
        self._at = 0
        self._ended = False

    def _more(self, size: int = CHUNK) -> bool:
        """Read on; False at the end."""
        if self._ended:
            return False
        chunk = self._stream.more(size)
        self._ended = not chunk
        raw = self._bytes + chunk
        # A letter may be cut in two: at most three bytes of it wait for the rest.
        cut = len(raw) if self._ended else _whole(raw)
        try:
            self._text = self._text[self._at :] + raw[:cut].decode()
        except UnicodeDecodeError:
            raise UnfitFeed("encoding", "encoding") from None
        self._bytes, self._at = raw[cut:], 0
        return bool(chunk)

    def peek(self) -> str:
        """The next letter that is no space; nothing at the end."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def skip(self, letter: str, after: int = 0) -> None:
        """Go past a letter that has to be there."""
        if self.peek() != letter:
            why = "cut" if not self.peek() else "form"
            raise UnfitFeed(why, "list_broken", number=after)
        self._at += 1

    def value(self, decoder: json.JSONDecoder, number: int) -> object:
        """The value that begins here, all of it; what is read on doubles, so that none is read often."""
        self.peek()
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise UnfitFeed("form", "object_deep", number=number) from None
            except ValueError:
                held = len(self._text) - self._at
                if held > ROW_BYTES_MAX:
                    raise UnfitFeed("form", "object_unreadable", number=number) from None
                if not self._more(max(CHUNK, held)):
                    raise UnfitFeed("cut", "object_broken", number=number) from None
                continue
            # A number may go on in what is not read yet; objects say themselves where they end.
            if end < len(self._text) or not self._more():
                self._at = end
                return value


def _whole(raw: bytes) -> int:
    """Up to where there are whole letters."""
    for back in range(1, min(4, len(raw)) + 1):
        byte = raw[-back]
        if byte < 0x80:
            return len(raw)
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(raw) if need <= back else len(raw) - back
    return len(raw)


def _csv(stream: _Stream) -> Iterator[RawRow]:
    """A CSV whose first line names the columns; a row may have lines within quotes."""
    records = _records(stream)
    first = next(records, None)
    if first is None:
        return
    head = _decoded(first[1]).rstrip("\r\n")
    mark = max(",;\t", key=head.count)
    try:
        columns = [cell.strip() for cell in _cells(head, mark)]
    except csv.Error:
        raise UnfitFeed("form", "head_cut") from None
    if "id" not in columns:
        raise UnfitFeed("form", "head_id")
    if len(columns) > COLUMNS_MAX or len(set(columns)) < len(columns):
        raise UnfitFeed("form", "head_twice")
    for number, record, problem in records:
        if not record.strip():
            continue
        if problem is not None:
            yield RawRow(number, {"text": _decoded(record)[:20_000]}, problem)
            continue
        yield _csv_row(number, record, columns, mark)


def _csv_row(number: int, record: bytes, columns: Sequence[str], mark: str) -> RawRow:
    try:
        text = record.decode()
    except UnicodeDecodeError:
        return RawRow(number, {"text": _decoded(record)[:20_000]}, _ENCODING)
    try:
        cells = _cells(text.rstrip("\r\n"), mark)
    except csv.Error:
        return RawRow(number, {"text": text[:20_000]}, _CELLS)
    if len(cells) != len(columns):
        if not record.endswith(b"\n") and len(cells) < len(columns):
            raise UnfitFeed("cut", "line_cut", line=number)
        what = Reason("cell_count", {"n": len(cells), "columns": len(columns)})
        return RawRow(number, {"text": text[:20_000]}, what)
    filled = {name: cell for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    try:
        return RawRow(number, _shaped(filled))
    except WrongRow as fault:
        return RawRow(number, filled, fault.reason)


def _shaped(filled: Mapping[str, str]) -> dict[str, object]:
    """A row of cells in the form that JSON has: texts and prices of several columns are one each."""
    found: dict[str, object] = {}
    for name, cell in filled.items():
        language, price = _LANGUAGED.fullmatch(name), _PRICED.fullmatch(name)
        if language is not None:
            _into(found, language[1], language[2], cell)
        elif price is not None:
            _into(found, "prices", price[1], cell)
        elif name in _NESTED or (cell.startswith("{") and name in ("name", "about", "terms", "use")):
            try:
                value = json.loads(cell)
            except (ValueError, RecursionError):
                raise WrongRow("cell_json", field=name) from None
            if isinstance(value, dict) and isinstance(found.get(name), dict):
                for key, each in value.items():
                    _into(found, name, key, each)
            else:
                found[name] = value
        elif name in ("name", "about", "terms", "use"):
            _into(found, name, "en", cell)
        else:
            found[name] = cell
    return found


def _into(found: dict[str, object], name: str, key: str, value: object) -> None:
    held = found.setdefault(name, {})
    assert isinstance(held, dict)
    if key in held:
        raise WrongRow("cell_twice", field=f"{name} ({key})")
    held[key] = value


def _records(stream: _Stream) -> Iterator[tuple[int, bytes, Reason | None]]:
    """Rows with the number of their first line: lines are joined as long as a quote is open."""
    held: list[bytes] = []
    began, size, quotes = 1, 0, 0
    for number, (line, long) in enumerate(stream.lines(), 1):
        if not held:
            began, size, quotes = number, 0, 0
        held.append(line)
        size += len(line)
        quotes += line.count(b'"')
        if long or size > ROW_BYTES_MAX:
            if quotes % 2:
                raise UnfitFeed("cut", "quote_open", line=began)
            yield began, held[0], _LARGE
            held = []
        elif quotes % 2 == 0:
            yield began, b"".join(held), None
            held = []
    if held:
        raise UnfitFeed("cut", "quote_open", line=began)


def _cells(text: str, mark: str) -> list[str]:
    """The cells of a row; the reader of the library takes no cell that is longer than so much."""
    if len(text) < _LETTERS_OF_CSV:
        # As one line: what would end it outside of quotes is a fault, and cuts nothing off.
        return next(csv.reader([text], delimiter=mark), [])
    return list(_long_cells(text, mark))


def _long_cells(text: str, mark: str) -> Iterable[str]:
    at = 0
    while True:
        if text.startswith('"', at):
            end = at + 1
            while True:
                end = text.find('"', end)
                if end < 0 or text[end + 1 : end + 2] != '"':
                    break
                end += 2
            end = len(text) if end < 0 else end
            yield text[at + 1 : end].replace('""', '"')
            at = end + 1
        else:
            end = text.find(mark, at)
            end = len(text) if end < 0 else end
            yield text[at:end]
            at = end
        if text[at : at + 1] != mark:
            return
        at += 1


def _decoded(raw: bytes) -> str:
    return raw[:20_000].decode("utf-8", "replace")
