"""A file of members as a CRM exports it: a header, then one member a line, checked cell by cell.

Every row ends up in exactly one place: among the candidates, or among the problems with its line. A member
is one line, so a lost quotation mark costs its own row and not those below it.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from babel import Locale, UnknownLocaleError

from guerdon.program.fields import read_field
from guerdon.program.model import Program
from guerdon.store.persons import Person
from guerdon.values.problems import Problem, did_you_mean
from guerdon.values.texts import LANGUAGES

REQUIRED = ("external_source", "external_id", "market")
OPTIONAL = ("name", "email", "phone", "language", "location")
CELL_LENGTH_MAX = 300
PHONE_DIGITS = range(5, 21)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PHONE = re.compile(r"\+?[0-9 ()/.-]+")
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checked row of the file."""

    line: int
    source: str
    external_id: str
    market: str
    language: str
    location: str | None
    attributes: str
    person: Person


def read_members_file(program: Program, lines: Iterable[str]) -> Iterator[Candidate | list[Problem]]:
    """Read a members file: what each row holds, or all that is wrong with it; a wrong header ends it."""
    rows = _rows(lines)
    line, header = next(rows, (1, []))
    if isinstance(header, Problem):
        yield [header]
        return
    header = [name.strip() for name in header]
    wrong = _check_header(program, header, line)
    if wrong:
        yield wrong
        return
    for line, row in rows:
        yield [row] if isinstance(row, Problem) else _candidate(program, header, row, line)


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str] | Problem]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = next(csv.reader([line], strict=True), [])
        except csv.Error as fault:
            hint = "is a quotation mark missing? a member is one line"
            yield number, Problem("row", number, f"cannot be read: {fault}", hint)
            continue
        yield number, row


def _check_header(program: Program, header: Sequence[str], line: int) -> list[Problem]:
    known = [*REQUIRED, *OPTIONAL, *program.attributes]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return [Problem("header", line, "the columns are not separated by commas", "separate with commas")]
    missing = [Problem(name, line, "the header lacks this column") for name in REQUIRED if name not in header]
    twice = [Problem(name, line, "this column stands twice") for name, n in Counter(header).items() if n > 1]
    unknown = [
        Problem(name, line, "unknown column", did_you_mean(name, known))
        for name in header
        if name not in known
    ]
    return missing + twice + unknown


def _candidate(
    program: Program, header: Sequence[str], row: Sequence[str], line: int
) -> Candidate | list[Problem]:
    if len(row) != len(header):
        return [Problem("row", line, f"has {len(row)} cells where the header has {len(header)}")]
    cell = {key: value.strip() for key, value in zip(header, row, strict=True)}
    return read_candidate(program, cell, line)


def read_candidate(program: Program, cell: Mapping[str, str], line: int) -> Candidate | list[Problem]:
    """Read what is told of a member, by column; or all that is wrong with it."""
    wrong = [Problem(key, line, fault) for key, value in cell.items() if (fault := _fault_of_cell(value))]
    if wrong:
        return wrong
    wrong += _check_ids(program, cell, line) + _check_place(program, cell, line) + _check_person(cell, line)
    attributes: dict[str, object] = {}
    for key, declared in program.attributes.items():
        if cell.get(key):
            read = read_field(declared, cell[key])
            if isinstance(read, str):
                wrong.append(Problem(key, line, read))
            else:
                attributes[key] = read.value
    if wrong:
        return wrong
    return Candidate(
        line,
        cell["external_source"],
        cell["external_id"],
        cell["market"],
        read_language(cell.get("language", "")) or program.markets[cell["market"]].language,
        cell.get("location") or None,
        msgspec.json.encode(attributes).decode(),
        Person(cell.get("name", ""), cell.get("email", ""), cell.get("phone", "")),
    )


def _fault_of_cell(text: str) -> str:
    if len(text) > CELL_LENGTH_MAX:
        return f"is longer than {CELL_LENGTH_MAX} characters"
    found = _CONTROL.search(text)
    return f"holds a control character, U+{ord(found.group()):04X}" if found else ""


def _check_ids(program: Program, cell: Mapping[str, str], line: int) -> list[Problem]:
    wrong = []
    if cell["external_source"] not in program.sources:
        hint = did_you_mean(cell["external_source"], program.sources)
        wrong.append(Problem("external_source", line, f"unknown source {cell['external_source']!r}", hint))
    if not cell["external_id"]:
        wrong.append(Problem("external_id", line, "is empty"))
    return wrong


def _check_place(program: Program, cell: Mapping[str, str], line: int) -> list[Problem]:
    wrong = []
    market = cell["market"]
    if market not in program.markets:
        hint = did_you_mean(market, program.markets)
        wrong.append(Problem("market", line, f"unknown market {market!r}", hint))
    key = cell.get("location")
    location = program.locations.get(key) if key else None
    if key and location is None:
        hint = did_you_mean(key, program.locations)
        wrong.append(Problem("location", line, f"unknown location {key!r}", hint))
    elif location and market in program.markets and location.market != market:
        wrong.append(Problem("location", line, f"{key} lies in {location.market}, not in {market}"))
    return wrong


def _check_person(cell: Mapping[str, str], line: int) -> list[Problem]:
    wrong = []
    language = cell.get("language")
    if language and read_language(language) is None:
        hint = f"two letters, like {', '.join(LANGUAGES)}"
        wrong.append(Problem("language", line, f"{language!r} is no language", hint))
    email = cell.get("email")
    if email and (
        email.count("@") != 1
        or email.startswith("@")
        or email.endswith("@")
        or not email.isprintable()
        or " " in email
    ):
        wrong.append(Problem("email", line, "is no e-mail address"))
    phone = cell.get("phone")
    if phone and not (_PHONE.fullmatch(phone) and sum(map(str.isdigit, phone)) in PHONE_DIGITS):
        wrong.append(Problem("phone", line, "is no phone number", "digits and spaces, like +49 30 23125000"))
    return wrong


def read_language(text: str) -> str | None:
    """Read a language as people write it (`de`, `EN`, `de_AT`), or None: `en`, `de-AT` is how it is kept."""
    parts = _LANGUAGE.fullmatch(text)
    if parts is None:
        return None
    language, region = parts[1].lower(), (parts[2] or "").upper()
    try:
        Locale(language)
    except UnknownLocaleError:
        return None
    return f"{language}-{region}" if region else language
