"""A message once more, because a member of staff says so: the same message, under an id of its own.

It is one more row of the outbox, so it goes through the same conscience as the first: nobody is told by hand
what they did not agree to. What it tells of may be over by now; then it is refused, in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from guerdon.engine.messages.desk import Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.messages.again import Anew, Former, find_known, insert_anew, load_former
from guerdon.store.messages.outbox import Due
from guerdon.store.persons import load_person
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

EVENT_TYPE = "message.resent"
RESENT_MAX = 3
REASON_MAX = 500
# none: there is no such message. reason: no words why. under_way: it has not ended, or one of its repetitions
# has not. often: three times already. again: it is a repetition itself. asked: members ask for it themselves.
Why = Literal["none", "reason", "under_way", "often", "again", "asked", "over"]


@dataclass(frozen=True, slots=True)
class Resending:
    """Which message is sent again, by whose word (`per_...`), and why."""

    program_id: int
    member_id: int
    message_id: int
    by: str
    reason: str

    @property
    def whose(self) -> tuple[int, int, int]:
        """Program, member, message."""
        return self.program_id, self.member_id, self.message_id


@dataclass(frozen=True, slots=True)
class Resent:
    """It is on its way as this message."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """It was not sent again; `over` has the reason's code: what it tells of is gone, or it has no text."""

    why: Why
    reason: str = ""


def resent_ids(message_id: int) -> Sequence[int]:
    """The ids that repetitions of a message have, in their order."""
    return [derived_id(message_id, "again", str(n)) for n in range(RESENT_MAX)]


def objection(
    tx: Transaction, vault: Vault, program: Program, whose: tuple[int, int, int], now: datetime
) -> Unsent | None:
    """Why a message cannot be sent again now, or None. `whose`: program, member, message."""
    former = load_former(tx, whose)
    if former is None:
        return Unsent("none")
    if former.event_type == EVENT_TYPE:
        return Unsent("again")
    if former.message not in program.messages:
        # Codes, links and news of orders: each goes when its member asks, or once.
        return Unsent("asked")
    known = find_known(tx, whose[0], whose[1], resent_ids(whose[2]))
    if not (former.ended and all(known.values())):
        return Unsent("under_way")
    if len(known) >= RESENT_MAX:
        return Unsent("often")
    return _over(tx, vault, program, (whose, former), now)


def resend(
    tx: Transaction, vault: Vault, program: Program, asked: Resending, now: datetime
) -> Resent | Unsent:
    """Send a message again, under its member's lock; audited with its reason."""
    if not 0 < len(asked.reason) <= REASON_MAX or "\0" in asked.reason:
        return Unsent("reason")
    # Whoever sends the same at the same moment waits here, and finds that it is under way.
    if lock_member(tx, asked.program_id, asked.member_id) is None:
        return Unsent("none")
    refused = objection(tx, vault, program, asked.whose, now)
    if refused is not None:
        return refused
    former = load_former(tx, asked.whose)
    assert former is not None, "a message is gone whose member is locked"
    ids = resent_ids(asked.message_id)
    done_before = len(find_known(tx, asked.program_id, asked.member_id, ids))
    number, shown = ids[done_before], show("msg", asked.message_id)
    contents = {"message": shown, "kind": former.message}
    wish = Wish(
        *(asked.program_id, asked.member_id, EVENT_TYPE, f"{shown}:{done_before}", contents, asked.by),
        reason=asked.reason,
    )
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "under the lock of its member nobody else uses the key"
    sent = Send(number, former.message, former.channel, former.reward_id)
    done = finish(begun, "sent", [sent], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    anew = Anew(number, begun.event_id, former.reward_id, former.message, former.channel)
    insert_anew(tx, asked.program_id, asked.member_id, anew, now)
    return Resent(number)


def _over(
    tx: Transaction,
    vault: Vault,
    program: Program,
    of: tuple[tuple[int, int, int], Former],
    now: datetime,
) -> Unsent | None:
    """Whether what it tells of is over, by the same judgment as when a message is handed over."""
    (program_id, member_id, message_id), former = of
    person = load_person(tx, vault, program_id, member_id)
    row = Due(
        *(member_id, message_id, former.message, 0, 0, now, former.market, former.language, former.reward),
        via=former.channel,
    )
    hindered = decide_hindrance(row, person, Desk(program_id, program, _nowhere), now)
    return None if hindered is None else Unsent("over", hindered.reason or "")


def _nowhere(program_id: int, member_id: int, reward_id: int, issued_on: date | None = None, /) -> str:
    """Nothing is written here, so no link is made."""
    del program_id, member_id, reward_id, issued_on
    return ""
