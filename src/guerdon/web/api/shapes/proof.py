"""Control runs, the audit and its seals."""

from typing import Any

from guerdon.web.api.shapes.plain import Cursor, Filter, Instant, InstantGiven, Limit, Name, Next, Text, Told


class WhichRuns(Filter):
    """The latest control runs."""

    limit: Limit = 10


class WhichAudit(Filter):
    """Audit rows: of whom or about what (exactly), of one kind, in a time."""

    about: Text | None = None
    action: Name | None = None
    since: InstantGiven | None = None
    until: InstantGiven | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Finding(Told):
    """A control that is breached: how often, and the first of it in words."""

    control: str
    total: int
    words: list[str]


class Stopped(Told):
    """Attempts that were stopped in the day before a run."""

    kind: str
    name: str
    unit: str
    times: int
    value: int


class ControlRun(Told):
    """A run of all controls."""

    id: int
    ran_at: Instant
    took_ms: int
    controls: int
    breaches: list[Finding]
    stopped: list[Stopped]


class ControlRuns(Told):
    """Control runs, newest first."""

    runs: list[ControlRun]


class AuditRow(Told):
    """Who changed what, for whom and why; `seal` is null while it waits for one."""

    id: int
    at: Instant
    actor: str
    on_behalf_of: str | None
    action: str
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    detail: dict[str, Any] | None
    request: str | None
    seal: int | None


class Audit(Told):
    """Audit rows, newest first."""

    rows: list[AuditRow]
    next: Next


class Seal(Told):
    """The Merkle root over the audit rows since the seal before it, chained to that; hashes in hex."""

    number: int
    first_row: int
    last_row: int
    rows: int
    total_rows: int
    root: str
    previous: str
    sealed_at: Instant
    anchored_at: Instant | None


class Seals(Told):
    """Seals, newest first."""

    seals: list[Seal]
    next: Next
