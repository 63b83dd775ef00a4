"""A report as PDF: A4, black on white, in the typeface of our pages, letters shaped as each script wants.

Arabic runs from the right: its columns stand the other way round, and what is no Arabic in it is set in the
Latin face, because the Arabic one has no Latin letters and no digits.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from guerdon.text.formats import direction
from guerdon.text.papers.paper import Column, Paper, Table, shown

Way = Literal["ltr", "rtl"]
MARGIN, FOOT = 16.0, 14.0
SIZE, SMALL, TITLE, SECTION = 8.5, 8.0, 17.0, 11.0
LINE, GAP, PAD = 4.4, 6.0, 1.6
# A column of figures is as wide as what stands in it, within this; titles may take several lines.
NARROWEST, WIDEST = 12.0, 42.0
INK, FAINT, RULE = 20, 95, 190
FACES = {
    ("latin", ""): "ibm-plex-sans-latin-400-normal.woff2",
    ("latin", "B"): "ibm-plex-sans-latin-600-normal.woff2",
    ("extended", ""): "ibm-plex-sans-latin-ext-400-normal.woff2",
    ("extended", "B"): "ibm-plex-sans-latin-ext-600-normal.woff2",
    ("arabic", ""): "ibm-plex-sans-arabic-arabic-400-normal.woff2",
    ("arabic", "B"): "ibm-plex-sans-arabic-arabic-600-normal.woff2",
}
FAMILIES = ("latin", "extended", "arabic")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
# Letters and signs that the Latin face leaves to the extended one.
_BEYOND_LATIN = re.compile("[\u0100-\u024f\u1e00-\u1eff\u20a0-\u20ab\u20ad-\u20cf]")
# What pages isolate directions with; here each cell has its own.
_MARKS = {ord(mark): None for mark in "\u2066\u2067\u2068\u2069\u200e\u200f\u061c"}


def render_pdf(paper: Paper) -> bytes:
    """The report as a PDF file; the same report is the same file."""
    sheet = _drawn(paper, 1)
    # What stands for a number that comes later is lost where letters are shaped, as Arabic ones are.
    if (pages := sheet.page_no()) > 1:
        sheet.close_faces()
        sheet = _drawn(paper, pages)
    return bytes(sheet.output())


def _drawn(paper: Paper, pages: int) -> "_Sheet":
    sheet = _Sheet(paper, pages)
    sheet.begin()
    for table in paper.tables:
        sheet.put(table)
    return sheet


def _families(paper: Paper, first: str) -> list[str]:
    """The faces that some letter of it is in; Latin ones in any case, for figures."""
    said = "".join(
        (
            *(paper.title, paper.foot, paper.page, *paper.lines),
            *(f"{table.title}{table.note}{table.none}" for table in paper.tables),
            *(column.title for table in paper.tables for column in table.columns),
            *(shown(cell) for table in paper.tables for row in table.rows for cell in row),
        )
    )
    needed = {first, "latin"}
    needed |= {"extended"} if _BEYOND_LATIN.search(said) else set()
    needed |= {"arabic"} if _ARABIC.search(said) else set()
    return [each for each in FAMILIES if each in needed]


@cache
def _folder() -> Path:
    # Our pages are set in the same files.
    return Path(str(files("guerdon").joinpath("web", "static", "fonts")))


class _Sheet(FPDF):
    """Pages that fill from the top; a table that goes on names its columns again."""

    def __init__(self, paper: Paper, pages: int) -> None:
        super().__init__(format="A4")
        self._paper, self._pages = paper, pages
        self._way: Way = "rtl" if direction(paper.language) == "rtl" else "ltr"
        first = "arabic" if self._way == "rtl" else "latin"
        self._first = first
        self.set_creation_date(paper.made_at)
        self.set_title(paper.title)
        self.set_lang(paper.language)
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=False)
        # To open one takes a while, and most reports need two of them.
        needed = _families(paper, first)
        for (family, style), file in FACES.items():
            if family in needed:
                self.add_font(family, style, _folder() / file)
        self.set_fallback_fonts([each for each in needed if each != first], exact_match=True)

    def footer(self) -> None:
        """At the foot of each page: what it is of, and which page."""
        self.set_y(-FOOT)
        page = self._paper.page.format(page=self.page_no(), pages=self._pages)
        half = self.epw / 2
        ends = (self._paper.foot, page)
        self._face(7, "", FAINT)
        for place, text in enumerate(reversed(ends) if self._way == "rtl" else ends):
            self.set_xy(MARGIN + place * half, -FOOT)
            self._turn(text)
            self.cell(half, LINE, text.translate(_MARKS), align=Align.R if place else Align.L)

    def close_faces(self) -> None:
        """Close the files of its faces, of a sheet that nobody wants."""
        for face in self.fonts.values():
            assert isinstance(face, TTFFont), "only our own faces are added"
            face.close()

    def begin(self) -> None:
        """The heading."""
        self.add_page()
        self._write(self._paper.title, TITLE, "B")
        for each in self._paper.lines:
            self._write(each, SIZE, "", FAINT)

    def put(self, table: Table) -> None:
        """A table with its title, on the next page where not even its first rows fit on this one."""
        self.ln(GAP)
        if self._left < GAP + 5 * LINE:
            self.add_page()
        self._write(table.title, SECTION, "B")
        if table.note:
            self._write(table.note, SMALL, "", FAINT)
        if not table.rows:
            self._write(table.none, SIZE, "")
            return
        self.ln(PAD)
        widths = self._widths(table)
        self._head(table.columns, widths)
        for row in table.rows:
            cells = [shown(cell) for cell in row]
            if self._height(cells, widths, "") > self._left:
                self.add_page()
                self._head(table.columns, widths)
            self._row(cells, table.columns, widths, "")

    @property
    def _left(self) -> float:
        return float(self.h - FOOT - LINE - self.get_y())

    def _head(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        self._row([column.title for column in columns], columns, widths, "B")

    def _row(
        self, cells: Sequence[str], columns: Sequence[Column], widths: Sequence[float], style: str
    ) -> None:
        height, top = self._height(cells, widths, style), self.get_y()
        self._face(SIZE, style)
        at = MARGIN if self._way == "ltr" else self.w - MARGIN
        for cell, column, width in zip(cells, columns, widths, strict=True):
            at -= width if self._way == "rtl" else 0
            self.set_xy(at, top + PAD / 2)
            self._turn(cell)
            ends = column.figures == (self._way == "ltr")
            align = Align.R if ends else Align.L
            self.multi_cell(width, LINE, cell.translate(_MARKS), align=align)
            at += width if self._way == "ltr" else 0
        self.set_draw_color(INK if style else RULE)
        self.set_line_width(0.2)
        self.line(MARGIN, top + height, self.w - MARGIN, top + height)
        self.set_xy(MARGIN, top + height)

    def _height(self, cells: Sequence[str], widths: Sequence[float], style: str) -> float:
        self._face(SIZE, style)
        most = 1
        for cell, width in zip(cells, widths, strict=True):
            if " " not in cell:
                continue
            self._turn(cell)
            lines = self.multi_cell(
                width, LINE, cell.translate(_MARKS), dry_run=True, output=MethodReturnValue.LINES
            )
            assert isinstance(lines, list)
            most = max(most, len(lines))
        return most * LINE + PAD

    def _widths(self, table: Table) -> list[float]:
        """Columns of figures as wide as what is in them; the others share what is left."""
        self._face(SIZE, "")
        narrow: list[float] = []
        for place, column in enumerate(table.columns):
            if column.wide:
                continue
            longest = max((shown(row[place]) for row in table.rows), key=len)
            self._turn(longest)
            word = max(column.title.split() or [""], key=len)
            asked = max(self.get_string_width(longest.translate(_MARKS)), self.get_string_width(word) * 1.1)
            narrow.append(min(max(asked + 4, NARROWEST), WIDEST))
        wide = len(table.columns) - len(narrow)
        left = max(self.epw - sum(narrow), 34.0 * wide)
        shrunk = min(1.0, (self.epw - left) / sum(narrow)) if narrow else 1.0
        given = iter(narrow)
        return [left / wide if column.wide else next(given) * shrunk for column in table.columns]

    def _write(self, text: str, size: float, style: str, ink: int = INK) -> None:
        self._face(size, style, ink)
        self._turn(text)
        align = Align.R if self._way == "rtl" else Align.L
        self.multi_cell(
            0, size * 0.52, text.translate(_MARKS), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _face(self, size: float, style: Literal["", "B"] | str, ink: int = INK) -> None:  # noqa: PYI051
        self.set_text_color(ink)
        self.set_font(self._first, "B" if style else "", size)

    def _turn(self, text: str) -> None:
        """Shape what comes by its own direction: a figure runs from the left in every language."""
        ours = self._way if self._way == "ltr" or _ARABIC.search(text) else "ltr"
        self.set_text_shaping(use_shaping_engine=True, direction=ours)
