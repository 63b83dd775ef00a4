"""One person's data, for themselves: every row of theirs, and what is sealed in clear (GDPR Art. 15 and 20).

Of codes only the last letters are shown, unless the member had the code in view already. Everything is of one
moment.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from guerdon.access.grants import Scope
from guerdon.engine.library import NoLiveVersion, read_version
from guerdon.engine.sessions.passkeys import own_passkeys
from guerdon.engine.why.accounts import accounts_of
from guerdon.engine.why.telling import Teller
from guerdon.queries.privacy.person import (
    CodeRow,
    list_asked_for,
    list_codes,
    list_rows,
    list_sealed_words,
    tables_of_members,
)
from guerdon.queries.why.events import WhyAsked, list_why
from guerdon.rules.playbook import Playbook
from guerdon.store.audit import record_audit
from guerdon.store.cards.notes import PURPOSE as NOTE_PURPOSE
from guerdon.store.codes import open_code
from guerdon.store.database import Connection, Transaction, one_moment, transaction
from guerdon.store.gifts.gifts import PURPOSE as GIFT_PURPOSE
from guerdon.store.orders.cases import PURPOSE as CASE_PURPOSE
from guerdon.store.orders.handed import open_pieces
from guerdon.store.persons import load_person
from guerdon.store.privacy.stores import ELSEWHERE
from guerdon.store.programs import load_versions
from guerdon.store.sealing import Unreadable, Vault
from guerdon.values.ids import show

EXPORTED = "member.exported"
# So many letters of a code are shown that its member has not seen.
SHOWN = 4
TOLD_AT_ONCE = 200
_PURPOSES = {"order_cases": CASE_PURPOSE, "gifts": GIFT_PURPOSE, "location_notes": NOTE_PURPOSE}


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data, for whom and why: the audit is told of it."""

    program_id: int
    member_id: int
    vault: Vault = field(repr=False)
    asked_by: str
    reason: str
    language: str = "en"
    # What whoever asks may see; a worker sees all.
    scope: Scope | None = None


def export_person(db: Connection, person: Person, now: datetime) -> Iterator[bytes]:
    """All of a person as one JSON object in UTF-8, piece by piece; the audit is told before the first."""
    with transaction(db, person.program_id, scope=person.scope) as tx:
        record_audit(
            *(tx, person.program_id, person.asked_by, EXPORTED, show("mem", person.member_id), now),
            reason=person.reason,
        )
    with one_moment(db), transaction(db, person.program_id, scope=person.scope) as tx:
        yield b"{"
        for number, (name, values) in enumerate(_sections(tx, person, now)):
            yield (b", " if number else b"") + json.dumps(name).encode() + b": "
            yield from values
            yield b"\n"
        yield b"}\n"


def _sections(tx: Transaction, person: Person, now: datetime) -> Iterator[tuple[str, Iterator[bytes]]]:
    known = load_person(tx, person.vault, person.program_id, person.member_id)
    yield "member", _one(show("mem", person.member_id))
    yield "exported_at", _one(now.astimezone(UTC).isoformat(timespec="seconds"))
    yield (
        "person",
        _one({"name": known.name, "email": known.email, "phone": known.phone} if known is not None else None),
    )
    yield "words", _one(_words(tx, person))
    yield (
        "codes",
        _one([show_code(person, row) for row in list_codes(tx, person.program_id, person.member_id)]),
    )
    yield "decisions", _listed(map(json.dumps, _decisions(tx, person)))
    yield "asked_for", _listed(list_asked_for(tx, person.program_id, person.member_id))
    for table in tables_of_members():
        yield f"table {table}", _listed(list_rows(tx, person.program_id, person.member_id, table))
    yield "elsewhere", _one(dict(ELSEWHERE))


def _one(value: object) -> Iterator[bytes]:
    yield json.dumps(value, ensure_ascii=False).encode()


def _listed(values: Iterable[str]) -> Iterator[bytes]:
    yield b"["
    for number, value in enumerate(values):
        yield (",\n " if number else "").encode() + value.encode()
    yield b"]"


def _words(tx: Transaction, person: Person) -> list[dict[str, str]]:
    """What they wrote and were told, in clear."""
    found = []
    for table, number, column, sealed in list_sealed_words(tx, person.program_id, person.member_id):
        try:
            text = person.vault.open(_PURPOSES[table], f"{person.program_id}|{number}", sealed).decode()
        except Unreadable:
            continue
        found.append({"table": table, "id": str(number), "column": column, "text": text})
    for passkey in own_passkeys(tx, person.vault, (person.program_id, person.member_id)):
        number_of = passkey.row.passkey_hash.hex()
        found.append({"table": "member_passkeys", "id": number_of, "column": "name", "text": passkey.name})
    return found


def show_code(person: Person, row: CodeRow) -> dict[str, object]:
    """A code as its member is told of it: whole when they saw it, else its last letters."""
    try:
        code = open_code(person.vault, person.program_id, row.index, row.sealed)
        more = (
            open_pieces(person.vault, person.program_id, row.order_id, row.more)
            if row.more is not None and row.seen
            else ()
        )
    except Unreadable:
        code, more = "", ()
    shown = code if row.seen else "•" * max(0, len(code) - SHOWN) + code[-SHOWN:]
    return {
        "order": show("ord", row.order_id),
        "item": row.item,
        "state": row.state,
        "code": shown,
        "more": [{"kind": piece.kind, "text": piece.text} for piece in more],
    }


def _decisions(tx: Transaction, person: Person) -> Iterator[dict[str, str]]:
    """What came of each of their events, in words, the newest first."""
    books: dict[int, Playbook | None] = {}

    def book(version: int) -> Playbook | None:
        if version not in books:
            books[version] = _book(tx, person.program_id, version)
        return books[version]

    before: int | None = None
    while True:
        rows = list_why(tx, WhyAsked(person.member_id, TOLD_AT_ONCE, before=before))
        for account in accounts_of(rows, book):
            program = book(account.receipt.version)
            if program is not None:
                teller = Teller(program.program, person.language)
                yield {
                    "event": show("evt", account.receipt.id),
                    "happened_at": account.receipt.happened_at.isoformat(),
                    "said": teller.member_line(account),
                }
        if len(rows) < TOLD_AT_ONCE:
            return
        before = rows[-1].receipt.id


def _book(tx: Transaction, program_id: int, version: int) -> Playbook | None:
    try:
        (stored,) = load_versions(tx, program_id, [version])
        return Playbook(read_version(stored), program_id, version)
    except (NoLiveVersion, ValueError):
        return None
