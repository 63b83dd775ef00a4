"""Lists as files for a sheet: CSV, written as it is read, and XLSX; one place, so that all are alike.

Names of columns are the same in every language, so that what reads one file reads the next. Instants are UTC
as ISO 8601 writes them, amounts are decimals of the unit beside them, and no cell begins a formula, whatever
somebody called a rule or a place.
"""

import csv
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import IO, Literal, get_args

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from guerdon.values.cells import guarded

Form = Literal["csv", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)
TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A byte order mark, because spreadsheets take a CSV without one for something else.
MARK = "\ufeff".encode()
Cell = str | int | float | Decimal | datetime | date | None
Row = Sequence[Cell]
# What a sheet's cell holds, and up to where it counts exactly.
LETTERS_MAX = 32_767
EXACT_MAX = 10**15
WIDTH_MIN, WIDTH_MAX = 10, 28


def amount(minor: int | None, digits: int) -> Decimal | None:
    """An amount in the smallest part of a unit as a decimal of the unit, with all its digits."""
    return None if minor is None else Decimal(minor).scaleb(-digits)


def written(cell: Cell) -> str:
    """A cell of a CSV: numbers as they are, everything else guarded against being a formula."""
    match cell:
        case int() | float() | Decimal():
            return str(cell)
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
    return guarded(cell)


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows of a CSV by RFC 4180: lines end with CR LF."""
    text = StringIO(newline="")
    csv.writer(text).writerows([written(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def csv_parts(columns: Sequence[str], pages: Iterable[Sequence[Row]]) -> Generator[bytes, None, None]:
    """A whole CSV, a part for each page: none is kept."""
    yield MARK + csv_bytes([columns])
    for page in pages:
        if page:
            yield csv_bytes(page)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its name, its columns, its rows page by page."""

    name: str | None
    columns: Sequence[str]
    pages: Iterable[Sequence[Row]]


def write_xlsx(
    file: IO[bytes] | Path, columns: Sequence[str], pages: Iterable[Sequence[Row]], at: datetime
) -> None:
    """Write a workbook of one sheet into a file, row by row; `at`: when it was made."""
    write_book(file, [Sheet(None, columns, pages)], at)


def write_book(
    file: IO[bytes] | Path, sheets: Iterable[Sheet], at: datetime, *, from_right: bool = False
) -> None:
    """Write a workbook into a file, row by row; `from_right`: its sheets begin on the right."""
    with Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    ) as book:
        book.set_properties({"created": at.astimezone(UTC).replace(tzinfo=None)})
        forms = _Forms(book)
        for each in sheets:
            sheet = book.add_worksheet(each.name)
            if from_right:
                sheet.right_to_left()
            _fill(sheet, each, forms)


def _fill(sheet: Worksheet, of: Sheet, forms: "_Forms") -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(of.columns):
        sheet.set_column(place, place, min(max(len(name) + 2, WIDTH_MIN), WIDTH_MAX))
    for place, name in enumerate(of.columns):
        sheet.write_string(0, place, name, forms.head)
    line = 0
    for page in of.pages:
        for row in page:
            line += 1
            for place, cell in enumerate(row):
                _put(sheet, (line, place), cell, forms)


class _Forms:
    """How cells are shown: made once a book, amounts by their digits."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.head = book.add_format({"bold": True})
        self.moment = book.add_format({"num_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"'})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._digits: dict[int, object] = {}

    def digits(self, number: Decimal) -> object:
        exponent = number.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
        if places not in self._digits:
            shown = f"0.{'0' * places}" if places else "0"
            self._digits[places] = self._book.add_format({"num_format": shown})
        return self._digits[places]


def _put(sheet: Worksheet, place: tuple[int, int], cell: Cell, forms: _Forms) -> None:
    match cell:
        case None:
            return
        case int() | float() if abs(cell) < EXACT_MAX:
            sheet.write_number(*place, cell)
        case Decimal() if abs(cell) * 100 < EXACT_MAX:
            sheet.write_number(*place, float(cell), forms.digits(cell))
        case datetime():
            # A sheet knows no time zones: the moment is UTC, and shown so.
            plain = cell.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            sheet.write_datetime(*place, plain, forms.moment)
        case date():
            sheet.write_datetime(*place, datetime(cell.year, cell.month, cell.day), forms.day)  # noqa: DTZ001  a day
        case _:
            # As text, and guarded all the same: somebody may save the sheet as a CSV.
            text = written(cell)
            sheet.write_string(*place, text if len(text) <= LETTERS_MAX else text[: LETTERS_MAX - 1] + "…")
