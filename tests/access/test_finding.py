"""Nobody finds what they may not open: by role, and by the part of the program that is theirs."""

import re
from typing import TYPE_CHECKING

import pytest
from tests.access.conftest import MEMBERS, World, login_of

from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.values.ids import show
from guerdon.web.console.frame.menu import MENU

if TYPE_CHECKING:
    from django.test import Client

SEEN = {"program": {7, 8, 9}, "market": {7, 8}, "location": {7}}


def found(client: "Client", world: World, text: str) -> set[str]:
    answer = client.post(world.path("find"), {"q": text}, headers={"x-part": "find"})
    assert answer.status_code == 200
    return set(re.findall(rf'<li><a href="{world.path()}([^"?]*)', answer.content.decode()))


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_found_can_be_opened(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    offered = set()
    for text in ("a", "e", "o", "re", "german", "booking", "basket", "hamburg", "lyon"):
        offered |= found(client, world, text)
    assert "members" in offered
    for path in offered:
        assert client.get(world.path(path)).status_code == 200, path


@pytest.mark.parametrize("role", ROLES)
def test_a_page_is_found_by_those_who_may_open_it(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    for entry in (entry for group in MENU for entry in group.entries):
        may = client.get(world.path(entry.path)).status_code == 200
        assert (entry.path in found(client, world, entry.text)) == may, entry.path


@pytest.mark.parametrize("role", ROLES)
def test_members_are_found_by_those_who_see_them(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    for member_id in MEMBERS:
        shown = show("mem", member_id)
        assert (f"members/{shown}" in found(client, world, shown)) == (member_id in SEEN[WIDEST[role]]), shown


def test_what_is_another_programs_is_not_found(world: World) -> None:
    client = world.client(login_of("auditor"))
    assert client.post(world.path("find", "no_such"), {"q": "a"}).status_code == 404
