"""Of every table with rows of members it is written down whether an erasure empties it, or why it is kept."""

import psycopg
import pytest
from tests.store.rights import TABLES

from guerdon.queries.privacy.person import OTHERS, tables_of_members
from guerdon.store.privacy.forgetting import EMPTYING, ERASING
from guerdon.store.privacy.stores import ELSEWHERE, ERASED, KEPT, WORDS

COLUMNS = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'guerdon' and table_name = any(%s)
"""


@pytest.fixture
def columns(database: str) -> dict[str, set[str]]:
    """Give the columns of every table."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(database) as db:
        for table, column in db.execute(COLUMNS, (list(TABLES),)).fetchall():
            found.setdefault(table, set()).add(column)
    return found


def test_every_table_of_members_is_erased_or_kept_for_a_reason(columns: dict[str, set[str]]) -> None:
    members = {table for table, has in columns.items() if "member_id" in has}
    kept = [table for tables in KEPT.values() for table in tables]
    listed = [*ERASED, *kept]
    assert sorted(listed) == sorted({*listed}), "a table stands in the lists once"
    assert {*listed} == members
    assert {*WORDS} == {*KEPT}
    assert {*ELSEWHERE} <= {*columns} - members


def test_what_is_said_to_be_erased_is_what_an_erasure_does(columns: dict[str, set[str]]) -> None:
    assert {*ERASED} == {*ERASING, *EMPTYING}
    for table, emptied in ERASED.items():
        assert {*emptied} <= columns[table]
        statement = {**ERASING, **EMPTYING}[table]
        assert ("delete from" in statement) == (not emptied)
        assert all(f"{column} = " in statement for column in emptied)


def test_an_export_has_every_table_of_members(columns: dict[str, set[str]]) -> None:
    assert {*tables_of_members()} == {table for table, has in columns.items() if "member_id" in has}
    for table, hidden in OTHERS.items():
        assert {*hidden} <= columns[table]
