"""Requests, their revisions and the signatures over them.

Revisions and signatures only grow; a request's own row moves through its states and, once closed, stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request with its first revision; `maker` is a person (`per_...`) or what asked itself (`rule:`)."""

    id: int
    kind: str
    maker: str
    reason: str
    text: str
    sha: bytes
    created_at: datetime
    expires_at: datetime
    escalates_at: datetime | None = None
    beneficiary: int | None = None
    market: str | None = None
    location: str | None = None
    unit: str | None = None
    amount: int | None = None
    rung: int = 0
    state: str = "open"


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it stands."""

    id: int
    kind: str
    state: str
    revision: int
    maker: str
    beneficiary: int | None
    market: str | None
    location: str | None
    unit: str | None
    amount: int | None
    reason: str
    rung: int
    created_at: datetime
    escalates_at: datetime | None
    expires_at: datetime
    closed_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What was asked, once: the text, its hash, and who wrote it."""

    request_id: int
    revision: int
    maker: str
    beneficiary: int
    text: str
    sha: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """What somebody said to one revision."""

    request_id: int
    revision: int
    person: str
    instead_of: str | None
    signer_member: int
    role: str
    rung: int
    verdict: str
    reason: str
    signed_at: datetime

    @property
    def speaks_for(self) -> str:
        """Whose voice it is: the person's, or that of the one they stand in for."""
        return self.instead_of or self.person


def record_requests(tx: Transaction, program_id: int, requests: Sequence[NewRequest]) -> None:
    """Write requests and their first revisions; one that is there already is left as it is."""
    if not requests:
        return
    tx.execute(
        """
        with made as (
          insert into requests (program_id, id, kind, state, maker, beneficiary, market, location, unit,
                                amount, reason, rung, created_at, escalates_at, expires_at)
          select %s, r.* from unnest(
            %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],
            %s::text[], %s::bigint[], %s::text[], %s::smallint[], %s::timestamptz[], %s::timestamptz[],
            %s::timestamptz[]
          ) as r
          on conflict (program_id, id) do nothing
          returning program_id, id, maker, coalesce(beneficiary, 0) as beneficiary, created_at
        )
        insert into revisions
          (program_id, request_id, revision, maker, beneficiary, content, content_sha, recorded_at)
        select m.program_id, m.id, 1, m.maker, m.beneficiary, c.text::json, c.sha, m.created_at
        from made m join unnest(%s::bigint[], %s::text[], %s::bytea[]) as c (id, text, sha) using (id)
        """,
        (
            program_id,
            *(
                [getattr(request, name) for request in requests]
                for name in ("id", "kind", "state", "maker", "beneficiary", "market", "location", "unit",
                             "amount", "reason", "rung", "created_at", "escalates_at", "expires_at")
            ),
            *([getattr(request, name) for request in requests] for name in ("id", "text", "sha")),
        ),
    )  # fmt: skip


def lock_requests(tx: Transaction, program_id: int, ids: Sequence[int]) -> dict[int, RequestRow]:
    """Requests by id, locked in id order until this transaction ends; one that is not there is absent."""
    rows = tx.execute(
        """
        select id, kind, state, revision, maker, beneficiary, market, location, unit, amount, reason, rung,
               created_at, escalates_at, expires_at, closed_at, why
        from requests where program_id = %s and id = any(%s) order by id for update
        """,
        (program_id, sorted(set(ids))),
    ).fetchall()
    return {row[0]: RequestRow(*row) for row in rows}


def has_kind(tx: Transaction, program_id: int, ids: Sequence[int], kind: str) -> bool:
    """Whether one of these requests is of a kind; nothing is locked."""
    row = tx.execute(
        "select exists (select from requests where program_id = %s and id = any(%s) and kind = %s)",
        (program_id, sorted(set(ids)), kind),
    ).fetchone()
    return row == (True,)


