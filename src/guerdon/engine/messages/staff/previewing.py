"""What a message says, written out for staff: with sample values, or with a member's own.

Nothing is sent and nothing is kept. Links lead nowhere: a preview must not open anybody's rewards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.news import ANSWERED, FAILED, THERE
from guerdon.engine.gifts.proving import MESSAGE as PROOF
from guerdon.engine.gifts.renewing import MESSAGE as LINK
from guerdon.engine.messages.consents.consenting import MESSAGE as CONFIRM
from guerdon.engine.messages.falling import topic_of
from guerdon.engine.messages.letters import dress_of
from guerdon.engine.orders.resending import AGAIN
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.program.brand.naming import brand_name
from guerdon.program.messages.accounts import takes_answers
from guerdon.program.messages.nouns import MARKETING, ChannelKind, Message, OwnText
from guerdon.program.model import Program
from guerdon.text.letters import (
    ConfirmConsent,
    Mail,
    Notice,
    OrderNews,
    Own,
    PlaceOffered,
    Proof,
    PushText,
    RewardNews,
    RewardReady,
    WayOut,
    Ways,
    dressed,
    render_confirm_consent,
    render_order_news,
    render_place_offered,
    render_proof,
    render_reward_news,
    render_reward_ready,
    write_inapp,
    write_own_inapp,
    write_own_mail,
    write_own_push,
    write_own_sms,
    write_push,
    write_sms,
)
from guerdon.text.templating import NAMES, Amount, Links, Mistake, SampleMarket, Value, sample
from guerdon.text.templating.samples import SAMPLE_ADDRESS
from guerdon.values.sms import Segments, segments
from guerdon.values.texts import FALLBACK_LANGUAGE, text_in

Written = TypeVar("Written", Mail, str, PushText, Notice)
SAMPLE_LINK = f"{SAMPLE_ADDRESS}/r/sample"
SAMPLE_WAYS = Ways(preferences_url=f"{SAMPLE_ADDRESS}/p/sample")
SAMPLE_CODE = "000000"
SAMPLE_VALUE_MINOR = 20_000
SAMPLE_WAITED_DAYS = 30
DAY, ITEM_DAYS = timedelta(days=1), timedelta(days=3)
Tells = Literal["earned", "taken_back", "waiting", "expiring"]
REWARD_NEWS: Mapping[str, Tells] = {
    "reward_earned": "earned",
    "reward_taken_back": "taken_back",
    "reward_waiting": "waiting",
    "reward_expiring": "expiring",
}
ORDER_NEWS: Mapping[str, Literal["there", "failed", "answered"]] = {
    THERE: "there",
    FAILED: "failed",
    ANSWERED: "answered",
}
# What Guerdon writes by itself, whatever a program declares, in the order in which it is shown.
OURS = (PROOF, LINK, AGAIN, CONFIRM, PLACE, *ORDER_NEWS)


@dataclass(frozen=True, slots=True)
class Rewarded:
    """A reward of the member for whom a preview is."""

    rule: str
    unit: str
    value: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Readers:
    """For whom a preview is written: a language and a market, and what is known of a member.

    An empty `name` is the sample's; without a `reward` its values are the sample's.
    """

    language: str
    market: str
    now: datetime
    name: str = ""
    reward: Rewarded | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a message says over each of its channels; None where it has none or there is no text.

    `parts`: the SMS as the network counts it. `faults`: what cannot be written, for the program's author.
    """

    mail: Mail | None = None
    sms: str | None = None
    parts: Segments | None = None
    push: PushText | None = None
    inapp: Notice | None = None
    faults: tuple[str, ...] = ()


def known_messages(program: Program) -> list[str]:
    """The messages that can be looked at: those of the program, then those that Guerdon writes itself."""
    return [*program.messages, *(key for key in OURS if key not in program.messages)]


def preview(program: Program, key: str, readers: Readers) -> Preview | None:
    """Write a message out; None: there is no such message."""
    with dressed(dress_of(program, readers.market, readers.language)):
        return _preview(program, key, readers)


