"""Reads a workbook, as far as ours are written: texts, and numbers as they stand."""

import re
from html import unescape
from io import BytesIO
from zipfile import ZipFile

CELL = re.compile(r'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
INSIDE = re.compile(r"<(?:t|v)[^>]*>(.*?)</(?:t|v)>", re.DOTALL)


def rows_of(workbook: bytes, number: int = 1) -> list[dict[str, str]]:
    """The rows of a sheet, each by the letters of its columns."""
    with ZipFile(BytesIO(workbook)) as parts:
        sheet = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
    rows: dict[int, dict[str, str]] = {}
    for column, line, _, inside in CELL.findall(sheet):
        found = INSIDE.search(inside)
        rows.setdefault(int(line), {})[column] = unescape(found.group(1)) if found else ""
    return [rows[line] for line in sorted(rows)]


def has_formulas(workbook: bytes) -> bool:
    """Whether any cell computes something, or anything leads out of the file."""
    with ZipFile(BytesIO(workbook)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        return "<f" in sheet or "<hyperlink" in sheet or any("externalLink" in n for n in parts.namelist())
