"""What the pages of messages say, in a reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from guerdon.engine.messages.falling import topic_of
from guerdon.engine.messages.staff.resending import Unsent
from guerdon.queries.messages.timeline import Entry
from guerdon.text.catalogs import words
from guerdon.text.hindrances import Hindered, hindrance_text
from guerdon.values.ids import show
from guerdon.values.texts import text_in
from guerdon.web.console.desk import Desk
from guerdon.web.console.words import Namer

# How a message stands that is well, needs no eye, or did not arrive; never by color alone.
TONES: Mapping[str, str] = {"failed": "bad", "unknown": "warn", "withheld": "warn"}


def state_said(state: str, locale: str) -> str:
    """How a message, or an attempt at one, stands."""
    say, pgettext = words(locale, "console").gettext, words(locale, "console").pgettext
    return {
        "waiting": say("Waits"),
        "awaiting": say("Handed over, waits for word"),
        "handing": say("Being handed over"),
        "sent": say("Sent"),
        "delivered": pgettext("message", "Delivered"),
        "opened": pgettext("message", "Opened"),
        "read": pgettext("message", "Opened"),
        "failed": pgettext("message", "Failed"),
        "unknown": say("Outcome unknown"),
        "withheld": say("Not sent"),
        "recalled": pgettext("message", "Called off"),
    }.get(state, state)


def channel_said(channel: str, locale: str) -> str:
    """What a channel is called."""
    say = words(locale, "console").gettext
    return {
        "email": say("E-mail"),
        "sms": say("Text message"),
        "push": say("Push"),
        "inapp": say("In the app"),
        "whatsapp": "WhatsApp",
    }.get(channel, channel)


def ground_said(exception: str, locale: str) -> str:
    """On what an attempt went that needed no consent."""
    say = words(locale, "console").gettext
    if exception.startswith("soft@"):
        return say("after a sale, about similar goods")
    return {
        "service": say("service needs no consent"),
        "requested": say("the member asked for it"),
    }.get(exception, exception)


def refusal_said(refused: Unsent, why: str, locale: str) -> str:
    """Why a message was not sent again; `why` in words where what it tells of is over."""
    say = words(locale, "console").gettext
    return {
        "none": say("There is no such message."),
        "reason": say("A reason is needed, in at most 500 letters."),
        "under_way": say("It is still under way. Wait how it ends."),
        "often": say("It was sent again three times already."),
        "again": say("This one was sent again itself. Send the first one again instead."),
        "asked": say("Members ask for such a message themselves, on their page."),
        "over": say("It cannot be sent again: %(why)s.") % {"why": why},
    }[refused.why]


@dataclass(frozen=True, slots=True)
class Teller:
    """Says things of messages on one desk."""

    desk: Desk

    def topic(self, entry: Entry) -> str:
        """What a message is about: as it was stored with it, else as the program says now."""
        program, locale = self.desk.program, self.desk.locale
        found = program.topics.get(entry.topic) if entry.topic else None
        if found is None and entry.topic is not None:
            return entry.topic
        return text_in((found or topic_of(entry.message, program)).name, locale)

    def reason(self, entry: Entry, reason: str | None, channel: str, at: datetime) -> str:
        """Why a message does not go over a channel."""
        if not reason:
            return ""
        desk = self.desk
        zone = ZoneInfo(desk.program.time_zone)
        of = Hindered(
            self.topic(entry),
            channel_said(channel, desk.locale),
            desk.locale,
            at.astimezone(zone).date() == desk.today,
        )
        return hindrance_text(words(desk.locale, "reasons"), reason, of)

    def counted(self, reason: str) -> str:
        """A reason by which messages are counted."""
        locale = self.desk.locale
        said = words(locale, "console").gettext("without a reason")
        return hindrance_text(words(locale, "reasons"), reason, Hindered(locale=locale)) if reason else said

    def refused(self, refused: Unsent) -> str:
        """Why a message was not sent again."""
        locale = self.desk.locale
        return refusal_said(refused, hindrance_text(words(locale, "reasons"), refused.reason), locale)


def words_of(desk: Desk) -> dict[str, object]:
    """What the pages of messages say things by."""
    return {
        "names": Namer(desk.program, desk.locale),
        "tell": Teller(desk),
        "shown": show,
        "state_said": partial(state_said, locale=desk.locale),
        "channel_said": partial(channel_said, locale=desk.locale),
        "ground_said": partial(ground_said, locale=desk.locale),
        "tones": TONES,
        "now": desk.now,
    }
