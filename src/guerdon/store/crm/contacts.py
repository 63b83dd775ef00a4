"""Contacts of a CRM as we know them: by which ids, whether they are gone, and what waits for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.arrays import texts
from guerdon.store.database import Transaction

Departure = Literal["deleted", "forgotten"]
# Why what concerns somebody is put away, as people read it in quarantine.
FORGOTTEN = "The contact asked to be forgotten"
# The alarm of who goes on (its subject) for whom (its mark).
JOINED = "contacts_joined"


@dataclass(frozen=True, slots=True)
class Known:
    """What a member is now; `attributes` is JSON text."""

    member_id: int
    market: str
    language: str
    location: str | None
    attributes: str


def load_known(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, Known]:
    """Members by id, locked in that order until this transaction ends."""
    rows = tx.execute(
        """
        select member_id, market, language, location, attributes::text from members
        where program_id = %s and member_id = any(%s) order by member_id for no key update
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return {row[0]: Known(*row) for row in rows}


def record_ids(tx: Transaction, program_id: int, source: str, ids: Mapping[str, int]) -> None:
    """By these ids these members are known from now on, whoever was before."""
    if not ids:
        return
    tx.execute(
        """
        insert into member_ids (program_id, source, external_id, member_id)
        select %s, %s, e, i from unnest(%s::text[], %s::bigint[]) as n (e, i) order by e
        on conflict (program_id, source, external_id) do update set member_id = excluded.member_id
        where member_ids.member_id <> excluded.member_id
        """,
        (program_id, source, list(ids), list(ids.values())),
    )


def record_departures(
    tx: Transaction, program_id: int, source: str, kinds: Mapping[str, Departure], at: datetime
) -> None:
    """Contacts are not there any more; one that was forgotten stays so."""
    if not kinds:
        return
    tx.execute(
        """
        insert into departures (program_id, source, external_id, kind, at)
        select %s, %s, e, k, %s from unnest(%s::text[], %s::text[]) as n (e, k) order by e
        on conflict (program_id, source, external_id) do update set kind = excluded.kind, at = excluded.at
        where departures.kind <> 'forgotten'
        """,
        (program_id, source, at, list(kinds), list(kinds.values())),
    )


def find_departures(
    tx: Transaction, program_id: int, source: str, ids: Sequence[str]
) -> dict[str, tuple[Departure, datetime]]:
    """Which of these contacts are not there any more, and since when."""
    rows = tx.execute(
        """
        select external_id, kind, at from departures
        where program_id = %s and source = %s and external_id = any(%s::text::text[])
        """,
        (program_id, source, texts(ids)),
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def clear_departures(tx: Transaction, program_id: int, source: str, ids: Sequence[str]) -> None:
    """They are there again."""
    if ids:
        tx.execute(
            """
            delete from departures
            where program_id = %s and source = %s and external_id = any(%s) and kind = 'deleted'
            """,
            (program_id, source, list(ids)),
        )


def set_waiting_apart(
    tx: Transaction, program_id: int, source: str, why: Mapping[str, tuple[str, str]], at: datetime
) -> int:
    """Set apart what waits for contacts (by id: reason, detail) that will not come; how much it was.

    What waits for one who was forgotten is put away at once: nothing brings them, and its body goes in time.
    """
    if not why:
        return 0
    return tx.execute(
        """
        with gone as (
          delete from waiting w using unnest(%(ids)s::text[], %(reasons)s::text[], %(details)s::text[])
            as n (i, r, d)
          where w.program_id = %(program)s and w.source = %(source)s and w.external_id = i
          returning w.id, w.lane, w.connection, w.delivery_id, w.position, w.external_id, r, d
        )
        insert into quarantine
          (program_id, connection, event_id, reason, detail, delivery_id, position, lane, recorded_at,
           settled_at, settled_as, settled_by, settled_for)
        select %(program)s, g.connection, g.id, r, d, g.delivery_id, g.position, g.lane, %(at)s,
               f.settled_at, f.settled_as, f.settled_by, coalesce(f.settled_for, '')
        from gone g
        left join lateral (
          select %(at)s::timestamptz as settled_at, 'put_away' as settled_as, 'worker' as settled_by,
                 %(forgotten)s::text as settled_for
          from departures p
          where p.program_id = %(program)s and p.source = %(source)s and p.external_id = g.external_id
            and p.kind = 'forgotten') f on true
        order by g.id
        """,
        {
            "program": program_id,
            "source": source,
            "ids": list(why),
            "reasons": [reason for reason, _ in why.values()],
            "details": [detail for _, detail in why.values()],
            "at": at,
            "forgotten": FORGOTTEN,
        },
    ).rowcount
