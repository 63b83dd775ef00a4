"""What each rule promises, and how it was kept: by the figures of the delivery clock."""

from django.http import HttpResponse

from guerdon.engine.deliveries.reading import read_deliveries
from guerdon.engine.deliveries.watching import LATE
from guerdon.queries.alarms import list_alarms
from guerdon.queries.deliveries.figures import KEPT, Asked, Figure
from guerdon.queries.deliveries.underway import Part
from guerdon.suppliers.wired import documented_paces
from guerdon.web.console.deliveries.asking import read_weeks
from guerdon.web.console.deliveries.pages import ALARMS_SHOWN, Line, lines_of
from guerdon.web.console.deliveries.saying import Teller
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer


@staff_page
def promises(desk: Desk) -> HttpResponse:
    """Show the promise of each rule that gives something, the worst kept first."""
    first, last = read_weeks(desk)
    asked = Asked("whole", first, last, Part(None, desk.cut.market), desk.scope)
    with desk.transaction() as tx:
        read = read_deliveries(tx, desk.program, asked, desk.now, documented_paces())
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=(LATE,), only_open=True)
    deliveries = desk.program.deliveries
    told = {each.key: each for each in lines_of(read.figures, read.forecasts, "rule")}
    giving = [key for key, rule in desk.program.rules.items() if rule.reward is not None]
    lines = [told.get(key, Line(key, Figure(), 0, 0)) for key in dict.fromkeys([*giving, *told])]
    lines.sort(key=lambda line: (not line.at_risk, _share(line), line.key))
    decided = sum(line.figure.promised for line in lines)
    return desk.show(
        "console/deliveries/promises.html",
        "promises",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.locale),
        lines=[(line, deliveries.of(line.key), line.key in deliveries.rules) for line in lines],
        share=_share,
        decided=decided,
        kept=sum(line.figure.kept[KEPT] for line in lines),
        late=sum(line.at_risk for line in lines),
        alarms=len(alarms),
        first=first,
    )


def _share(line: Line) -> float:
    """The share of what was promised as a rule that was kept; all of nothing."""
    figure = line.figure
    return figure.kept[KEPT] / figure.promised if figure.promised else 1.0