def load_revisions(
    tx: Transaction, program_id: int, revisions: Mapping[int, int], *, light: bool = False
) -> dict[int, RevisionRow]:
    """The named revision of each request, by request.

    `light` leaves out what a list does not need: the rows of a bulk, the text of a version.
    """
    rows = tx.execute(
        """
        select v.request_id, v.revision, v.maker, v.beneficiary,
               case when %s and r.kind = 'bulk' then '{"kind":"bulk","rows":[]}'
                    when %s and r.kind = 'version' then '{"kind":"version","bundle":"","bundle_sha":""}'
                    else v.content::text end,
               v.content_sha, v.recorded_at
        from unnest(%s::bigint[], %s::smallint[]) as w (request_id, revision)
        join revisions v on v.program_id = %s and v.request_id = w.request_id and v.revision = w.revision
        join requests r on r.program_id = v.program_id and r.id = v.request_id
        """,
        (light, light, list(revisions), list(revisions.values()), program_id),
    ).fetchall()
    return {row[0]: RevisionRow(*row) for row in rows}


def load_makers(tx: Transaction, program_id: int, ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Everybody who wrote a revision of these requests."""
    rows = tx.execute(
        """
        select request_id, array_agg(distinct maker) from revisions
        where program_id = %s and request_id = any(%s) group by request_id
        """,
        (program_id, list(ids)),
    ).fetchall()
    return {request_id: frozenset(makers) for request_id, makers in rows}


def load_signatures(
    tx: Transaction, program_id: int, revisions: Mapping[int, int]
) -> dict[int, list[SignatureRow]]:
    """What was said to the named revision of each request, in order."""
    rows = tx.execute(
        """
        select s.request_id, s.revision, s.person, s.instead_of, s.signer_member, s.role, s.rung, s.verdict,
               s.reason, s.signed_at
        from unnest(%s::bigint[], %s::smallint[]) as w (request_id, revision)
        join signatures s on s.program_id = %s and s.request_id = w.request_id and s.revision = w.revision
        order by s.signed_at, s.person
        """,
        (list(revisions), list(revisions.values()), program_id),
    ).fetchall()
    found: dict[int, list[SignatureRow]] = {request_id: [] for request_id in revisions}
    for row in rows:
        found[row[0]].append(SignatureRow(*row))
    return found


def record_signature(
    tx: Transaction, program_id: int, revision: RevisionRow, signature: SignatureRow
) -> None:
    """Add what somebody said; maker, beneficiary and hash are the revision's own, for the table's checks."""
    tx.execute(
        """
        insert into signatures
          (program_id, request_id, revision, person, instead_of, signer_member, role, rung, verdict, reason,
           maker, beneficiary, content_sha, signed_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            program_id, signature.request_id, signature.revision, signature.person, signature.instead_of,
            signature.signer_member, signature.role, signature.rung, signature.verdict, signature.reason,
            revision.maker, revision.beneficiary, revision.sha, signature.signed_at,
        ),
    )  # fmt: skip


