"""What replays found, for the screens and the command line."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import json

from guerdon.store.database import Transaction
from guerdon.store.versions.replays import MemberRow, ReplayRow


def list_replays(tx: Transaction, program_id: int, at_most: int = 50) -> list[ReplayRow]:
    """Replays, the latest first."""
    rows = tx.execute(
        """
        select id, title, sha, since, until, state, asked_by, asked_at, runner, heard_at, done_events,
               total_events, finished_at, fault
        from replays
        where program_id = %s order by id desc limit %s
        """,
        (program_id, at_most),
    ).fetchall()
    return [ReplayRow(*row) for row in rows]


def load_result(tx: Transaction, program_id: int, number: int) -> dict[str, Any] | None:
    """What a replay found; None while it has found nothing."""
    row = tx.execute(
        """
        select p.key, r.title, r.sha, r.since, r.until, r.result::text
        from replays r join programs p using (program_id) where r.program_id = %s and r.id = %s
        """,
        (program_id, number),
    ).fetchone()
    if row is None or row[5] is None:
        return None
    key, title, sha, since, until, result = row
    return {
        "program": key,
        "draft": title,
        "sha": sha,
        "since": since.isoformat(),
        "until": until.isoformat(),
        **json.decode(result),
    }


def list_members(
    tx: Transaction, program_id: int, number: int, at_most: int, after: tuple[int, int, str] | None = None
) -> list[MemberRow]:
    """Members who would come to something else, the most first; after (difference, member, unit)."""
    rows = tx.execute(
        """
        select member_id, unit, market, location, live, draft, event_id from replay_members
        where program_id = %(program)s and replay_id = %(id)s
          and (%(size)s::bigint is null
               or (-abs(draft - live), member_id, unit) > (-%(size)s::bigint, %(member)s, %(unit)s))
        order by -abs(draft - live), member_id, unit limit %(most)s
        """,
        {
            "program": program_id,
            "id": number,
            "most": at_most,
            **dict(zip(("size", "member", "unit"), after or (None, None, None), strict=True)),
        },
    ).fetchall()
    return [MemberRow(*row) for row in rows]


def read_members(tx: Transaction, program_id: int, number: int) -> Iterator[Sequence[MemberRow]]:
    """All of them, so many at a time."""
    with tx.cursor("replay_members") as cursor:
        cursor.execute(
            """
            select member_id, unit, market, location, live, draft, event_id from replay_members
            where program_id = %s and replay_id = %s order by unit, member_id
            """,
            (program_id, number),
        )
        while rows := cursor.fetchmany(5_000):
            yield [MemberRow(*row) for row in rows]
