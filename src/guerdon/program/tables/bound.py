"""A table joined with the rule that gives by it: its cells become conditions upon the rule's event.

That is also where it is checked: amounts like any other, one unit a market, no gap, and no combination that
two rows take, or where the first row wins, no row that is never reached.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from itertools import islice

from guerdon.expressions import Condition, Expression, Type, compile_condition, compile_expression
from guerdon.expressions.instants import read_zone
from guerdon.expressions.terms import Fact, Term, Windowed
from guerdon.program.conditions.vocabulary import (
    Vocabulary,
    names_unread,
    refuse_personal_unless,
    tell,
)
from guerdon.program.document import Scalar
from guerdon.program.model import Event, Field, Row, Table
from guerdon.program.places import Place
from guerdon.program.tables.cells import Among, BadCell, Cell, Column, ColumnType, Whatever, read_cell, said
from guerdon.program.tables.cover import (
    OVERLAPS_MAX,
    REGIONS_MAX,
    STEPS_MAX,
    Overlap,
    find_gaps,
    find_overlaps,
    regions_of,
)
from guerdon.program.tables.drafts import Draft
from guerdon.program.units import read_money
from guerdon.values.money import Money, Unit

# Rows of all tables together, each counted for every event and list of markets that it is asked for.
ROWS_TOTAL_MAX = 2000
NOTHING = ("-", "nothing")
MARKET = "member.market"
ONE_CALL = re.compile(r"[a-z_]+\([^()]*\)")

_TYPES: tuple[tuple[Type, ColumnType], ...] = (
    (Type.TIMESTAMP, "instant"),
    (Type.STRING, "string"),
    (Type.INT, "int"),
    (Type.BOOL, "bool"),
)


@dataclass(slots=True)
class Tables:
    """The tables of a program while it is read; `rows` are those that were bound."""

    drafts: Mapping[str, Draft]
    rows: int = 0
    bound: dict[tuple[str, str, tuple[str, ...]], Table | None] = field(default_factory=dict)

    def named(self) -> dict[str, Table]:
        """Give the tables that have a name of their own, as the first rule that asks them sees them."""
        places = {draft.place.where: key for key, draft in self.drafts.items()}
        found: dict[str, Table] = {}
        for (where, _, _), table in self.bound.items():
            if table is not None and where in places:
                found.setdefault(places[where], table)
        return {key: found[key] for key in self.drafts if key in found}


@dataclass(frozen=True, slots=True)
class Asking:
    """Where a table is asked: upon an event, in these markets, with these words and units."""

    event: Event
    markets: tuple[str, ...]
    vocabulary: Vocabulary
    units: Mapping[str, Unit]


def bind(draft: Draft, tables: Tables, asking: Asking) -> Table | None:
    """Join a table with an event; None where it has mistakes."""
    key = (draft.place.where, asking.event.key, asking.markets)
    if not draft.whole:
        return None
    if key not in tables.bound:
        before, tables.rows = tables.rows, tables.rows + len(draft.rows)
        if tables.rows > ROWS_TOTAL_MAX:
            if before <= ROWS_TOTAL_MAX:
                draft.place.wrong(
                    f"more than {ROWS_TOTAL_MAX} rows in all tables, counted for each event that asks them",
                    "make tables smaller, or ask them upon fewer events",
                )
            return None
        tables.bound[key] = _bound(draft, asking)
        draft.hand_over()
    return tables.bound[key]


def _bound(draft: Draft, asking: Asking) -> Table | None:
    read = [_read_column(place, asking) for place in draft.columns]
    columns = [column for column in read if column is not None]
    values = [_read_value(row[-1], asking) for row in draft.rows]
    cells = [_read_cells(row, read) for row in draft.rows]
    if (
        len(columns) < len(draft.columns)
        or any(cell is None for row in cells for cell in row)
        or any(value is None for value in values)
    ):
        return None
    known = [[cell for cell in row if cell is not None] for row in cells]
    amounts = [value if isinstance(value, Money) else None for value in values]
    if not _is_covered(draft, columns, known):
        return None
    by_market = _by_market(draft, columns, known, amounts, asking.markets)
    rows = []
    for places, row, amount in zip(draft.rows, known, amounts, strict=True):
        text = " && ".join(
            filter(None, (said(cell, column) for cell, column in zip(row, columns, strict=True)))
        )
        condition = _compiled(places[0], text, asking) if text else None
        if text and condition is None:
            return None
        rows.append(Row(tuple(_written(place) for place in places), amount, text or None, condition))
    headings = tuple(_written(place) for place in draft.columns)
    return Table(draft.key, draft.name, draft.hit, headings, tuple(rows), by_market)


def _compiled(place: Place, text: str, asking: Asking) -> Condition | None:
    made = compile_condition(text, asking.vocabulary.declarations(asking.event))
    if isinstance(made, list):
        tell(place, made)
        return None
    return made


def _read_column(place: Place, asking: Asking) -> Column | None:
    text = _scalar(place)
    if text is None or names_unread(text, asking.vocabulary, asking.event, place):
        return None
    made = _expression(place, text, asking)
    if made is None:
        return None
    expression, kind = made
    refuse_personal_unless(asking.vocabulary, place, expression, asking.event)
    term = expression.term
    if kind == "instant":
        return _of_instants(text, term, asking)
    if not isinstance(term, Fact):
        counts = isinstance(term, Windowed) and term.window.field is None
        written = text if ONE_CALL.fullmatch(text) else f"({text})"
        return Column(written, kind, floor=0) if counts else Column(written, kind)
    if f"{term.variable}.{term.name}" == MARKET:
        return Column(MARKET, kind, tuple(asking.vocabulary.markets), asking.markets)
    choices = asking.vocabulary.declarations(asking.event).choices.get((term.variable, term.name))
    field = _declared(term, asking)
    unit = asking.units.get(field.unit or "") if field is not None else None
    return Column(text, kind, tuple(choices) if choices is not None else None, unit=unit)


def _of_instants(text: str, term: Term, asking: Asking) -> Column:
    """A column of days: those of a `date` begin in UTC, those of any other instant where the program is."""
    declared = asking.vocabulary.declarations(asking.event)
    is_fact = isinstance(term, Fact)
    is_day = isinstance(term, Fact) and (term.variable, term.name) in declared.days
    zone = read_zone("UTC" if is_day else declared.zone)
    return Column.of_instants(text if is_fact else f"({text})", zone or UTC)


def _expression(place: Place, text: str, asking: Asking) -> tuple[Expression, ColumnType] | None:
    declarations = asking.vocabulary.declarations(asking.event)
    mistakes = []
    for wanted, kind in _TYPES:
        made = compile_expression(text, declarations, wanted)
        if isinstance(made, Expression):
            return made, kind
        mistakes = made
    tell(place, mistakes)
    return None


def _declared(fact: Fact, asking: Asking) -> Field | None:
    fields = asking.event.fields if fact.variable == "event" else asking.vocabulary.attributes
    return fields.get(fact.name)


def _read_cells(row: Sequence[Place], columns: Sequence[Column | None]) -> list[Cell | None]:
    found: list[Cell | None] = []
    for place, column in zip(row[:-1], columns, strict=True):
        text = _scalar(place)
        cell = read_cell(text, column) if text is not None and column is not None else None
        if isinstance(cell, BadCell):
            place.wrong(cell.what, cell.hint)
            cell = None
        found.append(cell)
    return found


def _read_value(place: Place, asking: Asking) -> Money | str | None:
    """Read what a row gives; a text stands for nothing given, None for a mistake."""
    text = _scalar(place)
    if text is None:
        return None
    return text if text in NOTHING else read_money(place, asking.units)


def _scalar(place: Place) -> str | None:
    if not isinstance(place.node, Scalar):
        place.word()
        return None
    text = place.node.text.strip()
    if not text.isprintable():
        place.wrong("this cell holds a control character", "remove it")
        return None
    return text


def _written(place: Place) -> str:
    return place.node.text.strip() if isinstance(place.node, Scalar) else ""


def _by_market(
    draft: Draft,
    columns: Sequence[Column],
    cells: Sequence[Sequence[Cell]],
    amounts: Sequence[Money | None],
    markets: Iterable[str],
) -> dict[str, tuple[Money, ...]]:
    """Give what may be given in each market, in one unit each."""
    at = next((number for number, column in enumerate(columns) if column.said == MARKET), None)
    found: dict[str, tuple[Money, ...]] = {}
    for market in markets:
        there = [
            (row, amount)
            for row, amount in enumerate(amounts)
            if amount is not None and (at is None or _takes(cells[row][at], market))
        ]
        found[market] = tuple(dict.fromkeys(amount for _, amount in there))
        other = next((row for row, amount in there if amount.unit != found[market][0].unit), None)
        if other is not None:
            draft.rows[other][-1].wrong(
                f"{_row(draft, there[0][0])} gives {found[market][0].unit} in {market}, this one does not",
                "give one unit in each market: add a column member.market",
            )
    return found


def _takes(cell: Cell, value: str) -> bool:
    return isinstance(cell, Whatever) or (isinstance(cell, Among) and value in cell.values)


def _is_covered(draft: Draft, columns: Sequence[Column], cells: Sequence[Sequence[Cell]]) -> bool:
    """Say whether each combination has its row, and name those that do not."""
    problems = draft.rows[0][0].problems
    before = len(problems)
    regions = [regions_of(column, [row[at] for row in cells]) for at, column in enumerate(columns)]
    whole = Place(f"{draft.place.where}.rows", draft.rows[0][0].line, draft.place.node, problems)
    if sum(map(len, regions)) > REGIONS_MAX:
        whole.wrong(
            f"this table is too large to check: its columns fall into more than {REGIONS_MAX} regions",
            "name fewer values, or use fewer bounds",
        )
        return False
    gaps = find_gaps(regions, len(cells))
    if gaps is None:
        whole.wrong(
            f"this table is too large to check: more than {STEPS_MAX} steps to look for a gap",
            "use fewer columns or fewer bounds, or end it with a row of `-`",
        )
    for gap in gaps or ():
        whole.wrong(
            f"no row takes {_combination(draft, gap)}",
            "add a row for it, or a last row of `-` with `hit: first`",
        )
    found = find_overlaps(regions, len(cells))
    wrong = found if draft.hit == "unique" else (each for each in found if each.whole)
    for overlap in islice(wrong, OVERLAPS_MAX):
        _tell_overlap(draft, overlap)
    return len(problems) == before


def _tell_overlap(draft: Draft, overlap: Overlap) -> None:
    place, first = draft.rows[overlap.second][0], _row(draft, overlap.first)
    where = Place(place.where.rpartition("[")[0], place.line, place.node, place.problems)
    if draft.hit == "first":
        where.wrong(
            f"{_row(draft, overlap.second)} is never reached: {first} takes all of it",
            "move it up, or remove it",
        )
    else:
        where.wrong(
            f"{first} and {_row(draft, overlap.second)} both take {_combination(draft, overlap.example)}",
            "let them differ in a column, or write `hit: first`",
        )


def _row(draft: Draft, row: int) -> str:
    return f"row {row + 1} (line {draft.rows[row][0].line})"


def _combination(draft: Draft, values: Sequence[str]) -> str:
    names = (_written(place) for place in draft.columns)
    return ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
