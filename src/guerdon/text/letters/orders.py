"""Letters about what was chosen: how an order ended, and a place that came free."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.letters.layout import NO_WAYS, Mail, Sheet, Ways, line, mail_language, set_mail
from guerdon.text.letters.phrases import day_words, footer_of_rewards, locale_of, personal


@dataclass(frozen=True, slots=True)
class PlaceOffered:
    """What the mail about a place that came free says; texts are already in the member's language."""

    program: str
    item: str
    venue: str
    starts_at: datetime | None
    until: datetime
    zone: str
    item_url: str


@dataclass(frozen=True, slots=True)
class OrderNews:
    """What the mail about an order that took its time says; texts are already in the member's language.

    `back`: the member can choose again with what it cost, or with some of it, until `last_on` if that ends.
    """

    program: str
    item: str
    tells: Literal["there", "failed", "answered"]
    chosen_on: date
    back: bool
    last_on: date | None
    claim_url: str


def render_place_offered(place: PlaceOffered, language: str, market: str, ways: Ways = NO_WAYS) -> Mail:
    """Write the mail that offers a place to who waited for it, and says until when it is kept."""
    language = mail_language(language)
    locale, say = locale_of(language, market), words(language, "mail").gettext
    kept = formats.moment(place.until, place.zone, locale)
    when = formats.moment(place.starts_at, place.zone, locale) if place.starts_at else ""
    after = say(
        "After that it is offered to the next who waits. You need not do anything if you do not want it."
    )
    # In the place of why a reward came: where and when it is.
    where = " · ".join(part for part in (when, place.venue) if part)
    return set_mail(
        Sheet(
            language=language,
            program=place.program,
            headline=line(say("A place is free: %(item)s"), item=place.item),
            footer=footer_of_rewards(language, place.program, ways),
            lead=(line(say("It is kept for you until %(moment)s."), moment=kept), line(after)),
            button=say("Take the place"),
            url=place.item_url,
            notes=(line(where),) if where else (),
            small=(personal(language),),
            ways=ways,
        )
    )


def render_order_news(news: OrderNews, language: str, market: str, ways: Ways = NO_WAYS) -> Mail:
    """Write the mail that tells how an order ended, or that there is an answer, and leads to its page."""
    language = mail_language(language)
    locale, say = locale_of(language, market), words(language, "mail").gettext
    button = say("Show your reward")
    match news.tells:
        case "there":
            headline = say("It is there: %(item)s")
            first = line(say("Thank you for waiting."))
            choose = say("The page shows what you received and how to use it.")
        case "answered":
            headline = say("There is an answer: %(item)s")
            first = line(say("You told us that something does not work. We looked at it."))
            choose = say("The page of your order shows what we found.")
        case "failed":
            headline = say("Could not be delivered: %(item)s")
            first = line(say("We are sorry: nobody could deliver it."))
            choose = say("The page shows what became of your reward.")
            if news.back:
                first = line(say("Your reward is yours again."))
                choose = say("Choose something else, or try the same once more later.")
                button = say("Choose your reward")
            if news.back and news.last_on:
                again = say("Your reward is yours again, until %(day)s.")
                first = line(again, day=day_words(news.last_on, locale))
    return set_mail(
        Sheet(
            language=language,
            program=news.program,
            headline=line(headline, item=news.item),
            footer=footer_of_rewards(language, news.program, ways),
            lead=(first, line(choose)),
            button=button,
            url=news.claim_url,
            notes=(line(say("You chose it on %(day)s."), day=day_words(news.chosen_on, locale)),),
            small=(personal(language),),
            ways=ways,
        )
    )
