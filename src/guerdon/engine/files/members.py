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

from guerdon.engine.files.refusing import Refusal, Why, known_as, refused
from guerdon.program.fields import YEAR_MAX, YEAR_MIN, read_field
from guerdon.program.model import Field, Program
from guerdon.store.persons import Person
from guerdon.values.problems import Problem, near_or_known
from guerdon.values.texts import LANGUAGES

REQUIRED = ("external_source", "external_id", "market")
OPTIONAL = ("name", "email", "phone", "language", "location")
CELL_LENGTH_MAX = 300
PHONE_DIGITS = range(5, 21)
SHOWN_MAX = 60

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
            yield number, refused("row", number, "unreadable", fault=str(fault))
            continue
        yield number, row


def _check_header(program: Program, header: Sequence[str], line: int) -> list[Problem]:
    known = [*REQUIRED, *OPTIONAL, *program.attributes]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return [refused("header", line, "delimiter")]
    missing = [refused(name, line, "no_column") for name in REQUIRED if name not in header]
    twice = [refused(name, line, "column_twice") for name, n in Counter(header).items() if n > 1]
    unknown = [
        refused(name, line, "unknown_column", known_as(near_or_known(name, known)))
        for name in header
        if name not in known
    ]
    return [*missing, *twice, *unknown]


def _candidate(
    program: Program, header: Sequence[str], row: Sequence[str], line: int
) -> Candidate | list[Problem]:
    if len(row) != len(header):
        return [refused("row", line, "cells", n=len(row), most=len(header))]
    cell = {key: value.strip() for key, value in zip(header, row, strict=True)}
    return read_candidate(program, cell, line)


def read_candidate(program: Program, cell: Mapping[str, str], line: int) -> Candidate | list[Problem]:
    """Read what is told of a member, by column; or all that is wrong with it."""
    wrong = [fault for key, value in cell.items() if (fault := _fault_of_cell(key, line, value))]
    if wrong:
        return list[Problem](wrong)
    wrong += _check_ids(program, cell, line) + _check_place(program, cell, line) + _check_person(cell, line)
    attributes: dict[str, object] = {}
    for key, declared in program.attributes.items():
        if cell.get(key):
            read = read_field(declared, cell[key])
            if isinstance(read, str):
                wrong.append(_misfit(key, line, declared, cell[key], read))
            else:
                attributes[key] = read.value
    if wrong:
        return list[Problem](wrong)
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


def _misfit(key: str, line: int, declared: Field, given: str, said: str) -> Refusal:
    """A cell that does not fit its attribute; programs are told it as `read_field` says it."""
    whys: dict[str, Why] = {"bool": "no_bool", "int": "no_int", "money": "no_int", "string": "no_string"}
    why: Why = "no_choice" if declared.one_of else whys.get(declared.type, "no_time")
    values = {
        "given": given[:SHOWN_MAX],
        "known": ", ".join(declared.one_of or ()),
        "first": str(YEAR_MIN),
        "last": str(YEAR_MAX),
    }
    return Refusal(key, line, said, why=why, said=values)


def _fault_of_cell(key: str, line: int, text: str) -> Refusal | None:
    if len(text) > CELL_LENGTH_MAX:
        return refused(key, line, "cell_long", most=CELL_LENGTH_MAX)
    found = _CONTROL.search(text)
    return refused(key, line, "cell_control", mark=f"U+{ord(found.group()):04X}") if found else None


def _check_ids(program: Program, cell: Mapping[str, str], line: int) -> list[Refusal]:
    wrong = []
    given = cell["external_source"]
    if given not in program.sources:
        near = known_as(near_or_known(given, program.sources))
        wrong.append(refused("external_source", line, "unknown_source", near, given=given))
    if not cell["external_id"]:
        wrong.append(refused("external_id", line, "cell_empty"))
    return wrong


def _check_place(program: Program, cell: Mapping[str, str], line: int) -> list[Refusal]:
    wrong = []
    market = cell["market"]
    if market not in program.markets:
        near = known_as(near_or_known(market, program.markets))
        wrong.append(refused("market", line, "unknown_market", near, given=market))
    key = cell.get("location")
    location = program.locations.get(key) if key else None
    if key and location is None:
        near = known_as(near_or_known(key, program.locations))
        wrong.append(refused("location", line, "unknown_location", near, given=key))
    elif location and market in program.markets and location.market != market:
        there = {"given": str(key), "theirs": location.market, "market": market}
        wrong.append(refused("location", line, "location_elsewhere", there))
    return wrong


def _check_person(cell: Mapping[str, str], line: int) -> list[Refusal]:
    wrong = []
    language = cell.get("language")
    if language and read_language(language) is None:
        wrong.append(refused("language", line, "no_language", given=language, known=", ".join(LANGUAGES)))
    email = cell.get("email")
    if email and (
        email.count("@") != 1
        or email.startswith("@")
        or email.endswith("@")
        or not email.isprintable()
        or " " in email
    ):
        wrong.append(refused("email", line, "no_email"))
    phone = cell.get("phone")
    if phone and not (_PHONE.fullmatch(phone) and sum(map(str.isdigit, phone)) in PHONE_DIGITS):
        wrong.append(refused("phone", line, "no_phone"))
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
