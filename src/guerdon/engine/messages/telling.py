"""Telling: what a row of the outbox says, in the words of its reader and the form of its channel.

What a message says is one closed set of facts, whatever it goes over; e-mail, SMS and push only set it
differently. Nothing here touches the database or a provider.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from guerdon.engine.gifts.renewing import MESSAGE as LINK
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.orders.resending import AGAIN
from guerdon.program.brand.naming import brand_name
from guerdon.program.messages.nouns import On, OwnText
from guerdon.program.messages.reading import MOMENTS, REMINDERS
from guerdon.program.model import Program
from guerdon.rules.conscience.zones import member_zone
from guerdon.store.messages.outbox import Due, DueReward
from guerdon.text.letters import Own, RewardNews, RewardReady, mail_language
from guerdon.text.templating import Amount, Links, Reader, Value
from guerdon.values.texts import FALLBACK_LANGUAGE, text_in

Said = RewardReady | RewardNews | Own
_INSTANT = timedelta(microseconds=1)
_TELLS: Mapping[str, Literal["earned", "taken_back", "waiting", "expiring"]] = {
    "reward_earned": "earned",
    "reward_taken_back": "taken_back",
    "reward_waiting": "waiting",
    "reward_expiring": "expiring",
}
# What is told of a reward by Guerdon's own texts.
OF_REWARDS = frozenset({*MOMENTS, *REMINDERS, AGAIN, LINK})


class Unwritable(Exception):  # noqa: N818  a fact about a text and its values, not a fault of the caller
    """A text of the program's own cannot be written for this member: a value is missing, or leads astray."""


def tell(desk: Desk, to: Addressed, now: datetime) -> Said:
    """What a row says to its member: of a reward, or in the program's own words."""
    row, program = to.row, desk.program
    message = program.messages.get(row.message)
    if message is not None and message.own is not None:
        return _own(desk, to, message.own, now)
    assert row.reward is not None, "it is about a reward"
    language = mail_language(row.language or FALLBACK_LANGUAGE)
    zone = ZoneInfo(zone_of(program, row))
    reward, name = row.reward, text_in(brand_name(program, row.market or ""), language)
    rule = program.rules.get(reward.rule)
    # A rule that a later version of the program dropped has no name any more.
    reason = text_in(rule.name, language) if rule else ""
    value = left_of(reward.value, reward.reversed, moment_of(row.message, program))
    amount = (value, reward.unit, program.units[reward.unit].digits)
    earned_on, last_on = reward.happened_at.astimezone(zone).date(), _last_on(reward, zone)
    claim_url = desk.link(row.member_id, reward.id, now)
    tells = _TELLS.get(row.message)
    if tells is None:
        again = row.message in {AGAIN, LINK}
        chosen = row.message == AGAIN or reward.state != "ready"
        return RewardReady(name, reason, *amount, earned_on, last_on, claim_url, again=again, chosen=chosen)
    since = reward.available_at or reward.happened_at
    return RewardNews(
        *(name, tells, reason, *amount, earned_on, claim_url),
        ready_on=reward.available_at.astimezone(zone).date() if reward.available_at else None,
        last_on=last_on,
        waited_days=(now.astimezone(zone).date() - since.astimezone(zone).date()).days,
    )


def moment_of(message: str, program: Program) -> On:
    """At which moment of its reward a message tells of it; a reminder tells of one that is ready."""
    declared = program.messages.get(message)
    return (declared.on if declared is not None else None) or "ready"


def left_of(value: int, taken: int, on: On) -> int:
    """The amount that is told of a reward: what is left of its value, or what was taken back of it."""
    if on == "reversed":
        return taken or value
    return value - taken


def zone_of(program: Program, row: Due) -> str:
    """The time zone by which a member lives: their own, where the program knows it, or their market's."""
    market = program.markets.get(row.market or "")
    theirs = market.time_zone if market else program.time_zone
    # Most programs know no zone of a member's: what is known of them need not be read then.
    if program.contact.zone_attribute is None:
        return theirs
    return member_zone(program.contact, row.known_attributes, theirs)


