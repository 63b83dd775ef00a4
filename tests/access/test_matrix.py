"""T-15: every address, by every role, for what is own, next door, abroad, another program's, nobody's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from tests.access.conftest import (
    ABROAD,
    HERE,
    NEXT_DOOR,
    OTHER_PROGRAM,
    World,
    clock,
    draft,
    login_of,
    member,
    pair,
    replay,
    request,
    reward,
    transfer,
    webhook,
)
from tests.access.matrix import read_matrix
from tests.sent import sent_by

import guerdon
from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.engine.catalog.checking import item_id
from guerdon.values.ids import show
from guerdon.web.inapp.stream import PATH as INBOX_LIVE
from guerdon.web.intake.events import PATH as EVENTS_PATH
from guerdon.web.intake.hooks import PREFIX as HOOKS_PREFIX
from guerdon.web.intake.messages import PREFIX as MESSAGES_PREFIX
from guerdon.web.intake.suppliers import PREFIX as SUPPLIERS_PREFIX
from guerdon.web.routes import CONSOLE, ROUTES

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver

GUARDED, OTHERS = read_matrix()
# What is answered beside Django, as the front spells it.
PLAIN_DOORS = {
    HOOKS_PREFIX.strip("/") + "/<connection>",
    HOOKS_PREFIX.strip("/") + "/<connection>/action",
    SUPPLIERS_PREFIX.strip("/") + "/<program>/<account>",
    MESSAGES_PREFIX.strip("/") + "/<program>/<provider>",
    EVENTS_PATH.strip("/"),
    CONSOLE + "stream",
    INBOX_LIVE.strip("/"),
}
# A stream has no end, so it is asked for in tests/web/console/test_live.py and below.
PAGES = [route for route in GUARDED if not route.endswith("/stream")]


@dataclass(frozen=True)
class Things:
    """One thing at each place, by the last part of its address; one that is nowhere; and who sees them."""

    here: str
    next_door: str
    abroad: str
    nowhere: str
    # The widest place at which the first is still one's own: a market's budget is not its dealers'.
    seen_from: tuple[str, ...] = ("program", "market", "location")
    # Who reads the address, but not this kind of thing.
    unseen_by: tuple[Role, ...] = ()


def rules_of(rest: str) -> tuple[str, str, str, str]:
    """An address below a draft; a program without tables has none of those."""
    return (*(f"{draft(1)}/{rest}" for _ in range(3)), f"{draft(9)}/{rest}")  # type: ignore[return-value]


def connection_at(rest: str) -> tuple[str, str, str, str]:
    """An address of an account, or below it: the whole program's."""
    return (*("hubspot_eu" + rest for _ in range(3)), "none" + rest)  # type: ignore[return-value]


def parked_at(rest: str) -> tuple[str, str, str, str]:
    """An address of what was set apart, or below it: it stands nowhere."""
    return (*(show("qrt", 1) + rest for _ in range(3)), show("qrt", 9) + rest)  # type: ignore[return-value]


def below(rest: str) -> tuple[str, str, str]:
    """An address below each member's."""
    return tuple(f"{member(number)}/{rest}" for number in (7, 8, 9))  # type: ignore[return-value]


def messages_of(rest: str) -> tuple[str, str, str]:
    """The messages of each member, or one of these."""
    return below(f"messages{rest}")


# What differs between a supplier and us.
DIFFERENCE = show("dif", 1)
# An item of the first program's own text, and the reading that brought it.
BASKET, SYNC = show("itm", item_id(1, "green_basket")), show("syn", 1)

