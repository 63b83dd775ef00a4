"""Rows of imports that are refused: where and why; and sealed, for a time, what they say."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A refused row: its line, and for each fault the column and the reason's code, in the same order."""

    line: int
    columns: Sequence[str]
    reasons: Sequence[str]
    sealed: bytes | None = field(repr=False)


def record_refusals(tx: Transaction, program_id: int, import_id: int, rows: Sequence[RefusalRow]) -> None:
    """Keep refused rows, one statement for all."""
    tx.execute(
        """
        insert into import_refusals (program_id, import_id, line, columns, reasons, sealed)
        select %s, %s, n.line, string_to_array(n.columns, chr(10)), string_to_array(n.reasons, chr(10)),
               n.sealed
        from unnest(%s::integer[], %s::text[], %s::text[], %s::bytea[]) as n (line, columns, reasons, sealed)
        """,
        (
            *(program_id, import_id),
            [row.line for row in rows],
            # A name of a column has no line's end in it, for a header is one line.
            ["\n".join(row.columns) for row in rows],
            ["\n".join(row.reasons) for row in rows],
            [row.sealed for row in rows],
        ),
    )


def clear_refusals(tx: Transaction, program_id: int, import_id: int) -> None:
    """Forget what its trial refused: what it takes in itself says again what is refused."""
    tx.execute(
        "delete from import_refusals where program_id = %s and import_id = %s", (program_id, import_id)
    )


def list_refusals(tx: Transaction, program_id: int, import_id: int, at_most: int) -> list[RefusalRow]:
    """The refused rows of an import, by line."""
    rows = tx.execute(
        """
        select line, columns, reasons, sealed from import_refusals
        where program_id = %s and import_id = %s order by line limit %s
        """,
        (program_id, import_id, at_most),
    ).fetchall()
    return [RefusalRow(row[0], row[1], row[2], None if row[3] is None else bytes(row[3])) for row in rows]
