"""Messages read: one, many from page to page, redacted, deleted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call
from standins.twilio.creating import form_of
from standins.twilio.documented import TABLE
from standins.twilio.messages import ENDED, Message
from standins.twilio.numbers import E164, NAME
from standins.twilio.refusals import refusal
from standins.twilio.world import World

DAY = timedelta(days=1)
DATES = ("DateSent", "DateSent<", "DateSent>")
FILTERS = ("To", "From", *DATES)


def one(call: Call) -> Answer:
    """A message."""
    return Answer(200, _shown(call.world, _found(call)))


def update(call: Call) -> Answer:
    """Redact the words of a message: nothing else of one that is not scheduled can be changed."""
    form = form_of(call, "form:update")
    message = _found(call)
    if form.get("Body") != "":
        raise refusal(20001, "Body can only be set to nothing")
    if message.status not in ENDED:
        raise refusal(20009)
    message.body, message.updated_ms = "", call.world.now_ms()
    return Answer(200, _shown(call.world, message))


def delete(call: Call) -> Answer:
    """Delete a message that has come to its end."""
    message = _found(call)
    if message.status not in ENDED:
        raise refusal(20009)
    del call.world.messages[message.sid]
    return Answer(204)


def many(call: Call) -> Answer:
    """A page of messages, the newest first; the next page begins behind the last one of this."""
    size = call.number("PageSize", TABLE.figure("page_usual"))
    if not 1 <= size <= TABLE.figure("page_most"):
        raise refusal(20001, f"PageSize: at most {TABLE.figure('page_most')}")
    kept = _kept(call)
    first = _first(call, kept)
    shown, page = kept[first : first + size], call.number("Page", 0)
    more = f"PA{shown[-1].sid}" if first + size < len(kept) else None
    back = f"PB{shown[0].sid}" if page > 0 and shown else None
    return Answer(
        200,
        {
            "messages": [_shown(call.world, message) for message in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": _uri(call, size, page, call.one("PageToken")),
            "first_page_uri": _uri(call, size, 0, None),
            "next_page_uri": None if more is None else _uri(call, size, page + 1, more),
            "previous_page_uri": None if back is None else _uri(call, size, page - 1, back),
        },
    )


def _kept(call: Call) -> list[Message]:
    world: World = call.world
    to, sender = call.one("To"), call.one("From")
    for name, text, fits in (("To", to, (E164,)), ("From", sender, (E164, NAME))):
        if text is not None and not any(form.fullmatch(text) for form in fits):
            raise refusal(20001, f"{name}: {text!r} is no number")
    within = _dates(call)
    seen_ms = world.now_ms() - float(world.behaviour["listed_after_s"]) * 1000
    kept = [
        message
        for message in world.messages.values()
        if message.account == call.path["account"]
        and message.created_ms <= seen_ms
        and to in (None, message.to)
        and sender in (None, message.sender)
        and within(_sent_ms(world, message))
    ]
    # What is not sent yet comes before all that is.
    kept.sort(key=lambda message: (_sent_ms(world, message) or 2**53, message.created_ms), reverse=True)
    return kept


def _first(call: Call, kept: list[Message]) -> int:
    token, size = call.one("PageToken"), call.number("PageSize", TABLE.figure("page_usual"))
    if token is None:
        if call.number("Page", 0) > 0:
            raise refusal(20001, "Page without the PageToken of the page before")
        return 0
    place = next((n for n, message in enumerate(kept) if message.sid == token[2:]), None)
    if place is None or token[:2] not in ("PA", "PB"):
        raise refusal(20001, "PageToken")
    return place + 1 if token.startswith("PA") else max(0, place - size)


def _dates(call: Call) -> Callable[[int | None], bool]:
    """Whether a moment of sending is asked for; a day counts whole, in GMT."""
    spans = {name: _day(name, text) for name in DATES if (text := call.one(name)) is not None}
    begins = [begin for name, (begin, _) in spans.items() if name != "DateSent<"]
    ends = [end for name, (_, end) in spans.items() if name != "DateSent>"]

    def within(at_ms: int | None) -> bool:
        if at_ms is None:
            return not spans
        return all(begin <= at_ms for begin in begins) and all(at_ms < end for end in ends)

    return within


def _day(name: str, text: str) -> tuple[int, int]:
    """From when to when: a day, or for a bound a moment, which the libraries write."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refusal(20001, f"{name}: {text!r} is no date") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text) is None and name != "DateSent":
        at_ms = round(moment.timestamp() * 1000)
        return at_ms, at_ms + 1
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return round(day.timestamp() * 1000), round((day + DAY).timestamp() * 1000)


def _sent_ms(world: World, message: Message) -> int | None:
    if message.sent_ms is None and world.behaviour["date_sent"] == "created":
        return message.created_ms
    return message.sent_ms


def _uri(call: Call, size: int, page: int, token: str | None) -> str:
    asked: list[tuple[str, Any]] = [(name, call.one(name)) for name in FILTERS if call.one(name)]
    asked += [("PageSize", size), ("Page", page)]
    if token is not None:
        asked.append(("PageToken", token))
    return f"{call.request.path}?{urlencode(asked)}"


def _found(call: Call) -> Message:
    message = call.world.messages.get(call.path["sid"])
    if message is None or message.account != call.path["account"]:
        raise refusal(20404)
    return cast("Message", message)


def _shown(world: World, message: Message) -> dict[str, Any]:
    return message.shown(early_date=world.behaviour["date_sent"] == "created")
