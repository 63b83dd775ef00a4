"""Connections of pages: lent from one request to the next, and never with anything left on them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.web.accounts import migrate_accounts

Asks = Callable[[Callable[[], int]], int]


@pytest.fixture
def aside(database: str, secret: str, tmp_path: Path) -> Iterator[Asks]:
    """Asks something of Django in another thread, as a request does, and gives its connection back."""
    settings = read_settings(
        {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings)):
        from guerdon.web.accounts.lent import connections as lent  # noqa: PLC0415  Django is prepared by then

        def ask(question: Callable[[], int]) -> int:
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(_asked, question).result()

        lent.keep_connections()
        yield ask
        lent.close_kept()


def _asked(question: Callable[[], int]) -> int:
    from django.db import close_old_connections  # noqa: PLC0415

    try:
        return question()
    finally:
        close_old_connections()


def whose() -> int:
    """The server's process behind this thread's connection."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return int(cursor.fetchall()[0][0])


def left_open() -> int:
    """A question, after which a transaction stands open."""
    from django.db import connection  # noqa: PLC0415

    pid = whose()
    connection.connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return pid


def test_the_next_request_has_the_connection_of_the_last(aside: Asks) -> None:
    assert aside(whose) == aside(whose)


def test_two_at_once_have_two(aside: Asks) -> None:
    assert aside(lambda: int(whose() != aside(whose))) == 1


def test_what_was_left_open_is_closed(aside: Asks) -> None:
    first = aside(left_open)
    assert aside(whose) != first


def test_whoever_the_server_hung_up_on_is_not_asked(aside: Asks, database: str) -> None:
    first = aside(whose)
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("select pg_terminate_backend(%s, 5000)", (first,))
    assert aside(whose) != first


def test_nobody_keeps_any_who_does_not_answer_pages(aside: Asks) -> None:
    from guerdon.web.accounts.lent import connections as lent  # noqa: PLC0415

    lent.close_kept()
    first = aside(whose)
    assert aside(whose) != first
