"""Persons: name, e-mail and phone of a member, the only table that holds them.

Each person's fields are sealed under a key of that person's own, itself sealed under the program's;
forgetting the row's key forgets the person, in every backup that has the row without it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guerdon.store.database import Transaction
from guerdon.store.sealing import Unreadable, Vault, open_with, seal_with

KEY_PURPOSE = "person-keys"
EMAIL_INDEX_PURPOSE = "email-index"
PHONE_INDEX_PURPOSE = "phone-index"
FIELDS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Person:
    """Who a member is. An empty text is a field we were never told."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class SealedPerson:
    """A row of `persons`, ready to be written."""

    member_id: int
    key: bytes
    name: bytes | None
    email: bytes | None
    phone: bytes | None
    email_index: bytes | None
    phone_index: bytes | None


def seal_person(vault: Vault, program_id: int, member_id: int, person: Person) -> SealedPerson:
    """Seal a person under a fresh key of their own."""
    key = AESGCM.generate_key(256)
    cipher = AESGCM(key)
    sealed = {
        field: seal_with(cipher, _place(program_id, member_id, field), text.encode()) if text else None
        for field, text in (("name", person.name), ("email", person.email), ("phone", person.phone))
    }
    return SealedPerson(
        member_id=member_id,
        key=vault.seal(KEY_PURPOSE, _place(program_id, member_id, "key"), key),
        email_index=vault.index(EMAIL_INDEX_PURPOSE, person.email) if person.email else None,
        phone_index=phone_index(vault, person.phone),
        **sealed,
    )


def phone_index(vault: Vault, phone: str) -> bytes | None:
    """What finds an equal phone, however people part its digits and write that it is abroad."""
    digits = "".join(filter(str.isdecimal, phone))
    if not digits:
        return None
    # What begins with a nought leads into a country that we do not know, and two of them abroad.
    return vault.index(PHONE_INDEX_PURPOSE, digits.removeprefix("00"))


def record_persons(tx: Transaction, program_id: int, persons: Sequence[SealedPerson]) -> None:
    """Write persons, one statement for all; a known member's fields are replaced together with their key."""
    tx.execute(
        """
        insert into persons (program_id, member_id, key, name, email, phone, email_index, phone_index)
        select %s, *
        from unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[],
                    %s::bytea[])
        on conflict (program_id, member_id) do update
        set key = excluded.key, name = excluded.name, email = excluded.email, phone = excluded.phone,
            email_index = excluded.email_index, phone_index = excluded.phone_index
        """,
        (
            program_id,
            [p.member_id for p in persons],
            [p.key for p in persons],
            [p.name for p in persons],
            [p.email for p in persons],
            [p.phone for p in persons],
            [p.email_index for p in persons],
            [p.phone_index for p in persons],
        ),
    )


def update_person(tx: Transaction, program_id: int, person: SealedPerson) -> bool:
    """Write a person anew who is known, with their key; False: they were forgotten."""
    return (
        tx.execute(
            """
            update persons set key = %s, name = %s, email = %s, phone = %s, email_index = %s, phone_index = %s
            where program_id = %s and member_id = %s
            """,
            (
                *(person.key, person.name, person.email, person.phone, person.email_index),
                *(person.phone_index, program_id, person.member_id),
            ),
        ).rowcount
        == 1
    )


def index_phones(tx: Transaction, vault: Vault, program_id: int, at_most: int) -> list[int]:
    """Work out the indexes of phones that were kept before there was one; whose they are."""
    rows = tx.execute(
        """
        select member_id, key, null::bytea, null::bytea, phone from persons
        where program_id = %s and phone is not null and phone_index is null
        order by member_id limit %s for no key update skip locked
        """,
        (program_id, at_most),
    ).fetchall()
    found = {row[0]: _index_of(vault, program_id, row) for row in rows}
    if found:
        tx.execute(
            """
            update persons p set phone_index = n.mark from unnest(%s::bigint[], %s::bytea[]) as n (id, mark)
            where p.program_id = %s and p.member_id = n.id
            """,
            (list(found), list(found.values()), program_id),
        )
    return list(found)


def _index_of(
    vault: Vault, program_id: int, row: tuple[int, bytes, bytes | None, bytes | None, bytes | None]
) -> bytes:
    try:
        return phone_index(vault, _opened(vault, program_id, row).phone) or b""
    except Unreadable:
        # It finds nobody, and is not tried for ever.
        return b""


def load_persons(
    tx: Transaction, vault: Vault, program_id: int, member_ids: Iterable[int]
) -> dict[int, Person]:
    """The persons behind members, by member id; an erased one is absent."""
    rows = tx.execute(
        """
        select member_id, key, name, email, phone from persons
        where program_id = %s and member_id = any(%s)
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return {row[0]: _opened(vault, program_id, row) for row in rows}


def load_person(tx: Transaction, vault: Vault, program_id: int, member_id: int) -> Person | None:
    """One member's person, or None when erased or never told."""
    return load_persons(tx, vault, program_id, [member_id]).get(member_id)


def _opened(
    vault: Vault, program_id: int, row: tuple[int, bytes, bytes | None, bytes | None, bytes | None]
) -> Person:
    member_id, sealed_key, *fields = row
    cipher = AESGCM(vault.open(KEY_PURPOSE, _place(program_id, member_id, "key"), sealed_key))
    texts = [
        open_with(cipher, _place(program_id, member_id, field), sealed).decode() if sealed else ""
        for field, sealed in zip(FIELDS, fields, strict=True)
    ]
    return Person(*texts)


def _place(program_id: int, member_id: int, field: str) -> str:
    return f"{program_id}|{member_id}|persons.{field}|1"
