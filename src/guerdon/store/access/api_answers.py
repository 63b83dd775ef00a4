"""What a request to the API was answered under its key of idempotency: it is done once and told alike.

A request claims its key first, in a transaction of its own; its outcome is written in the transaction that
does the work, and only by whoever still has the claim. So there is no work without its answer, no answer
without its work, and never two who work under one key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

KEPT = timedelta(days=30)
# After this long nobody works under a claim any more: the statements of a request end within a minute.
ABANDONED = timedelta(minutes=15)
PRUNED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Claim:
    """A key of idempotency in the hands of one request: whose key, which, since when."""

    program_id: int
    key_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A key that was claimed before: over which request, since when, and the answer once there is one."""

    request_sha: bytes
    at: datetime
    status: int | None
    body: bytes | None

    def is_over(self, request_sha: bytes, now: datetime) -> bool:
        """Whether it may be claimed anew: too old to be remembered, or left by the same request undone."""
        abandoned = self.status is None and self.request_sha == request_sha
        return self.at <= now - (ABANDONED if abandoned else KEPT)


def record_claim(tx: Transaction, claim: Claim, request_sha: bytes) -> Answered | None:
    """Claim a key; None when it is ours, else what is known of it."""
    made = tx.execute(
        """
        insert into api_answers (program_id, key_id, idempotency_key, request_sha, created_at)
        values (%s, %s, %s, %s, %s) on conflict do nothing
        """,
        (claim.program_id, claim.key_id, claim.name, request_sha, claim.at),
    )
    if made.rowcount:
        _prune(tx, claim.program_id, claim.at - KEPT)
        return None
    # Locked, so that of two who find it abandoned one takes it and the other sees that.
    row = tx.execute(
        """
        select request_sha, created_at, status, body from api_answers
        where program_id = %s and key_id = %s and idempotency_key = %s for update
        """,
        (claim.program_id, claim.key_id, claim.name),
    ).fetchone()
    # Given back between the two statements: as good as in flight, the sender asks again.
    found = Answered(*row) if row else Answered(request_sha, claim.at, None, None)
    if row is None or not found.is_over(request_sha, claim.at):
        return found
    tx.execute(
        """
        update api_answers set request_sha = %s, created_at = %s, status = null, body = null
        where program_id = %s and key_id = %s and idempotency_key = %s
        """,
        (request_sha, claim.at, claim.program_id, claim.key_id, claim.name),
    )
    return None


def settle_claim(tx: Transaction, claim: Claim, status: int, body: bytes) -> bool:
    """Write the outcome; False when the claim is ours no more, and then nothing may be done under it."""
    settled = tx.execute(
        """
        update api_answers set status = %s, body = %s
        where program_id = %s and key_id = %s and idempotency_key = %s and created_at = %s and status is null
        """,
        (status, body, claim.program_id, claim.key_id, claim.name, claim.at),
    )
    return settled.rowcount == 1


def give_back_claim(tx: Transaction, claim: Claim) -> None:
    """Let the key be claimed again: nothing was done under it. One with an outcome stays as it is."""
    tx.execute(
        """
        delete from api_answers
        where program_id = %s and key_id = %s and idempotency_key = %s and created_at = %s and status is null
        """,
        (claim.program_id, claim.key_id, claim.name, claim.at),
    )


def _prune(tx: Transaction, program_id: int, before: datetime) -> None:
    tx.execute(
        """
        delete from api_answers where (program_id, key_id, idempotency_key) in (
          select program_id, key_id, idempotency_key from api_answers
          where program_id = %s and created_at < %s order by created_at limit %s for update skip locked
        )
        """,
        (program_id, before, PRUNED_AT_ONCE),
    )
