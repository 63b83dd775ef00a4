"""How a list leaves as a file: part by part as CSV, or as a workbook that is written first."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from guerdon.text.exporting import MARK, TYPES, Cell, Form, Row, csv_bytes, csv_parts, write_xlsx

BYTES_AT_ONCE = 64 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A list that leaves: the file's name without its ending, its columns, its rows page by page."""

    name: str
    columns: Sequence[str]
    pages: Iterable[Sequence[Row]]
    at: datetime


def file_answer(file: File, form: Form) -> HttpResponseBase:
    """Answer with a file. No transaction waits for its reader: pages open their own."""
    if form == "csv":
        return _streamed(csv_parts(file.columns, file.pages), file.name, form)
    book = TemporaryFile()  # noqa: SIM115  closed when the last part was sent, or nobody wants it any more
    try:
        write_xlsx(book, file.columns, file.pages, file.at)
    except BaseException:
        book.close()
        raise
    return _streamed(_sent(book), file.name, form, book)


def whole_csv(name: str, rows: Iterable[Sequence[Cell]], *, marked: bool = True) -> HttpResponse:
    """Answer with a small CSV, all at once; its first row names the columns."""
    body = csv_bytes(rows)
    return HttpResponse(
        MARK + body if marked else body, content_type=TYPES["csv"], headers=_headers(name, "csv")
    )


def streamed_csv(name: str, columns: Sequence[str], pages: Iterable[Sequence[Row]]) -> StreamingHttpResponse:
    """Answer with a CSV, a page at a time."""
    return _streamed(csv_parts(columns, pages), name, "csv")


def _streamed(
    parts: Generator[bytes, None, None], name: str, form: Form, book: IO[bytes] | None = None
) -> StreamingHttpResponse:
    # Django closes what has a `close` with the answer.
    body = _ByTurns(parts, book)
    return StreamingHttpResponse(body, content_type=TYPES[form], headers=_headers(name, form))


def _headers(name: str, form: Form) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }


def _sent(book: IO[bytes]) -> Generator[bytes, None, None]:
    book.seek(0)
    while part := book.read(BYTES_AT_ONCE):
        yield part


class _ByTurns:
    """Each part when the one before it was sent: a plain iterator would be gone through before any is."""

    def __init__(self, parts: Generator[bytes, None, None], book: IO[bytes] | None) -> None:
        self._parts, self._book = parts, book

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await asyncio.to_thread(next, self._parts, None)) is not None:
            yield part

    def close(self) -> None:
        """Let go of the file, whether or not anybody took all of it."""
        # A part that is just being read ends by itself.
        with suppress(ValueError):
            self._parts.close()
        if self._book is not None:
            self._book.close()
