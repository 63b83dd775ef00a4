"""Messages as delivering leaves them: settled, on their way, and each channel that was tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from tests.approvals.house import KIEL, House
from tests.redeem.house import House as RedeemHouse

from guerdon.store.database import Transaction
from guerdon.values.clock import utc_now

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Try:
    """A channel that was tried."""

    channel: str
    state: str
    reason: str | None = None
    exception: str = ""
    after: timedelta = timedelta(seconds=2)


@dataclass(frozen=True)
class Told:
    """One message: without a state it is still in the outbox."""

    id: int
    state: str | None = "sent"
    member: int = KIEL
    message: str = "reward_ready"
    channel: str = "email"
    via: str | None = None
    reason: str | None = None
    language: str = "en"
    at: datetime = AT
    took: timedelta = timedelta(seconds=2)
    awaits: bool = False
    reward: int | None = None
    tries: tuple[Try, ...] = field(default=())


def tell(house: House, *told: Told) -> None:
    """Write what was told, as the worker would have left it."""
    with house.opened("worker") as tx:
        _write(tx, house, told)


def furnish_messages(house: RedeemHouse) -> None:
    """Messages of the last hours in a house that is looked at: sent, fallen back, kept back, and waiting."""
    now = utc_now()
    fell = (Try("push", "failed", "push:410"), Try("sms", "delivered", after=timedelta(seconds=9)))
    hours = [now - timedelta(hours=n) for n in range(9)]
    with house.working() as tx:
        _write(tx, house, (
            Told(100, "delivered", channel="push", via="sms", at=hours[1], tries=fell),
            Told(101, "withheld", at=hours[2], reason="cap:day:3:3", tries=(
                Try("email", "withheld", "cap:day:3:3"),
            )),
            Told(102, "withheld", at=hours[3], reason="consent:withdrawn@2026-05-04"),
            Told(103, "failed", at=hours[4], reason="smtp:550 5.1.1", tries=(
                Try("email", "failed", "smtp:550 5.1.1"),
            )),
            Told(104, "opened", at=hours[5], tries=(Try("email", "read"),)),
            Told(105, None, at=hours[0], took=timedelta(hours=7), tries=(
                Try("email", "waiting", "quiet:08:00"),
            )),
            Told(106, None, at=hours[0], channel="sms", awaits=True, tries=(Try("sms", "sent"),)),
            *(Told(200 + n, "sent", member=8, language="de", at=hours[n]) for n in range(9)),
        ))  # fmt: skip
        tx.execute(
            """
            insert into channel_lanes (program_id, channel, failures, rests_until, reason)
            values (%s, 'sms', 3, now() + interval '1 hour', 'twilio:20429')
            on conflict (program_id, channel) do nothing
            """,
            (house.program_id,),
        )


def _write(tx: Transaction, house: House | RedeemHouse, told: Sequence[Told]) -> None:
    for each in told:
        _ended(tx, house, each) if each.state else _waiting(tx, house, each)
        for one in each.tries:
            _tried(tx, house, each, one)


def _ended(tx: Transaction, house: House | RedeemHouse, each: Told) -> None:
    tx.execute(
        """
        insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, via, language,
                              state, reason, attempts, created_at, settled_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s)
        """,
        (
            *(house.program_id, each.member, each.id, each.id + 1, each.reward, each.message, each.channel),
            *(each.via, each.language, each.state, each.reason, each.at, each.at + each.took),
        ),
    )


def _waiting(tx: Transaction, house: House | RedeemHouse, each: Told) -> None:
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, via, created_at,
                            next_at, awaits)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            *(house.program_id, each.member, each.id, each.id + 1, each.reward, each.message, each.channel),
            *(each.via, each.at, each.at + each.took, each.awaits),
        ),
    )


def _tried(tx: Transaction, house: House | RedeemHouse, each: Told, one: Try) -> None:
    begun = one.state not in ("waiting", "withheld")
    at = each.at + one.after
    tx.execute(
        """
        insert into message_attempts (program_id, member_id, message_id, channel, ref, state, reason, topic,
                                      marketing, exception, day, counts, tries, begun_at, settled_at)
        values (%s, %s, %s, %s, %s, %s, %s, 'service', false, %s, %s, %s, 1, %s, %s)
        """,
        (
            *(house.program_id, each.member, each.id, one.channel, UUID(int=each.id * 10)),
            *(one.state, one.reason, one.exception or ("service" if begun else "")),
            *(date(2026, 11, 20) if begun else None, begun, at if begun else None, at),
        ),
    )
