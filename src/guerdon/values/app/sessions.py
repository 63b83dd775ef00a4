"""A member's session: what their browser keeps, and the hash that we keep of it.

It names the program and the member beside 32 bytes of chance, so a session of one opens nothing of another.
"""

import hashlib
from dataclasses import dataclass, field
from secrets import token_bytes

from guerdon.values.crockford import read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

TEXT_LENGTH = 71

_PROGRAM_BYTES, _MEMBER_BYTES, _SECRET_BYTES = 4, 8, 32


@dataclass(frozen=True, slots=True)
class Session:
    """Whose session it is, and its secret."""

    program_id: int
    member_id: int
    secret: bytes = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is kept of it: 32 bytes."""
        return hashlib.sha256(b"session|" + _said(self)).digest()


def new_session(program_id: int, member_id: int) -> Session:
    """A session that nobody ever had."""
    return Session(program_id, member_id, token_bytes(_SECRET_BYTES))


def write_session(session: Session) -> str:
    """What the browser keeps."""
    return write_crockford(_said(session))


def read_session(text: str) -> Session | None:
    """Read what a browser kept; None for what we never wrote. Whether it still holds, the rows say."""
    said = read_crockford(text) if len(text) == TEXT_LENGTH else None
    if said is None:
        return None
    program, member = said[:_PROGRAM_BYTES], said[_PROGRAM_BYTES:-_SECRET_BYTES]
    member_id = int.from_bytes(member, "big")
    if member_id > ID_MAX:
        return None
    return Session(int.from_bytes(program, "big"), member_id, said[-_SECRET_BYTES:])


def _said(session: Session) -> bytes:
    program = session.program_id.to_bytes(_PROGRAM_BYTES, "big")
    return program + session.member_id.to_bytes(_MEMBER_BYTES, "big") + session.secret
