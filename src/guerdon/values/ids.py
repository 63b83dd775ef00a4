"""Ids: 63-bit whole numbers inside, prefixed text outside (`mem_0000000000R8C`).

Everything that follows from an event has an id derived from the event's, so deciding an event again
gives the same ids and the database's unique keys absorb the repetition. The text form is Crockford's
base 32, which sorts like the numbers and survives being read out on the phone (no I, L, O, U).
"""

from hashlib import blake2b

ID_MAX = 2**63 - 1

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS_SHOWN = 13
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_VALUES |= {letter.lower(): value for letter, value in _VALUES.items()}
_VALUES |= {"O": 0, "o": 0, "I": 1, "i": 1, "L": 1, "l": 1}


def show(prefix: str, number: int) -> str:
    """Write an id as people and other systems see it."""
    assert 0 <= number <= ID_MAX, f"{number} is no id"
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_DIGITS_SHOWN - 1), -1, -5)]
    return f"{prefix}_{''.join(digits)}"


def read(prefix: str, text: str) -> int | None:
    """Read an id from outside; None when the text is no id of this kind."""
    head, _, digits = text.rpartition("_")
    if head != prefix or len(digits) != _DIGITS_SHOWN:
        return None
    number = 0
    for digit in digits:
        value = _VALUES.get(digit)
        if value is None:
            return None
        number = number * 32 + value
    return number if number <= ID_MAX else None


def derived_id(event_id: int, *parts: str) -> int:
    """Give the id of something that follows from an event: the same event and parts, the same id."""
    # Each part carries its length, so ("a", "bc") and ("ab", "c") stay apart.
    said = "".join([f"{len(part)}:{part}" for part in parts])
    digest = blake2b(said.encode(), digest_size=8, key=event_id.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big") & ID_MAX
