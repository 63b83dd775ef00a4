"""Locations: dealers, stores or branches, inline or in a CSV file beside the program.

Hundreds of rows are kept by people in spreadsheets, so a file is the usual way; the stored copy of a
program carries them inline and needs no file.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from guerdon.program.document import Scalar, Table
from guerdon.program.model import Location, Market
from guerdon.program.places import LOCATION_KEY, Place, well_formed
from guerdon.values.problems import Problem, did_you_mean
from guerdon.values.texts import Text

COLUMNS = ("key", "name", "market")
ROWS_MAX = 10_000
FILE_BYTES_MAX = 2 * 1024 * 1024
NAME_LENGTH_MAX = 120
# Pages of the console stand beside those of single locations, under words that no location can have.
TAKEN = frozenset({"compare", "consistency"})
TAKEN_SAID = "is the word of a page of the console", "call it otherwise, like de-compare"
DEFAULT_WORD: Text = {
    "en": "location",
    "es": "centro",
    "de": "Standort",
    "fr": "établissement",
    "ar": "فرع",
    "id": "lokasi",
}


def read_locations(
    place: Place | None, markets: Mapping[str, Market], folder: Path | None
) -> dict[str, Location]:
    """Read `locations`, from the file that it names when it is a single word."""
    if place is None or place.is_empty():
        return {}
    if isinstance(place.node, Scalar):
        return _read_file(place, markets, folder)
    found = {}
    for key, location in place.keyed(LOCATION_KEY, "de-hamburg-hafencity", ROWS_MAX).items():
        fields = location.fields(required=["name", "market"])
        if key in TAKEN:
            location.wrong(f"{key} {TAKEN_SAID[0]}", TAKEN_SAID[1])
        name = (fields["name"].word() if "name" in fields else None) or ""
        if len(name) > NAME_LENGTH_MAX:
            fields["name"].wrong(f"longer than {NAME_LENGTH_MAX} characters", "shorten it")
        market = fields["market"].one_of(markets, "market") if "market" in fields else None
        found[key] = Location(key, name, market or "")
    return found


def inlined(locations: Mapping[str, Location], line: int) -> Table:
    """Give the locations as a node, as if they stood in the program itself."""
    table = Table(line)
    for location in locations.values():
        name, market = Scalar(line, location.name), Scalar(line, location.market)
        fields = Table(line, [(Scalar(line, "name"), name), (Scalar(line, "market"), market)])
        table.entries.append((Scalar(line, location.key), fields))
    return table


def _read_file(place: Place, markets: Mapping[str, Market], folder: Path | None) -> dict[str, Location]:
    found = read_beside(place, folder, ("the locations", "key,name,market"))
    return {} if found is None else _read_rows(place, *found, markets)


def read_beside(place: Place, folder: Path | None, what: tuple[str, str]) -> tuple[str, str] | None:
    """Read the file beside the program that a place names: its text, and its name.

    `what` says for an author what is in it, and which columns.
    """
    name = place.word()
    if name is None:
        return None
    if folder is None:
        place.wrong("there is no folder to look for this file in", f"write {what[0]} inline")
        return None
    if Path(name).name != name or name in {".", ".."}:
        place.wrong("the file must stand beside the program", "write its name only, like locations.csv")
        return None
    text = _text_of(place, folder / name, name, what[1])
    return None if text is None else (text, name)


def _text_of(place: Place, path: Path, name: str, columns: str) -> str | None:
    try:
        if not path.is_file():
            place.wrong(f"there is no file {name} beside the program", f"a CSV file with {columns}")
            return None
        if path.stat().st_size > FILE_BYTES_MAX:
            place.wrong(f"{name} is larger than 2 MiB", "use fewer rows")
            return None
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        place.wrong(f"{name} is not UTF-8", "save it as CSV UTF-8")
    except (OSError, ValueError) as error:
        place.wrong(f"{name} cannot be read: {getattr(error, 'strerror', None) or 'a bad name'}")
    return None


def _read_rows(place: Place, text: str, name: str, markets: Mapping[str, Market]) -> dict[str, Location]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: dict[str, Location] = {}
    lines: dict[str, int] = {}
    try:
        if tuple(next(rows, ())) != COLUMNS:
            _wrong(place, name, 1, ("", "the first line must be key,name,market", ""))
            return found
        for row in filter(None, rows):
            line = rows.line_num
            fault = _fault_of(row, markets, lines)
            if fault is not None:
                _wrong(place, name, line, fault)
            if len(row) == len(COLUMNS) and row[0] not in found:
                found[row[0]] = Location(*row)
                lines[row[0]] = line
            if len(found) > ROWS_MAX:
                _wrong(place, name, line, ("", f"more than {ROWS_MAX} locations", ""))
                return found
    except csv.Error as error:
        _wrong(place, name, rows.line_num, ("", f"this is not CSV: {error}", "check the quotes"))
    return found


def _fault_of(
    row: list[str], markets: Mapping[str, Market], lines: Mapping[str, int]
) -> tuple[str, str, str] | None:
    """Say what is wrong with a row: where, what, hint."""
    if len(row) != len(COLUMNS):
        return "", f"{len(row)} values, there must be 3", "key,name,market; put a name with a comma in quotes"
    key, name, market = row
    if not well_formed(key, LOCATION_KEY):
        return "key", f"{key[:64] or 'nothing'} cannot be a key", "write it like de-hamburg-hafencity"
    if key in lines or key in TAKEN:
        twice = "this location stands here twice", f"it stands in line {lines.get(key)} already"
        return key, *((f"{key} {TAKEN_SAID[0]}", TAKEN_SAID[1]) if key in TAKEN else twice)
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        return f"{key}.name", f"a name of 1 to {NAME_LENGTH_MAX} printable characters is needed", ""
    if market not in markets:
        return f"{key}.market", f"unknown market {market[:64]}", did_you_mean(market, markets)
    return None


def _wrong(place: Place, file: str, line: int, fault: tuple[str, str, str]) -> None:
    where, what, hint = fault
    place.problems.append(Problem(where, line, what, hint, file))
