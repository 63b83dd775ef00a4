"""A file has what its reader sees on the list's page, for those who may export: by role and by place."""

import csv
from io import StringIO

import pytest
from tests.access.conftest import HERE, MEMBERS, World, login_of
from tests.access.people import grant_of, hire
from tests.sent import sent_by
from tests.sheets import rows_of

from guerdon.access.policy import POLICY
from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.store.database import connect
from guerdon.values.ids import show
from guerdon.web.console.exporting.lists import LISTS

SEEN = {"program": {7, 8, 9}, "market": {7, 8}, "location": {7}}


def rows(world: World, login: str, file: str) -> list[dict[str, str]] | None:
    """The rows of a CSV; None where there is no such file for this reader."""
    answer = world.client(login).get(world.path(f"exports/{file}"))
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(sent_by(answer).decode("utf-8-sig"))))


@pytest.mark.parametrize("role", ROLES)
def test_a_list_is_taken_by_who_may_export_and_open_it(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    exports = "write" in POLICY["exports", role]
    for name in LISTS:
        opens = client.get(world.path(name)).status_code == 200
        for form in ("csv", "xlsx"):
            answer = client.get(world.path(f"exports/{name}.{form}"))
            sent_by(answer)
            assert (answer.status_code == 200) == (exports and opens), name
        # With what narrows the list from the beginning, where something does.
        offered = f'href="{world.path(f"exports/{name}.xlsx")}'
        if opens:
            assert (offered in client.get(world.path(name)).content.decode()) == exports, name


@pytest.mark.parametrize("role", ROLES)
def test_a_file_has_the_members_whom_its_reader_sees(world: World, role: Role) -> None:
    found = rows(world, login_of(role), "members.csv")
    assert (found is None) == ("write" not in POLICY["exports", role])
    if found is not None:
        assert {row["member"] for row in found} == {show("mem", each) for each in SEEN[WIDEST[role]]}


@pytest.fixture(scope="module")
def two_hats(world: World) -> str:
    """Somebody who may export at one location alone, and sees all of the program as an auditor."""
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    login = "two.hats@example.com"
    with connect(world.url, world.secret, "owner") as db:
        grants = [
            grant_of(world.program_id, "dealer_relations", location=HERE),
            grant_of(world.program_id, "auditor"),
        ]
        hire(db, world.program_id, login, grants)
    enroll_staff(login, "Two Hats", "a password of the tests", waived=True)
    return login


def test_somebody_with_one_location_takes_theirs_alone(world: World, two_hats: str) -> None:
    page = world.client(two_hats).get(world.path("members")).content.decode()
    assert all(show("mem", each) in page for each in MEMBERS)
    for name, column in (("members", "member"), ("events", "member"), ("ledger", "member")):
        found = rows(world, two_hats, f"{name}.csv")
        assert found is not None
        assert {row[column] for row in found} == {show("mem", 7)}, name
    for asked in ("?market=FR", "?market=DE&from=2000-01-01"):
        found = rows(world, two_hats, f"members.csv{asked}")
        assert {row["member"] for row in found or ()} <= {show("mem", 7)}
    book = sent_by(world.client(two_hats).get(world.path("exports/members.xlsx")))
    assert [row["A"] for row in rows_of(book)] == ["member", show("mem", 7)]


def test_there_is_no_other_file(world: World) -> None:
    client = world.client(login_of("finance"))
    for file in ("members", "members.exe", ".csv", "people.csv", "csv", "members.csv.csv", "../members.csv"):
        assert client.get(world.path(f"exports/{file}")).status_code == 404, file
