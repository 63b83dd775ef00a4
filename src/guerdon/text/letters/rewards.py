"""Letters about a reward: that it is on its way, ready, waiting, about to end, or was taken back."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from guerdon.text.catalogs import words
from guerdon.text.letters.layout import NO_WAYS, Line, Mail, Sheet, Ways, line, mail_language, set_mail
from guerdon.text.letters.phrases import (
    Told,
    amount_words,
    day_words,
    footer_of_rewards,
    locale_of,
    personal,
    why_line,
)


@dataclass(frozen=True, slots=True)
class RewardReady:
    """What the mail about a new reward says; texts of the program are already in the member's language."""

    program: str
    reason: str
    amount_minor: int
    unit: str
    digits: int
    earned_on: date
    # None: it never ends.
    last_on: date | None
    claim_url: str
    # Its member asked for the link once more.
    again: bool = False
    # And it was used by then.
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class RewardNews:
    """What else is told of a reward; texts of the program are already in the member's language.

    `reason` is the name of its rule, or empty; `why` the words with which it was taken back, or empty.
    `ready_on` None: nobody knows yet when it is. `waited_days`: since it was ready, at least one.
    `last_on` None: it never ends, and nothing is told of its end.
    """

    program: str
    tells: Literal["earned", "taken_back", "waiting", "expiring"]
    reason: str
    amount_minor: int
    unit: str
    digits: int
    earned_on: date
    claim_url: str
    ready_on: date | None = None
    last_on: date | None = None
    waited_days: int = 0
    why: str = ""


def render_reward_ready(reward: RewardReady, language: str, market: str, ways: Ways = NO_WAYS) -> Mail:
    """Write the mail that tells a member of a reward and leads to the page where they choose, or chose."""
    return _mail(reward, tell_reward_ready(reward, language, market), language, ways)


def render_reward_news(news: RewardNews, language: str, market: str, ways: Ways = NO_WAYS) -> Mail:
    """Write the mail that tells what became of a reward, or will."""
    return _mail(news, tell_reward_news(news, language, market), language, ways)


def tell_reward_ready(reward: RewardReady, language: str, market: str) -> Told:
    """What is told of a new reward, or with its link once more."""
    language = mail_language(language)
    locale, say = locale_of(language, market), words(language, "mail").gettext
    amount = amount_words(reward.amount_minor, reward.unit, reward.digits, locale)
    until = _until(reward.last_on, language, locale)
    headline = say("Your %(amount)s reward is ready")
    if reward.again:
        headline, until = say("The link to your %(amount)s reward"), (line(say("You asked for it again.")),)
    choose = say("Choose what you would like; your code is shown at once.")
    button = say("Choose your reward")
    if reward.again and reward.chosen:
        choose, button = say("The page shows your code and how to use it."), say("Show your reward")
    why = say("Why you received it: %(reason)s, %(day)s.")
    return Told(
        line(headline, amount=amount),
        (*until, line(choose)),
        button,
        why_line(why, reward.reason, day_words(reward.earned_on, locale)),
    )


def tell_reward_news(news: RewardNews, language: str, market: str) -> Told:
    """What is told of a reward that is not ready, taken back, waiting or about to end."""
    language = mail_language(language)
    locale, say = locale_of(language, market), words(language, "mail").gettext
    button, why = say("Choose your reward"), say("Why you received it: %(reason)s, %(day)s.")
    choose = line(say("Choose what you would like; your code is shown at once."))
    match news.tells:
        case "earned":
            headline, button = say("Your %(amount)s reward is on its way"), say("Show your reward")
            if news.ready_on:
                first = line(say("It will be ready on %(day)s."), day=day_words(news.ready_on, locale))
            else:
                first = line(say("It is being confirmed; its page shows when it is ready."))
            lead: tuple[Line, ...] = (first, line(say("Until then you can look at it, but not use it.")))
        case "taken_back":
            headline, button = say("Your %(amount)s reward was taken back"), say("Show your reward")
            why = say("You had received it for this: %(reason)s, %(day)s.")
            reason = (line(say("The reason: %(why)s"), why=news.why),) if news.why else ()
            lead = (*reason, line(say("The page shows what became of your reward.")))
        case "waiting":
            headline = say("Your %(amount)s reward is waiting for you")
            lead = (_waited(news.waited_days, language), *_until(news.last_on, language, locale), choose)
        case "expiring":
            # Its end may have been taken away since somebody was to be told of it.
            headline, lead = say("Your %(amount)s reward is waiting for you"), (choose,)
            if news.last_on:
                headline = say("Your %(amount)s reward ends soon")
                ends = say("You can use it until %(day)s; after that it is gone.")
                lead = (line(ends, day=day_words(news.last_on, locale)), choose)
    amount = amount_words(news.amount_minor, news.unit, news.digits, locale)
    notes = why_line(why, news.reason, day_words(news.earned_on, locale))
    return Told(line(headline, amount=amount), lead, button, notes)


def _until(last_on: date | None, language: str, locale: str) -> tuple[Line, ...]:
    if last_on is None:
        return ()
    say = words(language, "mail").gettext
    return (line(say("Yours until %(day)s."), day=day_words(last_on, locale)),)


def _waited(days: int, language: str) -> Line:
    spoken = words(language, "mail")
    sentence = spoken.ngettext(
        "It has been ready for %(n)s day.", "It has been ready for %(n)s days.", max(days, 1)
    )
    return line(sentence % {"n": max(days, 1)})


def _mail(said: RewardReady | RewardNews, told: Told, language: str, ways: Ways) -> Mail:
    language = mail_language(language)
    return set_mail(
        Sheet(
            language=language,
            program=said.program,
            headline=told.headline,
            footer=footer_of_rewards(language, said.program, ways),
            lead=told.lead,
            button=told.button,
            url=said.claim_url,
            notes=told.notes,
            small=(personal(language),),
            ways=ways,
        )
    )
