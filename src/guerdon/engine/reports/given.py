"""What was given and redeemed in the days of a report, what is owed now, and what budgets have left."""

from collections.abc import Sequence

from guerdon.engine.reports.look import Look
from guerdon.queries.budgets import BudgetLine, load_tree
from guerdon.queries.overview import Cut, load_overview
from guerdon.queries.reports.places import PlaceRow, list_locations, list_markets
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.text.papers import Column, Figure, Table

LOCATIONS_SHOWN = 40


def tell_given(look: Look, tx: Transaction) -> Sequence[Table]:
    """A line for each unit, then its markets and locations."""
    say = words(look.language, "reports").gettext
    rows: list[list[str | Figure]] = []
    for unit in look.program.units.values():
        found = load_overview(tx, look.program, Cut(unit.key, look.market, look.first, look.last))
        rows.append(
            [
                unit.key,
                look.number(found.members),
                look.number(found.sums.issued),
                look.money(found.sums.issued_value, unit.key),
                look.number(found.sums.redeemed),
                look.money(found.sums.redeemed_value, unit.key),
                look.money(found.owed, unit.key),
            ]
        )
    columns = [
        Column(say("Unit"), wide=True),
        Column(say("Members"), figures=True),
        *_counted(look),
        Column(say("Owed to members"), figures=True),
    ]
    note = say("Owed is what members have now, whenever it was given.")
    return [
        Table(say("Given and redeemed"), columns, rows, say("Nothing has happened yet."), note),
        *_places(look, tx),
    ]


def tell_budgets_left(look: Look, tx: Transaction) -> Sequence[Table]:
    """What budgets have left: those of the program and of markets, and of the locations one sees alone."""
    lines = load_tree(tx, look.program, look.today)
    seen = [line for line in lines if line.location is None or look.scope.locations]
    return [_budgets(look, seen)]


def tell_budgets(look: Look, tx: Transaction) -> Sequence[Table]:
    """Every budget."""
    return [_budgets(look, load_tree(tx, look.program, look.today))]


def _places(look: Look, tx: Transaction) -> Sequence[Table]:
    say = words(look.language, "reports").gettext
    markets = list_markets(tx, look.first, look.last, look.market)
    locations = list_locations(tx, look.first, look.last, look.market, LOCATIONS_SHOWN)
    none = say("Nothing was given or redeemed in these days.")
    found = []
    # With one market, its line says what stands above already.
    if len({row.place for row in markets}) > 1:
        columns = [Column(say("Market"), wide=True), Column(say("Unit")), *_counted(look)]
        rows = [_place(look, look.market_name(row.place), row) for row in markets]
        found.append(Table(say("By market"), columns, rows, none))
    if locations:
        columns = [Column(say("Location"), wide=True), Column(say("Unit")), *_counted(look)]
        rows = [_place(look, look.location_name(row.place), row) for row in locations]
        note = say("Those that gave most.") if len(locations) == LOCATIONS_SHOWN else ""
        found.append(Table(say("By location"), columns, rows, none, note))
    return found


def _counted(look: Look) -> list[Column]:
    say = words(look.language, "reports").gettext
    return [
        Column(say("Rewards"), figures=True),
        Column(say("Given"), figures=True),
        Column(say("Redeemed"), figures=True),
        Column(say("Worth"), figures=True),
    ]


def _place(look: Look, name: str, row: PlaceRow) -> list[str | Figure]:
    return [
        name,
        row.unit,
        look.number(row.issued),
        look.money(row.issued_value, row.unit),
        look.number(row.redeemed),
        look.money(row.redeemed_value, row.unit),
    ]


def _budgets(look: Look, lines: Sequence[BudgetLine]) -> Table:
    say = words(look.language, "reports").gettext
    shown = [line for line in lines if look.market in {None, line.market}]
    rows: list[list[str | Figure]] = [
        [
            # What stands below another is set in by a space that no program takes away.
            "\N{NO-BREAK SPACE}" * 3 * line.depth + look.node(line),
            look.money(line.total, line.unit),
            look.money(line.sums.committed, line.unit),
            look.money(line.sums.held, line.unit),
            look.money(line.sums.spent, line.unit),
            look.money(line.left, line.unit),
            look.day(line.runs_out_on),
        ]
        for line in shown
    ]
    columns = [
        Column(say("Budget"), wide=True),
        Column(say("Limit"), figures=True),
        Column(say("Promised"), figures=True),
        Column(say("Set aside"), figures=True),
        Column(say("Spent"), figures=True),
        Column(say("Left"), figures=True),
        Column(say("Runs out on"), figures=True),
    ]
    return Table(say("Budgets"), columns, rows, say("No budgets."))
