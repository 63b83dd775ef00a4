"""Does the same event give the same reward everywhere: rule by rule, what differs, where and why."""

from datetime import timedelta

from django.http import HttpResponse

from guerdon.queries.locations.consistency import compare, load_gifts
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.locations.reading import monday
from guerdon.web.console.locations.sayings import Teller
from guerdon.web.console.words import Namer

WEEKS = 4
# How far back the filter leads, in weeks.
BACK = (4, 13, 26, 52)
WEEKS_MAX = 105
ROWS_SHOWN, ROWS_OF_ONE = 12, 500


@staff_page
def consistency(desk: Desk) -> HttpResponse:
    """All rules, or one, over some weeks, in a market or in all."""
    last = monday(min(desk.cut.last or desk.today, desk.today))
    first = monday(desk.cut.first) if desk.cut.first else last - timedelta(weeks=WEEKS - 1)
    first = max(min(first, last), last - timedelta(weeks=WEEKS_MAX))
    said = desk.request.GET.get("rule", "")
    rule = said if said in desk.program.rules else None
    with desk.transaction() as tx:
        gifts = load_gifts(tx, first, last, rule, desk.cut.market)
    compared = [each for each in compare(desk.program, gifts) if rule in {None, each.rule}]
    fixed = [each for each in compared if not each.rated and each.n]
    differing = [each for each in fixed if not each.same]
    return desk.show(
        "console/locations/consistency.html",
        "locations",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.program, desk.locale),
        rule=rule,
        first=first,
        last=last + timedelta(days=6),
        back=[monday(desk.today) - timedelta(weeks=weeks - 1) for weeks in BACK],
        # Rules with something to look at go first.
        fixed=sorted(fixed, key=lambda each: each.same),
        rated=[each for each in compared if each.rated],
        quiet=[each for each in compared if not each.rated and not each.n],
        differing=len(differing),
        rows_shown=ROWS_OF_ONE if rule else ROWS_SHOWN,
    )
