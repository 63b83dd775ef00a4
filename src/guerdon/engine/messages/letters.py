"""Letters: a due row of the outbox written out for its recipient, and what follows from its hand-over.

Nothing here touches the database or a provider. A mail server has no key to tell a repetition by; so when a
hand-over began and nobody learned how it ended, a message about value is sent once more and then given up as
unknown, and any other is not repeated at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Protocol, assert_never
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.news import ANSWERED, FAILED, NEWS, THERE
from guerdon.engine.gifts.proving import LASTS
from guerdon.engine.gifts.proving import MESSAGE as PROOF
from guerdon.engine.gifts.renewing import MESSAGE as LINK
from guerdon.engine.orders.resending import AGAIN
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.program.model import Program
from guerdon.store.messages.outbox import Due, MessageState, Postponement, Settlement
from guerdon.store.orders.news import OrderTold
from guerdon.store.orders.waits import Kept
from guerdon.store.persons import Person
from guerdon.text.mails import (
    Mail,
    OrderNews,
    PlaceOffered,
    Proof,
    RewardReady,
    mail_language,
    render_order_news,
    render_place_offered,
    render_proof,
    render_reward_ready,
)
from guerdon.values.ids import show
from guerdon.values.proofs import proof_code
from guerdon.values.texts import FALLBACK_LANGUAGE, text_in

RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=15)
RETRY_DOUBLINGS_MAX = 10
GIVE_UP_AFTER = timedelta(days=3)
HAND_OVERS_OF_VALUE_MAX = 2
TELLS: Mapping[str, Literal["there", "failed", "answered"]] = {
    THERE: "there",
    FAILED: "failed",
    ANSWERED: "answered",
}
# The messages for which there are mails.
LETTERS = frozenset({"reward_ready", PROOF, AGAIN, PLACE, *NEWS})


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered mail with its recipient: all that a channel needs."""

    id: int
    program_id: int
    program: str
    name: str
    address: str
    mail: Mail
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will never take it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """The provider did not take it now, and nothing was handed over."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """The hand-over began and its answer never came."""

    reason: str


@dataclass(frozen=True, slots=True)
class Untried:
    """The round was over before its turn came."""


Outcome = Accepted | Rejected | Retry | Unsure | Untried
Ending = Settlement | Postponement


class ClaimUrl(Protocol):
    """The address of a link: of a program, a member, a reward, and the day of sending where it ends."""

    def __call__(
        self, program_id: int, member_id: int, reward_id: int, issued_on: date | None = None, /
    ) -> str:
        """Give it."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What every letter of a program is written with."""

    program_id: int
    program: Program
    claim_url: ClaimUrl
    # By which codes of second factors are made.
    code_key: bytes = field(repr=False, default=b"")
    # What mails about places tell of, by the mail.
    places: Mapping[int, Kept] = field(default_factory=dict)
    # And orders of which mails tell how they ended.
    orders: Mapping[int, OrderTold] = field(default_factory=dict)

    def link(self, member_id: int, reward_id: int, now: datetime) -> str:
        """The link that a letter of now has: with its day where links of the program end."""
        whose = (self.program_id, member_id, reward_id)
        if self.program.catalog.claim_links.open_days is None:
            return self.claim_url(*whose)
        return self.claim_url(*whose, now.astimezone(UTC).date())


def decide_hindrance(
    row: Due,
    person: Person | None,
    program: Program,
    now: datetime,
    about: Kept | OrderTold | None = None,
) -> Settlement | None:
    """Say whether a row must not be sent at all, and settle it then. `about`: a place or order it is of."""
    if row.hand_overs >= _hand_overs_max(row, program):
        return _settled(row, "unknown", "hand_over:unsettled", now)
    reason = _hindrance(row, person, now)
    if reason is None:
        reason = _gone(row, about, now)
    return None if reason is None else _given_up(row, reason, now)


def _gone(row: Due, about: Kept | OrderTold | None, now: datetime) -> str | None:
    """Why what a row tells of is over, or cannot be told."""
    if row.message not in LETTERS:
        # What a program may declare already and nobody here can write yet.
        return "text:missing"
    if row.message == PLACE and not (isinstance(about, Kept) and about.until and about.until > now):
        # It was taken, or is the next one's.
        return "place:gone"
    if row.message in NEWS and not isinstance(about, OrderTold):
        return "order:missing"
    # What was delivered was taken back since.
    return (
        "order:gone" if row.message == THERE and isinstance(about, OrderTold) and not about.stands else None
    )


