"""The short forms of a letter: an SMS, a push message, a notice in the app.

An SMS says who writes, what it is about and where it leads, in the letters of the short alphabet wherever the
language can: one letter that it lacks more than halves what a part can hold. What is pushed is seen by
whoever looks at the phone, and holds no link and no reason.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from guerdon.text.catalogs import words
from guerdon.text.letters.layout import mail_language
from guerdon.text.letters.phrases import Told, amount_words, day_words, locale_of
from guerdon.text.letters.proofs import ConfirmConsent, tell_confirm_consent
from guerdon.text.letters.rewards import RewardNews, RewardReady, tell_reward_news, tell_reward_ready
from guerdon.text.templating.sinks import as_sms
from guerdon.values.sms import clean

ShortSaid = RewardReady | RewardNews | ConfirmConsent
# French may write its August without the hat since 1990, and only so is it a word of the short alphabet.
_HATLESS = str.maketrans("û", "u")
# The word that every network knows; as a part of another one it is none.
_STOP = re.compile(r"(?<![\w-])STOP(?![\w-])")


@dataclass(frozen=True, slots=True)
class PushText:
    """What a notification shows."""

    title: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """What lies in the app; `button` leads where the letter's does."""

    title: str = field(repr=False)
    body: str = field(repr=False)
    button: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """How somebody ends marketing by SMS: by an answer, where its sender takes any, or on a page (`url`)."""

    answers: bool
    url: str = field(repr=False, default="")


def says_stop(text: str) -> bool:
    """Whether a text names the word that ends it."""
    return _STOP.search(text) is not None


def with_way_out(text: str, out: WayOut | None, language: str) -> str:
    """An SMS with its way out, unless the text has one already; None: it needs none."""
    if out is None or (out.answers and says_stop(text)) or (out.url and out.url in text):
        return text
    say = words(mail_language(language), "mail").gettext
    if out.answers:
        sentence = say("To stop: answer STOP")
    elif out.url:
        sentence = say("To stop: %(link)s") % {"link": out.url}
    else:
        return text
    return clean(as_sms(f"{text} {sentence}"))


def write_sms(said: ShortSaid, language: str, market: str, out: WayOut | None = None) -> str:
    """Write it as an SMS: one line that ends in the link, or in the way out of marketing."""
    language = mail_language(language)
    sentence, parts = _sms(said, language, locale_of(language, market))
    if language == "fr":
        parts = {**parts, "day": parts.get("day", "").translate(_HATLESS)}
    return with_way_out(clean(as_sms(sentence % parts)), out, language)


def write_push(said: ShortSaid, language: str, market: str) -> PushText:
    """Write it for a locked screen."""
    told = _told(said, language, market)
    # The reason with which something was taken back is nobody else's.
    taken_back = isinstance(said, RewardNews) and said.tells == "taken_back"
    return PushText(told.headline.plain, told.lead[-1 if taken_back else 0].plain)


def write_inapp(said: ShortSaid, language: str, market: str) -> Notice:
    """Write it for the app, with all that the mail tells but its small print."""
    told = _told(said, language, market)
    # What a consent is confirmed by has its warning in the notes, what a reward was for too.
    body = "\n".join(each.plain for each in (*told.lead, *told.notes))
    return Notice(told.headline.plain, body, told.button)


def _told(said: ShortSaid, language: str, market: str) -> Told:
    match said:
        case RewardReady():
            return tell_reward_ready(said, language, market)
        case RewardNews():
            return tell_reward_news(said, language, market)
        case ConfirmConsent():
            return tell_confirm_consent(said, language)


def _sms(said: ShortSaid, language: str, locale: str) -> tuple[str, dict[str, str]]:
    say = words(language, "mail").gettext
    match said:
        case ConfirmConsent():
            sentence = say(
                "%(program)s: please confirm your choice (%(topic)s): %(link)s Not you? Do nothing."
            )
            return sentence, {"program": said.program, "topic": said.topic, "link": said.confirm_url}
        case RewardReady():
            parts, day = _parts(said, locale), said.last_on
            sentence = say("%(program)s: your %(amount)s reward is ready: %(link)s")
            if said.again:
                sentence, day = say("%(program)s: the link to your %(amount)s reward: %(link)s"), None
            elif day:
                sentence = say("%(program)s: your %(amount)s reward is ready, until %(day)s: %(link)s")
        case RewardNews():
            parts = _parts(said, locale)
            sentence, day = _sms_of_news(said, language)
    return sentence, {**parts, "day": day_words(day, locale)} if day else parts


def _sms_of_news(news: RewardNews, language: str) -> tuple[str, date | None]:
    say = words(language, "mail").gettext
    match news.tells:
        case "earned":
            if news.ready_on:
                sentence = say("%(program)s: your %(amount)s reward will be ready on %(day)s: %(link)s")
                return sentence, news.ready_on
            return say("%(program)s: your %(amount)s reward is on its way: %(link)s"), None
        case "taken_back":
            return say("%(program)s: your %(amount)s reward was taken back. Why: %(link)s"), None
        case "waiting" | "expiring":
            if not news.last_on:
                return say("%(program)s: your %(amount)s reward is waiting for you: %(link)s"), None
            sentence = say("%(program)s: your %(amount)s reward ends on %(day)s: %(link)s")
            if news.tells == "waiting":
                sentence = say("%(program)s: your %(amount)s reward is waiting, until %(day)s: %(link)s")
            return sentence, news.last_on


def _parts(said: RewardReady | RewardNews, locale: str) -> dict[str, str]:
    amount = amount_words(said.amount_minor, said.unit, said.digits, locale)
    return {"program": said.program, "amount": amount, "link": said.claim_url}
