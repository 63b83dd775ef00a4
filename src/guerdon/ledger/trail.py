"""The audit trail as it is sealed, exported and checked: rows, the seals over them, and the anchors outside.

A line of the export is exactly what is hashed, so whoever has the file can check it with nothing but SHA-256.
Rows stand in the order in which they were sealed, each seal after its rows; each seal carries the hash of the
one before it, and an anchor, kept elsewhere, the hash of the last. So a change shows in its seal, a seal
that was made to fit shows in the next one, and a trail that was rewritten to the end shows at the anchor.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from guerdon.ledger.merkle import NOTHING, leaf_hash, root_of


class Heading(msgspec.Struct, frozen=True, tag_field="type", tag="trail"):
    """The first line of a program's trail."""

    program: int
    key: str
    exported_at: str


class AuditRow(msgspec.Struct, frozen=True, tag_field="type", tag="row"):
    """A row of the audit, every column of it; JSON stands as the text it was written as."""

    program: int
    id: int
    era: int
    tx: int
    actor: str
    on_behalf_of: str | None
    action: str
    subject: str
    reason: str
    before: str | None
    after: str | None
    detail: str | None
    request_id: str | None
    recorded_at: str


class Seal(msgspec.Struct, frozen=True, tag_field="type", tag="seal"):
    """What stands for all rows since the seal before; hashes in hex."""

    program: int
    number: int
    first_id: int
    last_era: int
    last_tx: int
    last_id: int
    rows: int
    root: str
    previous: str
    total_rows: int
    sealed_at: str


class Anchor(msgspec.Struct, frozen=True, tag_field="type", tag="anchor"):
    """What is told outside of a seal, so that nobody can make another trail of it later."""

    program: int
    number: int
    total_rows: int
    root: str
    seal: str
    at: str


Line = Heading | AuditRow | Seal | Anchor
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def write_line(line: Line) -> bytes:
    """A line as it is exported and hashed."""
    return _encode(line)


def read_line(text: bytes) -> Line | None:
    """A line of an export; None when it is none, or is not written as we write it."""
    try:
        line = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # What reads the same and is written otherwise would have two hashes.
    return line if _encode(line) == text else None


def row_hash(row: AuditRow) -> bytes:
    """The leaf that a row is in its seal's tree."""
    return leaf_hash(_encode(row))


def seal_hash(seal: Seal) -> bytes:
    """The hash of a seal, which the next one and anchors carry; 0x02 keeps it apart from rows and nodes."""
    return sha256(b"\2" + _encode(seal)).digest()


def next_seal(last: Seal | None, rows: list[AuditRow], at: str) -> Seal:
    """The seal over rows that follow the last seal's, in the order of (era, tx, id)."""
    assert rows, "a seal covers something"
    return Seal(
        program=rows[0].program,
        number=last.number + 1 if last else 1,
        first_id=rows[0].id,
        last_era=rows[-1].era,
        last_tx=rows[-1].tx,
        last_id=rows[-1].id,
        rows=len(rows),
        root=root_of([row_hash(row) for row in rows]).hex(),
        previous=(seal_hash(last) if last else NOTHING).hex(),
        total_rows=len(rows) + (last.total_rows if last else 0),
        sealed_at=at,
    )


def anchor_of(seal: Seal, at: str) -> Anchor:
    """What is told outside of a seal."""
    return Anchor(seal.program, seal.number, seal.total_rows, seal.root, seal_hash(seal).hex(), at)


@dataclass(slots=True)
class Checked:
    """What a check of a trail found; `wrong` is the first thing that does not hold."""

    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    anchors: int = 0
    wrong: str | None = None


@dataclass(slots=True)
class _Section:
    """One program's trail while it is read."""

    program: int
    last_row: AuditRow | None = None
    last_seal: Seal | None = None
    open_rows: list[tuple[AuditRow, bytes]] = field(default_factory=list)
    seals: dict[int, Anchor] = field(default_factory=dict)
    anchors: list[Anchor] = field(default_factory=list)


