"""Seals and anchors, and the one right way to read a table that only grows.

Ids are handed out before the commit, so rows appear out of their order. What stands is (era, tx, id)
below the oldest transaction that is still open: who wrote those rows is through, and nobody comes in before
them. Of an era before this one all are through: its transactions ran on another server.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.rows import TupleRow

from guerdon.ledger.trail import Anchor, AuditRow, Seal
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What waits for its seal: how many rows, and since when the oldest does."""

    rows: int
    oldest_at: datetime | None


def hold_seals(tx: Transaction, program_id: int) -> bool:
    """Whether nobody else seals this program; nobody will until this transaction ends."""
    row = tx.execute("select pg_try_advisory_xact_lock(1735289449, %s)", (program_id,)).fetchone()
    return row == (True,)


def load_last_seal(tx: Transaction, program_id: int) -> Seal | None:
    """The newest seal of a program."""
    row = tx.execute(
        """
        select program_id, number, first_id, last_era, last_tx::text, last_id, rows, root, previous,
               total_rows, sealed_at
        from seals where program_id = %s order by number desc limit 1
        """,
        (program_id,),
    ).fetchone()
    return read_seal(row) if row else None


def load_unsealed(tx: Transaction, program_id: int, last: Seal | None, limit: int) -> list[AuditRow]:
    """Rows after the last seal's, in the order of sealing; none that another could still precede."""
    # By the columns' full names: `tx` alone would be the text of the output, and 1000 comes before 999 in it.
    rows = tx.execute(
        """
        select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
               after::text, detail::text, request_id, recorded_at
        from audit
        where program_id = %s and (era, tx, id) > (%s, %s::text::xid8, %s)
          and (tx < pg_snapshot_xmin(pg_current_snapshot()) or era < (select this_era()))
        order by audit.era, audit.tx, audit.id limit %s
        """,
        (program_id, *_place(last), limit),
    ).fetchall()
    return [read_audit_row(row) for row in rows]


def count_unsealed(tx: Transaction, program_id: int, last: Seal | None) -> Unsealed:
    """What no seal covers; more than a moment's rows: nobody seals, or one transaction stays open."""
    row = tx.execute(
        """
        select count(*), min(recorded_at) from audit
        where program_id = %s and (era, tx, id) > (%s, %s::text::xid8, %s)
        """,
        (program_id, *_place(last)),
    ).fetchone()
    assert row is not None
    return Unsealed(int(row[0]), row[1])


def is_before_now(tx: Transaction, last: Seal) -> bool:
    """Whether rows written now come after a seal; not after one of a physical copy that had gone on."""
    row = tx.execute(
        "select %s < this_era() or %s::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())",
        (last.last_era, str(last.last_tx)),
    ).fetchone()
    return row == (True,)


def _place(last: Seal | None) -> tuple[int, str, int]:
    """Where a seal ends, in the order of sealing: era, transaction, id."""
    return (last.last_era, str(last.last_tx), last.last_id) if last else (0, "0", 0)


def record_seal(tx: Transaction, seal: Seal) -> None:
    """Keep a seal."""
    tx.execute(
        """
        insert into seals (program_id, number, first_id, last_era, last_tx, last_id, rows, root, previous,
                           total_rows, sealed_at)
        values (%s, %s, %s, %s, %s::text::xid8, %s, %s, %s, %s, %s, %s)
        """,
        (
            seal.program,
            seal.number,
            seal.first_id,
            *_place(seal),
            seal.rows,
            bytes.fromhex(seal.root),
            bytes.fromhex(seal.previous),
            seal.total_rows,
            datetime.fromisoformat(seal.sealed_at),
        ),
    )


def record_anchor(tx: Transaction, anchor: Anchor) -> bool:
    """Keep what is told of a seal; False when something was told in this hour, or of this seal, before."""
    at = datetime.fromisoformat(anchor.at)
    kept = tx.execute(
        """
        insert into anchors (program_id, number, hour, total_rows, root, seal, anchored_at)
        values (%s, %s, date_trunc('hour', %s::timestamptz, 'UTC'), %s, %s, %s, %s) on conflict do nothing
        """,
        (
            anchor.program,
            anchor.number,
            at,
            anchor.total_rows,
            bytes.fromhex(anchor.root),
            bytes.fromhex(anchor.seal),
            at,
        ),
    )
    return kept.rowcount == 1


def read_audit_row(row: TupleRow) -> AuditRow:
    """A row of the audit as it is sealed, from its columns in their order; tx and JSON come as text."""
    program_id, number, era, tx, actor, on_behalf_of, *told = row
    action, subject, reason, before, after, detail, request_id, recorded_at = told
    return AuditRow(
        program_id,
        number,
        era,
        int(tx),
        actor,
        on_behalf_of,
        action,
        subject,
        reason,
        before,
        after,
        detail,
        request_id,
        write_instant(recorded_at),
    )


def read_seal(row: TupleRow) -> Seal:
    """A seal from its columns in their order; tx comes as text."""
    program_id, number, first_id, last_era, last_tx, last_id, rows, root, previous, *told = row
    total_rows, sealed_at = told
    return Seal(
        program_id,
        number,
        first_id,
        last_era,
        int(last_tx),
        last_id,
        rows,
        root.hex(),
        previous.hex(),
        total_rows,
        write_instant(sealed_at),
    )


def write_instant(at: datetime) -> str:
    """An instant as it is hashed: UTC, always to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