def _preview(program: Program, key: str, readers: Readers) -> Preview | None:
    declared = program.messages.get(key)
    if declared is None:
        mail = _of_ours(program, key, readers)
        return None if mail is None else Preview(mail=mail)
    channels = (*declared.channels, *declared.beside)
    if declared.own is not None:
        return _own(program, declared, declared.own, channels, readers)
    return _about_reward(program, key, channels, readers)


def _of_ours(program: Program, key: str, readers: Readers) -> Mail | None:
    """What Guerdon itself mails."""
    language, market = readers.language, readers.market
    name = text_in(brand_name(program, market), language)
    if key == PROOF:
        return render_proof(Proof(name, SAMPLE_CODE), language)
    if key == CONFIRM:
        offers = (each for each in program.topics.values() if each.kind == "marketing")
        topic = text_in(next(offers, MARKETING).name, language)
        return render_confirm_consent(ConfirmConsent(name, topic, "email", SAMPLE_LINK), language)
    if key in (AGAIN, LINK):
        return render_reward_ready(_ready(program, key, readers), language, market, SAMPLE_WAYS)
    known = sample(language, _market(program, market), name)
    item = str(known["item.name"])
    if key == PLACE:
        starts = readers.now.replace(minute=0, second=0, microsecond=0) + ITEM_DAYS
        told = (item, str(known["place.venue"]), starts, starts - ITEM_DAYS + DAY, _zone(program, market))
        return render_place_offered(PlaceOffered(name, *told, SAMPLE_LINK), language, market, SAMPLE_WAYS)
    if key not in ORDER_NEWS:
        return None
    chosen_on = _day(program, readers, readers.now)
    news = OrderNews(name, item, ORDER_NEWS[key], chosen_on, back=True, last_on=None, claim_url=SAMPLE_LINK)
    return render_order_news(news, language, market, SAMPLE_WAYS)


def _about_reward(
    program: Program, key: str, channels: Sequence[ChannelKind], readers: Readers
) -> Preview | None:
    """Guerdon's own words about a reward, in each of the message's channels."""
    language, market = readers.language, readers.market
    said: RewardReady | RewardNews
    if key in REWARD_NEWS:
        said = _news(program, REWARD_NEWS[key], readers)
        mail = render_reward_news(said, language, market, SAMPLE_WAYS)
    elif key == "reward_ready":
        said = _ready(program, key, readers)
        mail = render_reward_ready(said, language, market, SAMPLE_WAYS)
    else:
        return Preview()
    sms = write_sms(said, language, market, _way_out(program, key, market)) if "sms" in channels else None
    return Preview(
        mail=mail if "email" in channels else None,
        sms=sms,
        parts=None if sms is None else segments(sms),
        push=write_push(said, language, market) if "push" in channels else None,
        inapp=write_inapp(said, language, market) if "inapp" in channels else None,
    )


def _called(program: Program, readers: Readers) -> str:
    return text_in(brand_name(program, readers.market), readers.language)


def _ready(program: Program, key: str, readers: Readers) -> RewardReady:
    reason, amount, earned_on, last_on = _facts(program, readers)
    return RewardReady(
        *(_called(program, readers), reason, *amount, earned_on, last_on, SAMPLE_LINK),
        again=key in (AGAIN, LINK),
        chosen=key == AGAIN,
    )


def _news(program: Program, tells: Tells, readers: Readers) -> RewardNews:
    reason, amount, earned_on, last_on = _facts(program, readers)
    # What ends soon has an end: a sample's is some days from now.
    ends = last_on or _day(program, readers, readers.now + SAMPLE_WAITED_DAYS * DAY)
    return RewardNews(
        *(_called(program, readers), tells, reason, *amount, earned_on, SAMPLE_LINK),
        ready_on=_day(program, readers, readers.now + DAY) if tells == "earned" else None,
        last_on=ends if tells in ("waiting", "expiring") else None,
        waited_days=SAMPLE_WAITED_DAYS if tells == "waiting" else 0,
    )


