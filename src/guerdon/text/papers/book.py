"""A report as a workbook: a sheet for each table, its figures as numbers that can be counted with."""

import re
from io import BytesIO

from guerdon.text.exporting import Sheet, write_book
from guerdon.text.formats import direction
from guerdon.text.papers.paper import Paper, Table, exact

# What a sheet may not be called by, and how long its name may be.
_REFUSED = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
NAME_MAX = 31


def render_book(paper: Paper) -> bytes:
    """The report as an XLSX file; the same report is the same file."""
    sheets, taken = [], set[str]()
    for table in paper.tables:
        name = _name(table, taken)
        taken.add(name.casefold())
        rows = [[exact(cell) for cell in row] for row in table.rows]
        sheets.append(Sheet(name, [column.title for column in table.columns], [rows]))
    file = BytesIO()
    write_book(file, sheets, paper.made_at, from_right=direction(paper.language) == "rtl")
    return file.getvalue()


def _name(table: Table, taken: set[str]) -> str:
    """A name that no other sheet of the book has."""
    said = " ".join(_REFUSED.sub(" ", table.title).split())
    plain = said.strip(" '")[:NAME_MAX].strip(" '") or "1"
    name, again = plain, 1
    while name.casefold() in taken:
        again += 1
        name = f"{plain[: NAME_MAX - 4]} {again}"
    return name
