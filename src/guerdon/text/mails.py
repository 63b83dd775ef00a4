"""Mails as members read them: subject, HTML and a plain text of its own, in their language.

The plain text is a template too, not the HTML with its tags torn out, because some members read nothing else.
No mail holds a code or anything that reports who opened it: the button leads to a page, and that page is the
proof.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from textwrap import fill
from typing import Literal

from babel.numbers import is_currency
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

TEXT_WIDTH = 72
FACTS_KEPT = 4096


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
class Mail:
    """A rendered mail, before it has a sender and a recipient."""

    language: str
    subject: str
    text: str
    html: str


def mail_language(language: str) -> str:
    """Give the language a mail to this member is written in: theirs, or English where we do not speak it."""
    spoken = language.partition("-")[0]
    return spoken if spoken in LANGUAGES else FALLBACK_LANGUAGE


def render_reward_ready(reward: RewardReady, language: str, market: str) -> Mail:
    """Write the mail that tells a member of a reward and leads to the page where they choose, or chose."""
    language = mail_language(language)
    locale = f"{language}-{market}" if market else language
    say = words(language, "mail").gettext
    amount = _amount(reward.amount_minor, reward.unit, reward.digits, locale)
    last_on = _day(reward.last_on, locale) if reward.last_on else ""
    earned_on = _day(reward.earned_on, locale)
    headline, until = say("Your %(amount)s reward is ready"), last_on and say("Yours until %(day)s.")
    if reward.again:
        headline, until = say("The link to your %(amount)s reward"), say("You asked for it again.")
    why = say("Why you received it: %(reason)s, %(day)s.") if reward.reason else ""
    subject = headline % {"amount": amount}
    both = {
        "program": reward.program,
        "claim_url": reward.claim_url,
        "footer": _footer(language, reward.program),
        **_phrases(language, again=reward.again and reward.chosen),
    }
    text = _template("reward_ready.txt").render(
        both,
        headline=subject,
        until=until if reward.again else until and until % {"day": last_on},
        why=why and why % {"reason": reward.reason, "day": earned_on},
    )
    html = _template("reward_ready.html").render(
        both,
        **_page(language),
        subject=subject,
        headline=_marked(headline, amount=amount),
        until=until if reward.again else until and _marked(until, day=last_on),
        why=why and _marked(why, reason=reward.reason, day=earned_on),
    )
    return Mail(language, subject, text, html)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the mail with a code says, by which a member confirms that a link is in their hands."""

    program: str
    code: str = field(repr=False)


