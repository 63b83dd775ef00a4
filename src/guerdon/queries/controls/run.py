"""A control run: every control asked of one steady view of the rows, and what each found.

The run trusts nothing that the engine computed; it is read-only, and says of a breach where to look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from psycopg import sql

from guerdon.queries.controls import (
    approvals,
    audit,
    belongings,
    budgets,
    codes,
    figures,
    holds,
    intake,
    ledger,
    limits,
    lots,
    memory,
    people,
    receipts,
    rewards,
    segments,
)
from guerdon.queries.controls.control import Control
from guerdon.queries.controls.messages import consents
from guerdon.store.database import Transaction
from guerdon.values.ids import show

SHOWN_MAX = 50
# In the order in which they are read: what moves value first, then what allowed it, then what tells of it.
CONTROLS: tuple[Control, ...] = (
    *ledger.CONTROLS,
    *lots.CONTROLS,
    *rewards.CONTROLS,
    *receipts.CONTROLS,
    *holds.CONTROLS,
    *limits.CONTROLS,
    *budgets.CONTROLS,
    *approvals.CONTROLS,
    *people.CONTROLS,
    *codes.CONTROLS,
    *intake.CONTROLS,
    *figures.CONTROLS,
    *memory.CONTROLS,
    *belongings.CONTROLS,
    *segments.CONTROLS,
    *consents.CONTROLS,
    *audit.CONTROLS,
)
KEYS: tuple[str, ...] = tuple(key for control in CONTROLS for key in control.keys)


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that a control found: what it is, and how it stands."""

    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}" if self.subject else self.words


@dataclass(frozen=True, slots=True)
class Checked:
    """One control: how much it found in all, and the first of it."""

    key: str
    total: int = 0
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    controls: tuple[Checked, ...]

    @property
    def breached(self) -> tuple[Checked, ...]:
        """The controls that found something."""
        return tuple(checked for checked in self.controls if checked.total)


def run_controls(tx: Transaction, now: datetime, controls: Sequence[Control] = CONTROLS) -> Report:
    """Ask every control about the program of this transaction."""
    tx.execute("select set_config('guerdon.now', %s, true)", (now.isoformat(),))
    found: dict[str, Checked] = {}
    for control in controls:
        rows = tx.execute(
            sql.SQL(
                """
                with found (key, prefix, number, words) as ({}),
                numbered as (
                  select *, row_number() over (partition by key order by number, words) as place,
                         count(*) over (partition by key) as total
                  from found
                )
                select key, total, prefix, number, words from numbered where place <= {} order by key, place
                """
            ).format(control.asked_of(tx), sql.Literal(SHOWN_MAX))
        ).fetchall()
        for key, group in groupby(rows, key=lambda row: str(row[0])):
            here = list(group)
            breaches = tuple(Breach(_subject(row[2], row[3]), str(row[4])) for row in here)
            found[key] = Checked(key, int(here[0][1]), breaches)
    asked = [key for control in controls for key in control.keys]
    assert set(found) <= set(asked), "a control answers under a key that it does not declare"
    return Report(tuple(found.get(key, Checked(key)) for key in asked))


def _subject(prefix: str, number: int | None) -> str:
    return show(prefix, abs(number)) if prefix and number is not None else ""
