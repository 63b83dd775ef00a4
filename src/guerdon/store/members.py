"""Members: who may earn, found by the ids other systems know them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.store.arrays import texts
from guerdon.store.database import Transaction
from guerdon.store.persons import SealedPerson

SubjectKey = tuple[str, str]


class MemberRow(msgspec.Struct, frozen=True, gc=False):
    """A member as stored; `attributes` is JSON text, `state` the number of what these are now."""

    member_id: int
    market: str
    language: str
    location: str | None
    attributes: str
    enrolled_at: datetime
    state: int = 0


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A member to be written, with the one external id that was told."""

    member_id: int
    source: str
    external_id: str
    market: str
    language: str
    location: str | None
    attributes: str


def lock_members(
    tx: Transaction, program_id: int, subjects: Sequence[SubjectKey]
) -> dict[SubjectKey, MemberRow]:
    """The members behind external ids, locked in id order until this transaction ends.

    An unknown one is absent.
    """
    rows = tx.execute(
        """
        select i.source, i.external_id, m.member_id, m.market, m.language, m.location, m.attributes::text,
               m.enrolled_at, m.state
        from unnest(%s::text::text[], %s::text::text[]) as s (source, external_id)
        join member_ids i on i.program_id = %s and i.source = s.source and i.external_id = s.external_id
        join members m on m.program_id = i.program_id and m.member_id = i.member_id
        order by m.member_id for no key update of m
        """,
        (texts([s for s, _ in subjects]), texts([e for _, e in subjects]), program_id),
        prepare=True,
    ).fetchall()
    return {(row[0], row[1]): MemberRow(*row[2:]) for row in rows}


def find_member_ids(
    tx: Transaction, program_id: int, subjects: Sequence[SubjectKey]
) -> dict[SubjectKey, int]:
    """Member ids by external id."""
    rows = tx.execute(
        """
        select i.source, i.external_id, i.member_id
        from unnest(%s::text::text[], %s::text::text[]) as s (source, external_id)
        join member_ids i on i.program_id = %s and i.source = s.source and i.external_id = s.external_id
        """,
        (texts([s for s, _ in subjects]), texts([e for _, e in subjects]), program_id),
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def load_languages(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, str]:
    """In which language members are written to."""
    rows = tx.execute(
        "select member_id, language from members where program_id = %s and member_id = any(%s)",
        (program_id, list(member_ids)),
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def next_member_ids(tx: Transaction, n: int) -> list[int]:
    """So many fresh member ids."""
    return [
        row[0]
        for row in tx.execute("select nextval('member_id_seq') from generate_series(1, %s)", (n,)).fetchall()
    ]


def record_members(tx: Transaction, program_id: int, members: Sequence[Enrollment], at: datetime) -> None:
    """Enroll members or bring what we know of them up to date."""
    tx.execute(
        """
        insert into members (program_id, member_id, market, language, location, attributes, enrolled_at)
        select %s, i, m, l, o, a::json, %s
        from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) as e (i, m, l, o, a)
        order by i
        on conflict (program_id, member_id) do update
        set market = excluded.market, language = excluded.language, location = excluded.location,
            attributes = excluded.attributes
        """,
        (
            program_id,
            at,
            [m.member_id for m in members],
            [m.market for m in members],
            [m.language for m in members],
            [m.location for m in members],
            [m.attributes for m in members],
        ),
    )
    tx.execute(
        """
        insert into member_ids (program_id, source, external_id, member_id)
        select %s, s, e, i from unnest(%s::text[], %s::text[], %s::bigint[]) as n (s, e, i)
        on conflict (program_id, source, external_id) do nothing
        """,
        (
            program_id,
            [m.source for m in members],
            [m.external_id for m in members],
            [m.member_id for m in members],
        ),
    )


def enroll_sample(tx: Transaction, person: SealedPerson, told: tuple[str, str, str], at: datetime) -> None:
    """Enroll a member to try the program, by (external id of the source `sample`, market, language)."""
    tx.execute(
        "select enroll_sample(%s, %s, %s, %s, %s, %s, %s)",
        (person.member_id, *told, person.key, person.name, at),
    )
