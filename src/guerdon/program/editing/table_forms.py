"""A decision table as a grid of texts, and the table that a filled-in grid says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from guerdon.program.editing.names import texts_of
from guerdon.program.editing.spans import Plain
from guerdon.values.texts import FALLBACK_LANGUAGE

KEYS = ("name", "hit", "columns", "rows")
ANY = "-"


@dataclass(frozen=True, slots=True)
class TableForm:
    """A table as its grid shows it; each row has a cell for each column, and the value at its end.

    `file` is the CSV file that a table may stand in; such a one has no grid.
    """

    name: Mapping[str, str] = field(default_factory=dict)
    hit: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    file: str = ""


def read_table(table: Plain) -> TableForm:
    """What a grid shows of a table; rows that are too short or too long are shown as they fit."""
    said = table if isinstance(table, dict) else {}
    columns, rows = said.get("columns"), said.get("rows")
    heads = tuple(_word(each) for each in columns) if isinstance(columns, list) else ()
    return TableForm(
        name=texts_of(said.get("name")),
        hit=_word(said.get("hit")),
        columns=heads,
        rows=tuple(_fitting(row, len(heads) + 1) for row in rows) if isinstance(rows, list) else (),
        file=_word(said.get("file")),
    )


def write_table(form: TableForm, was: Plain) -> dict[str, Plain]:
    """The table that a grid says, in place of the one that was there."""
    old = dict(was) if isinstance(was, dict) else {}
    before = read_table(old)
    lines: dict[str, Plain] = {}
    if form.name != before.name:
        named = {language: text for language, text in form.name.items() if text}
        lines["name"] = named[FALLBACK_LANGUAGE] if set(named) == {FALLBACK_LANGUAGE} else dict(named)
    if form.hit != before.hit:
        lines["hit"] = form.hit
    if form.columns != before.columns:
        lines["columns"] = list(form.columns)
    if (form.columns, form.rows) != (before.columns, before.rows):
        lines["rows"] = _rows(form, before, old.get("rows"))
    made = {**old, **lines}
    return {key: value for key, value in made.items() if value or key not in KEYS}


def _rows(form: TableForm, before: TableForm, old: Plain | None) -> Plain:
    """Rows that nobody touched stay as they were written, also those that did not fit."""
    written = dict(zip(before.rows, old if isinstance(old, list) else [], strict=False))
    same = form.columns == before.columns
    return [written[row] if same and row in written else list(row) for row in form.rows]


def with_row(form: TableForm, at: int) -> TableForm:
    """With an empty row at a place."""
    row = (*(ANY for _ in form.columns), "")
    return replace(form, rows=(*form.rows[:at], row, *form.rows[at:]))


def without_row(form: TableForm, at: int) -> TableForm:
    """Without a row."""
    return replace(form, rows=(*form.rows[:at], *form.rows[at + 1 :]))


def with_row_moved(form: TableForm, at: int, to: int) -> TableForm:
    """With a row in another place."""
    if not (0 <= at < len(form.rows) and 0 <= to < len(form.rows)):
        return form
    rows = list(form.rows)
    rows.insert(to, rows.pop(at))
    return replace(form, rows=tuple(rows))


def with_column(form: TableForm, head: str) -> TableForm:
    """With one more column, which every row leaves open."""
    rows = tuple((*row[:-1], ANY, row[-1]) for row in form.rows)
    return replace(form, columns=(*form.columns, head), rows=rows)


def without_column(form: TableForm, at: int) -> TableForm:
    """Without a column."""
    if not 0 <= at < len(form.columns):
        return form
    rows = tuple((*row[:at], *row[at + 1 :]) for row in form.rows)
    return replace(form, columns=(*form.columns[:at], *form.columns[at + 1 :]), rows=rows)


def _fitting(row: Plain, cells: int) -> tuple[str, ...]:
    said = [_word(cell) for cell in row] if isinstance(row, list) else [_word(row)]
    return tuple((said + [""] * cells)[:cells]) if len(said) < cells else tuple(said[:cells])


def _word(value: Plain | None) -> str:
    return value if isinstance(value, str) else ""
