"""Steps of a CRM's workflows that wait for us: until what became of their event is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class NewAction:
    """A step that waits, and the key of the event that it became."""

    connection: str
    callback_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Fate:
    """A step that is due, and what became of its event: decided, set apart, or neither yet."""

    connection: str
    callback_id: str
    attempts: int
    recorded_at: datetime
    decision: str | None
    set_apart: str | None


def record_actions(tx: Transaction, program_id: int, new: Sequence[NewAction], at: datetime) -> None:
    """Keep steps that wait; one that asks again is answered again."""
    if not new:
        return
    tx.execute(
        """
        insert into crm_actions (program_id, connection, callback_id, key, recorded_at, next_at)
        select %(program)s, c, i, k, %(at)s, %(at)s
        from unnest(%(connections)s::text[], %(callbacks)s::text[], %(keys)s::uuid[]) as n (c, i, k)
        on conflict (program_id, connection, callback_id) do update
        set state = 'waiting', next_at = excluded.next_at, settled_at = null, attempts = 0
        where crm_actions.state <> 'waiting'
        """,
        {
            "program": program_id,
            "at": at,
            "connections": [each.connection for each in new],
            "callbacks": [each.callback_id for each in new],
            "keys": [each.key for each in new],
        },
    )


def claim_actions(
    tx: Transaction, program_id: int, fence: UUID, now: datetime, until: datetime, at_most: int
) -> list[Fate]:
    """Take steps that are due, for so long, with what became of their events."""
    rows = tx.execute(
        """
        with taken as (
          update crm_actions a set fence = %(fence)s, next_at = %(until)s
          from (select connection, callback_id from crm_actions
                where program_id = %(program)s and state = 'waiting' and next_at <= %(now)s
                order by next_at limit %(most)s for update skip locked) d
          where a.program_id = %(program)s and a.connection = d.connection and a.callback_id = d.callback_id
          returning a.connection, a.callback_id, a.attempts, a.recorded_at, a.key
        )
        select t.connection, t.callback_id, t.attempts, t.recorded_at, e.decision::text, q.reason
        from taken t
        left join event_keys k on k.program_id = %(program)s and k.key = t.key
        left join lateral (select decision from events
                           where program_id = %(program)s and id = k.event_id limit 1) e on true
        left join lateral (select reason from quarantine
                           where program_id = %(program)s and event_id = k.event_id and settled_at is null
                           order by id desc limit 1) q on true
        order by t.recorded_at, t.callback_id
        """,
        {"program": program_id, "fence": fence, "now": now, "until": until, "most": at_most},
    ).fetchall()
    return [Fate(*row) for row in rows]


def settle_action(
    tx: Transaction, program_id: int, fate: Fate, fence: UUID, ended: tuple[str, str, datetime]
) -> None:
    """End a step: its state, what was answered or why not, when."""
    tx.execute(
        """
        update crm_actions set state = %s, outcome = %s, settled_at = %s, fence = null
        where program_id = %s and connection = %s and callback_id = %s and fence = %s
        """,
        (*ended, program_id, fate.connection, fate.callback_id, fence),
    )


def postpone_action(
    tx: Transaction, program_id: int, fate: Fate, fence: UUID, until: datetime, why: str | None
) -> None:
    """Leave a step until then; with why where it was tried."""
    tx.execute(
        """
        update crm_actions set next_at = %s, attempts = attempts + %s, outcome = %s, fence = null
        where program_id = %s and connection = %s and callback_id = %s and fence = %s
        """,
        (until, int(why is not None), why or "", program_id, fate.connection, fate.callback_id, fence),
    )


def forget_actions(tx: Transaction, program_id: int, before: datetime) -> None:
    """Forget steps that ended long ago."""
    tx.execute(
        "delete from crm_actions where program_id = %s and state <> 'waiting' and settled_at < %s",
        (program_id, before),
    )
