"""Two programs side by side, each with a row of everything; a test that changes one takes it back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from tests.servers import copied_database
from tests.store.rows import PROGRAMS, Tx, fill

from guerdon import embedded
from guerdon.access.grants import Scope
from guerdon.store.database import Role, connect, transaction

Opens = Callable[..., AbstractContextManager[Tx]]


@pytest.fixture(scope="module")
def filled(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    """Give the address of a database in which both programs have rows in every table."""
    with copied_database(postgres, migrated_template) as url:
        with psycopg.connect(url, autocommit=True, options="-c search_path=guerdon") as superuser:
            for program_id in PROGRAMS:
                fill(superuser, program_id)
        yield url


@pytest.fixture
def opens(filled: str, secret: str) -> Opens:
    """Return a way to open a transaction as a role, for a program and a member or a part of it when named."""

    @contextmanager
    def opened(
        role: Role, program_id: int | None = None, member_id: int | None = None, scope: Scope | None = None
    ) -> Iterator[Tx]:
        with connect(filled, secret, role) as db:
            if program_id is None:
                with db.transaction(force_rollback=True):
                    yield db
            else:
                with db.transaction(force_rollback=True), transaction(db, program_id, member_id, scope) as tx:
                    yield tx

    return opened
