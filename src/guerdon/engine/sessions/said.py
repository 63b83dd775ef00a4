"""What members said of themselves holds against what their sources go on saying, until those say otherwise.

A CRM is read again and again, and files are imported twice. A value that it told before its member changed it
is old; any other is newer than theirs.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from guerdon.engine.files.members import Candidate
from guerdon.store.database import Transaction
from guerdon.store.members import load_languages
from guerdon.store.persons import Person, load_persons
from guerdon.store.sealing import Vault
from guerdon.store.sessions.own_words import Field, delete_words, load_words

MARK_PURPOSE = "own words"


def mark_of_word(vault: Vault, whose: tuple[int, int], field: Field, value: str) -> bytes:
    """What is kept of a value that a member changed: it tells an equal one of the same member alone."""
    said = f"{whose[0]}|{whose[1]}|{field}|{value.strip().casefold()}".encode()
    return hmac.new(vault.key(MARK_PURPOSE), said, sha256).digest()


def as_said(
    tx: Transaction, vault: Vault, program_id: int, told: Mapping[int, Candidate]
) -> dict[int, Candidate]:
    """What sources tell of members, by member, with what those said themselves where it is the newer."""
    changed = load_words(tx, program_id, sorted(told))
    if not changed:
        return dict(told)
    persons = load_persons(tx, vault, program_id, changed)
    languages = load_languages(tx, program_id, sorted(changed))
    found, over = dict(told), list[tuple[int, Field]]()
    for member_id, fields in changed.items():
        for field, instead_of in fields.items():
            said = found[member_id]
            mark = mark_of_word(vault, (program_id, member_id), field, _value(said, field))
            if not hmac.compare_digest(mark, instead_of):
                over.append((member_id, field))
            elif field == "language":
                found[member_id] = replace(said, language=languages[member_id])
            elif member_id in persons:
                found[member_id] = replace(said, person=_kept(said.person, persons[member_id], field))
    if over:
        delete_words(tx, program_id, over)
    return found


def _value(said: Candidate, field: Field) -> str:
    match field:
        case "email":
            return said.person.email
        case "phone":
            return said.person.phone
        case "language":
            return said.language


def _kept(told: Person, own: Person, field: Field) -> Person:
    return replace(told, email=own.email) if field == "email" else replace(told, phone=own.phone)