THINGS = {
    "members/<slug:member>": Things(member(7), member(8), member(9), member(6)),
    "members/<slug:member>/messages": Things(*messages_of(""), member(6) + "/messages"),
    "members/<slug:member>/messages/<slug:message>": Things(
        *messages_of("/" + show("msg", 5)), f"{member(7)}/messages/{show('msg', 6)}"
    ),
    "members/<slug:member>/unmask": Things(*below("unmask"), member(6) + "/unmask"),
    "members/<slug:member>/privacy": Things(*below("privacy"), member(6) + "/privacy"),
    # Nobody was erased here: tests/web/console/test_privacy.py has somebody who was.
    "members/<slug:member>/privacy/certificate": Things(
        *below("privacy/certificate"), member(6) + "/privacy/certificate", unseen_by=ROLES
    ),
    # What a message says is the same for everybody.
    "messages/<str:message>": Things("reward_ready", "reward_ready", "reward_ready", "nothing"),
    "messages/<str:message>/mail": Things(*("reward_ready/mail",) * 3, "nothing/mail"),
    "members/<slug:member>/rewards/<slug:reward>": Things(reward(7), reward(8), reward(9), reward(6)),
    "delivery/<slug:member>/<slug:reward>": Things(clock(7), clock(8), clock(9), clock(6)),
    # What a segment means is the same for everybody; who is in it, and how many, is not.
    "orders/<slug:order>": Things(show("ord", 7), show("ord", 8), show("ord", 9), show("ord", 6)),
    "segments/<slug:segment>": Things("german", "german", "german", "nobodys"),
    "exports/<str:file>": Things("members.csv", "members.csv", "members.csv", "nothing.csv"),
    "reports/<str:file>": Things("overview.xlsx", "overview.xlsx", "overview.xlsx", "nothing.xlsx"),
    "why/<slug:event>": Things(show("evt", 7), show("evt", 8), show("evt", 9), show("evt", 6)),
    "ledger/<slug:transfer>": Things(transfer(7), transfer(8), transfer(9), transfer(10**9)),
    # About a budget each.
    "decisions/<slug:apr>": Things(
        request(7), request(8), request(9), request(10**9), unseen_by=("operator", "frontline")
    ),
    # When a version was live is the same for everybody; of its text the whole program's readers see more.
    "program/versions/<int:version>": Things("1", "1", "1", "9"),
    # Nobody's but theirs who see the whole program.
    "program/drafts/<slug:draft>": Things(draft(1), draft(1), draft(1), draft(9), ("program",)),
    "program/drafts/<slug:draft>/brand": Things(*rules_of("brand"), ("program",)),
    # Their names are hashes over what they hold; a program without a brand has neither.
    "program/drafts/<slug:draft>/brand/<slug:mark>.css": Things(*rules_of("brand/none.css"), ()),
    "program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>": Things(
        *rules_of("brand/files/none.svg"), ()
    ),
    "program/drafts/<slug:draft>/rules": Things(*rules_of("rules"), ("program",)),
    "program/drafts/<slug:draft>/rules/<slug:rule>": Things(*rules_of("rules/booking"), ("program",)),
    "program/drafts/<slug:draft>/rules/<slug:rule>/table": Things(*rules_of("rules/none/table"), ()),
    "program/drafts/<slug:draft>/tables/<slug:table>": Things(*rules_of("tables/none"), ()),
    # Rules of all markets are everybody's; amounts are shown of one's own markets.
    "rules/<slug:rule>": Things("booking", "booking", "booking", "none"),
    "rules/<slug:rule>/refused": Things(
        "booking/refused", "booking/refused", "booking/refused", "none/refused"
    ),
    "program/replays/<slug:replay>": Things(replay(1), replay(1), replay(1), replay(9), ("program",)),
    # To everybody, so nobody's but theirs who see the whole program.
    "broadcasts/<slug:broadcast>": Things(*(show("brc", 1),) * 3, show("brc", 9), ("program",)),
    "imports/<slug:run>": Things(*(show("imp", 1),) * 3, show("imp", 9), ("program",)),
    "imports/<slug:run>/<str:file>": Things(
        *(f"{show('imp', 1)}/refused.csv",) * 3, f"{show('imp', 9)}/refused.csv", ("program",)
    ),
    "events/quarantine/<slug:parked>": Things(*parked_at(""), ("program",)),
    "events/quarantine/<slug:parked>/raw": Things(*parked_at("/raw"), ("program",)),
    # Where the friend belongs.
    "referrals/<slug:pair>": Things(pair(7), pair(8), pair(9), pair(6)),
    "connections/<slug:connection>": Things(*connection_at(""), ("program",)),
    "connections/<slug:connection>/consent": Things(*connection_at("/consent"), ("program",)),
    "connections/<slug:connection>/writes": Things(*connection_at("/writes"), ("program",)),
    "connections/<slug:connection>/twins": Things(*connection_at("/twins"), ("program",)),
    "connections/<slug:connection>/mapping": Things(*connection_at("/mapping"), ("program",)),
    "webhooks/<slug:webhook>": Things(webhook(1), webhook(1), webhook(1), webhook(9), ("program",)),
    # The program's own items are in its catalog from the first: what they are is the same for everybody.
    "catalog/<slug:item>": Things(BASKET, BASKET, BASKET, show("itm", 6)),
    "catalog/feeds/<slug:feed>": Things("program", "program", "program", "nobodys", ("program",)),
    "catalog/syncs/<slug:sync>": Things(SYNC, SYNC, SYNC, show("syn", 99), ("program",)),
    "reconciliation/<slug:difference>": Things(
        DIFFERENCE, DIFFERENCE, DIFFERENCE, show("dif", 9), ("program",)
    ),
    "locations/<slug:location>": Things(HERE, NEXT_DOOR, ABROAD, "de-nowhere"),
    "locations/<slug:location>/rewards": Things(
        f"{HERE}/rewards", f"{NEXT_DOOR}/rewards", f"{ABROAD}/rewards", "de-nowhere/rewards"
    ),
    "budgets/<str:account>": Things(
        "by_market:DE", "by_market:DE", "by_market:FR", "by_market:XX", ("program", "market")
    ),
}
# Words that give away somebody else's part of the program.
FOREIGN = {
    "program": (),
    "market": (member(9), ABROAD, "Lyon Confluence"),
    "location": (member(8), member(9), ABROAD, NEXT_DOOR, "Lyon Confluence", "Hamburg Altona"),
}


