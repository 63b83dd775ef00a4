"""Differences as a file for a sheet: what the list is about, in rows, with amounts as decimals."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

from django.http import HttpResponse

from guerdon.queries.reconciling.standing import Difference, Sifting, list_differences
from guerdon.suppliers.amounts import digits_of
from guerdon.values.cells import guarded
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk

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
    text = StringIO(newline="")
    # RFC 4180: lines end with CR LF, which is what the writer does by itself.
    out = csv.writer(text)
    out.writerow(COLUMNS)
    # What suppliers and people wrote is for reading: a sheet computes nothing of it.
    out.writerows([guarded(cell) for cell in _cells(row)] for row in rows)
    name = f"differences-{sifted.state}-{desk.today.isoformat()}.csv"
    return HttpResponse(
        text.getvalue().encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(row: Difference) -> tuple[object, ...]:
    return (
        *(show("dif", row.id), row.supplier, row.kind, row.state, row.subject),
        show("ord", row.order_id) if row.order_id is not None else None,
        row.currency,
        *(_amount(minor, row.currency) for minor in (row.ours_minor, row.theirs_minor, row.stake_minor)),
        *(row.ours_state, row.their_state, _instant(row.at), _instant(row.found_at)),
        *(row.done, _amount(row.done_minor, row.currency), row.reason, row.settled_by),
        _instant(row.settled_at),
    )


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(Decimal(minor).scaleb(-digits_of(currency)))


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