def _last_on(reward: DueReward, zone: ZoneInfo) -> date | None:
    # The end is the first moment at which it is too late; at midnight that is already the next day.
    ends = reward.expires_at
    return (ends - _INSTANT).astimezone(zone).date() if ends else None


def _own(desk: Desk, to: Addressed, words: OwnText, now: datetime) -> Own:
    row, program = to.row, desk.program
    language = mail_language(row.language or FALLBACK_LANGUAGE)
    message = program.messages[row.message]
    url = _leads_to(desk, to, words, now)
    reader = Reader(language, row.market or "", zone_of(program, row))
    return Own(
        words=words,
        program=text_in(brand_name(program, row.market or ""), language),
        facts=frozenset(message.facts),
        values=_values(desk, to, reader, url, now),
        reader=reader,
        links=Links(frozenset(program.links), desk.public_url),
        url=url,
        its_own=words.link in {"claim", "catalog", "inbox", "preferences"},
    )


def _leads_to(desk: Desk, to: Addressed, words: OwnText, now: datetime) -> str:
    row = to.row
    match words.link:
        case None:
            return ""
        case "preferences":
            return desk.page("preferences", to)
        case "inbox":
            return desk.page("inbox", to)
        case "claim" | "catalog":
            if row.reward is None:
                return ""
            claim = desk.link(row.member_id, row.reward.id, now)
            return f"{claim}/catalog" if words.link == "catalog" else claim
        case address:
            return address


def _values(desk: Desk, to: Addressed, reader: Reader, url: str, now: datetime) -> Mapping[str, Value | None]:
    row, program = to.row, desk.program
    person, market = to.person, program.markets.get(row.market or "")
    values: dict[str, Value | None] = {
        "member.name": person.name or None,
        "member.market": text_in(market.name, reader.language) if market else "",
        "member.joined": row.joined_at.astimezone(ZoneInfo(reader.zone)).date() if row.joined_at else None,
        "member.referral_link": None,
        "program.name": text_in(brand_name(program, row.market or ""), reader.language),
        "link": url or None,
        "preferences.link": desk.page("preferences", to) or None,
    }
    if row.reward is not None:
        values |= _reward_values(program, row.reward, (reader, moment_of(row.message, program)), now)
        values |= _balance_values(desk, row.member_id, row.reward.unit, reader)
    return values


def _balance_values(desk: Desk, member_id: int, unit: str, reader: Reader) -> Mapping[str, Value | None]:
    digits, has = desk.program.units[unit].digits, desk.balances.get((member_id, unit))
    ends = has.ends_at if has is not None else None
    return {
        "balance.value": Amount(has.value if has else 0, unit, digits),
        "balance.ending": Amount(has.ending, unit, digits) if has and has.ending else None,
        "balance.ends": (ends - _INSTANT).astimezone(ZoneInfo(reader.zone)).date() if ends else None,
    }


def _reward_values(
    program: Program, reward: DueReward, told: tuple[Reader, On], now: datetime
) -> Mapping[str, Value | None]:
    reader, on = told
    zone, rule = ZoneInfo(reader.zone), program.rules.get(reward.rule)
    ends = _last_on(reward, zone)
    pending_until = reward.available_at if reward.state == "pending" else None
    return {
        "reward.value": Amount(
            left_of(reward.value, reward.reversed, on), reward.unit, program.units[reward.unit].digits
        ),
        "reward.rule": text_in(rule.name, reader.language) if rule else "",
        "reward.earned": reward.happened_at.astimezone(zone).date(),
        "reward.ready": pending_until.astimezone(zone).date() if pending_until else None,
        "reward.ends": ends,
        "reward.days_left": (ends - now.astimezone(zone).date()).days if ends else None,
    }