def check_trail(lines: Iterable[bytes], anchors: Iterable[Anchor] = ()) -> Checked:
    """Check an export line by line, also against anchors kept elsewhere; stops at the first mistake."""
    done = Checked()
    given = list(anchors)
    section: _Section | None = None
    told: set[int] = set()
    for number, text in enumerate(lines, 1):
        line = read_line(text)
        if line is None:
            done.wrong = f"line {number} is not as it was written"
        elif isinstance(line, Heading):
            done.wrong = _close(done, section, given) if section else None
            if line.program in told:
                done.wrong = done.wrong or f"line {number}: program {line.program} comes a second time"
            told.add(line.program)
            section = _Section(line.program)
        elif section is None or line.program != section.program:
            done.wrong = f"line {number} belongs to no program of this trail"
        else:
            done.wrong = _take(done, section, line, text)
        if done.wrong:
            return done
    if section is None:
        done.wrong = "this is no trail: nothing is in it"
        return done
    done.wrong = _close(done, section, given)
    missing = sorted({anchor.program for anchor in given} - told)
    if missing and not done.wrong:
        done.wrong = f"program {missing[0]} was anchored and is not in this trail"
    return done


def _take(done: Checked, section: _Section, line: AuditRow | Seal | Anchor, text: bytes) -> str | None:
    match line:
        case AuditRow():
            last = section.last_row
            if last is not None and (line.era, line.tx, line.id) <= (last.era, last.tx, last.id):
                return f"row {line.id} stands after row {last.id}, and comes before it"
            section.last_row = line
            section.open_rows.append((line, leaf_hash(text)))
            done.rows += 1
            return None
        case Seal():
            wrong = check_seal(section.last_seal, line, section.open_rows)
            section.last_seal, section.open_rows = line, []
            section.seals[line.number] = anchor_of(line, "")
            done.seals += 1
            return wrong
        case Anchor():
            section.anchors.append(line)
            return None


def check_seal(last: Seal | None, seal: Seal, rows: list[tuple[AuditRow, bytes]]) -> str | None:
    """What is wrong with a seal that follows another over these rows (each with its hash), or None."""
    name = f"seal {seal.number}"
    due = last.number + 1 if last else 1
    if seal.number != due:
        return f"seal {due} is missing; {name} comes in its place"
    if seal.previous != (seal_hash(last) if last else NOTHING).hex():
        return f"{name} does not fit the seal before it: seal {seal.number - 1} was changed, or {name} was"
    if seal.rows != len(rows) or not rows:
        return f"{name} covers {seal.rows} rows, and {len(rows)} are here: rows {_span(rows)}"
    if seal.root != root_of([leaf for _, leaf in rows]).hex():
        return f"{name} does not fit its rows ({_span(rows)}): one of them was changed"
    end = rows[-1][0]
    ends = (rows[0][0].id, end.era, end.tx, end.id)
    total = seal.rows + (last.total_rows if last else 0)
    if (seal.first_id, seal.last_era, seal.last_tx, seal.last_id) != ends or seal.total_rows != total:
        return f"{name} does not say where its rows begin and end, or how many there are in all"
    return f"{name} is older than the one before it" if last and seal.sealed_at < last.sealed_at else None


def _span(rows: list[tuple[AuditRow, bytes]]) -> str:
    return f"{rows[0][0].id} to {rows[-1][0].id}" if rows else "none"


def _close(done: Checked, section: _Section, given: list[Anchor]) -> str | None:
    done.unsealed += len(section.open_rows)
    outside = [anchor for anchor in given if anchor.program == section.program]
    for anchor in sorted([*outside, *section.anchors], key=lambda anchor: anchor.number):
        wrong = check_anchor(section.seals.get(anchor.number), anchor)
        if wrong:
            return wrong
        done.anchors += 1
    return None


def check_anchor(seal: Anchor | None, anchor: Anchor) -> str | None:
    """What is wrong between a seal (as an anchor of now would tell it) and what was told of it, or None."""
    told = f"seal {anchor.number}, anchored at {anchor.at} over {anchor.total_rows} rows"
    if seal is None:
        return f"{told}, is not here: the end of the trail was cut off, or rewritten"
    if (seal.seal, seal.root, seal.total_rows) != (anchor.seal, anchor.root, anchor.total_rows):
        return f"{told}, is not the seal that is here: the trail was rewritten"
    return None
