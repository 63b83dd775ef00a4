"""Notices as their member reads them now: in their language of today, from message, reward and version.

Nothing of it was kept. A notice whose own text cannot be written any more says which program it is of.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from guerdon.engine.messages.telling import left_of, moment_of
from guerdon.program.brand.naming import brand_name, words_for_units
from guerdon.program.messages.nouns import Message, OwnText
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.messages.inapp import Lying, NoticeReward
from guerdon.store.persons import load_persons
from guerdon.text.catalogs import words
from guerdon.text.formats import clock, day
from guerdon.text.letters import (
    Notice,
    Own,
    RewardNews,
    RewardReady,
    mail_language,
    write_inapp,
    write_own_inapp,
)
from guerdon.text.templating import Amount, Links, Mistake, Reader, Value
from guerdon.text.units.words import naming_units
from guerdon.values.texts import Text, text_in
from guerdon.web.rooms import room

NAME = "member.name"
# Where a button leads that the page itself knows, by a link made then; else it is an address with https.
LEADS = frozenset({"claim", "catalog"})
Tells = Literal["earned", "taken_back", "waiting", "expiring"]
TELLS: dict[str, Tells] = {
    "reward_earned": "earned",
    "reward_taken_back": "taken_back",
    "reward_waiting": "waiting",
    "reward_expiring": "expiring",
}
READY = "reward_ready"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in words. `leads`: `claim`, `catalog`, an address, or nothing; then `button` is empty too."""

    position: int
    title: str
    body: Sequence[str]
    button: str
    leads: str
    day: str
    time: str
    created_at: datetime
    seen: bool


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one notice is written with: the version that made it, and how its member reads now."""

    program: Program
    reader: Reader
    notice: Lying
    name: str
    now: datetime

    def on(self, instant: datetime) -> date:
        """The member's day of an instant."""
        return instant.astimezone(ZoneInfo(self.reader.zone)).date()

    def amount(self, reward: NoticeReward) -> Amount:
        unit = self.program.units.get(reward.value.unit)
        on = moment_of(self.notice.message, self.program)
        left = left_of(reward.value.amount_minor, reward.reversed, on)
        return Amount(left, reward.value.unit, unit.digits if unit else 2)

    def last_on(self, reward: NoticeReward) -> date | None:
        # The end is the first moment at which it is too late.
        ends = reward.expires_at
        return None if ends is None else self.on(ends - timedelta(microseconds=1))

    def rule_name(self, reward: NoticeReward) -> str:
        rule = self.program.rules.get(reward.rule)
        return text_in(rule.name, self.reader.language) if rule else ""

    def is_usable(self, reward: NoticeReward) -> bool:
        ends = reward.expires_at
        return reward.state in {"ready", "pending"} and (ends is None or ends > self.now)


def write_notices(tx: Transaction, program_id: int, notices: Sequence[Lying], now: datetime) -> list[Said]:
    """Write notices of a program out, each for its own member."""
    here = room()
    live = here.program(program_id)
    books = {version: here.playbook(tx, program_id, version) for version in {n.version for n in notices}}
    programs = {version: book.program if book else live for version, book in books.items()}
    named = {
        each.member_id
        for each in notices
        if (message := programs[each.version].messages.get(each.message)) and NAME in message.facts
    }
    persons = load_persons(tx, here.vault, program_id, named) if named else {}
    said = []
    for each in notices:
        market, person = live.markets.get(each.market), persons.get(each.member_id)
        zone = market.time_zone if market else live.time_zone
        reader = Reader(mail_language(each.language), each.market, zone)
        sheet = _Sheet(programs[each.version], reader, each, person.name if person else "", now)
        with naming_units(words_for_units(sheet.program, each.market)):
            said.append(_said(sheet))
    return said


