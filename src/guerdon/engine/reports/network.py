"""How locations stood in the last four weeks: those that need a call first, and why."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from guerdon.engine.deliveries.reading import monday
from guerdon.engine.reports.look import NONE, Look
from guerdon.queries.locations.calls import Call, find_calls, most_urgent
from guerdon.queries.locations.consistency import compare, count_differing, load_gifts
from guerdon.queries.locations.figures import DAYS, Given, Standing, load_standings
from guerdon.store.database import Transaction
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.papers import Column, Figure, Table

LOCATIONS_MAX = 1_000


def tell_locations(look: Look, tx: Transaction) -> Sequence[Table]:
    """A line for each location that is seen."""
    say = words(look.language, "reports").gettext
    first = look.today - timedelta(days=DAYS - 1)
    standings = load_standings(tx, look.program, look.scope, look.today)
    differing = count_differing(compare(look.program, load_gifts(tx, monday(first), monday(look.today))))
    calls = find_calls(standings, differing, look.today)
    here = sorted(
        (each for each in standings.values() if look.market in {None, each.location.market}),
        key=lambda each: (*most_urgent(calls.get(each.key, ())), each.location.name.casefold(), each.key),
    )
    columns = [
        Column(say("Location"), wide=True),
        Column(say("Events"), figures=True),
        Column(say("Rewards"), figures=True),
        Column(say("Given"), figures=True),
        Column(say("%(share)s within") % {"share": formats.percent(0.95, look.language)}, figures=True),
        Column(say("Budget left"), figures=True),
        Column(say("Why it needs a call"), wide=True),
    ]
    rows = [_line(look, each, calls) for each in here[:LOCATIONS_MAX]]
    note = say("Figures are of the last four weeks, since %(day)s; budgets and what waits are of now.")
    none = say("There is no location here yet.")
    told = {"day": formats.day(first, look.language)}
    return [Table(say("Locations"), columns, rows, none, note % told)]


def _line(look: Look, each: Standing, calls: Mapping[str, Sequence[Call]]) -> list[str | Figure]:
    unit = each.told_in(look.program)
    given = each.given.get(unit or "", Given())
    budget = each.budget_in(unit) or each.budget_in()
    over = words(look.language, "reports").gettext("over %(length)s")
    nothing = Figure(NONE, None)
    return [
        each.location.name,
        look.number(each.events),
        look.number(each.rewards),
        look.money(given.value, unit) if unit else nothing,
        look.within(each.whole, 95, over),
        look.money(budget.line.left, budget.line.unit) if budget else nothing,
        ", ".join(dict.fromkeys(reason(look, call) for call in calls.get(each.key, ()))),
    ]


def reason(look: Look, call: Call) -> str:
    """Why somebody should call, in few words; the page of the location says more."""
    say = words(look.language, "reports").gettext
    return {
        "empty": say("Out of budget"),
        "runs_out": say("Budget runs out soon"),
        "silent": say("Silent for long"),
        "slow": say("Slow"),
        "refused": say("Much refused"),
        "reversed": say("Much taken back"),
        "held": say("Much on hold"),
        "differs": say("Other rewards than elsewhere"),
    }[call.kind]
