"""Making a report for one person: what they may see now of what they asked for, and not a row more.

Each part of a report belongs to an area of the house (access/policy.py) and is read within what its reader
sees of that area, under row security: by a connection of the role of web pages, never by the worker's, which
sees everything. So its figures are those of the pages.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guerdon.access.grants import Grant, Scope
from guerdon.access.narrowing import within_both
from guerdon.access.policy import Area, scope_of
from guerdon.engine.reports.clocks import tell_clocks
from guerdon.engine.reports.finance import tell_differences, tell_owed
from guerdon.engine.reports.given import tell_budgets, tell_budgets_left, tell_given
from guerdon.engine.reports.look import Look, Section
from guerdon.engine.reports.network import tell_locations
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.papers import Paper, Table, render_book, render_pdf
from guerdon.values.texts import text_in

# Which report there is, and of what: each part with the area it belongs to. The first says who may have it.
REPORTS: Mapping[str, Sequence[tuple[Area, Section]]] = {
    "overview": (("figures", tell_given), ("budgets", tell_budgets_left)),
    "locations": (("figures", tell_locations),),
    "finance": (("ledger", tell_owed), ("budgets", tell_budgets), ("ledger", tell_differences)),
    "delivery": (("figures", tell_clocks),),
}
FORMATS: Mapping[str, tuple[str, Callable[[Paper], bytes]]] = {
    "pdf": ("application/pdf", render_pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", render_book),
}


@dataclass(frozen=True, slots=True)
class Source:
    """What reports of a program are made from; `open` gives a transaction under row security of a scope."""

    program_id: int
    program: Program
    open: Callable[[Scope], AbstractContextManager[Transaction]]
    documented: Mapping[str, int]
    digits_of: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Order:
    """A report that somebody wants made: of these days (both in), of all they see or of one place."""

    report: str
    language: str
    first: date
    last: date
    market: str | None = None
    location: str | None = None


def may_have(program_id: int, grants: Collection[Grant], report: str, now: datetime) -> bool:
    """Whether somebody with these grants is given this report."""
    return scope_of(grants, REPORTS[report][0][0], "read", program_id, now) is not None


def make_report(source: Source, order: Order, grants: Collection[Grant], now: datetime) -> Paper | None:
    """Make it within these grants; None where they give nothing of it."""
    places = {key: place.market for key, place in source.program.locations.items()}
    tables: list[Table] = []
    for number, (area, section) in enumerate(REPORTS[order.report]):
        seen = scope_of(grants, area, "read", source.program_id, now)
        scope = None if seen is None else within_both(seen, _asked(order), places)
        if scope is None:
            if not number:
                return None
            continue
        look = _look(source, order, scope, now)
        with source.open(scope) as tx:
            tables += section(look, tx)
    return _paper(source.program, order, tables, now)


def report_name(report: str, language: str) -> str:
    """What a report is called."""
    say = words(language, "reports").gettext
    return {
        "overview": say("Overview"),
        "locations": say("Locations"),
        "finance": say("Finance"),
        "delivery": say("Delivery"),
    }[report]


def part_name(program: Program, order: Order) -> str:
    """Of which part of a program it is."""
    if order.location is not None:
        found = program.locations.get(order.location)
        return found.name if found else order.location
    if order.market is not None:
        market = program.markets.get(order.market)
        return text_in(market.name, order.language) if market else order.market
    return ""


def file_name(program: Program, order: Order) -> str:
    """What its file is called, without an ending: the same in every language."""
    return f"{program.key}-{order.report}-{order.last.isoformat()}"


def _asked(order: Order) -> Scope:
    if order.location is not None:
        return Scope((), (order.location,))
    return Scope((order.market,) if order.market is not None else ())


def _look(source: Source, order: Order, scope: Scope, now: datetime) -> Look:
    program = source.program
    return Look(
        program,
        order.language,
        scope,
        order.market,
        order.location,
        order.first,
        order.last,
        now.astimezone(ZoneInfo(program.time_zone)).date(),
        now,
        source.documented,
        source.digits_of,
    )


def _paper(program: Program, order: Order, tables: Sequence[Table], now: datetime) -> Paper:
    say, language = words(order.language, "reports").gettext, order.language
    name, part = text_in(program.name, language), part_name(program, order)
    days = [formats.day(day, language) for day in dict.fromkeys((order.first, order.last))]
    told = formats.moment(now, program.time_zone, language)
    return Paper(
        language,
        report_name(order.report, language),
        [
            f"{name} · {part}" if part else name,
            say("%(first)s to %(last)s") % {"first": days[0], "last": days[1]} if days[1:] else days[0],
            say("Made on %(moment)s (%(zone)s), for its reader alone.")
            % {"moment": told, "zone": program.time_zone},
        ],
        tables,
        now,
        name,
        say("Page {page} of {pages}"),
    )
