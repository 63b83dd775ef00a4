"""Codes of referrals: twelve letters without look-alikes, of which the first three say for which scheme.

So a link that nobody has leads to the same page as one that somebody has: nothing is asked of the database to
draw it, and nobody learns from it which codes there are.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.program.model import Program
from guerdon.program.schemes import Scheme
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.referrals.codes import find_code, record_code
from guerdon.store.sealing import Vault
from guerdon.values.crockford import ALPHABET
from guerdon.values.ids import show

PURPOSE = "referrals"
SCHEME_LETTERS, OWN_LETTERS = 3, 9
LETTERS = SCHEME_LETTERS + OWN_LETTERS
TRIES = 5
# What somebody may have typed instead.
_LOOKALIKES = str.maketrans("OIL", "011", " -")


@dataclass(frozen=True, slots=True)
class Of:
    """A scheme of a program."""

    program_id: int
    program: Program
    scheme: Scheme


def code_of(tx: Transaction, vault: Vault, whose: tuple[int, str, int], by: str, now: datetime) -> str | None:
    """A member's code in a scheme (program, scheme, member), made at first asking; None: no id to tell."""
    program_id, scheme, member_id = whose
    for _ in range(TRIES):
        found = find_code(tx, program_id, scheme, member_id)
        if found is not None:
            return found
        own = "".join(secrets.choice(ALPHABET) for _ in range(OWN_LETTERS))
        code = _scheme_letters(vault, program_id, scheme) + own
        if record_code(tx, program_id, scheme, member_id, code, now):
            made = ("referral.code_made", show("mem", member_id))
            record_audit(tx, program_id, by, *made, now, scheme=scheme)
    return find_code(tx, program_id, scheme, member_id)


def read_code(text: str) -> str:
    """A code as it is kept, however it was typed; what is none stays what it is, and finds nothing."""
    if not text.isascii():
        return ""
    plain = text.strip().upper().translate(_LOOKALIKES)
    return plain if len(plain) == LETTERS and all(letter in ALPHABET for letter in plain) else ""


def written(code: str) -> str:
    """A code as people read it: `7K3D-0XQ2-M5TN`."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def scheme_of(vault: Vault, programs: Mapping[int, Program], code: str) -> Of | None:
    """The scheme that a code would be of; of none, the first of all. None: there are none."""
    schemes = [
        Of(program_id, program, scheme)
        for program_id, program in sorted(programs.items())
        for scheme in program.referrals.values()
    ]
    for each in schemes:
        if code.startswith(_scheme_letters(vault, each.program_id, each.scheme.key)):
            return each
    return schemes[0] if schemes else None


def mark_of(vault: Vault, program_id: int, kind: str, value: str) -> bytes:
    """A keyed hash of something that a person has: the same again for the same thing, and nothing else."""
    return vault.index(PURPOSE, f"{program_id}|{kind}|{value}")[:16]


def _scheme_letters(vault: Vault, program_id: int, scheme: str) -> str:
    digest = int.from_bytes(vault.index(PURPOSE, f"{program_id}|scheme|{scheme}")[:8], "big")
    return "".join(ALPHABET[(digest >> (5 * place)) & 31] for place in range(SCHEME_LETTERS))
