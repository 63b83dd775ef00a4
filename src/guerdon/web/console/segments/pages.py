"""All segments with their sizes; and one: what it means, who is in it, how large it was, where it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404, HttpResponse
from markupsafe import Markup

from guerdon.engine.segments.meaning import rules_using, said
from guerdon.queries.segments import (
    SegmentLine,
    list_segment_members,
    list_standings,
    load_history,
    load_lines,
)
from guerdon.store.persons import load_persons
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.charts import MIDDLE, NARROW, WIDE, AreaChart, Line, Sheet, area_chart
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.masks import masked
from guerdon.web.console.regions import load_view, region_context
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PAGE_ROWS = 50
DAYS_SHOWN = 90
MARKS = 5
ROWS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class SizeChart:
    """How large a segment was, drawn for each width, and as rows."""

    title: str
    wide: Markup
    middle: Markup
    narrow: Markup
    rows: Sequence[tuple[str, int]]


@staff_page
def segments(desk: Desk) -> HttpResponse:
    """All segments, the largest first; it is live."""
    with desk.transaction() as tx:
        seen = load_view(tx, "segments", desk.program, desk.cut, desk.now)
    context = region_context(seen, desk.locale)
    for owned in ("program", "cut", "zone", "address"):
        del context[owned]
    stream = desk.address("stream", view="segments")
    return desk.show("console/segments/list.html", "segments", stream=stream, **context)


@staff_page
def segment(desk: Desk, segment: str) -> HttpResponse:
    """One segment."""
    known = desk.program.segments.get(segment)
    if known is None:
        raise Http404
    after = read("mem", desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        facts = load_lines(tx, desk.program, desk.cut.market)
        lines = facts["lines"]
        assert isinstance(lines, list)
        line: SegmentLine = next(each for each in lines if each.segment.key == segment)
        days = (desk.today - timedelta(days=DAYS_SHOWN - 1), desk.today)
        history = load_history(tx, segment, desk.cut.market, days) if line.size is not None else []
        rows = list_segment_members(tx, segment, PAGE_ROWS + 1, after, desk.cut.market)
        standing = list_standings(tx).get(segment)
        persons = load_persons(tx, room().vault, desk.program_id, [row.member_id for row in rows])
    names = Namer(desk.program, desk.locale)
    return desk.show(
        "console/segments/one.html",
        "segments",
        names=names,
        segment=known,
        sentence=said(desk.program, known, desk.locale),
        line=line,
        members=facts["members"],
        standing=standing,
        chart=_chart(history, desk.locale) if history else None,
        rows=rows[:PAGE_ROWS],
        person_names={member: masked(person.name) for member, person in persons.items()},
        onward=names.member(rows[PAGE_ROWS - 1].member_id) if len(rows) > PAGE_ROWS else None,
        rules=rules_using(desk.program, segment),
    )


def _chart(history: Sequence[tuple[date, int]], locale: str) -> SizeChart:
    say = words(locale, "console").gettext

    def written(n: int) -> str:
        return formats.number(n, locale)

    def at(day: date) -> str:
        return formats.day_in_year(day, locale)

    (first, _), (last, size) = history[0], history[-1]
    title = say("Members, by day")
    told = {"first": at(first), "last": at(last)}
    description = say("From %(first)s to %(last)s. The same figures stand in the table below.") % told
    line = Line(say("Members"), written(size), [n for _, n in history], "accent")

    def drawn(sheet: Sheet, marks_max: int) -> Markup:
        step = max(1, -(-len(history) // marks_max))
        marks = [(place, at(history[place][0])) for place in range(0, len(history) - step // 2, step)]
        return area_chart(AreaChart(title, description, (line,), marks), written, sheet)

    rows = [(at(day), n) for day, n in reversed(history[-ROWS_SHOWN:])]
    return SizeChart(title, drawn(WIDE, MARKS), drawn(MIDDLE, MARKS - 1), drawn(NARROW, MARKS - 2), rows)
