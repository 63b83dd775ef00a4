"""Noticing: what providers told of messages, and what members wrote back, is taken in sets.

An attempt only gets further, so what is told twice, late or in another order comes to the same. A message
that a provider lost goes on to its next channel at once; one that arrived goes on to none. Of two words of
one member STOP counts, unless START came after it. What its member opened arrived, whatever was told of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from guerdon.engine.messages.consents.addressing import retire
from guerdon.engine.messages.consents.consenting import stop_all
from guerdon.engine.messages.noticing.keeping import TELLING
from guerdon.program.messages.nouns import ChannelKind
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.messages.notices import (
    COMPLAINT,
    OPENED,
    RANKS,
    Rise,
    Told,
    Waiting,
    load_waiting,
    mark_taken,
    raise_attempts,
    settle_arrived,
    settle_lost,
)
from guerdon.store.messages.opened import open_settled
from guerdon.store.messages.suppressions import lift, suppress
from guerdon.values.texts import LANGUAGES

MOST = 200
ARRIVED = ("delivered", "read")
LIVE = "guerdon_live"


def take_notices(
    tx: Transaction,
    program_id: int,
    program: Program,
    now: datetime,
    most: int = MOST,
    channel: ChannelKind = TELLING,
) -> int:
    """Take what was told of a channel since, the oldest first, in a transaction of the worker; how many."""
    waiting = [each for each in load_waiting(tx, program_id, channel, now, most) if not each.is_held]
    if not waiting:
        return 0
    # Addresses first: members' reach is locked before their attempts are, as by whoever hands over.
    _heed(tx, (program_id, program), channel, waiting, now)
    rises = decide_rises(waiting)
    risen = raise_attempts(tx, program_id, channel, rises) if rises else set()
    further = [each for each in rises if (each.member_id, each.message_id) in risen]
    arrived = [each for each in further if each.state in ARRIVED]
    lost = [each for each in further if each.state == "failed"]
    opened = _opened(waiting)
    if arrived or opened:
        settle_arrived(tx, program_id, channel, [*arrived, *opened], LANGUAGES)
    if opened:
        open_settled(tx, program_id, [(each.member_id, each.message_id, each.at) for each in opened])
    if lost:
        settle_lost(tx, program_id, channel, lost, now)
    if further or opened:
        notify(tx, LIVE, program_id)
    mark_taken(tx, program_id, channel, [each.told.digest for each in waiting], now)
    return len(waiting)


def decide_rises(waiting: Sequence[Waiting]) -> list[Rise]:
    """How far each attempt got by all that is told of it; where two got as far, what was told first."""
    found: dict[tuple[int, int], Rise] = {}
    for each in sorted(waiting, key=lambda one: (one.told.told_at, one.told.digest)):
        told = each.told
        if told.state is None or told.state not in RANKS:
            continue
        if each.member_id is None or each.message_id is None:
            continue
        whose = (each.member_id, each.message_id)
        if whose not in found or RANKS[told.state] > RANKS[found[whose].state]:
            found[whose] = Rise(*whose, told.state, told.reason or None, told.told_at)
    return list(found.values())


def _opened(waiting: Sequence[Waiting]) -> list[Rise]:
    """Messages whose page was opened; an attempt gets no further by that, as its provider told nothing."""
    return [
        Rise(each.member_id, each.message_id, OPENED, None, each.told.told_at)
        for each in waiting
        if each.told.state == OPENED and each.member_id is not None and each.message_id is not None
    ]


def _heed(
    tx: Transaction,
    of: tuple[int, Program],
    channel: ChannelKind,
    waiting: Sequence[Waiting],
    now: datetime,
) -> None:
    """Leave alone whoever said so and wherever nothing arrives; write again to who said START last."""
    program_id, told = of[0], [each.told for each in waiting]
    stopped = _latest(each for each in told if each.stopped or each.keyword == "stop")
    started = _latest(each for each in told if each.keyword == "start")
    for mark in sorted(stopped):
        stop_all(tx, of, channel, mark, "stop", now)
    for mark in sorted(_latest(each for each in told if each.keyword == COMPLAINT)):
        stop_all(tx, of, channel, mark, "complaint", now)
    for mark, at in sorted(started.items()):
        if mark not in stopped or stopped[mark] < at:
            lift(tx, program_id, channel, mark, "stop")
    dead = {each.mark: "bounce" for each in told if each.retires and not each.stopped and each.mark}
    if dead:
        suppress(tx, program_id, channel, dead, now)
    gone = [
        (each.member_id, each.address_id)
        for each in waiting
        if each.told.retires and each.member_id is not None and each.address_id is not None
    ]
    retire(tx, program_id, gone, "gone", now)


def _latest(told: Iterable[Told]) -> dict[bytes, datetime]:
    """When it was said last, by the mark of who said it."""
    found: dict[bytes, datetime] = {}
    for each in told:
        if each.mark is not None:
            found[each.mark] = max(each.told_at, found.get(each.mark, each.told_at))
    return found
