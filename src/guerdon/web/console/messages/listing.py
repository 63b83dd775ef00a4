"""What became of all messages in some days, what waits now, and how each channel is doing; also as a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.engine.messages.staff.previewing import known_messages
from guerdon.program.messages.nouns import CHANNELS
from guerdon.queries.messages.figures import (
    BYS,
    By,
    Counts,
    Health,
    Span,
    count_attempts,
    list_health,
    list_piles,
    load_figures,
)
from guerdon.text.exporting import Row
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.messages.sayings import channel_said, words_of
from guerdon.web.console.words import Namer
from guerdon.web.downloads import whole_csv

# Without days in the address.
DAYS_SHOWN = 30
Standing = Literal["open", "troubled", "resting", "shut"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
COLUMNS = (
    *("by", "key", "name", "from", "to", "market", "ended", "sent", "delivered", "opened", "failed"),
    *("unknown", "recalled", "withheld", "withheld_by_reason", "p50_to_sent_ms", "p95_to_sent_ms"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One channel, market, language or message, with what became of its messages."""

    key: str
    name: str
    counts: Counts


@staff_page
def messages(desk: Desk) -> HttpResponse:
    """Figures of the days that the address names, the latest thirty without them."""
    span = _span(desk)
    with desk.transaction() as tx:
        figures = load_figures(tx, span)
        attempts = count_attempts(tx, span)
        piles = list_piles(tx, desk.now)
        health = list_health(tx)
    return desk.show(
        "console/messages/all.html",
        "messages",
        whole=figures["all", ""],
        tables=[(by, list(_lines(desk, figures, by))) for by in BYS],
        attempts=_tried(attempts),
        piles=piles,
        health={each.channel: (each, standing_of(each, desk.now)) for each in health},
        channels=_channels(desk, [*(each.channel for each in piles), *(each.channel for each in health)]),
        known=known_messages(desk.program),
        provider=provider_of,
        first=span.since,
        last=span.until - timedelta(microseconds=1),
        latest=DAYS_SHOWN,
        **words_of(desk),
    )


@staff_page
def sheet(desk: Desk) -> HttpResponse:
    """Give the page's tables as a file: names of columns are the same in every language."""
    span = _span(desk)
    with desk.transaction() as tx:
        figures = load_figures(tx, span)
    name = f"{desk.program.key}-messages-{span.since.date().isoformat()}"
    return whole_csv(name, [COLUMNS, *_rows(desk, figures, span)])


def standing_of(health: Health, now: datetime) -> Standing:
    """How a channel's account is doing: shut until somebody looks, resting after failures, or open."""
    if health.shut_at is not None:
        return "shut"
    if health.rests_until is not None and health.rests_until > now:
        return "resting"
    return "troubled" if health.failures else "open"


def provider_of(channel: str) -> str:
    """By whom a channel of the program goes; each has one account."""
    return {"email": "SMTP", "sms": "Twilio", "push": "Web Push, FCM"}.get(channel, "")


def _rows(desk: Desk, figures: Mapping[tuple[By | Literal["all"], str], Counts], span: Span) -> Iterator[Row]:
    last = (span.until - timedelta(microseconds=1)).date().isoformat()
    cut = (span.since.date().isoformat(), last, span.market)
    yield ("all", None, None, *cut, *_cells(figures["all", ""]))
    for by in BYS:
        for line in _lines(desk, figures, by):
            yield (by, line.key, line.name, *cut, *_cells(line.counts))


def _cells(counts: Counts) -> Row:
    by_reason = " ".join(f"{reason or '-'}={number}" for reason, number in sorted(counts.withheld.items()))
    return (
        *(counts.number, counts.sent, counts.delivered, counts.of("opened"), counts.of("failed")),
        *(counts.of("unknown"), counts.of("recalled"), counts.of("withheld"), by_reason or None),
        *(counts.p50_ms, counts.p95_ms),
    )


def _lines(desk: Desk, figures: Mapping[tuple[By | Literal["all"], str], Counts], by: By) -> Iterator[Line]:
    """The lines of a table, the one with most messages first."""
    names = Namer(desk.program, desk.locale)
    named = {
        "channel": lambda key: channel_said(key, desk.locale),
        "market": names.market,
        "language": lambda key: key,
        "message": names.message,
    }[by]
    mine = [(key, counts) for (each, key), counts in figures.items() if each == by]
    for key, counts in sorted(mine, key=lambda line: (-line[1].number, line[0])):
        yield Line(key, named(key), counts)


def _tried(attempts: Mapping[str, Counts]) -> list[tuple[str, Counts]]:
    """Each channel once, in the order of all pages; nothing where there was but one."""
    order = dict.fromkeys((*CHANNELS, *attempts))
    return [(each, attempts[each]) for each in order if each in attempts] if len(attempts) > 1 else []


def _channels(desk: Desk, seen: Sequence[str]) -> list[str]:
    """The channels that the program's messages take, and those on which something stands."""
    taken = {
        each for message in desk.program.messages.values() for each in (*message.channels, *message.beside)
    }
    return [each for each in CHANNELS if each in {"email", *taken, *seen}]


def _span(desk: Desk) -> Span:
    """The days of the address, in the program's zone; the last thirty where it names none."""
    zone = ZoneInfo(desk.program.time_zone)
    last = desk.cut.last or desk.today
    first = desk.cut.first or last - timedelta(days=DAYS_SHOWN - 1)
    since = datetime.combine(min(first, last), time(), zone)
    until = datetime.combine(max(first, last) + timedelta(days=1), time(), zone)
    return Span(since, until, desk.cut.market)
