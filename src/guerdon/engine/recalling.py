"""Recalling: what was told of a reward is made true again in the commit that takes something of it back.

Of a reward that was taken back whole, what waits in the outbox is told no more and what lies in the app is
gone. Where a part of it is left, both speak of that part. What a provider has cannot be called off; the
message on `reversed` tells of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from guerdon.program.messages.reading import MOMENTS, WRITTEN
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.messages.inapp import correct, list_told, recall, tell_members
from guerdon.store.messages.outbox import Settlement, claim_told, settle_messages
from guerdon.store.messages.reach import lock_reach
from guerdon.text.letters import mail_language
from guerdon.values.texts import FALLBACK_LANGUAGE

REASON = "reward:reversed"


def recall_tellings(
    tx: Transaction,
    program_id: int,
    programs: Iterable[Program],
    taken: Sequence[tuple[int, int]],
    now: datetime,
) -> None:
    """Set right what was told of rewards, by member and reward, of which something was just taken back.

    `programs`: the version that decided it, and those before it that are known.
    """
    if not taken:
        return
    over = sorted(frozenset[str]().union(*map(_of_rewards, programs)))
    # Whoever lays something out in the app holds it until that is committed; from now on they see the reward.
    lock_reach(tx, program_id, [member_id for member_id, _ in taken])
    lies = list_told(tx, program_id, taken, over)
    recall_notices(tx, program_id, [number for number, whole in lies if whole], now)
    correct_notices(tx, program_id, [number for number, whole in lies if not whole], now)
    fence = uuid4()
    waits = claim_told(tx, program_id, fence, taken, over)
    if waits:
        recalled = [
            Settlement(
                *(member_id, number, "recalled", mail_language(language or FALLBACK_LANGUAGE)),
                *(None, REASON, now, via),
            )
            for member_id, number, language, via in waits
        ]
        settle_messages(tx, program_id, fence, recalled)


def recall_notices(tx: Transaction, program_id: int, ids: Sequence[int], now: datetime) -> int:
    """Take notices back whose reason is gone: they are shown no more, opened or not; how many were."""
    return _told(tx, program_id, recall(tx, program_id, ids, now)) if ids else 0


def correct_notices(tx: Transaction, program_id: int, ids: Sequence[int], now: datetime) -> int:
    """Have notices written anew where they are shown, as what they tell of is less by now; how many."""
    return _told(tx, program_id, correct(tx, program_id, ids, now)) if ids else 0


def _told(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> int:
    if member_ids:
        tell_members(tx, program_id, sorted(set(member_ids)))
    return len(member_ids)


def _of_rewards(program: Program) -> frozenset[str]:
    """The messages that tell how a reward is, and not that something of it was taken back.

    Of an order, a link or a code Guerdon tells by itself: that is so whatever became of the reward.
    """
    ours = {key for key in WRITTEN if MOMENTS.get(key) != "reversed" and key not in program.messages}
    return frozenset(ours | {key for key, message in program.messages.items() if message.on != "reversed"})
