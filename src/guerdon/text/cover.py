"""The cover of an evidence pack, as PDF: what is in it, what the controls found, and the seal beside it.

It is written with the fonts that every reader has, so it holds keys and figures and no names of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

_LINE, _GAP = 6, 4


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines below it, each a name and what stands at its end."""

    title: str
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cover:
    """What the cover says."""

    title: str
    answer: str
    sections: Sequence[Section]
    made_at: datetime


def render_cover(cover: Cover) -> bytes:
    """The cover as a PDF file; the same cover is the same file."""
    page = FPDF(format="A4")
    page.set_creation_date(cover.made_at)
    page.set_title(_latin(cover.title))
    page.set_margin(22)
    page.set_auto_page_break(True, 20)
    page.add_page()
    _write(page, 20, "B", cover.title)
    _write(page, 12, "", cover.answer)
    for section in cover.sections:
        page.ln(_GAP)
        _write(page, 11, "B", section.title)
        for name, end in section.lines:
            page.set_font("helvetica", "", 9)
            page.cell(page.epw * 0.42, _LINE, _latin(name))
            page.set_font("courier", "", 8)
            page.multi_cell(0, _LINE, _latin(end), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(page.output())


def _write(page: FPDF, size: int, style: str, text: str) -> None:
    page.set_font("helvetica", style, size)
    page.multi_cell(0, size * 0.55, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.ln(_GAP / 2)


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
