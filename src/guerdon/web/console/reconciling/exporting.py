"""Differences as a file for a sheet: what the list is about, in rows, with amounts as decimals."""

from django.http import HttpResponse

from guerdon.queries.reconciling.standing import Difference, Sifting, list_differences
from guerdon.suppliers.amounts import digits_of
from guerdon.text.exporting import Cell, Row, amount
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk
from guerdon.web.downloads import whole_csv

# More of them are written a supplier or a kind at a time.
ROWS_MAX = 50_000
COLUMNS = (
    *("difference", "supplier", "kind", "state", "subject", "order", "currency", "ours", "theirs", "stake"),
    *("ours_state", "their_state", "at", "found_at", "done", "done_amount", "reason", "settled_by"),
    "settled_at",
)


def differences_file(desk: Desk, sifted: Sifting) -> HttpResponse | None:
    """All that is sifted as CSV, the newest first; None where there are too many of them for one file."""
    with desk.transaction() as tx:
        rows = list_differences(tx, sifted, ROWS_MAX + 1)
    if len(rows) > ROWS_MAX:
        return None
    name = f"differences-{sifted.state}-{desk.today.isoformat()}"
    # Readers of other programs take it without a mark before the first column.
    return whole_csv(name, [COLUMNS, *map(_cells, rows)], marked=False)


def _cells(row: Difference) -> Row:
    return (
        *(show("dif", row.id), row.supplier, row.kind, row.state, row.subject),
        show("ord", row.order_id) if row.order_id is not None else None,
        row.currency,
        *(_amount(minor, row.currency) for minor in (row.ours_minor, row.theirs_minor, row.stake_minor)),
        *(row.ours_state, row.their_state, row.at, row.found_at),
        *(row.done, _amount(row.done_minor, row.currency), row.reason, row.settled_by),
        row.settled_at,
    )


def _amount(minor: int | None, currency: str) -> Cell:
    return amount(minor, digits_of(currency))
