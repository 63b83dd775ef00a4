"""Bytes as text that people can read out: Crockford's base 32, without I, L, O and U.

Reading forgives lower case and the letters that look like digits, so a link or code typed from paper still
works; it takes exactly the texts that writing gives, so no two texts of one length mean the same bytes by
accident.
"""

from base64 import b32decode, b32encode
from binascii import Error

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WRITE = str.maketrans(_STANDARD, ALPHABET)
_READ = str.maketrans(ALPHABET, _STANDARD)
_LOOKALIKES = str.maketrans("OIL", "011")


def write_crockford(data: bytes) -> str:
    """Write bytes as text, five bits a character, without padding."""
    return b32encode(data).decode("ascii").rstrip("=").translate(_WRITE)


def read_crockford(text: str) -> bytes | None:
    """Read what `write_crockford` wrote; None when the text is nothing that it writes."""
    # Folding case first would let a letter like the Turkish dotless i in; only ASCII is ours.
    if not text.isascii():
        return None
    plain = text.upper().translate(_LOOKALIKES)
    if any(letter not in ALPHABET for letter in plain):
        return None
    padded = plain.translate(_READ) + "=" * (-len(plain) % 8)
    try:
        data = b32decode(padded)
    except Error:
        return None
    return data if write_crockford(data) == plain else None
