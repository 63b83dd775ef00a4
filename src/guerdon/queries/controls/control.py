"""What a control is: a question to the stored rows that gives nothing while all is well."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Control:
    """One question, and the keys of the controls that it answers: what shares a pass over rows, shares it.

    Each row it gives is (key, prefix, number, words): the breached control, what is breached as an id of ours
    (prefix empty where a name in the words says it), and what was found there. Where it hangs on what the
    live version says, it is written when it is asked.
    """

    keys: tuple[str, ...]
    question: LiteralString | Callable[[Transaction], sql.Composed | sql.SQL]

    def asked_of(self, tx: Transaction) -> sql.Composed | sql.SQL:
        """The question as it is put to a program."""
        return self.question(tx) if callable(self.question) else sql.SQL(self.question)