def _facts(program: Program, readers: Readers) -> tuple[str, tuple[int, str, int], date, date | None]:
    """Why, how much, since when and until when: of the member's own reward, or a sample's."""
    reward, market = readers.reward, _market(program, readers.market)
    unit = program.units.get(reward.unit) if reward is not None else None
    if reward is None or unit is None:
        reason = str(sample(readers.language, market)["reward.rule"])
        amount = (market.amount_minor, market.unit, market.digits)
        return reason, amount, _day(program, readers, readers.now), None
    rule = program.rules.get(reward.rule)
    return (
        text_in(rule.name, readers.language) if rule else reward.rule,
        (reward.value, unit.key, unit.digits),
        _day(program, readers, reward.earned_at),
        _last_day(program, readers, reward.expires_at),
    )


def _own(
    program: Program, declared: Message, own: OwnText, channels: Sequence[ChannelKind], readers: Readers
) -> Preview:
    """The program's own words, each slot as its channel writes it."""
    market = _market(program, readers.market)
    values: dict[str, Value | None] = {
        **sample(readers.language, market, _called(program, readers)),
        **_own_values(program, readers),
    }
    said = Own(
        words=own,
        program=_called(program, readers),
        facts=frozenset(declared.facts),
        values=values,
        reader=market.reader(readers.language),
        links=Links(frozenset(program.links), SAMPLE_ADDRESS),
        url="" if own.link is None else own.link if "://" in own.link else SAMPLE_LINK,
    )
    faults: list[str] = []

    def checked(written: Written | Mistake) -> Written | None:
        if not isinstance(written, Mistake):
            return written
        faults.append(written.what)
        return None

    out = _way_out(program, declared.key, readers.market)
    sms = checked(write_own_sms(said, out)) if "sms" in channels else None
    return Preview(
        mail=checked(write_own_mail(said, SAMPLE_WAYS)) if "email" in channels else None,
        sms=sms,
        parts=None if sms is None else segments(sms),
        push=checked(write_own_push(said)) if "push" in channels else None,
        inapp=checked(write_own_inapp(said)) if "inapp" in channels else None,
        faults=tuple(dict.fromkeys(faults)),
    )


def _way_out(program: Program, key: str, market: str) -> WayOut | None:
    """How marketing by SMS is ended where a phone is of the member's market."""
    if topic_of(key, program).kind != "marketing":
        return None
    url = str(sample(FALLBACK_LANGUAGE, _market(program, market))["preferences.link"])
    return WayOut(takes_answers(program.channels.sms, market), url)


def _own_values(program: Program, readers: Readers) -> dict[str, Value | None]:
    """A member's own values in place of the sample's; what their reward does not have is none."""
    found: dict[str, Value | None] = {"member.name": readers.name} if readers.name else {}
    if readers.reward is None or readers.reward.unit not in program.units:
        return found
    reason, (value, unit, digits), earned_on, last_on = _facts(program, readers)
    today = _day(program, readers, readers.now)
    of_reward: dict[str, Value | None] = {
        "reward.value": Amount(value, unit, digits),
        "reward.rule": reason,
        "reward.earned": earned_on,
        "reward.ends": last_on,
        "reward.days_left": max(0, (last_on - today).days) if last_on else None,
    }
    return {**found, **{key: value for key, value in of_reward.items() if key in NAMES}}


def _market(program: Program, key: str) -> SampleMarket:
    money = next((unit for unit in program.units.values() if unit.kind == "money"), None)
    unit, digits = (money.key, money.digits) if money else ("EUR", 2)
    market = program.markets.get(key)
    if market is None:
        return SampleMarket(key, unit=unit, digits=digits, amount_minor=SAMPLE_VALUE_MINOR)
    of_market = (key, market.language, market.time_zone, market.name, unit, digits)
    return SampleMarket(*of_market, amount_minor=SAMPLE_VALUE_MINOR)


def _zone(program: Program, market: str) -> str:
    found = program.markets.get(market)
    return found.time_zone if found else program.time_zone


def _day(program: Program, readers: Readers, at: datetime) -> date:
    return at.astimezone(ZoneInfo(_zone(program, readers.market))).date()


def _last_day(program: Program, readers: Readers, expires_at: datetime | None) -> date | None:
    """The end is the first moment at which it is too late; at midnight that is already the next day."""
    return _day(program, readers, expires_at - timedelta(microseconds=1)) if expires_at else None