def write_letter(desk: Desk, row: Due, person: Person, now: datetime) -> Letter:
    """Write the mail of a row that nothing hinders."""
    reward, program = row.reward, desk.program
    assert reward is not None
    assert row.market is not None
    language = mail_language(row.language or FALLBACK_LANGUAGE)
    if row.message == PROOF:
        code = proof_code(desk.code_key, desk.program_id, row.member_id, row.id)
        proof = Proof(text_in(program.name, language), code)
        mail = render_proof(proof, language)
        return Letter(row.id, desk.program_id, proof.program, person.name, person.email, mail, now)
    market, rule = program.markets.get(row.market), program.rules.get(reward.rule)
    zone = ZoneInfo(market.time_zone if market else program.time_zone)
    if row.message == PLACE:
        link = desk.link(row.member_id, reward.id, now)
        offered = _offered(program, desk.places[row.id], zone.key, link, language)
        mail = render_place_offered(offered, language, row.market)
        return Letter(row.id, desk.program_id, offered.program, person.name, person.email, mail, now)
    if row.message in TELLS:
        link = desk.link(row.member_id, reward.id, now)
        news = _news(program, row.message, desk.orders[row.id], zone, (link, language))
        mail = render_order_news(news, language, row.market)
        return Letter(row.id, desk.program_id, news.program, person.name, person.email, mail, now)
    ends = reward.expires_at
    said = RewardReady(
        program=text_in(program.name, language),
        # A rule that a later version of the program dropped has no name any more.
        reason=text_in(rule.name, language) if rule else "",
        amount_minor=reward.value,
        unit=reward.unit,
        digits=program.units[reward.unit].digits,
        earned_on=reward.happened_at.astimezone(zone).date(),
        # The end is the first moment at which it is too late; at midnight that is already the next day.
        last_on=ends and (ends - timedelta(microseconds=1)).astimezone(zone).date(),
        claim_url=desk.link(row.member_id, reward.id, now),
        again=row.message in {AGAIN, LINK},
        chosen=row.message == AGAIN or reward.state != "ready",
    )
    mail = render_reward_ready(said, language, row.market)
    return Letter(row.id, desk.program_id, said.program, person.name, person.email, mail, now)


def _offered(program: Program, place: Kept, zone: str, link: str, language: str) -> PlaceOffered:
    assert place.until is not None, "a place is told of that is nobody's"
    return PlaceOffered(
        program=text_in(program.name, language),
        item=text_in(place.names, language),
        venue=place.venue,
        starts_at=place.starts_at,
        until=place.until,
        zone=zone,
        item_url=f"{link}/catalog/{show('itm', place.item_id)}",
    )


def _news(program: Program, message: str, order: OrderTold, zone: ZoneInfo, to: tuple[str, str]) -> OrderNews:
    """What is told of an order. `to`: the link that leads to it, and the language."""
    link, language = to
    known = program.items.get(order.item)
    names = order.names or (known.name if known is not None else {FALLBACK_LANGUAGE: order.item})
    # The end is the first moment at which it is too late.
    until = order.until - timedelta(microseconds=1) if order.until else None
    return OrderNews(
        program=text_in(program.name, language),
        item=text_in(names, language),
        tells=TELLS[message],
        chosen_on=order.chosen_at.astimezone(zone).date(),
        back=order.back,
        last_on=until.astimezone(zone).date() if until else None,
        claim_url=link,
    )


def decide_ending(row: Due, outcome: Outcome, program: Program, now: datetime) -> Ending:  # noqa: PLR0911  a line a case
    """Decide what becomes of a row after an attempt."""
    match outcome:
        case Accepted(provider_id):
            return _settled(row, "delivered", None, now, provider_id)
        case Rejected(reason):
            return _given_up(row, reason, now)
        case Retry(reason):
            if now - row.created_at > GIVE_UP_AFTER:
                return _given_up(row, f"gave_up:{reason}", now)
            return Postponement(row.member_id, row.id, next_try_at(row, now), row.hand_overs, began=True)
        case Unsure(reason):
            if row.hand_overs + 1 >= _hand_overs_max(row, program):
                return _settled(row, "unknown", reason, now)
            return Postponement(row.member_id, row.id, next_try_at(row, now), row.hand_overs + 1, began=True)
        case Untried():
            return Postponement(row.member_id, row.id, now, row.hand_overs, began=False)
        case _:
            assert_never(outcome)


def next_try_at(row: Due, now: datetime) -> datetime:
    """Say when to try again: twice as late each time, and not all at one moment that failed at one."""
    doubled = RETRY_FIRST * (1 << min(row.attempts - 1, RETRY_DOUBLINGS_MAX))
    delay = min(doubled, RETRY_LONGEST)
    # Chance is a hash here as everywhere: id and attempt spread the delay over 75 to 125 percent.
    share_in_1000 = 750 + (row.id + row.attempts * 7919) % 501
    return now + delay * share_in_1000 / 1000


def _hand_overs_max(row: Due, program: Program) -> int:
    message = program.messages.get(row.message)
    topic = program.topics.get(message.topic) if message is not None else None
    return 1 if topic is not None and topic.kind == "marketing" else HAND_OVERS_OF_VALUE_MAX


def _hindrance(row: Due, person: Person | None, now: datetime) -> str | None:
    if person is None or not person.email or row.market is None:
        return "address:missing"
    if row.reward is None:
        return "reward:missing"
    if row.message == PROOF:
        return "code:ended" if row.created_at + LASTS <= now else None
    if row.message in (AGAIN, LINK, PLACE, *NEWS):
        # Its code is there and stays so, whatever became of the reward; or its link leads to the place.
        return None
    if row.reward.state != "ready":
        return f"reward:{row.reward.state}"
    ends = row.reward.expires_at
    return "reward:expired" if ends is not None and ends <= now else None


def _given_up(row: Due, reason: str, now: datetime) -> Settlement:
    # It may have arrived already: then it did not fail, even though it is not sent again.
    return _settled(row, "unknown" if row.hand_overs else "failed", reason, now)


def _settled(
    row: Due, state: MessageState, reason: str | None, now: datetime, provider_id: str | None = None
) -> Settlement:
    language = mail_language(row.language or FALLBACK_LANGUAGE)
    return Settlement(row.member_id, row.id, state, language, provider_id, reason, now)