def patterns(found: "list[URLPattern | URLResolver]", before: str = "") -> Iterator[str]:
    for each in found:
        route = before + str(each.pattern)
        inner = getattr(each, "url_patterns", None)
        if inner is None:
            yield route
        else:
            yield from patterns(inner, route)


def text_of(content: bytes) -> str:
    """What is said on a page, or in all sheets of a workbook."""
    if not content.startswith(b"PK"):
        return content.decode()
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def addresses(route: str) -> list[tuple[str, str]]:
    """The addresses to ask for on a route, each with whose it is."""
    path = route.removeprefix(CONSOLE)
    if "<" not in path:
        return [("here", path)]
    things = THINGS[path]
    head = path.partition("<")[0]
    return [
        (whose, head + str(getattr(things, whose))) for whose in ("here", "next_door", "abroad", "nowhere")
    ]


def sees(role: Role, route: str, whose: str) -> bool:
    """Whether a role that reads an address sees this thing at it."""
    things = THINGS.get(route.removeprefix(CONSOLE))
    width = WIDEST[role]
    if whose == "nowhere" or (things and (width not in things.seen_from or role in things.unseen_by)):
        return False
    if whose == "here" or (things and things.here == things.abroad):
        return True
    if whose == "next_door":
        return width != "location" or (things is not None and things.next_door == things.here)
    return width == "program"


