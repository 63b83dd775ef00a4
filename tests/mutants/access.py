"""Defects by which somebody sees or does what is not theirs (T-15, T-16)."""

from importlib import import_module
from typing import Any

from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.access.grants import WHOLE_PROGRAM

MATRIX = "tests/access/test_matrix.py"
ROWS = "tests/store/test_row_security.py"
VIEWS = f"{ROWS}::test_views_see_with_the_eyes_of_whoever_looks"
FORGOTTEN = f"{ROWS}::test_what_a_transaction_said_is_forgotten_at_its_end"
KEYS = f"{ROWS}::test_every_unique_key_holds_the_program"
OFF = "alter table members no force row level security"


def check_removed() -> None:
    put("guerdon.web.console.desk:_admit", lambda *_: WHOLE_PROGRAM)


def refused_instead_of_absent() -> None:
    desk = import_module("guerdon.web.console.desk")
    put("guerdon.web.console.desk:Http404", desk.PermissionDenied)


def route_without_a_row() -> None:
    routes = import_module("guerdon.web.routes")
    rows: dict[str, Any] = dict(routes.ROUTES)
    del rows[f"{routes.CONSOLE}audit"]
    put("guerdon.web.routes:ROUTES", rows)


def shown_without_scope() -> None:
    """Pages open transactions of the whole program."""
    rights = import_module("guerdon.web.rights")
    put(
        "guerdon.web.rights:Rights.reads",
        lambda self, row: rights.Rights.scope(self, row.area) and WHOLE_PROGRAM,
    )


def settings_of_the_session() -> None:
    rewriting({"'guerdon.program_id', %s, true": "'guerdon.program_id', %s, false"})


MUTANTS = (
    Mutant("I-18", "check removed from a route", (MATRIX,), patch=check_removed, of="T-15"),
    Mutant("I-18", "403 for foreign", (MATRIX,), patch=refused_instead_of_absent, of="T-15"),
    Mutant("I-18", "new route without row", (MATRIX,), patch=route_without_a_row, of="T-15"),
    Mutant(
        "I-18", "a page shows more than its reader's scope", (MATRIX,), patch=shown_without_scope, of="T-15"
    ),
    Mutant(
        "I-18",
        "FORCE off",
        (f"{ROWS}::test_every_table_with_a_program_is_guarded_and_guarded_against_its_owner",),
        sql=OFF,
        of="T-16",
    ),
    Mutant(
        "I-02",
        "UPDATE on transfers granted to `worker`",
        ("tests/store/test_rights.py",),
        sql="grant update on transfers to guerdon_worker",
        of="T-16",
    ),
    Mutant(
        "I-18",
        "plain view",
        (VIEWS,),
        sql="create view everybody as select * from members; grant select on everybody to guerdon_web",
        of="T-16 ●",
    ),
    Mutant("I-18", "`set_config(…, false)`", (FORGOTTEN,), patch=settings_of_the_session, of="T-16 ●"),
    Mutant(
        "I-18",
        "UNIQUE on e-mail",
        (KEYS,),
        sql="create unique index persons_by_mail on persons (email_index)",
        of="T-16 ●",
    ),
)
