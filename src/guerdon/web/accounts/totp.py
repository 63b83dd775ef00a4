"""The second factor: six digits that change every half minute (RFC 6238), and codes for a phone that is lost.

The authenticator and we compute the same number from a secret and the time. A step that was used is not taken
again, so a code that was looked at over somebody's shoulder opens nothing.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from guerdon.values.crockford import read_crockford, write_crockford

SECRET_BYTES = 20
STEP_S = 30
DIGITS = 6
# Phones go wrong by less than half a minute, and people are slow.
DRIFT_STEPS = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
ISSUER = "Guerdon"


def make_secret() -> bytes:
    """A new secret for one person."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(now: datetime) -> int:
    """The number of the half minute."""
    return int(now.timestamp()) // STEP_S


def code_of(secret: bytes, step: int) -> str:
    """The six digits of a half minute."""
    # SHA-1 is what authenticators compute; as an HMAC it is not what is broken about it.
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The half minute that a code is of, near now and later than the last one used; None for a wrong code."""
    given = "".join(code.split()).encode()
    found = None
    for step in range(step_at(now) - DRIFT_STEPS, step_at(now) + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), given) and step > after:
            found = step
    return found


def spelled(secret: bytes) -> str:
    """The secret as one types it into an authenticator, in groups of four."""
    letters = base64.b32encode(secret).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def address_of(secret: bytes, login: str) -> str:
    """What an authenticator reads from the QR symbol."""
    terms = {"secret": base64.b32encode(secret).decode(), "issuer": ISSUER}
    return f"otpauth://totp/{quote(f'{ISSUER}:{login}', safe='')}?{urlencode(terms)}"


def make_recovery_codes() -> list[str]:
    """Codes that open once each, 80 bits, in groups of four."""
    made = [write_crockford(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]


def recovery_sha(code: str) -> bytes | None:
    """What is stored of a recovery code, found however it was typed; None for what is none."""
    read = read_crockford("".join(code.split()).replace("-", ""))
    return hashlib.sha256(read).digest() if read is not None and len(read) == RECOVERY_BYTES else None
