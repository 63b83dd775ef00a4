"""Reports as files: each word in them can be read back, Arabic too, and figures can be counted with."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from tests.sheets import has_formulas, rows_of

from guerdon.text.papers import Column, Figure, Paper, Table, render_book, render_pdf

AT = datetime(2026, 2, 4, 9, 41, tzinfo=UTC)
COLUMNS = [Column("Markt", wide=True), Column("Ausgegeben", figures=True), Column("Seit", figures=True)]


def paper(*rows: list[str | Figure], language: str = "de", title: str = "Märkte") -> Paper:
    table = Table(title, COLUMNS, rows, "Nichts ist da.", "Eine Anmerkung")
    return Paper(language, "Übersicht", ["Row Boats · Łódź"], [table], AT, "Fuß", "Seite {page} von {pages}")


def row(name: str, minor: int = 120_430_050) -> list[str | Figure]:
    amount = Decimal(minor).scaleb(-2)
    return [name, Figure(f"{amount} €", amount), Figure("4. Feb. 2026", date(2026, 2, 4))]


def pages_of(file: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(file)).pages]


def test_a_pdf_says_every_word() -> None:
    (page,) = pages_of(render_pdf(paper(row("Zürich"), row("Łódź"), row("İstanbul"))))
    for word in ("Übersicht", "Row Boats · Łódź", "Märkte", "Eine Anmerkung", "Ausgegeben", "Zürich"):
        assert word in page
    assert "İstanbul 1204300.50 €" in page
    assert "4. Feb. 2026" in page
    assert "Seite 1 von 1" in page
    assert "Fuß" in page
    assert "Nichts ist da." not in page


def test_a_table_without_rows_says_so() -> None:
    assert "Nichts ist da." in pages_of(render_pdf(paper()))[0]


@pytest.mark.parametrize("rows", [1, 200])
def test_each_page_says_which_of_how_many_in_arabic_too(rows: int) -> None:
    made = replace(
        paper(*[row(f"Bonn {n}") for n in range(rows)], language="ar"), page="صفحة {page} من {pages}"
    )
    pages = pages_of(render_pdf(made))
    assert len(pages) == (1 if rows == 1 else 5)
    for number, page in enumerate(pages, 1):
        foot = next(line for line in page.splitlines() if "صفحة" in line)
        assert sorted(filter(str.isdigit, foot)) == sorted(f"{number}{len(pages)}")


def test_arabic_is_shaped_and_figures_in_it_run_from_the_left() -> None:
    table = Table(
        "الأسواق",
        [Column("السوق", wide=True), Column("الممنوح", figures=True)],
        [["ألمانيا", Figure("\u22121,204,300 €", Decimal(-1204300))], ["Row Boats", Figure("3", 3)]],
        "",
    )
    made = replace(paper(language="ar"), title="نظرة عامة", lines=["من 1 فبراير"], tables=[table])
    (page,) = pages_of(render_pdf(made))
    for word in ("نظرة عامة", "الأسواق", "السوق", "الممنوح", "ألمانيا", "فبراير", "Row Boats"):
        assert word in page
    assert "\u22121,204,300 €" in page
    # Letters that join are other glyphs than the same ones alone, and the first column stands on the right.
    said: list[tuple[str, float]] = []

    def note(text: str, _cm: object, tm: list[float], *_: object) -> None:
        said.append((text, tm[4]))

    PdfReader(BytesIO(render_pdf(made))).pages[0].extract_text(visitor_text=note)
    figure, name = (next(x for text, x in said if word in text) for word in ("1,204,300", "Boats"))
    assert name > figure


def test_a_long_table_names_its_columns_on_each_page_and_loses_no_row() -> None:
    pages = pages_of(render_pdf(paper(*(row(f"Ort {n};") for n in range(120)))))
    assert len(pages) > 2
    assert all("Ausgegeben" in page for page in pages)
    whole = "".join(pages)
    assert all(f"Ort {n};" in whole for n in range(120))
    assert f"Seite {len(pages)} von {len(pages)}" in pages[-1]


def test_a_long_name_takes_lines_and_not_its_neighbors_place() -> None:
    name = " ".join(f"Wort{n}" for n in range(40))
    (page,) = pages_of(render_pdf(paper(row(name))))
    assert all(f"Wort{n}" in page for n in range(40))


def test_the_same_report_is_the_same_file() -> None:
    made = paper(row("Zürich"))
    assert render_pdf(made) == render_pdf(made)
    assert render_book(made) == render_book(made)


def test_a_book_has_a_sheet_for_each_table_with_numbers_to_count_with() -> None:
    made = paper(row("=1+1"), title="Budgets: [alle] / je Ort und noch mehr Worte")
    book = render_book(replace(made, tables=[*made.tables, *made.tables]))
    assert not has_formulas(book)
    for sheet in (1, 2):
        head, first = rows_of(book, sheet)
        assert list(head.values()) == ["Markt", "Ausgegeben", "Seit"]
        assert first["A"] == "'=1+1"
        assert float(first["B"]) == 1204300.5
    with ZipFile(BytesIO(book)) as parts:
        names = parts.read("xl/workbook.xml").decode()
    assert 'name="Budgets alle je Ort und noch me"' in names
    assert 'name="Budgets alle je Ort und noc 2"' in names


@pytest.mark.parametrize(("language", "turned"), [("ar", True), ("fr", False)])
def test_a_book_begins_where_its_language_does(language: str, *, turned: bool) -> None:
    with ZipFile(BytesIO(render_book(paper(row("x"), language=language)))) as parts:
        assert ('rightToLeft="1"' in parts.read("xl/worksheets/sheet1.xml").decode()) == turned
