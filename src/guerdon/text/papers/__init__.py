"""Reports on paper and as a workbook: tables with a heading, written for a person in their language."""

from guerdon.text.papers.book import render_book
from guerdon.text.papers.paper import Column, Figure, Paper, Table
from guerdon.text.papers.pdf import render_pdf

__all__ = ["Column", "Figure", "Paper", "Table", "render_book", "render_pdf"]
