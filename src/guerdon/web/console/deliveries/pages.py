"""How long rewards take, whose promise is kept, what is under way; and one reward's own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404, HttpResponse

from guerdon.engine.deliveries.reading import read_deliveries
from guerdon.engine.deliveries.watching import LATE, Forecast
from guerdon.program.catalog.nouns import Promise
from guerdon.queries.alarms import list_alarms
from guerdon.queries.deliveries.before import load_before
from guerdon.queries.deliveries.clock import load_clock
from guerdon.queries.deliveries.declined import count_declined
from guerdon.queries.deliveries.figures import BY, Dimension, Figure, Figures
from guerdon.queries.deliveries.places import load_slowest
from guerdon.queries.deliveries.totals import load_totals
from guerdon.queries.deliveries.underway import APPROVAL
from guerdon.suppliers.wired import documented_paces
from guerdon.values.ids import read
from guerdon.values.waits import Waits
from guerdon.web.console.deliveries.asking import MEASURES, asked_times, kept_terms, read_asked
from guerdon.web.console.deliveries.drawing import week_chart
from guerdon.web.console.deliveries.saying import Teller
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer

# How far back the filter leads.
BACK = (4, 13, 26, 52)
ROWS_SHOWN = 20
UNDERWAY_SHOWN = 50
ALARMS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One rule, place, supplier or market, with its figures."""

    key: str
    figure: Figure
    # How many of its are under way, and of those late or about to be.
    underway: int
    at_risk: int
    promise: Promise | None = None

    @property
    def waits(self) -> Waits:
        """How long they took."""
        return self.figure.waits


@staff_page
def delivery(desk: Desk) -> HttpResponse:
    """All rewards of some weeks, in one measure, of a part that the address names."""
    return listed(desk)


def listed(desk: Desk, refused: str = "") -> HttpResponse:
    """The page itself, with why something was refused if it was."""
    asked = read_asked(desk)
    measure, part, first, last = asked.measure, asked.part, asked.first, asked.last
    with desk.transaction() as tx:
        read = read_deliveries(tx, desk.program, asked, desk.now, documented_paces())
        places = load_slowest(tx, asked, read.rules, read.counted, desk.now, ROWS_SHOWN)
        totals = load_totals(tx, first, last, desk.scope)
        before = load_before(tx, part)
        declined = count_declined(tx, part, *asked_times(desk, asked))
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=(LATE,), only_open=True)
    figures, forecasts = {**read.figures, "location": dict(places.found)}, read.forecasts
    tell = Teller(desk.locale)
    waits = figures["all"][""].waits
    # What breaks first stands first, and of what is late already, what is late for longest.
    worst = sorted(forecasts, key=lambda each: (each.stands == "kept", each.breaks_at))
    answer = desk.show(
        "console/deliveries/all.html",
        "delivery",
        refused=refused,
        names=Namer(desk.program, desk.locale),
        tell=tell,
        measure=measure,
        measures=[each for each in MEASURES if each == "whole" or each in totals or each == measure],
        part=part,
        kept=kept_terms(asked),
        declined=declined,
        waits=waits,
        answer=tell.answer(waits, before, measure),
        before=before,
        first=first,
        back=[last - timedelta(weeks=weeks - 1) for weeks in BACK],
        chart=week_chart(figures.get("week", {}), desk.locale),
        promises=_promises(desk, figures, forecasts) if measure in {"whole", "given"} else (),
        tables=[(by, lines_of(figures, forecasts, by)) for by in BY],
        n_of={"location": places.total},
        rows_shown=ROWS_SHOWN,
        totals=totals,
        worst=worst[:UNDERWAY_SHOWN],
        underway=len(forecasts),
        at_risk=sum(each.stands != "kept" for each in forecasts),
        alarms=alarms,
        approval=APPROVAL,
    )
    answer.status_code = 422 if refused else 200
    return answer


@staff_page
def clock(desk: Desk, member: str, reward: str) -> HttpResponse:
    """One reward's own clock: each of its moments, and how long lies between them."""
    member_id, reward_id = read("mem", member), read("rwd", reward)
    if member_id is None or reward_id is None:
        raise Http404
    with desk.transaction() as tx:
        found = load_clock(tx, member_id, reward_id)
    if found is None:
        raise Http404
    return desk.show(
        "console/deliveries/one.html",
        "delivery",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.locale),
        clock=found,
        promise=desk.program.deliveries.of(found.rule),
        member=member_id,
        reward=reward_id,
        ms=lambda length: max(0, length // timedelta(milliseconds=1)),
    )


def lines_of(figures: Figures, forecasts: Sequence[Forecast], by: Dimension) -> list[Line]:
    """The lines of a table, the slowest first."""
    mine: dict[str, list[Forecast]] = {}
    for each in forecasts:
        mine.setdefault(getattr(each.underway, by), []).append(each)
    lines = [
        Line(key, figure, len(mine.get(key, ())), sum(each.stands != "kept" for each in mine.get(key, ())))
        for key, figure in figures.get(by, {}).items()
        if key or by == "supplier"
    ]
    return sorted(lines, key=lambda line: (-_slowness(line.waits), line.key))


def _slowness(waits: Waits) -> int:
    return waits.within(95) or waits.at_least() or 0


def _promises(desk: Desk, figures: Figures, forecasts: Sequence[Forecast]) -> list[Line]:
    deliveries = desk.program.deliveries
    return [
        Line(line.key, line.figure, line.underway, line.at_risk, deliveries.of(line.key))
        for line in lines_of(figures, forecasts, "rule")
    ]
