"""`./guerdon staff`: the first people come this way, with roles; no password is on a command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.access.people import WHOLE_PROGRAM_ROLES
from tests.web.console.conftest import EMAIL, Console

from guerdon.values.ids import show

SRC = Path(__file__).resolve().parents[3] / "src"


def staff_command(console: Console, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "DATABASE_URL": console.settings.database_url,
        "GUERDON_SECRET": console.settings.secret,
        "GUERDON_HOME": str(console.settings.home),
        "PYTHONPATH": str(SRC),
        "PATH": os.environ["PATH"],
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "guerdon", "staff", *words],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


NEW = "new@example.com"
LIVE_GRANTS = """
    select g.role, g.market, g.location, g.unit, g.amount_max from grants g join people using (person_id)
    where login = 'new@example.com' and revoked_at is null order by g.id
"""


def add(console: Console, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return staff_command(
        console, "add", NEW, "--name", "New Colleague", "--no-second-factor", *words, **environment
    )


def test_a_password_is_made_and_shown_once(console: Console) -> None:
    ran = add(console, "--role", "finance")
    assert ran.returncode == 0, ran.stderr
    password = ran.stdout.strip().rpartition(" ")[2]
    assert console.sign_in(NEW, password) == 302
    assert console.client.get(console.home).status_code == 200


def test_a_password_comes_from_the_environment_and_is_not_shown(console: Console) -> None:
    words = ("--role", "auditor", "--password-from-env", "THEIRS")
    ran = add(console, *words, THEIRS="a password of theirs")
    assert ran.returncode == 0, ran.stderr
    assert "theirs" not in ran.stdout
    assert console.sign_in(NEW, "a password of theirs") == 302
    assert add(console, *words, THEIRS="short").returncode == 1
    assert add(console, *words).returncode == 1


def test_roles_are_given_at_their_places_once_and_with_their_audit_rows(console: Console) -> None:
    words = ("--role", "dealer_manager", "--location", "de-hamburg-hafencity", "--amount", "100.00 EUR")
    for _ in range(2):
        assert add(console, *words).returncode == 0
    given = [("dealer_manager", "DE", "de-hamburg-hafencity", "EUR", 100_00)]
    assert console.house.rows(LIVE_GRANTS) == given
    assert add(console, "--role", "marketing", "--market", "DE", "--market", "FR").returncode == 0
    more = [("marketing", "DE", None, None, None), ("marketing", "FR", None, None, None)]
    assert console.house.rows(LIVE_GRANTS) == given + more
    told = console.house.rows(
        "select action, count(*) from audit where actor = 'command line' group by 1 order by 1"
    )
    assert told == [("grant.given", 3), ("person.added", 1)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "somebody new needs a role"),
        (("--role", "marketing"), "marketing cannot be given for a whole program; name a market"),
        (("--role", "frontline", "--market", "DE"), "cannot be given for a whole market; name a location"),
        (("--role", "finance", "--market", "ATLANTIS"), "no market or location ATLANTIS"),
        (("--role", "finance", "--amount", "0.00 EUR"), "no amount above zero"),
        (("--role", "finance", "--amount", "much"), "not an amount"),
        (("--market", "DE"), "give it with --role"),
        (("--role", "finance", "--program", "other"), "there is no live program other"),
        (("--role", "king"), "invalid choice"),
        (("--role", "finance", "--member", "mem_0000000000009"), "there is no member mem_0000000000009"),
        (("--role", "finance", "--member", "seven"), "there is no member seven"),
    ],
)
def test_what_cannot_be_given_is_said_and_nobody_is_added(
    console: Console, words: tuple[str, ...], why: str
) -> None:
    ran = add(console, *words)
    assert ran.returncode in {1, 2}
    assert why in ran.stderr
    assert console.house.rows("select login from people where login = 'new@example.com'") == []
    assert "new@example.com" not in staff_command(console, "list").stdout


def test_who_is_a_member_themselves_is_written_down(console: Console) -> None:
    console.house.enroll(7)
    for _ in range(2):
        assert add(console, "--role", "finance", "--member", show("mem", 7)).returncode == 0
    assert console.house.rows("select member_id, told_by from person_members") == [(7, "command line")]


def test_nobody_goes_without_a_second_factor_where_others_reach_the_console(console: Console) -> None:
    elsewhere = {"GUERDON_PUBLIC_URL": "https://rewards.example.com"}
    ran = add(console, "--role", "finance", **elsewhere)
    assert ran.returncode == 1
    assert "everybody needs a second factor" in ran.stderr


def test_who_is_removed_may_not_sign_in_and_holds_nothing(console: Console) -> None:
    assert console.sign_in() == 302
    assert staff_command(console, "remove", EMAIL).returncode == 0
    assert console.client.get(console.home).status_code == 303
    assert console.sign_in() == 403
    assert console.house.rows("select key_sha from accounts.staff_session") == []
    assert console.house.rows("select id from grants where revoked_at is null") == []
    assert console.house.rows("select left_at is not null from people") == [(True,)]
    told = console.house.rows(
        "select action, reason, count(*) from audit where actor = 'command line' group by 1, 2 order by 1"
    )
    assert told == [("grant.revoked", "left", len(WHOLE_PROGRAM_ROLES)), ("person.left", "", 1)]
    assert "may not sign in" in staff_command(console, "list").stdout
    assert staff_command(console, "remove", "nobody@example.com").returncode == 1


def test_who_left_can_come_back_with_the_roles_they_are_given_then(console: Console) -> None:
    assert add(console, "--role", "finance").returncode == 0
    assert staff_command(console, "remove", NEW).returncode == 0
    assert add(console, "--role", "auditor").returncode == 0
    assert console.house.rows(LIVE_GRANTS) == [("auditor", None, None, None, None)]


def test_who_lost_their_second_factor_sets_up_another_and_the_audit_says_so(console: Console) -> None:
    assert add(console, "--role", "finance").returncode == 0
    ran = staff_command(console, "reset", NEW)
    assert ran.returncode == 0, ran.stderr
    noted = "select actor, subject from audit where action = 'sign_in.reset'"
    [(number,)] = console.house.rows("select person_id from people where login = 'new@example.com'")
    assert console.house.rows(noted) == [("command line", show("per", number))]  # type: ignore[arg-type]
    # Somebody of the programs who does not sign in: nothing was done, so nothing is noted.
    console.house.rows("with gone as (delete from accounts.staff returning 1) select * from gone")
    assert staff_command(console, "reset", NEW).returncode == 1
    assert len(console.house.rows(noted)) == 1


def test_a_persona_brings_its_roles_and_says_where_the_day_begins(console: Console) -> None:
    place = ("--location", "de-hamburg-hafencity")
    # The same by the name of its role.
    for who in ("location_manager", "dealer_manager"):
        ran = add(console, "--persona", who, *place)
        assert ran.returncode == 0, ran.stderr
        assert "may sign in as dealer_manager" in ran.stdout
    assert console.house.rows(LIVE_GRANTS) == [("dealer_manager", "DE", "de-hamburg-hafencity", None, None)]
    assert add(console, "--persona", "after_sales", *place).returncode == 0
    told = "select persona from person_personas join people using (person_id) where login = 'new@example.com'"
    assert console.house.rows(told) == [("after_sales",)]
    refused = add(console, "--persona", "after_sales")
    assert refused.returncode == 1
    assert "location" in refused.stderr
    assert add(console, "--persona", "shopkeeper").returncode == 2