def said(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """All that an answer gives away; the policy's nonce is another one each time."""
    headers = {name: value for name, value in answer.items() if name != "Content-Security-Policy"}
    return answer.status_code, sent_by(answer), headers


@pytest.mark.usefixtures("world")
def test_every_address_stands_in_the_table_and_in_the_matrix() -> None:
    from guerdon.web.addresses import urlpatterns  # noqa: PLC0415  Django is prepared by then

    assert set(patterns(urlpatterns)) | PLAIN_DOORS == set(ROUTES)
    assert {route for route, row in ROUTES.items() if row.who == "staff"} == set(GUARDED)
    others = {route: row for route, row in ROUTES.items() if row.who != "staff"}
    assert {route: f"{row.who} {row.scope or ''}".strip() for route, row in others.items()} == OTHERS
    assert {path for route in GUARDED if "<" in (path := route.removeprefix(CONSOLE))} == set(THINGS)


def test_no_page_opens_a_transaction_but_the_one_that_its_desk_opens() -> None:
    """A page that asked the room itself would see the whole program, whoever reads it."""
    console = Path(guerdon.__file__).parent / "web" / "console"
    around = [
        path.name
        for path in console.rglob("*.py")
        if path.name != "desk.py"
        and re.search(r"\.reading\(|\.lent\(|connect\(", path.read_text(encoding="utf-8"))
    ]
    # These check themselves, request by request or reward by reward, whose business it is (tests/approvals);
    # an event is tried on all of the program, for a member whom the reader sees (tests/why). An account is
    # asked for its definitions with no transaction open, by who sees the whole program (tests/writebacks);
    # so are rows of a feed checked (tests/catalog). A message is sent again to a member whom the reader sees
    # and may give rewards to; a test is counted by who asks (tests/web/console/messages). A member's data are
    # read as of one moment, on a connection of their own, within what the reader sees (tests/web/console).
    # A report is made within its scope, which is one that the reader has (tests/reports). Who is invited may
    # work elsewhere already; what they get is what the inviter could give (tests/web/console). A stream has
    # no desk: it asks in the scope that its page would have (test_a_stream_shows_what_its_page_shows).
    assert set(around) == {
        "requests.py",
        "proposals.py",
        "privacy.py",
        "extending.py",
        "testing.py",
        "timeline.py",
        "trying.py",
        "writes.py",
        "sending.py",
        "asking.py",
        "pages.py",
        "wanted.py",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_what_the_matrix_gives_it_and_nothing_else_is_there(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    missing = said(client.get(world.path("no/such/page")))
    assert missing[0] == 404
    for route in PAGES:
        may = GUARDED[route][role] != "-"
        for whose, path in addresses(route):
            answer = client.get(world.path(path))
            if may and sees(role, route, whose):
                assert answer.status_code == 200, (route, whose)
                page = text_of(sent_by(answer))
                assert not [word for word in FOREIGN[WIDEST[role]] if word in page], (route, whose)
            else:
                assert said(answer) == missing, (route, whose)


@pytest.mark.parametrize("role", ROLES)
def test_asking_for_another_market_shows_no_more(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    for route in PAGES:
        if GUARDED[route][role] != "-" and "<" not in route.removeprefix(CONSOLE):
            answer = client.get(world.path(route.removeprefix(CONSOLE)), {"market": "FR"})
            page = text_of(sent_by(answer))
            found = [word for word in FOREIGN[WIDEST[role]] if word in page]
            assert not found, route


@pytest.mark.parametrize("role", ROLES)
def test_another_program_is_as_good_as_none(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    missing = said(client.get(world.path(key="no_such_program")))
    assert missing[0] == 404
    for route in PAGES:
        for _, path in addresses(route):
            assert said(client.get(world.path(path, OTHER_PROGRAM))) == missing, route
            assert said(client.post(world.path(path, OTHER_PROGRAM))) == missing, route


@pytest.mark.parametrize("role", ROLES)
def test_a_change_needs_its_own_letter(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    missing = said(client.get(world.path("no/such/page")))
    for route in PAGES:
        _, path = addresses(route)[0]
        answer = client.post(world.path(path))
        letter = GUARDED[route][role]
        if letter == "-":
            assert said(answer) == missing, route
        elif letter == "W" and "<" not in route.removeprefix(CONSOLE):
            # What is sent says nothing that could be done.
            assert answer.status_code not in {403, 405}, route
        elif letter == "W":
            assert answer.status_code == 404, route
        else:
            assert answer.status_code == (405 if ROUTES[route].change is None else 403), route


@pytest.mark.parametrize("standing", ["revoked", "expired"])
@pytest.mark.parametrize("role", ROLES)
def test_what_was_taken_back_or_is_over_opens_nothing(world: World, role: Role, standing: str) -> None:
    client = world.client(login_of(role, standing))
    missing = said(client.get(world.path("no/such/page")))
    for route in PAGES:
        for _, path in addresses(route):
            assert said(client.get(world.path(path))) == missing, route
        assert said(client.post(world.path(path))) == missing, route
    assert client.get("/console/").status_code == 404


def test_without_a_session_everything_leads_to_the_sign_in(world: World) -> None:
    client = world.client(None)
    for route in PAGES:
        for _, path in addresses(route):
            for key in ("", OTHER_PROGRAM, "no_such_program"):
                answer = client.get(world.path(path, key))
                assert answer.status_code == 303, route
                assert answer["Location"].startswith("/account/sign-in?next="), route
                assert client.post(world.path(path, key)).status_code == 303, route


@pytest.mark.parametrize("role", ROLES)
def test_staff_land_on_a_page_of_theirs_and_are_offered_no_other(world: World, role: Role) -> None:
    client = world.client(login_of(role))
    landed = client.get("/console/")
    assert landed.status_code == 303
    page = client.get(landed["Location"])
    assert page.status_code == 200
    if landed["Location"].startswith("/location/"):
        # Whoever confirms visits begins at their location, and has the console beside it.
        page = client.get(world.path(""))
    text = page.content.decode()
    offered = {route for route in PAGES if f'href="{world.path(route.removeprefix(CONSOLE))}"' in text}
    theirs = {route for route in PAGES if GUARDED[route][role] != "-"}
    assert offered <= theirs
    # The menu holds every page but what hangs below one.
    assert {route for route in theirs if "/" not in route.removeprefix(CONSOLE)} <= offered


@pytest.mark.parametrize("role", ROLES)
def test_a_stream_shows_what_its_page_shows(world: World, role: Role) -> None:
    from guerdon.web.console.watching.wanted import read_wanted  # noqa: PLC0415  it speaks Django

    for key, may in ((world.program.key, GUARDED[CONSOLE + "stream"][role] != "-"), (OTHER_PROGRAM, False)):
        found = read_wanted(key, "view=live", login_of(role))
        assert (found is not None) is may
        if found is not None:
            wanted, _ = found
            width = WIDEST[role]
            assert wanted.scope.markets == (("DE",) if width == "market" else ())
            assert wanted.scope.locations == ((HERE,) if width == "location" else ())
    for standing in ("revoked", "expired"):
        assert read_wanted(world.program.key, "view=live", login_of(role, standing)) is None


def test_a_link_that_is_not_a_members_own_opens_nothing_whoever_asks(world: World) -> None:
    from guerdon.store.sealing import Vault  # noqa: PLC0415
    from guerdon.values.claims import KEY_PURPOSE, claim_token  # noqa: PLC0415

    key = Vault(world.secret).key(KEY_PURPOSE)
    own, foreign = (claim_token(key, each, 7, 1) for each in (world.program_id, world.other_id))
    tokens = ("garbled", own[:-1], own[::-1], claim_token(b"k" * 32, world.program_id, 7, 1), own, foreign)
    answers = [
        said(world.client(login).get(f"/r/{token}"))
        for token in tokens
        for login in (None, login_of("auditor"))
    ]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("route", sorted(PLAIN_DOORS - set(GUARDED)))
def test_no_session_opens_a_door_for_machines(world: World, route: str) -> None:
    """Those doors are beside Django; whoever is signed in is a stranger there, and here nothing answers."""
    address = "/" + re.sub("<[a-z]+>", "hubspot_eu", route)
    answer = world.client(login_of("operator")).post(address, "{}", content_type="application/json")
    assert answer.status_code == 404
