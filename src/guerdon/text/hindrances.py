"""Why a message was not sent, waits or ended so, in words, for staff.

A reason is a short code with its arguments that was stored with the message (`cap:day:3:3`): of the
conscience, of the message itself, or of a channel. What a provider said by its own code is shown as that.
"""

from dataclasses import dataclass
from datetime import date

from guerdon.text import formats
from guerdon.text.catalogs import Words

# Reasons that differ in their arguments alone are counted together: by their first parts.
_COUNTED_BY = {"cap": 2, "consent": 2, "quiet": 1, "silent": 1, "gave_up": 1, "sender": 1}


@dataclass(frozen=True, slots=True)
class Hindered:
    """What was hindered: topic and channel as the reader calls them, and whether it was today for the member.

    `locale` is the one that days are written in; empty: the words' own language.
    """

    topic: str = ""
    channel: str = ""
    locale: str = ""
    today: bool = False


def counted_reason(reason: str) -> str:
    """The reason without what differs from one member to the next: `cap:day:3:3` is counted as `cap:day`."""
    kind, *_ = reason.partition(":")
    parts = _COUNTED_BY.get(kind)
    return reason if parts is None else ":".join(reason.partition("@")[0].split(":")[:parts])


def hindrance_text(words: Words, reason: str, of: Hindered = Hindered()) -> str:
    """Say why; an unknown code as it is.

    Takes counted reasons as well: without its arguments a reason is said without them.
    """
    kind, _, about = reason.partition(":")
    match kind:
        case "consent" if about != "gone":
            found = _consent(words, about, of)
        case "cap":
            found = _cap(words, about, today=of.today)
        case "quiet":
            said = words.gettext("quiet until %(time)s")
            found = said % {"time": about} if about else words.gettext("quiet hours")
        case "silent":
            found = _silent(words, about)
        case "gave_up":
            given_up = words.gettext("tried for three days")
            found = f"{given_up}: {hindrance_text(words, about, of)}" if about else given_up
        case "sender":
            said = words.gettext("no sender for the country %(country)s")
            country = about.partition(" ")[2]
            found = said % {"country": country} if country else words.gettext("no sender for the country")
        case _:
            found = _plain(words, reason) or _provider(words, kind, about)
    return found or reason


def _consent(words: Words, about: str, of: Hindered) -> str | None:
    say = words.gettext
    state, _, since = about.partition("@")
    named = {"topic": of.topic, "channel": of.channel}
    whole = all(named.values())
    match state:
        case "none":
            return say("no consent for %(topic)s by %(channel)s") % named if whole else say("no consent")
        case "asked":
            return say("asked, not confirmed yet")
        case "unconfirmed":
            return say("consent not confirmed by its address")
        case "withdrawn":
            day = _day(since, of.locale or words.language)
            if day and whole:
                said = say("no consent for %(topic)s by %(channel)s since %(day)s")
                return said % {**named, "day": day}
            return say("consent withdrawn on %(day)s") % {"day": day} if day else say("consent withdrawn")
    return None


def _cap(words: Words, about: str, *, today: bool) -> str | None:
    period, *numbers = about.split(":")
    say = words.gettext
    if len(numbers) != 2:
        return {
            "day": say("capped: enough for that day"),
            "week": say("capped: enough for that week"),
            "month": say("capped: enough for that month"),
        }.get(period)
    said = {
        "day": say("capped: %(n)s of %(most)s today") if today else say("capped: %(n)s of %(most)s that day"),
        "week": say("capped: %(n)s of %(most)s that week"),
        "month": say("capped: %(n)s of %(most)s that month"),
    }.get(period)
    shown = [formats.number(int(each), words.language) for each in numbers if each.isdecimal()]
    return said % {"n": shown[0], "most": shown[1]} if said and len(shown) == len(numbers) else None


def _silent(words: Words, about: str) -> str | None:
    say = words.gettext
    return {
        "": say("silent days"),
        "holiday": say("silent on a holiday"),
        "monday": say("silent on Mondays"),
        "tuesday": say("silent on Tuesdays"),
        "wednesday": say("silent on Wednesdays"),
        "thursday": say("silent on Thursdays"),
        "friday": say("silent on Fridays"),
        "saturday": say("silent on Saturdays"),
        "sunday": say("silent on Sundays"),
    }.get(about)


def _plain(words: Words, reason: str) -> str | None:
    say = words.gettext
    return {
        "address:missing": say("no address for this channel"),
        "address:unusable": say("the address cannot be used"),
        "address:retired": say("the address is no longer in use"),
        "address:needs_smtputf8": say("the mail server does not take such an address"),
        "unsubscribe:unusable": say("our address to unsubscribe at is none that mail programs ask"),
        "suppressed:bounce": say("bounced before, so nothing is sent there"),
        "suppressed:complaint": say("complained before, so nothing is sent there"),
        "suppressed:stop": say("answered STOP, so nothing is sent there"),
        "channel:closed": say("the channel is not open"),
        "late:no receipt": say("no word of its delivery in time"),
        "hand_over:unsettled": say("handed over, nobody learned how it ended"),
        "text:missing": say("there is no text for it"),
        "text:values": say("its text needs a value that is not known"),
        "member:missing": say("the member is not there any more"),
        "reward:missing": say("its reward is not there any more"),
        "message:gone": say("the program sends it no more"),
        "broadcast:stopped": say("its broadcast was stopped"),
        "segment:left": say("the member is in its segment no more"),
        "segment:gone": say("the program has its segment no more"),
        "market:left": say("the member lives in none of its markets any more"),
        "reward:held": say("all of its reward is set aside for an order"),
        "reward:expired": say("its reward has ended"),
        "reward:redeemed": say("its reward was used"),
        "reward:reversed": say("its reward was taken back"),
        "reward:pending": say("its reward is not available yet"),
        "reward:ready": say("its reward is ready by now"),
        "order:missing": say("its order is not there any more"),
        "order:gone": say("what it told of was taken back"),
        "place:gone": say("the place is taken, or the next one's"),
        "code:ended": say("its code has ended"),
        "consent:gone": say("nothing waits to be confirmed any more"),
        "sms:large": say("too long for a text message"),
        "push:large": say("too long for a push message"),
    }.get(reason)


def _provider(words: Words, kind: str, about: str) -> str | None:
    """What a provider said, by its own code."""
    say = words.gettext
    if kind == "bounce":
        return say("bounced (%(code)s)") % {"code": about} if about else say("bounced")
    if not about:
        return None
    said = {
        "smtp": say("the mail server said %(code)s"),
        "twilio": say("Twilio said %(code)s"),
        "fcm": say("Google's push service said %(code)s"),
        "push": say("the browser's push service said %(code)s"),
        "http": say("the provider did not answer (%(code)s)"),
    }.get(kind)
    return said and said % {"code": about}


def _day(text: str, locale: str) -> str:
    try:
        return formats.day(date.fromisoformat(text), locale)
    except ValueError:
        return ""
