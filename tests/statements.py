"""What this thread asks of the database meanwhile: work is compared by its statements, never by a clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import psycopg
import pytest


@contextmanager
def heard_statements() -> Iterator[list[str]]:
    """Every statement that goes out from here, in order and without its terms."""
    execute, me = psycopg.Cursor.execute, get_ident()
    heard: list[str] = []

    def executed(self: Any, query: Any, *terms: Any, **options: Any) -> Any:
        if get_ident() == me:
            heard.append(" ".join(str(query).split()))
        return execute(self, query, *terms, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", executed)
        yield heard
