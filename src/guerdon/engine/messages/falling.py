"""Falling: what becomes of a message after each try, over this channel, the next one, or none.

Pure. A provider without a key has nothing to tell a repetition by; so when a hand-over began and nobody
learned how it ended, a message about value is sent once more and then given up as unknown, and any other is
not repeated at all. Neither goes on to another channel then, for it may have arrived.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Retry, Shut, Unsure, Untried
from guerdon.program.messages.nouns import BUILT_IN_TOPICS, SERVICE, Topic
from guerdon.program.model import Program
from guerdon.store.messages.attempts import AttemptEnd
from guerdon.store.messages.outbox import Due, MessageState, Postponement, Settlement
from guerdon.text.letters import mail_language
from guerdon.values.texts import FALLBACK_LANGUAGE

RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=15)
RETRY_DOUBLINGS_MAX = 10
GIVE_UP_AFTER = timedelta(days=3)
HAND_OVERS_OF_VALUE_MAX = 2

# Answers that are about one recipient say nothing of how the provider is doing.
_ONE_OF_MANY = re.compile(r"smtp:[45]\d\d")

Ending = Settlement | Postponement


@dataclass(frozen=True, slots=True)
class Follows:
    """The channel that comes next, and at which step of its message's."""

    via: str
    step: int


def topic_of(message: str, program: Program) -> Topic:
    """What a message is about. What Guerdon tells by itself, and what was dropped meanwhile, is service."""
    declared = program.messages.get(message)
    key = declared.topic if declared is not None else SERVICE.key
    return program.topics.get(key) or BUILT_IN_TOPICS.get(key) or SERVICE


def follows(row: Due, program: Program) -> Follows | None:
    """The channel after this one; None: this is the last."""
    message = program.messages.get(row.message)
    step = row.step + 1
    if message is None or step >= len(message.channels):
        return None
    return Follows(message.channels[step], step)


def decide_fall(row: Due, program: Program, reason: str, now: datetime, *, kept_back: bool = False) -> Ending:
    """The next channel's turn at once; or, where there is none, how it ended.

    `kept_back`: nobody was asked, because the conscience or a missing address was in the way.
    """
    after = follows(row, program)
    if after is None:
        return give_up(row, reason, now, kept_back=kept_back)
    return Postponement(
        *(row.member_id, row.id, now),
        hand_overs=0,
        began=not kept_back,
        via=after.via,
        via_since=now,
        step=after.step,
    )


def decide_ending(  # noqa: PLR0911  a line a case
    row: Due, outcome: Outcome, program: Program, now: datetime, *, receipts: bool = False
) -> Ending:
    """Decide what becomes of a row after an attempt. `receipts`: its provider will tell how it went."""
    match outcome:
        case Accepted(provider_id):
            wait = _fall_back_after(row, program)
            if receipts and wait is not None and follows(row, program) is not None:
                again_at = now + wait
                return Postponement(*(row.member_id, row.id, again_at, 0), began=True, awaits=True)
            return settled(row, "sent", None, now, provider_id)
        case Rejected(reason):
            return decide_fall(row, program, reason, now) if not row.hand_overs else give_up(row, reason, now)
        case Retry(reason, after):
            return _tried_again(row, program, reason, now, after)
        case Shut(reason):
            if follows(row, program) is not None and not row.hand_overs:
                return decide_fall(row, program, reason, now)
            return _tried_again(row, program, reason, now, RETRY_LONGEST)
        case Unsure(reason):
            if row.hand_overs + 1 >= hand_overs_max(row, program):
                return settled(row, "unknown", reason, now)
            return Postponement(
                *(row.member_id, row.id, next_try_at(row, now), row.hand_overs + 1), began=True
            )
        case Untried():
            return Postponement(row.member_id, row.id, now, row.hand_overs, began=False)
        case _:
            assert_never(outcome)


def decide_attempt(row: Due, outcome: Outcome, now: datetime) -> AttemptEnd:
    """How the attempt over this channel stands after an outcome."""
    handed = row.hand_overs > 0
    match outcome:
        case Accepted(provider_id):
            return AttemptEnd(row.member_id, row.id, "sent", provider_id, None, now, handed=True)
        case Rejected(reason):
            return AttemptEnd(row.member_id, row.id, "failed", None, reason, now, handed=handed)
        case Retry(reason) | Shut(reason):
            return AttemptEnd(row.member_id, row.id, "waiting", None, reason, now, handed=handed)
        case Unsure(reason):
            return AttemptEnd(row.member_id, row.id, "unknown", None, reason, now, handed=True)
        case Untried():
            return AttemptEnd(row.member_id, row.id, "waiting", None, None, now, handed=handed)
        case _:
            assert_never(outcome)


def is_trouble(outcome: Outcome) -> bool:
    """Whether an outcome says that the provider is not well, and not only about one recipient."""
    if not isinstance(outcome, Retry | Unsure | Shut) or is_alone(outcome):
        return False
    return _ONE_OF_MANY.match(outcome.reason) is None


def is_alone(outcome: Outcome) -> bool:
    """Whether whoever answered speaks for one address alone: anybody may stand behind that."""
    return isinstance(outcome, Retry | Unsure) and outcome.alone


def next_try_at(row: Due, now: datetime) -> datetime:
    """Say when to try again: twice as late each time, and not all at one moment that failed at one."""
    doubled = RETRY_FIRST * (1 << min(max(row.attempts - 1, 0), RETRY_DOUBLINGS_MAX))
    delay = min(doubled, RETRY_LONGEST)
    # Chance is a hash here as everywhere: id and attempt spread the delay over 75 to 125 percent.
    share_in_1000 = 750 + (row.id + row.attempts * 7919) % 501
    return now + delay * share_in_1000 / 1000


def hand_overs_max(row: Due, program: Program) -> int:
    """How many hand-overs may have begun without anybody knowing how they ended."""
    marketing = topic_of(row.message, program).kind == "marketing"
    return 1 if marketing else HAND_OVERS_OF_VALUE_MAX


def give_up(row: Due, reason: str, now: datetime, *, kept_back: bool = False) -> Settlement:
    """End a row that goes over no channel. It may have arrived already: then it did not fail."""
    state: MessageState = "withheld" if kept_back else "failed"
    return settled(row, "unknown" if row.hand_overs else state, reason, now)


def settled(
    row: Due, state: MessageState, reason: str | None, now: datetime, provider_id: str | None = None
) -> Settlement:
    """End a row."""
    language = mail_language(row.language or FALLBACK_LANGUAGE)
    return Settlement(row.member_id, row.id, state, language, provider_id, reason, now, row.via)


def _fall_back_after(row: Due, program: Program) -> timedelta | None:
    message = program.messages.get(row.message)
    return message.fall_back_after if message is not None else None


def _tried_again(row: Due, program: Program, reason: str, now: datetime, after: timedelta | None) -> Ending:
    """Later over this channel, unless its time is over and nothing of it may have arrived."""
    at = max(next_try_at(row, now), now + after if after is not None else now)
    later = Postponement(row.member_id, row.id, at, row.hand_overs, began=True)
    if row.attempts <= 1 and row.via_since is None:
        # Until now it waited for its hour, a cap or its turn in a broadcast: its time begins now.
        return replace(later, via_since=now)
    tried_since = row.via_since or row.created_at
    wait = _fall_back_after(row, program)
    is_late = wait is not None and now - tried_since >= wait
    if is_late and not row.hand_overs and follows(row, program) is not None:
        return decide_fall(row, program, reason, now)
    if now - tried_since > GIVE_UP_AFTER:
        return give_up(row, f"gave_up:{reason}", now)
    return later
