"""Handing announcements on: taken from the queue and given to whoever wants them, in one commit.

What cannot be told fails its set; the set is halved until it stands alone, and it is left out with a line in
the audit, so that nothing behind it waits.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.engine.announcements.reading import Known, Read, read_announcements
from guerdon.engine.announcements.shapes import Announcement, encode_payload
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.process import POISON
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.announcements.queue import (
    alone_with_announcements,
    is_subscriber,
    take_announcements,
)
from guerdon.store.announcements.told import load_members, load_purses, load_rewards
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import list_programs
from guerdon.store.webhooks.deliveries import (
    CHANNEL,
    NewDelivery,
    forget_old,
    give_up_former,
    record_deliveries,
)
from guerdon.store.webhooks.endpoints import SUBSCRIBER, list_endpoints, record_whether_told
from guerdon.values.ids import show

TURN_S = 0.5
SOME_MAX = 1_000
FORGET_S = 60.0
# What was delivered is kept so long, to be looked at or sent again.
KEPT_FOR = timedelta(days=30)
AT_ONCE = 5_000

# (tx, program's id, program, what is told, now): it is handed on within this transaction.
Tell = Callable[[Transaction, int, Program, Sequence[Announcement], datetime], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fan:
    """What handing on needs; each who tells finds out who of theirs wants what."""

    library: Library
    tells: Sequence[Tell]


class Untellable(Exception):  # noqa: N818  an answer, not a fault
    """What was decided cannot be read as something to be told."""


def keep_announcing(db: Connection, fan: Fan, turns: Turns) -> None:
    """Hand on what there is until told to stop; whoever has much does not keep the others waiting."""
    forgot_at = 0.0
    for began in turns.every(db, TURN_S):
        now = began
        while announce(db, fan, now) and not turns.stop.is_set():
            now = turns.clock()
        if not 0 <= now.timestamp() - forgot_at < FORGET_S:
            # With more to do it goes on in the next turn.
            forgot_at = 0.0 if forget(db, now) else now.timestamp()


def forget(db: Connection, now: datetime) -> bool:
    """Give up what waits for former addresses, forget what was delivered long ago or was for whom is gone.

    A set of each; whether there is more.
    """
    more = False
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            if not alone_with_announcements(tx, program_id):
                continue
            more |= give_up_former(tx, program_id, now, AT_ONCE) == AT_ONCE
            more |= forget_old(tx, program_id, now - KEPT_FOR, AT_ONCE) >= AT_ONCE
    return more


def announce(db: Connection, fan: Fan, now: datetime) -> bool:
    """One turn for every program; whether there is more to do at once."""
    more = False
    for program_id, _ in list_programs(db):
        more |= _announce_or_halve(db, fan, program_id, now, SOME_MAX)
    return more


def _announce_or_halve(db: Connection, fan: Fan, program_id: int, now: datetime, at_most: int) -> bool:
    try:
        with transaction(db, program_id) as tx:
            return _announce(tx, fan, program_id, now, at_most) == at_most
    except POISON:
        # Whoever is to be told failed, not what is told: all of it stays, and the other programs go on.
        log.exception("nothing of program %d can be handed on", program_id)
        return False
    except Untellable as fault:
        if at_most == 1:
            _leave_out(db, program_id, now, fault)
            return True
        log.warning("announcements of program %d are looked at in halves: %s", program_id, fault)
    return _announce_or_halve(db, fan, program_id, now, at_most // 2)


def _leave_out(db: Connection, program_id: int, now: datetime, fault: BaseException) -> None:
    """Take the one that cannot be told out of the others' way."""
    log.error("an announcement of program %d cannot be told", program_id, exc_info=fault)
    with transaction(db, program_id) as tx:
        if not alone_with_announcements(tx, program_id):
            return
        for each in take_announcements(tx, program_id, 1):
            about = show("evt", each.event_id) if each.event_id else show("mem", each.member_id)
            record_audit(
                tx,
                program_id,
                "worker",
                "announcement.left_out",
                about,
                now,
                fault=type(fault.__cause__ or fault).__name__,
            )


def _announce(tx: Transaction, fan: Fan, program_id: int, now: datetime, at_most: int) -> int:
    if not alone_with_announcements(tx, program_id):
        return 0
    try:
        program = fan.library.playbook(tx, program_id, now).program
    except NoLiveVersion:
        return 0
    taken = [Read(each) for each in take_announcements(tx, program_id, at_most)]
    if taken:
        try:
            told = read_announcements(taken, _known(tx, program_id, program, taken))
        except POISON as fault:
            raise Untellable from fault
        for tell in fan.tells:
            tell(tx, program_id, program, told, now)
    return len(taken)


def _known(tx: Transaction, program_id: int, program: Program, taken: Sequence[Read]) -> Known:
    members = {each.taken.member_id for each in taken}
    return Known(
        program,
        load_rewards(tx, program_id, set().union(*(each.rewards for each in taken))),
        load_purses(tx, program_id, {each.taken.member_id for each in taken if each.moves}),
        load_members(tx, program_id, members),
    )


def tell_endpoints(
    tx: Transaction, program_id: int, program: Program, told: Sequence[Announcement], now: datetime
) -> None:
    """Have each endpoint told what it wants."""
    endpoints = [each for each in list_endpoints(tx, program_id) if each.state == "enabled"]
    if not endpoints and is_subscriber(tx, program_id, SUBSCRIBER):
        record_whether_told(tx, program_id)
    new = []
    for announcement in told:
        wanting = [each.id for each in endpoints if not each.types or announcement.type in each.types]
        if wanting:
            payload = encode_payload(announcement, program.key)
            new += [
                NewDelivery(number, announcement.type, payload, announcement.recorded_at)
                for number in wanting
            ]
    record_deliveries(tx, program_id, new, now)
    if new:
        notify(tx, CHANNEL, program_id)
