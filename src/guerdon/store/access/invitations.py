"""Invitations as they are kept: made, mailed, accepted once, withdrawn. Of a link there is only its hash.

An invitation gives nothing: the roles that came with it are requests, and its mail is due when somebody
signed for one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.values.ids import show

# For how long a link opens, from its mail on.
HOLDS = timedelta(hours=72)
# So long belongs a mail to whoever writes it; then somebody else tries.
LEASE = timedelta(minutes=5)
DUE_MAX = 20
Fate = Literal["sent", "refused"]


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Somebody who is asked to work here, and where."""

    person_id: int
    market: str | None
    location: str | None
    persona: str
    language: str
    # The requests for the roles that came with it.
    requests: Sequence[int]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as whoever has its link, or its address, meets it."""

    program_id: int
    id: int
    person_id: int
    login: str
    language: str
    invited_by: str
    ends_at: datetime | None
    closed_at: datetime | None
    state: str

    def opens(self, now: datetime) -> bool:
        """Whether it can be accepted now."""
        return self.closed_at is None and self.ends_at is not None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail that is to be written: to whom, by whose word, and how often it was tried."""

    id: int
    person_id: int
    login: str
    language: str
    invited_by: str
    tries: int


def record_invitation(tx: Transaction, program_id: int, new: NewInvitation, by: str, at: datetime) -> int:
    """Ask somebody to work here; its number. They have no other open one in this program."""
    row = tx.execute(
        """
        insert into invitations (program_id, person_id, market, location, persona, language, invited_by,
                                 invited_at, requests, next_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            program_id,
            new.person_id,
            new.market,
            new.location,
            new.persona,
            new.language,
            by,
            at,
            list(new.requests),
            at,
        ),
    ).fetchone()
    assert row is not None
    after = {"persona": new.persona, "market": new.market, "location": new.location}
    record_audit(
        tx, program_id, by, "invitation.made", show("per", new.person_id), at, after=after, number=row[0]
    )
    return int(row[0])


def send_again(tx: Transaction, program_id: int, number: int, by: str, at: datetime) -> bool:
    """Have an open invitation mailed once more, by a link that ends the old one; whether there was one."""
    return _change(tx, program_id, (number, "waiting", at, None), (by, "invitation.sent_again", ""))


def withdraw_invitation(
    tx: Transaction, program_id: int, number: int, by: str, reason: str, at: datetime
) -> bool:
    """Take an open invitation back: its link opens nothing any more; whether there was one."""
    return _change(tx, program_id, (number, "withdrawn", at, at), (by, "invitation.withdrawn", reason))


def accept_invitation(tx: Transaction, found: Invitation, name: str, at: datetime) -> bool:
    """Accept it under the name that its person gave; False where somebody was quicker."""
    if not _change(
        tx,
        found.program_id,
        (found.id, "accepted", at, at),
        (show("per", found.person_id), "invitation.accepted", ""),
    ):
        return False
    if name:
        tx.execute("update people set name = %s where person_id = %s", (name, found.person_id))
    return True


def find_by_link(tx: Transaction, program_id: int, link_sha: bytes) -> Invitation | None:
    """The invitation behind a link, whatever became of it."""
    row = tx.execute(
        """
        select i.program_id, i.id, i.person_id, p.login, i.language, i.invited_by, i.ends_at, i.closed_at,
               i.state
        from invitations i join people p on p.person_id = i.person_id
        where i.program_id = %s and i.link_sha = %s
        """,
        (program_id, link_sha),
    ).fetchone()
    return Invitation(*row) if row else None


def find_by_login(tx: Transaction, program_id: int, login: str) -> Invitation | None:
    """The open invitation of somebody who signs in as this."""
    row = tx.execute(
        """
        select i.program_id, i.id, i.person_id, p.login, i.language, i.invited_by, i.ends_at, i.closed_at,
               i.state
        from invitations i join people p on p.person_id = i.person_id
        where i.program_id = %s and p.login = %s and i.closed_at is null
        """,
        (program_id, login),
    ).fetchone()
    return Invitation(*row) if row else None


def lock_due(tx: Transaction, program_id: int, now: datetime) -> list[DueMail]:
    """Mails that are to be written now, oldest first: of those for whom somebody signed."""
    rows = tx.execute(
        """
        select i.id, i.person_id, p.login, i.language, i.invited_by, i.tries
        from invitations i join people p on p.person_id = i.person_id
        where i.program_id = %s and i.state = 'waiting' and i.next_at <= %s and p.left_at is null
          and exists (select from grants g where g.program_id = i.program_id and g.person_id = i.person_id
                        and g.revoked_at is null and (g.valid_to is null or g.valid_to > %s))
        order by i.next_at, i.id limit %s for update of i skip locked
        """,
        (program_id, now, now, DUE_MAX),
    ).fetchall()
    return [DueMail(*row) for row in rows]


def record_links(tx: Transaction, program_id: int, links: Mapping[int, bytes], now: datetime) -> None:
    """Make these the links of invitations (SHA-256 by number), before they are mailed."""
    tx.execute(
        """
        update invitations i set link_sha = n.sha, ends_at = %s, next_at = %s, tries = tries + 1
        from unnest(%s::bigint[], %s::bytea[]) n (id, sha)
        where i.program_id = %s and i.id = n.id
        """,
        (now + HOLDS, now + LEASE, list(links), list(links.values()), program_id),
    )


def settle_mail(
    tx: Transaction, program_id: int, mail: DueMail, fate: tuple[Fate, str], now: datetime
) -> None:
    """Note what came of a mail, and why; once it was withdrawn or is to be sent again, nothing."""
    what, why = fate
    done = tx.execute(
        """
        update invitations set state = %s, fault = %s
        where program_id = %s and id = %s and state = 'waiting' and tries = %s
        """,
        (what, why, program_id, mail.id, mail.tries + 1),
    )
    if done.rowcount:
        who = show("per", mail.person_id)
        record_audit(tx, program_id, "worker", f"invitation.{what}", who, now, why=why, number=mail.id)


def put_off_mail(tx: Transaction, program_id: int, mail: DueMail, why: str, next_at: datetime) -> None:
    """Try it again then."""
    tx.execute(
        """
        update invitations set fault = %s, next_at = %s
        where program_id = %s and id = %s and state = 'waiting' and tries = %s
        """,
        (why, next_at, program_id, mail.id, mail.tries + 1),
    )


def _change(
    tx: Transaction,
    program_id: int,
    to: tuple[int, str, datetime, datetime | None],
    said: tuple[str, str, str],
) -> bool:
    """Bring an open invitation (number) to (state, next try, closed), and tell the audit (who, what, why)."""
    (number, state, next_at, closed_at), (by, action, reason) = to, said
    row = tx.execute(
        """
        update invitations set state = %s, next_at = %s, closed_at = %s, fault = ''
        where program_id = %s and id = %s and closed_at is null returning person_id
        """,
        (state, next_at, closed_at, program_id, number),
    ).fetchone()
    if row is None:
        return False
    record_audit(tx, program_id, by, action, show("per", row[0]), next_at, reason=reason, number=number)
    return True
