"""The audit trail: who changed what, for whom and why, written in the transaction of the change.

The database refuses the change otherwise: a deferred trigger on the tables that people, keys and jobs change
looks for an audit row of the same transaction (schema/0011). What a batch decided is one row, with the Merkle
root over all its decisions, so that one decision can be proven without showing the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from guerdon.ledger.merkle import leaf_hash, root_of
from guerdon.store.database import Transaction

# Actor, action and subject of what a worker decided.
BATCH = ("worker", "batch.decided", "events")
Side = Mapping[str, object]


def record_audit(  # noqa: PLR0913  a row's columns, most of them by name
    tx: Transaction,
    program_id: int,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    *,
    reason: str = "",
    on_behalf_of: str | None = None,
    before: Side | None = None,
    after: Side | None = None,
    request_id: str | None = None,
    **detail: object,
) -> None:
    """Add a row.

    The actor is a person's (per_...), a key's or program's name, the action stands in the past tense, the
    subject is a prefixed id or name; `before` and `after` hold what changed, and no personal data.
    """
    # Whoever looks at what was changed hears of it; of one transaction once.
    tx.execute(
        """
        with row as (
          insert into audit (program_id, actor, on_behalf_of, action, subject, reason, before, after, detail,
                             request_id, recorded_at)
          values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        )
        select pg_notify('guerdon_live', %s::text)
        """,
        (
            program_id,
            actor,
            on_behalf_of,
            action,
            subject,
            reason,
            _written(before),
            _written(after),
            _written(detail or None),
            request_id,
            at,
            program_id,
        ),
        prepare=True,
    )


def record_refusal(
    tx: Transaction, program_id: int, actor: str, action: str, subject: str, at: datetime, **detail: object
) -> bool:
    """Add that something was refused (`....refused`), once a minute for an actor and action; whether it was.

    However often somebody knocks, the audit grows by so much and no more: the lock makes it so for those who
    knock at the same moment.
    """
    tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{program_id} {actor} {action}",))
    return (
        tx.execute(
            """
            insert into audit (program_id, actor, action, subject, detail, recorded_at)
            select %(program)s, %(actor)s, %(action)s, %(subject)s, %(detail)s, %(at)s
            where not exists (
              select from audit
              where program_id = %(program)s and actor = %(actor)s and action = %(action)s
                and action like '%%.refused'
                and recorded_at >= date_trunc('minute', %(at)s::timestamptz)
                and recorded_at < date_trunc('minute', %(at)s::timestamptz) + interval '1 minute')
            """,
            {
                "program": program_id,
                "actor": actor,
                "action": action,
                "subject": subject,
                "detail": _written(detail or None),
                "at": at,
            },
        ).rowcount
        == 1
    )


def record_batch(
    tx: Transaction,
    program_id: int,
    decisions: Sequence[tuple[int, bytes]],
    at: datetime,
    who: tuple[str, str, str] = BATCH,
    reason: str = "",
) -> None:
    """Add the one row of a batch: `decisions` are ids of events, each with its decision as it is stored.

    `who` says actor, action and subject, where it was not the worker; the reason is that of people.
    """
    if not decisions:
        return
    tx.execute(
        """
        insert into audit (program_id, actor, action, subject, reason, detail, recorded_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (program_id, *who, reason, _written(sealed_decisions(decisions)), at),
        prepare=True,
    )


def sealed_decisions(decisions: Sequence[tuple[int, bytes]]) -> dict[str, object]:
    """What an audit row says of decisions: how many, of which events, and the Merkle root over them."""
    ordered = sorted(decisions)
    ids = [number for number, _ in ordered]
    root = root_of([decision_hash(number, decision) for number, decision in ordered])
    return {"events": len(ids), "first": ids[0], "last": ids[-1], "ids": write_ids(ids), "root": root.hex()}


def decision_hash(event_id: int, decision: bytes) -> bytes:
    """The leaf of a decision: `id:decision`."""
    return leaf_hash(b"%d:%s" % (event_id, decision))


def write_ids(ids: Sequence[int]) -> str:
    """Rising ids in few letters: the first, then the steps, `2x7` for the step 2 seven times."""
    said, step, times = [str(ids[0])], 0, 0
    for before, number in pairwise(ids):
        if number - before == step:
            times += 1
            continue
        if times:
            said.append(_steps(step, times))
        step, times = number - before, 1
    if times:
        said.append(_steps(step, times))
    return " ".join(said)


def _steps(step: int, times: int) -> str:
    return f"{step}x{times}" if times > 1 else str(step)


def read_ids(text: str) -> list[int]:
    """Read what `write_ids` wrote."""
    first, *steps = text.split(" ")
    ids = [int(first)]
    for said in steps:
        step, _, times = said.partition("x")
        for _ in range(int(times or 1)):
            ids.append(ids[-1] + int(step))
    return ids


def _written(value: object | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
