"""A request that changes something is done once: the same key again is told the same answer again.

The work and its answer are one commit, made only by whoever holds the claim of the key, so nothing is done
twice, and nothing that was refused or is under way is ever told as done.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from guerdon.access.policy import Power
from guerdon.engine.approvals.acting import NOBODY, KeyActing
from guerdon.program.model import Program
from guerdon.store.access.api_answers import Answered, Claim, give_back_claim, record_claim, settle_claim
from guerdon.store.access.api_keys import KeyScope
from guerdon.store.database import Transaction, transaction
from guerdon.values.clock import utc_now
from guerdon.web.api.callers import Caller, caller_of
from guerdon.web.api.problems import TYPE, Headers, Trouble, WrongField, rendered
from guerdon.web.api.shapes.plain import ToldOnce
from guerdon.web.rooms import room

HEADER = "Idempotency-Key"
KEY_LENGTH_MAX = 128
# What scopes let a key do to versions.
_POWERS: Mapping[KeyScope, Power] = {"write:versions": "write", "recall:versions": "approve"}
REPLAYED: Headers = (("Idempotency-Replayed", "true"),)


@dataclass(frozen=True, slots=True)
class Doing:
    """Work under a key of idempotency, in a transaction of the whole program."""

    tx: Transaction
    caller: Caller
    program: Program
    key: str
    request_sha: bytes
    now: datetime

    @property
    def program_id(self) -> int:
        """Whose program it is."""
        return self.caller.program_id

    @property
    def acting(self) -> KeyActing:
        """The key as the engine wants to know it: it proposes, and never signs."""
        key = self.caller.key
        return KeyActing(
            self.program_id,
            self.program,
            NOBODY,
            room().vault,
            self.now,
            key.key_id,
            self.caller.place,
            frozenset(power for scope, power in _POWERS.items() if scope in key.scopes),
        )


Work = Callable[[Doing], BaseModel]


def once(request: HttpRequest, work: Work, status: int = 200) -> HttpResponse:
    """Do the work, unless it was done under this key, and answer."""
    caller = caller_of(request)
    claim = Claim(caller.program_id, caller.key.key_id, key_of(request), utc_now())
    sha = sha_of(request)
    with room().reading(claim.program_id) as tx:
        before = record_claim(tx, claim, sha)
    if before is not None:
        return _told_again(before, sha)
    try:
        done, body = _do(caller, claim, sha, work, status)
    except BaseException:
        # Whatever it was, nothing was committed under the claim, or its outcome stands and stays.
        with room().reading(claim.program_id) as tx:
            give_back_claim(tx, claim)
        raise
    return rendered(done, body)


def _do(caller: Caller, claim: Claim, sha: bytes, work: Work, status: int) -> tuple[int, bytes]:
    with room().connections.lent() as db, transaction(db, caller.program_id) as tx:
        doing = Doing(tx, caller, caller.program, f"{claim.key_id}:{claim.name}", sha, utc_now())
        try:
            with tx.transaction():
                model = work(doing)
                body = kept = model.model_dump_json().encode()
                if isinstance(model, ToldOnce):
                    kept = model.kept().model_dump_json().encode()
        except Trouble as refused:
            # What a refusal had begun is undone; that it was refused is kept.
            status, body = refused.status, refused.body
            kept = body
        if not settle_claim(tx, claim, status, kept):
            raise _in_flight()
        return status, body


def _told_again(before: Answered, sha: bytes) -> HttpResponse:
    if before.request_sha != sha:
        detail = "It was sent before with another body or to another address; take a new key"
        raise Trouble(422, "key-reused", detail, errors=[WrongField(detail=detail, header=HEADER)])
    if before.status is None or before.body is None:
        raise _in_flight()
    return rendered(before.status, before.body, REPLAYED)


def _in_flight() -> Trouble:
    return Trouble(
        409, "in-flight", "Nothing is known of its outcome yet; ask again", (("Retry-After", "1"),)
    )


def key_of(request: HttpRequest) -> str:
    """The key of idempotency, or the trouble with it."""
    said = request.headers.get(HEADER, "")
    if not said:
        detail = "Every POST carries one, new for each thing to be done and the same when it is sent again"
        raise Trouble(400, "no-idempotency-key", detail, errors=[WrongField(detail=detail, header=HEADER)])
    if len(said) > KEY_LENGTH_MAX or not (said.isascii() and said.isprintable() and " " not in said):
        detail = f"1 to {KEY_LENGTH_MAX} printable ASCII characters without blanks"
        raise Trouble(400, "no-idempotency-key", detail, errors=[WrongField(detail=detail, header=HEADER)])
    return said


def sha_of(request: HttpRequest) -> bytes:
    """The hash of what is asked for: the address and the body, JSON whatever its spaces and order."""
    body = request.body
    if body and request.content_type == "application/json":
        body = msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    said = b"\n".join((str(request.method).encode(), request.get_full_path().encode(), body))
    return hashlib.sha256(said).digest()


__all__ = ["HEADER", "KEY_LENGTH_MAX", "TYPE", "Doing", "once"]