def record_revision(tx: Transaction, program_id: int, request: NewRequest, revision: int) -> None:
    """An edit: the next revision of a request, open again, on the rung where it stands now."""
    tx.execute(
        """
        insert into revisions
          (program_id, request_id, revision, maker, beneficiary, content, content_sha, recorded_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            program_id, request.id, revision, request.maker, request.beneficiary or 0, request.text,
            request.sha, request.created_at,
        ),
    )  # fmt: skip
    tx.execute(
        """
        update requests
        set state = 'open', revision = %s, maker = %s, beneficiary = %s, market = %s, location = %s,
            unit = %s, amount = %s, reason = %s, rung = %s, escalates_at = %s, expires_at = %s, why = ''
        where program_id = %s and id = %s and revision = %s - 1
        """,
        (
            revision, request.maker, request.beneficiary, request.market, request.location, request.unit,
            request.amount, request.reason, request.rung, request.escalates_at, request.expires_at,
            program_id, request.id, revision,
        ),
    )  # fmt: skip


def settle_requests(
    tx: Transaction, program_id: int, ids: Sequence[int], state: str, at: datetime, why: str = ""
) -> None:
    """Move requests into a state; those that end there are closed by it."""
    tx.execute(
        """
        update requests
        set state = %(state)s, why = %(why)s,
            closed_at = case when %(state)s in ('open', 'returned', 'approved') then null else %(at)s end
        where program_id = %(program)s and id = any(%(ids)s)
        """,
        {"state": state, "why": why, "at": at, "program": program_id, "ids": list(ids)},
    )


def record_done(tx: Transaction, program_id: int, counted: Mapping[int, Sequence[str]], at: datetime) -> None:
    """Close requests that were carried out, with the people whose signatures counted."""
    tx.execute(
        """
        update requests r
        set state = 'done', why = '', closed_at = %s, signed_by = string_to_array(c.people, ' ')
        from unnest(%s::bigint[], %s::text[]) as c (id, people)
        where r.program_id = %s and r.id = c.id
        """,
        (at, list(counted), [" ".join(people) for people in counted.values()], program_id),
    )


def record_rung(
    tx: Transaction, program_id: int, request_id: int, rung: int, escalates_at: datetime | None
) -> None:
    """Move a request to a rung; None: it moves no further."""
    tx.execute(
        "update requests set rung = %s, escalates_at = %s where program_id = %s and id = %s",
        (rung, escalates_at, program_id, request_id),
    )


def find_expired(tx: Transaction, program_id: int, now: datetime, at_most: int) -> list[int]:
    """Requests whose time is over, locked; those that somebody is at are left for the next time."""
    rows = tx.execute(
        """
        select id from requests
        where program_id = %s and state in ('open', 'returned') and expires_at <= %s
        order by id limit %s for update skip locked
        """,
        (program_id, now, at_most),
    ).fetchall()
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Stranded:
    """A request that has its signatures and is over, but was not carried out."""

    id: int
    revision: int
    expires_at: datetime
    signatures: int


def find_stranded(tx: Transaction, program_id: int, now: datetime, at_most: int) -> list[Stranded]:
    """Approved requests whose time is over, the oldest first, locked like those above."""
    rows = tx.execute(
        """
        select r.id, r.revision, r.expires_at,
               (select count(*) from signatures s
                where s.program_id = r.program_id and s.request_id = r.id and s.revision = r.revision)
        from requests r
        where r.program_id = %s and r.state = 'approved' and r.expires_at <= %s
        order by r.expires_at, r.id limit %s for update of r skip locked
        """,
        (program_id, now, at_most),
    ).fetchall()
    return [Stranded(*row) for row in rows]


def find_undecided(tx: Transaction, program_id: int, keys: Sequence[str]) -> set[str]:
    """Of events by their keys, those that still stand in the inbox."""
    rows = tx.execute(
        """
        select replace(k.key::text, '-', '') from event_keys k join inbox i on i.id = k.event_id
        where k.program_id = %s and k.key = any(%s::uuid[])
        """,
        (program_id, list(keys)),
    ).fetchall()
    return {row[0] for row in rows}


def find_escalating(tx: Transaction, program_id: int, now: datetime, at_most: int) -> list[int]:
    """Requests that nobody signed in time and that are not over yet, locked like those."""
    rows = tx.execute(
        """
        select id from requests
        where program_id = %s and state = 'open' and escalates_at <= %s and expires_at > %s
        order by id limit %s for update skip locked
        """,
        (program_id, now, now, at_most),
    ).fetchall()
    return [row[0] for row in rows]


def next_request_id(tx: Transaction) -> int:
    """A fresh number for a request of a person's own."""
    row = tx.execute("select nextval('event_id_seq')").fetchone()
    assert row is not None
    return int(row[0])
