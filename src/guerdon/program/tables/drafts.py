"""Tables as they were written: columns and rows of cells with their places, in the program or in a CSV file.

What a table means shows only where a rule uses it, upon its event: until then nothing is read of its cells.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from guerdon.program.document import Listing, Node, Scalar, Table
from guerdon.program.locations import read_beside
from guerdon.program.places import Place
from guerdon.program.tables.cover import COLUMNS_MAX, ROWS_MAX
from guerdon.program.texts import read_name
from guerdon.values.problems import Problem
from guerdon.values.texts import Text

HITS: tuple[Literal["unique", "first"], ...] = ("unique", "first")
# The last column of a file.
VALUE = "value"


@dataclass(frozen=True, slots=True)
class Draft:
    """A table before it is bound to an event; None where there are no columns or rows to bind.

    `file` is the CSV file that its columns and rows are from. Their problems gather in a list of their own
    until `hand_over`.
    """

    key: str
    place: Place
    name: Text
    hit: Literal["unique", "first"]
    columns: tuple[Place, ...]
    rows: tuple[tuple[Place, ...], ...]
    file: str = ""
    problems: list[Problem] = field(default_factory=list)
    # Rules that use it.
    used: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether there is something to bind."""
        return bool(self.columns and self.rows)

    def hand_over(self) -> None:
        """Put what was found in the file on the program's list."""
        for each in self.problems:
            self.place.problems.append(replace(each, file=self.file))
        self.problems.clear()


def read_drafts(place: Place | None, folder: Path | None) -> dict[str, Draft]:
    """Read `tables`."""
    if place is None:
        return {}
    return {
        key: read_draft(key, table, folder, optional=("name", "file"))
        for key, table in place.keyed(example="booking_value").items()
    }


def read_draft(key: str, place: Place, folder: Path | None, optional: tuple[str, ...] = ()) -> Draft:
    """Read one table: its columns and rows, or the file that they are in."""
    filed = "file" in optional and place.is_table() and "file" in place.table()
    own = () if filed else ("columns", "rows")
    fields = place.fields(required=own, optional=("hit", *optional))
    name = read_name(fields.get("name"), key)
    hit = (fields["hit"].one_of(HITS, "hit policy") if "hit" in fields else None) or "unique"
    if filed:
        file = (fields["file"].word() if folder is not None else None) or ""
        found: list[Problem] = []
        columns, rows = _read_file(fields["file"], key, folder, found)
        draft = Draft(key, place, name, hit, columns, rows, file, found)
        draft.hand_over()
        return draft
    columns = (
        tuple(fields["columns"].listing("no column is named", "write [event.model]"))
        if "columns" in fields
        else ()
    )
    rows = (
        tuple(
            tuple(row.listing())
            for row in fields["rows"].listing("a table needs rows", "write - [suv, 20.00 EUR]")
        )
        if "rows" in fields
        else ()
    )
    return Draft(key, place, name, hit, *_fitting(fields.get("rows", place), columns, rows))


def check_drafts_used(drafts: Mapping[str, Draft]) -> None:
    """Name each table that no rule uses: a slip in `table` would look just like it."""
    for key, draft in drafts.items():
        if not draft.used and not any(each.where.endswith(".table") for each in draft.place.problems):
            draft.place.wrong("no rule gives by this table", f"write `table: {key[:64]}` in a reward")


def inlined(draft: Draft) -> Table:
    """Give a table that was in a file as a node, as if it stood in the program itself."""
    node = draft.place.node
    assert isinstance(node, Table), "a table names its file within a mapping"
    kept = [(key, value) for key, value in node.entries if key.text != "file"]
    columns: Node = Listing(node.line, [each.node for each in draft.columns])
    rows: Node = Listing(node.line, [Listing(node.line, [cell.node for cell in row]) for row in draft.rows])
    return Table(
        node.line, [*kept, (Scalar(node.line, "columns"), columns), (Scalar(node.line, "rows"), rows)]
    )


def _fitting(
    place: Place, columns: tuple[Place, ...], rows: tuple[tuple[Place, ...], ...]
) -> tuple[tuple[Place, ...], tuple[tuple[Place, ...], ...]]:
    """Leave out rows that do not fit the columns, and say so."""
    if len(columns) > COLUMNS_MAX:
        place.wrong(f"more than {COLUMNS_MAX} columns", "make two tables of it")
        return (), ()
    if len(rows) > ROWS_MAX:
        place.wrong(f"more than {ROWS_MAX} rows", "make two tables of it")
        return (), ()
    fitting = []
    for number, row in enumerate(rows):
        if len(row) == len(columns) + 1:
            fitting.append(row)
        elif columns:
            at = row[0].line if row else place.line
            Place(f"{place.where}[{number}]", at, place.node, place.problems).wrong(
                f"{len(row)} cells, there must be {len(columns) + 1}", "one for each column, then the amount"
            )
    # A row that is missing would only look like a gap.
    return (columns, tuple(fitting)) if len(fitting) == len(rows) else ((), ())


def _read_file(
    place: Place, key: str, folder: Path | None, problems: list[Problem]
) -> tuple[tuple[Place, ...], tuple[tuple[Place, ...], ...]]:
    found = read_beside(place, folder, ("the table", "columns and rows"))
    if found is None:
        return (), ()
    text, name = found
    rows: list[tuple[Place, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        columns = tuple(
            Place(f"{key}.columns[{at}]", 1, Scalar(1, word.strip()), problems)
            for at, word in enumerate(header[:-1])
        )
        if not columns or header[-1].strip() != VALUE:
            place.wrong(f"the first line of {name} must name the columns", f"like event.model,{VALUE}")
            return (), ()
        for cells in filter(None, reader):
            line = reader.line_num
            where = f"{key}.rows[{len(rows)}]"
            rows.append(
                tuple(
                    Place(f"{where}[{at}]", line, Scalar(line, cell.strip()), problems)
                    for at, cell in enumerate(cells)
                )
            )
            if len(rows) > ROWS_MAX:
                break
    except csv.Error as error:
        place.wrong(f"{name} is not CSV: {error}", "check the quotes")
        return (), ()
    whole = Place(f"{key}.rows", 1, place.node, problems)
    if not rows:
        whole.wrong("a table needs rows", "write one below the first line")
    return _fitting(whole, columns, tuple(rows))