def render_proof(proof: Proof, language: str) -> Mail:
    """Write the mail with a code: the code first, as a phone shows it before the mail is opened."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    subject = say("%(code)s is your code") % {"code": proof.code}
    both = {
        "program": proof.program,
        "code": proof.code,
        "headline": say("Your code"),
        "until": say(
            "It holds for ten minutes. Type it only where you asked for it yourself; we never ask for it."
        ),
        "advice": say("Was it not you who asked? Then give this code to nobody; without it nothing happens."),
        "footer": _footer(language, proof.program),
    }
    html = _template("proof.html").render(both, **_page(language), subject=subject)
    return Mail(language, subject, _template("proof.txt").render(both), html)


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


def render_place_offered(place: PlaceOffered, language: str, market: str) -> Mail:
    """Write the mail that offers a place to who waited for it, and says until when it is kept."""
    language = mail_language(language)
    locale = f"{language}-{market}" if market else language
    say = words(language, "mail").gettext
    headline = say("A place is free: %(item)s")
    until = say("It is kept for you until %(moment)s.")
    button = say("Take the place")
    kept = formats.moment(place.until, place.zone, locale)
    when = formats.moment(place.starts_at, place.zone, locale) if place.starts_at else ""
    both = {
        **_phrases(language, again=False),
        "program": place.program,
        "claim_url": place.item_url,
        "footer": _footer(language, place.program),
        "choose": say(
            "After that it is offered to the next who waits. You need not do anything if you do not want it."
        ),
        "button": button,
        "address_follows": say("%(button)s:") % {"button": button},
        # In the place of why a reward came: where and when it is.
        "why": " · ".join(part for part in (when, place.venue) if part),
    }
    subject = headline % {"item": place.item}
    text = _template("reward_ready.txt").render(both, headline=subject, until=until % {"moment": kept})
    html = _template("reward_ready.html").render(
        both,
        **_page(language),
        subject=subject,
        headline=_marked(headline, item=place.item),
        until=_marked(until, moment=kept),
    )
    return Mail(language, subject, text, html)


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


def render_order_news(news: OrderNews, language: str, market: str) -> Mail:
    """Write the mail that tells how an order ended, or that there is an answer, and leads to its page."""
    language = mail_language(language)
    locale = f"{language}-{market}" if market else language
    say = words(language, "mail").gettext
    again = not (news.tells == "failed" and news.back)
    day = _day(news.last_on, locale) if news.last_on else ""
    match news.tells:
        case "there":
            headline = say("It is there: %(item)s")
            until = say("Thank you for waiting.")
            choose = say("The page shows what you received and how to use it.")
        case "answered":
            headline = say("There is an answer: %(item)s")
            until = say("You told us that something does not work. We looked at it.")
            choose = say("The page of your order shows what we found.")
        case "failed":
            headline = say("Could not be delivered: %(item)s")
            until = say("We are sorry: nobody could deliver it.")
            choose = say("The page shows what became of your reward.")
            if news.back:
                until = say("Your reward is yours again.")
                choose = say("Choose something else, or try the same once more later.")
            if news.back and day:
                until = say("Your reward is yours again, until %(day)s.")
    why = say("You chose it on %(day)s.")
    chosen_on, subject = _day(news.chosen_on, locale), headline % {"item": news.item}
    both = {
        **_phrases(language, again=again),
        "program": news.program,
        "claim_url": news.claim_url,
        "footer": _footer(language, news.program),
        "choose": choose,
    }
    text = _template("reward_ready.txt").render(
        both, headline=subject, until=until % {"day": day}, why=why % {"day": chosen_on}
    )
    html = _template("reward_ready.html").render(
        both,
        **_page(language),
        subject=subject,
        headline=_marked(headline, item=news.item),
        until=_marked(until, day=day),
        why=_marked(why, day=chosen_on),
    )
    return Mail(language, subject, text, html)


def render_anchor(program: str, number: int, rows: int, line: str, language: str = FALLBACK_LANGUAGE) -> Mail:
    """Write the mail by which a seal of the audit is told to somebody outside, who keeps it."""
    say = words(language, "mail").gettext
    subject = say("Audit of %(program)s: seal %(number)s over %(rows)s rows") % {
        "program": program,
        "number": number,
        "rows": rows,
    }
    advice = say(
        "Keep this mail. With the line below, anybody can tell later whether the audit up to this seal "
        "is still as it was: ./guerdon audit verify EXPORT --anchors FILE"
    )
    text = f"{fill(advice, TEXT_WIDTH)}\n\n{line}\n"
    html = Markup("<p>{}</p><pre>{}</pre>").format(advice, line)
    return Mail(language, subject, text, str(html))


# Babel takes longer over one amount than the template over the whole mail, and amounts and days repeat.
@lru_cache(FACTS_KEPT)
def _amount(amount_minor: int, unit: str, digits: int, locale: str) -> str:
    text = formats.money(amount_minor, unit, digits, locale)
    return text if is_currency(unit) else f"{text}\N{NO-BREAK SPACE}{unit}"


@lru_cache(FACTS_KEPT)
def _day(value: date, locale: str) -> str:
    return formats.day(value, locale)


@lru_cache(FACTS_KEPT)
def _footer(language: str, program: str) -> str:
    sentence = words(language, "mail").gettext(
        "You receive this e-mail as a member of %(program)s. "
        "It concerns a reward of yours and is not advertising."
    )
    return fill(sentence % {"program": program}, TEXT_WIDTH)


@cache
def _phrases(language: str, *, again: bool) -> dict[str, str]:
    say = words(language, "mail").gettext
    button = say("Show your reward") if again else say("Choose your reward")
    return {
        "choose": say("The page shows your code and how to use it.")
        if again
        else say("Choose what you would like; your code is shown at once."),
        "button": button,
        # French sets a space before a colon.
        "address_follows": say("%(button)s:") % {"button": button},
        "no_button": say("If the button does not open, copy this address into your browser:"),
        "personal": say("The link is yours alone, so please do not forward this e-mail."),
    }


@cache
def _page(language: str) -> dict[str, str]:
    rtl = formats.direction(language) == "rtl"
    # Mail programs ignore `start`, and Arabic needs more room between lines.
    return {
        "lang": language,
        "dir": "rtl" if rtl else "ltr",
        "near": "right" if rtl else "left",
        "leading": "1.65" if rtl else "1.5",
        "headline_leading": "1.5" if rtl else "1.25",
    }


def _marked(sentence: str, **parts: str) -> Markup:
    """Fill a sentence of our catalog; each part keeps its own reading direction within it."""
    apart = {name: f"<bdi>{escape(part)}</bdi>" for name, part in parts.items()}
    return Markup(sentence % apart)  # noqa: S704  the sentence is ours, the parts are escaped


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("guerdon.text", "templates/mail"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
