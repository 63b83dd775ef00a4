"""A pytest plugin that plants one mutant, the one that the environment names: `-p tests.mutants.planting`.

A mutant that cannot be planted ends the run at once, with an exit code of its own: a test that turns red for
that has caught nothing.
"""

import os
from datetime import datetime

import psycopg
import pytest
from tests.mutants.mutant import put

CANNOT = 9
SQL, TITLE = "GUERDON_MUTANT_SQL", "GUERDON_MUTANT"


def pytest_configure() -> None:
    """Plant what the environment names, before any test is read."""
    from tests.mutants.found import list_declared  # noqa: PLC0415  modules of mutants import what they change

    statement = os.environ.get(SQL, "")
    found = [mutant for mutant in list_declared() if mutant.title == os.environ[TITLE]]
    try:
        (mutant,) = found
        assert mutant.patch is not None or statement
        if mutant.patch is not None:
            mutant.patch()
    except (ValueError, AssertionError, AttributeError, TypeError, ImportError) as fault:
        pytest.exit(f"the mutant cannot be planted: {fault!r}", returncode=CANNOT)
    if statement:
        _plant_sql(statement)


def _plant_sql(statement: str) -> None:
    from guerdon.store import migrations  # noqa: PLC0415  nothing of ours is loaded before its turn

    migrate = migrations.migrate

    def migrate_and_plant(url: str, secret: str, now: datetime | None = None) -> list[str]:
        ran = migrate(url, secret, now)
        if ran:
            try:
                with psycopg.connect(url, options="-c search_path=guerdon") as db:
                    db.execute(statement.encode())
            except psycopg.Error as fault:
                pytest.exit(f"the mutant cannot be planted: {fault}", returncode=CANNOT)
        return ran

    put("guerdon.store.migrations:migrate", migrate_and_plant)
