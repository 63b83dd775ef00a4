"""Operations on proof: what the controls found, the audit, its seals."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from guerdon.queries.api.proof import list_seals
from guerdon.queries.proof.audit import AuditAsked, AuditEntry, list_audit
from guerdon.store.proof.control_runs import ControlRun as RunRow
from guerdon.store.proof.control_runs import list_control_runs
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import cursor_of_number, number_after, page_of
from guerdon.web.api.shapes.plain import Page
from guerdon.web.api.shapes.proof import (
    Audit,
    AuditRow,
    ControlRun,
    ControlRuns,
    Finding,
    Seal,
    Seals,
    Stopped,
    WhichAudit,
    WhichRuns,
)

router = Router(tags=["proof"])


@router.get("/controls/runs", response=reads(ControlRuns), operation_id="list_control_runs")
def get_control_runs(request: HttpRequest, which: Annotated[WhichRuns, Query(...)]) -> HttpResponse:
    """List the latest runs of all controls, and what each found."""
    with reading(request) as tx:
        rows = list_control_runs(tx, caller_of(request).program_id, which.limit)
    return told(ControlRuns(runs=[_run(row) for row in rows]))


@router.get("/audit", response=reads(Audit), operation_id="list_audit")
def get_audit(request: HttpRequest, which: Annotated[WhichAudit, Query(...)]) -> HttpResponse:
    """List audit rows, newest first."""
    asked = AuditAsked(
        about=which.about or "",
        action=which.action or "",
        first=which.since,
        end=which.until,
        before=number_after(which.after),
    )
    with reading(request) as tx:
        rows, last = page_of(list_audit(tx, asked, which.limit + 1), which.limit)
    return told(
        Audit(rows=[_row(row) for row in rows], next=None if last is None else cursor_of_number(last.id))
    )


@router.get("/audit/seals", response=reads(Seals), operation_id="list_seals")
def get_seals(request: HttpRequest, which: Annotated[Page, Query(...)]) -> HttpResponse:
    """List the seals over the audit, newest first; keep them, and nobody can rewrite what is under them."""
    with reading(request) as tx:
        rows, last = page_of(list_seals(tx, which.limit + 1, number_after(which.after)), which.limit)
    seals = [
        Seal(
            number=row.number,
            first_row=row.first_id,
            last_row=row.last_id,
            rows=row.rows,
            total_rows=row.total_rows,
            root=row.root.hex(),
            previous=row.previous.hex(),
            sealed_at=row.sealed_at,
            anchored_at=row.anchored_at,
        )
        for row in rows
    ]
    return told(Seals(seals=seals, next=None if last is None else cursor_of_number(last.number)))


def _run(row: RunRow) -> ControlRun:
    return ControlRun(
        id=row.id,
        ran_at=row.ran_at,
        took_ms=row.took_ms,
        controls=row.controls,
        breaches=[
            Finding(control=control, total=found.total, words=list(found.words))
            for control, found in sorted(row.findings.breaches.items())
        ],
        stopped=[
            Stopped(kind=each.kind, name=each.name, unit=each.unit, times=each.n, value=each.value)
            for each in row.findings.stopped
        ],
    )


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        on_behalf_of=entry.on_behalf_of,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
        before=None if entry.before is None else dict(entry.before),
        after=None if entry.after is None else dict(entry.after),
        detail=None if entry.detail is None else dict(entry.detail),
        request=entry.request_id,
        seal=entry.seal,
    )
