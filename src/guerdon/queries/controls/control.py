"""What a control is: a question to the stored rows that gives nothing while all is well."""

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class Control:
    """One question, and the keys of the controls that it answers: what shares a pass over rows, shares it.

    Each row it gives is (key, prefix, number, words): the breached control, what is breached as an id of ours
    (prefix empty where a name in the words says it), and what was found there.
    """

    keys: tuple[str, ...]
    question: LiteralString
