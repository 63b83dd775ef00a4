"""Who looks at a list hears of new rows as far as they see it, by role and by place, and of no other."""

import pytest
from tests.access.conftest import World, login_of
from tests.access.test_exports import SEEN

from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.values.ids import show


@pytest.mark.parametrize("role", ROLES)
def test_a_list_tells_of_what_its_page_shows(world: World, role: Role) -> None:
    from guerdon.web.console.arriving.lists import LISTS, list_newest  # noqa: PLC0415  they speak Django
    from guerdon.web.console.watching.wanted import desk_of, read_wanted  # noqa: PLC0415

    login, seen = login_of(role), SEEN[WIDEST[role]]
    client = world.client(login)
    for name in sorted(LISTS - {"member"}):
        found = read_wanted(world.program.key, f"view=list&list={name}&mark=0", login)
        assert (found is not None) == (client.get(world.path(name)).status_code == 200), name
        desk = desk_of(found[0]) if found else None
        if desk is not None and name in ("events", "rewards"):
            assert len(list_newest(desk, name)) == len(seen), name


@pytest.mark.parametrize("role", ROLES)
def test_a_member_who_is_not_seen_tells_nothing(world: World, role: Role) -> None:
    from guerdon.web.console.arriving.lists import list_newest  # noqa: PLC0415  it speaks Django
    from guerdon.web.console.watching.wanted import desk_of, read_wanted  # noqa: PLC0415

    for member in (7, 8, 9):
        query = f"view=list&list=member&about={show('mem', member)}&mark=0"
        found = read_wanted(world.program.key, query, login_of(role))
        desk = desk_of(found[0]) if found else None
        told = bool(desk and list_newest(desk, "member"))
        opens = world.client(login_of(role)).get(world.path(f"members/{show('mem', member)}")).status_code
        assert told <= (opens == 200), member