def _said(sheet: _Sheet) -> Said:
    notice, locale = sheet.notice, sheet.reader.locale
    try:
        text, leads = _text(sheet)
    except Exception:
        # One that cannot be written keeps no other from its reader.
        log.exception("a notice could not be written: %s of version %s", notice.message, notice.version)
        text, leads = _nameless(sheet), ""
    lines = (each.strip() for each in text.body.splitlines())
    return Said(
        notice.position,
        text.title,
        tuple(each for each in lines if each),
        text.button,
        leads if text.button else "",
        day(sheet.on(notice.created_at), locale),
        clock(notice.created_at, sheet.reader.zone, locale),
        notice.created_at,
        notice.seen_at is not None,
    )


def _text(sheet: _Sheet) -> tuple[Notice, str]:
    notice, message = sheet.notice, sheet.program.messages.get(sheet.notice.message)
    if message is not None and message.own is not None:
        return _own(sheet, message, message.own)
    if notice.reward is not None and (notice.message == READY or notice.message in TELLS):
        return _of_reward(sheet, notice.reward), "claim"
    return _nameless(sheet), ""


def _called(sheet: _Sheet) -> Text:
    """What its reader knows the program by."""
    return brand_name(sheet.program, sheet.notice.market)


def _nameless(sheet: _Sheet) -> Notice:
    return Notice(text_in(_called(sheet), sheet.reader.language), "", "")


def _of_reward(sheet: _Sheet, reward: NoticeReward) -> Notice:
    reader, amount = sheet.reader, sheet.amount(reward)
    program, reason = text_in(_called(sheet), reader.language), sheet.rule_name(reward)
    figures = (reason, amount.amount_minor, amount.unit, amount.digits, sheet.on(reward.happened_at))
    last_on, tells = sheet.last_on(reward), TELLS.get(sheet.notice.message)
    if tells == "expiring" and last_on is None:
        # Its end was taken off since.
        tells = "waiting"
    if tells is None:
        said: RewardReady | RewardNews = RewardReady(program, *figures, last_on, "")
    else:
        ready_at = reward.available_at if reward.state == "pending" else None
        waited = sheet.on(sheet.now) - sheet.on(reward.available_at or reward.happened_at)
        said = RewardNews(
            *(program, tells, *figures, ""),
            ready_on=sheet.on(ready_at) if ready_at else None,
            last_on=last_on,
            waited_days=waited.days,
        )
    text = write_inapp(said, reader.language, reader.market)
    if tells == "taken_back" or sheet.is_usable(reward):
        return text
    # It was used, or has ended: nothing is left to choose.
    return Notice(text.title, "", words(reader.language, "mail").gettext("Show your reward"))


def _own(sheet: _Sheet, message: Message, own: OwnText) -> tuple[Notice, str]:
    language, leads = sheet.reader.language, own.link or ""
    known = leads.startswith("https://") or (leads in LEADS and sheet.notice.reward is not None)
    said = Own(
        own,
        text_in(_called(sheet), language),
        frozenset(message.facts),
        _values(sheet),
        sheet.reader,
        Links(frozenset(sheet.program.links), room().settings.public_url),
        url=leads if known else "",
    )
    text = write_own_inapp(said)
    return (_nameless(sheet), "") if isinstance(text, Mistake) else (text, leads)


def _values(sheet: _Sheet) -> dict[str, Value | None]:
    """What its texts may name, as far as a notice knows it."""
    notice, program, language = sheet.notice, sheet.program, sheet.reader.language
    market, reward = program.markets.get(notice.market), notice.reward
    found: dict[str, Value | None] = {
        NAME: sheet.name or None,
        "member.market": text_in(market.name, language) if market else notice.market,
        "member.joined": sheet.on(notice.enrolled_at),
        "program.name": text_in(_called(sheet), language),
    }
    if reward is None:
        return found
    last_on, pending = sheet.last_on(reward), reward.state == "pending"
    return found | {
        "reward.value": sheet.amount(reward),
        "reward.rule": sheet.rule_name(reward) or reward.rule,
        "reward.earned": sheet.on(reward.happened_at),
        "reward.ready": sheet.on(reward.available_at) if reward.available_at and pending else None,
        "reward.ends": last_on,
        "reward.days_left": max((last_on - sheet.on(sheet.now)).days, 0) if last_on else None,
    }
