"""Accounts: one decided event with everything that led to its decision, from what was kept of that time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.why.remembered import event_of, standing_of_row
from guerdon.program.model import Program
from guerdon.program.schemes import Side
from guerdon.queries.receipts import Receipt
from guerdon.queries.why.events import WhyRow
from guerdon.rules.playbook import Playbook
from guerdon.rules.why import Story, bare, explain
from guerdon.store.referrals.pairs import State
from guerdon.values.texts import FALLBACK_LANGUAGE

# What went wrong where a decision cannot be explained in full.
Trouble = Literal["", "version", "values", "otherwise", "forgotten"]
# What an event of another time can do to rules; it is told as it was decided, and no more.
_STRANGE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
# What nobody asked a rule about.
OWN = "guerdon"


@dataclass(frozen=True, slots=True)
class PairTried:
    """What would become of a referral, why, and by side what they would be told and what came of that."""

    scheme: str
    state: State
    reasons: Sequence[str]
    told: Sequence[tuple[Side, "Account"]]


@dataclass(frozen=True, slots=True)
class Account:
    """A receipt and its stories; `program` is that of the version which decided, None when it cannot be read.

    `requests` are the states of the requests by which people look at what was held. `pairs` are referrals
    that an event which is only tried would concern.
    """

    receipt: Receipt
    stories: Sequence[Story]
    program: Program | None
    requests: Mapping[int, str]
    # The member's own.
    language: str
    trouble: Trouble = ""
    pairs: Sequence[PairTried] = ()

    @property
    def happened_at(self) -> datetime:
        """When it happened."""
        return self.receipt.happened_at


def account_of(row: WhyRow, playbook: Playbook | None) -> Account:
    """Explain a stored decision; by its version, where this release can read it."""
    receipt, effects, language = row.receipt, row.effects, row.language or FALLBACK_LANGUAGE
    if playbook is None:
        return Account(receipt, bare(effects), None, row.requests, language, "version")
    if receipt.source == OWN:
        return Account(receipt, bare(effects), playbook.program, row.requests, language)
    if row.market is None:
        return Account(receipt, bare(effects), playbook.program, row.requests, language, "values")
    try:
        event, member = event_of(playbook, row), standing_of_row(playbook, row)
        stories = explain(playbook, event, member, effects)
    except _STRANGE:
        strange: Trouble = "forgotten" if row.forgotten else "otherwise"
        return Account(receipt, bare(effects), playbook.program, row.requests, language, strange)
    trouble: Trouble = ""
    if not all(story.kept for story in stories):
        trouble = "values"
    elif not all(story.agrees for story in stories):
        # Before states were counted nobody kept who the member was.
        trouble = "otherwise" if row.state else "values"
    if trouble and row.forgotten:
        trouble = "forgotten"
    return Account(receipt, stories, playbook.program, row.requests, language, trouble)


def accounts_of(rows: Sequence[WhyRow], books: Callable[[int], Playbook | None]) -> list[Account]:
    """Explain several; each version is asked for once."""
    known = {version: books(version) for version in {row.receipt.version for row in rows}}
    return [account_of(row, known[row.receipt.version]) for row in rows]
