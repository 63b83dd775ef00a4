"""T-19: every route and command that changes something leaves its audit row in the commit of the change.

The tables below are held to the routes, to the description of the API and to the commands that there are, so
that a new one has to say here what it leaves.
"""

import argparse
import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.approvals.test_asking_pages import GRANT, role_for
from tests.approvals.test_held import order
from tests.approvals.test_pages import asked
from tests.attacks.test_forged_forms import replayed, set_apart
from tests.editing.drafts import TEXT as DRAFTED
from tests.editing.drafts import WITH_OWN_TABLE, draft_with, fields_of
from tests.engine.house import House as EngineHouse
from tests.engine.house import booked
from tests.proof import (
    app_deeds,
    feed_deeds,
    intake_deeds,
    member_deeds,
    message_deeds,
    order_deeds,
    people_deeds,
    reconciling_deeds,
)
from tests.proof.connecting import (
    coming_back,
    connecting,
    preparing,
    reading_over,
    redeclaring,
    telling_two_apart,
    writing_again,
)
from tests.proof.privacy_deeds import COMMANDS as PRIVATE
from tests.proof.privacy_deeds import ROUTES as PRIVACY
from tests.proof.site import Deed, Site, accepted
from tests.proof.witness import Witness
from tests.referrals import house as referrals
from tests.referrals.doors import OWNER
from tests.referrals.doors import Doors as SlipwayDoors
from tests.referrals.doors import opened_doors as opened_slipway
from tests.web.console.test_extending import extension
from tests.webhooks.house import furnish_webhooks, given_up

from guerdon import cli
from guerdon.config import REPOSITORY
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.routes import API, CONSOLE, ROUTES

MEMBER, WISH = API + "members/<member>/", API + "requests/"
DRAFT = CONSOLE + "program/drafts/<slug:draft>/"


@pytest.fixture
def site(database: str, secret: str, tmp_path: Path) -> Iterator[Site]:
    """Give a site on which nothing is opened yet."""
    with ExitStack() as stack:
        yield Site(database, secret, tmp_path, stack)


# The API: each deed has its key before the witness comes.


def posting(path: str, body: object = None, before: str = "", first: object = None, named: str = "") -> Any:
    """A deed that posts; a deed before it, if any, gives the name that the path needs."""

    def prepare(site: Site) -> Deed:
        house, ada = site.api(), ""
        ada, key = house.member(), house.make_key()
        name = house.post(before.format(ada=ada), first, key=key).body[named] if before else ""
        said = body(ada) if callable(body) else body
        return lambda: accepted(house.post(path.format(ada=ada, name=name), said, key=key).status)

    return prepare


def adjustment(ada: str) -> dict[str, Any]:
    return {"member": ada, "unit": "PTS", "amount": 5, "payer": "budget:pot:DE", "reason": "Promised"}


def reward(ada: str) -> dict[str, Any]:
    return {**adjustment(ada), "amount": None, "rule": "order", "value": 70, "reference": "4711"}


def without_nothing(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def bulk(ada: str) -> dict[str, Any]:
    return {"rows": [adjustment(ada)], "reason": "Launch"}


def moves(_: str) -> dict[str, Any]:
    move = {"from_account": "budget:central:", "to_account": "budget:pot:NO", "unit": "PTS", "amount": 500}
    return {"moves": [move], "reason": "Autumn"}


def using_a_code(site: Site) -> Deed:
    house = site.api()
    house.stock("CODE-X")
    house.sign_contract()
    house.choose()
    key = house.make_key()
    code = house.inner.rows("select count(*) from codes where state = 'issued'")
    assert code == [(1,)]
    codes = [f"CODE-{n}" for n in range(4)] + ["CODE-X"]
    return lambda: (
        any(house.post("/codes/uses", {"code": each}, key=key).status == 201 for each in codes)
        or pytest.fail("no code was used")
    )


def extending(site: Site) -> Deed:
    house = site.api()
    key, ada = house.make_key(), house.member()
    ((number,),) = house.inner.rows("select id from rewards")
    path = f"/members/{ada}/rewards/{show('rwd', number)}/extend"
    later = (utc_now() + timedelta(days=400)).date().isoformat()
    body = {"last_day": later, "reason": "The shop was closed"}
    return lambda: accepted(house.post(path, body, key=key).status)


def extending_by_hand(site: Site) -> Deed:
    doors = site.doors()
    path, form = extension(doors.house)
    fay = doors.visitor("fay")
    return lambda: accepted(fay.send(path, **form).status_code)


def withdrawing(site: Site) -> Deed:
    house = site.api()
    key = house.make_key()
    made = house.post("/requests/adjustments", adjustment(house.member()), key=key).body["id"]
    return lambda: accepted(house.post(f"/requests/{made}/withdraw", {}, key=key).status)


def on_versions(path: str, body: dict[str, Any]) -> Any:
    """A deed on versions by key, where a second one is scheduled and a third live."""

    def prepare(site: Site) -> Deed:
        house = site.api()
        house.schedule()
        house.replace(("amount: 1000000", "amount: 900000"))
        key = house.make_key()
        return lambda: accepted(house.post(path, body, key=key).status)

    return prepare


def on_a_draft(act: str, body: dict[str, Any]) -> Any:
    """A deed on a draft by the key that saved it."""

    def prepare(site: Site) -> Deed:
        house = site.api()
        key, text = house.make_key(), house.inner.program.text.replace("Harbor wallet", "Harbor walk")
        house.replay(text)
        made = house.post("/drafts/begin", {"title": "Spring", "text": text}, key=key).body
        path = f"/drafts/{made['id']}/{act}"
        return lambda: accepted(house.post(path, {**body, "edition": made["edition"]}, key=key).status)

    return prepare


SPEND = {"unit": "PTS", "amount": 40}
HOLD = {**SPEND, "purpose": "Order 4711"}
HOLDS = "/members/{ada}/holds"


HOOKS, OF_HOOK = API + "webhooks/<webhook>/", "/webhooks/{name}/"
STOPPED = {"topic": "marketing", "channel": "email", "source": "hotline"}
AGREED = {**STOPPED, "words": "I want offers.", "language": "en"}
HOOK = {"name": "Shop", "url": "https://hooks.example/in"}
MADE_HOOK = ("/webhooks/make", HOOK, "id")


def enabling(site: Site) -> Deed:
    house = site.api()
    key = house.make_key()
    made = house.post("/webhooks/make", HOOK, key=key).body["id"]
    accepted(house.post(f"/webhooks/{made}/disable", {"reason": "x"}, key=key).status)
    return lambda: accepted(house.post(f"/webhooks/{made}/enable", None, key=key).status)


def sending_again(path: str) -> Callable[[Site], Deed]:
    def ready(site: Site) -> Deed:
        house = site.api()
        key = house.make_key()
        made = house.post("/webhooks/make", HOOK, key=key).body["id"]
        delivery = given_up(site.url)
        return lambda: accepted(
            house.post(f"/webhooks/{path.format(made=made, delivery=delivery)}", None, key=key).status
        )

    return ready


# The console and a member's page.


def asking(site: Site) -> Deed:
    doors = site.doors()
    opa, sent = doors.visitor("opa"), role_for(doors.house, "mara")
    return lambda: accepted(opa.send("decisions/new", form=GRANT, **sent).status_code)


def signing(site: Site) -> Deed:
    doors = site.doors()
    number = asked(doors.house, "lea", doors.house.reward(1_000))
    kim = doors.visitor("kim")
    return lambda: accepted(kim.send(f"decisions/{number}", act="approve", revision=1).status_code)


def signing_many(site: Site) -> Deed:
    doors = site.doors()
    numbers = [asked(doors.house, "lea", doors.house.reward(1_000 + n)) for n in range(2)]
    kim = doors.visitor("kim")
    return lambda: accepted(kim.send("decisions", request=[f"{each}.1" for each in numbers]).status_code)


def beginning_a_draft(site: Site) -> Deed:
    olga = site.doors().visitor("olga")
    return lambda: accepted(olga.send("program", act="begin", version="1", title="spring").status_code)


def saving_a_draft(site: Site) -> Deed:
    olga = site.doors().visitor("olga")
    there = olga.send("program", act="begin", version="1", title="spring")["Location"].removeprefix(olga.home)
    return lambda: accepted(
        olga.send(there, act="save", edition="1", title="summer", text="program: x").status_code
    )


def editing(rest: str, text: str = DRAFTED, **fields: str) -> Callable[[Site], Deed]:
    """A form below a draft, with some of its fields changed."""

    def ready(site: Site) -> Deed:
        olga, there = draft_with(site.doors(), text)
        path = f"{there}/{rest}"
        given = fields_of(olga.page(path), **fields) if fields else {}
        begun = {"act": "begin", "key": "fresh", "name": "Fresh", "when": "order.placed", "edition": "2"}
        return lambda: accepted(
            olga.client.post(olga.home + path, given).status_code
            if fields
            else olga.send(path, **begun).status_code
        )

    return ready


def asking_for_a_replay(site: Site) -> Deed:
    doors = site.doors()
    order(doors.house, 1, utc_now())
    olga = doors.visitor("olga")
    return lambda: accepted(
        olga.send("program/replays", text="v1", since=f"{utc_now() - timedelta(days=2):%Y-%m-%d}").status_code
    )


def replaying(site: Site) -> Deed:
    house = EngineHouse(site.url, site.secret)
    house.publish()
    house.enroll([1])
    house.tell([booked(1)])
    with house.worker() as worker:
        worker.work()
    return lambda: site.command("replay", "v1", "--since", "2020-01-01")


def calling_a_replay_off(site: Site) -> Deed:
    doors = site.doors()
    there = f"program/replays/{replayed(doors.house)}"
    olga = doors.visitor("olga")
    return lambda: accepted(olga.send(there, act="call_off").status_code)


def making_a_webhook(site: Site) -> Deed:
    opa = site.doors().visitor("opa")
    return lambda: accepted(opa.send("webhooks", **HOOK).status_code)


def changing_a_secret(site: Site) -> Deed:
    doors = site.doors()
    furnish_webhooks(doors.house.url, doors.house.secret, doors.house.program_id)
    opa = doors.visitor("opa")
    return lambda: accepted(opa.send(f"webhooks/{show('whk', 1)}", act="rotate").status_code)


def settling(path: str) -> Callable[[Site], Deed]:
    def ready(site: Site) -> Deed:
        doors = site.doors()
        there = path.format(parked=set_apart(doors.house))
        opa = doors.visitor("opa")
        sent = {"act": "retry", "reason": "malformed_body"}
        return lambda: accepted(opa.send(there, **sent).status_code)

    return ready


def invited(ada: str) -> dict[str, Any]:
    return {"member": ada, "scheme": "friends"}


def slipway(site: Site) -> tuple[referrals.House, SlipwayDoors]:
    house = referrals.House(site.url, site.secret)
    doors = site.stack.enter_context(opened_slipway(house, site.home))
    house.enroll(["ada", "ben"], card="4711")
    return house, doors


def inviting(site: Site) -> Deed:
    _, doors = slipway(site)
    link = doors.link("ada")
    return lambda: accepted(doors.post(link, scheme="friends", act="code").status_code)


def releasing_a_pair(site: Site) -> Deed:
    house, doors = slipway(site)
    house.use("ben", house.code("ada"), -1)
    house.buy("ben")
    house.work()
    doors.sign_in(OWNER)
    there = f"/console/{house.program.key}/referrals/{show('ref', house.pair_id('ben'))}"
    return lambda: accepted(doors.post(there, act="release", reason="They are twins").status_code)


CHANGING: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    MEMBER + "spends": (posting("/members/{ada}/spends", SPEND), ["value.spent"]),
    MEMBER + "spends/<event>/restore": (
        posting("/members/{ada}/spends/{name}/restore", None, "/members/{ada}/spends", SPEND, "event"),
        ["value.restored"],
    ),
    MEMBER + "holds": (posting(HOLDS, HOLD), ["value.held"]),
    MEMBER + "holds/<hold>/capture": (
        posting(HOLDS + "/{name}/capture", {}, HOLDS, HOLD, "hold"), ["value.captured"]
    ),
    MEMBER + "holds/<hold>/release": (
        posting(HOLDS + "/{name}/release", None, HOLDS, HOLD, "hold"), ["value.released"]
    ),
    MEMBER + "rewards/<reward>/extend": (extending, ["reward.extended"]),
    CONSOLE + "members/<slug:member>/rewards/<slug:reward>": (extending_by_hand, ["reward.extended"]),
    API + "codes/uses": (using_a_code, ["code.used"]),
    WISH + "adjustments": (posting("/requests/adjustments", adjustment), ["request.made"]),
    WISH + "budget-moves": (posting("/requests/budget-moves", moves), ["request.made"]),
    WISH + "bulk": (posting("/requests/bulk", bulk), ["request.made"]),
    WISH + "rewards": (
        posting("/requests/rewards", lambda ada: without_nothing(reward(ada))), ["request.made"]
    ),
    WISH + "<request_id>/withdraw": (withdrawing, ["request.withdrawn"]),
    API + "versions/<version>/call-off": (
        on_versions("/versions/2/call-off", {"reason": "Too early"}), ["program.called_off"]
    ),
    API + "versions/<version>/roll-back": (
        on_versions("/versions/1/roll-back", {"reason": "Too much"}), ["program.rolled_back"]
    ),
    API + "drafts/begin": (on_versions("/drafts/begin", {"title": "Spring"}), ["draft.begun"]),
    API + "drafts/<draft>/save": (on_a_draft("save", {"title": "Spring", "text": "x"}), ["draft.saved"]),
    API + "drafts/<draft>/submit": (
        on_a_draft("submit", {"reason": "Spring"}), ["request.made", "draft.submitted"]
    ),
    API + "webhooks/make": (posting("/webhooks/make", HOOK), ["webhook.made"]),
    HOOKS + "change": (posting(OF_HOOK + "change", HOOK, *MADE_HOOK), ["webhook.changed"]),
    HOOKS + "rotate": (posting(OF_HOOK + "rotate", None, *MADE_HOOK), ["webhook.rotated"]),
    HOOKS + "disable": (posting(OF_HOOK + "disable", {"reason": "x"}, *MADE_HOOK), ["webhook.disabled"]),
    HOOKS + "enable": (enabling, ["webhook.enabled"]),
    HOOKS + "remove": (posting(OF_HOOK + "remove", None, *MADE_HOOK), ["webhook.removed"]),
    HOOKS + "test": (posting(OF_HOOK + "test", None, *MADE_HOOK), ["webhook.tested"]),
    HOOKS + "resend": (sending_again("{made}/resend"), ["webhook.resent"]),
    API + "webhooks/deliveries/<delivery>/resend": (
        sending_again("deliveries/{delivery}/resend"), ["webhook.resent"]
    ),
    CONSOLE + "decisions": (signing_many, ["request.signed", "request.signed"]),
    CONSOLE + "decisions/new": (asking, ["request.made"]),
    CONSOLE + "decisions/<slug:apr>": (signing, ["request.signed"]),
    CONSOLE + "program": (beginning_a_draft, ["draft.begun"]),
    CONSOLE + "program/drafts/<slug:draft>": (saving_a_draft, ["draft.saved"]),
    DRAFT + "rules": (editing("rules"), ["draft.saved"]),
    DRAFT + "rules/<slug:rule>": (
        editing("rules/order", act="save", amount__DE="210.00 EUR"), ["draft.saved"]
    ),
    DRAFT + "rules/<slug:rule>/table": (
        editing("rules/order_points/table", WITH_OWN_TABLE, act="save", cell__0__1="7 PTS"), ["draft.saved"]
    ),
    DRAFT + "tables/<slug:table>": (
        editing("tables/by_kind", act="save", cell__0__2="7 PTS"), ["draft.saved"]
    ),
    CONSOLE + "program/replays": (asking_for_a_replay, ["replay.asked"]),
    CONSOLE + "program/replays/<slug:replay>": (calling_a_replay_off, ["replay.called_off"]),
    CONSOLE + "events/quarantine": (settling("events/quarantine"), ["quarantine.retried"]),
    CONSOLE + "events/quarantine/<slug:parked>": (
        settling("events/quarantine/{parked}"), ["quarantine.retried"]
    ),
    **people_deeds.ROUTES,
    CONSOLE + "connections/<slug:connection>": (connecting, ["connection.connected"]),
    CONSOLE + "connections/return": (coming_back, ["connection.connected"]),
    CONSOLE + "connections/<slug:connection>/writes": (writing_again, ["writeback.resent"]),
    CONSOLE + "connections/<slug:connection>/twins": (telling_two_apart, ["twins.two_people"]),
    CONSOLE + "connections/<slug:connection>/mapping": (redeclaring, ["draft.begun", "draft.saved"]),
    CONSOLE + "referrals/<slug:pair>": (releasing_a_pair, ["referral.released"]),
    CONSOLE + "webhooks": (making_a_webhook, ["webhook.made"]),
    CONSOLE + "webhooks/<slug:webhook>": (changing_a_secret, ["webhook.rotated"]),
    r"\Ar/(?P<token>[^/]*)/invite\Z": (inviting, ["referral.code_made"]),
    API + "referrals/codes": (posting("/referrals/codes", invited), ["referral.code_made"]),
    MEMBER + "consents/give": (posting("/members/{ada}/consents/give", AGREED), ["consent.given"]),
    MEMBER + "consents/withdraw": (
        posting("/members/{ada}/consents/withdraw", STOPPED), ["consent.withdrawn"]
    ),
    **intake_deeds.ROUTES,
    **(member_deeds.ROUTES | app_deeds.ROUTES),
    **feed_deeds.ROUTES,
    **message_deeds.ROUTES,
    **order_deeds.ROUTES,
    **PRIVACY,
    **reconciling_deeds.ROUTES,
}  # fmt: skip
# Routes beside those of staff and keys that change no balance, right or request.
ELSEWHERE = {
    "v1/events": "keeps what came, to be decided (below)",
    API + "referrals/claims": "keeps what came, to be decided (tests/referrals)",
    **intake_deeds.REHEARSING,
    "hooks/hubspot/<connection>": "keeps what came, to be decided (below)",
    "hooks/hubspot/<connection>/action": "keeps what came, to be decided (tests/connections)",
    "hooks/suppliers/<program>/<account>": "notes which order to ask for (tests/suppliers)",
    "hooks/messages/<program>/<provider>": "notes what a provider tells (tests/outbox)",
    "connect/<slug:key>/hubspot": "leads on to the console (tests/connections)",
    CONSOLE + "views": "keeps for one reader what they look at, and says nobody's name (tests/web/console)",
    CONSOLE + "members/<slug:member>/unmask": "reads; who looked is told (tests/web/console/members)",
    CONSOLE + "connections/<slug:connection>/consent": "keeps for a browser what it has to come back with",
    **dict.fromkeys(
        ("", "console/", "static/<slug:version>/<path:name>", API + "openapi.json", "api/<path:rest>"),
        "reads",
    ),
    **(member_deeds.ELSEWHERE | app_deeds.ELSEWHERE | people_deeds.ELSEWHERE),
    **message_deeds.ELSEWHERE,
    **order_deeds.ELSEWHERE,
    r"\Ar/(?P<token>[^/]*)/why\Z": "reads",
    r"(?s)\Ai/(?P<code>.*)\Z": "counts that a link was opened (tests/referrals)",
    API + "versions/check": "looks at a text that it does not keep (tests/api)",
    **dict.fromkeys(
        (API + "try", CONSOLE + "try"), "tries an event in a transaction that may write nothing (tests/why)"
    ),
    **dict.fromkeys(
        (CONSOLE + "find", CONSOLE + "members", CONSOLE + "why"),
        "reads; that somebody was looked for by e-mail is told to the audit (tests/why)",
    ),
    **dict.fromkeys(
        (route for route in ROUTES if route.startswith("account/")),
        "one's own account, which belongs to no program (tests/web/console)",
    ),
}


@pytest.mark.parametrize("route", CHANGING)
def test_a_route_that_changes_something_leaves_its_row_in_the_same_commit(site: Site, route: str) -> None:
    deed, actions = CHANGING[route]
    do = deed(site)
    with Witness(site.url) as witness:
        do()
    assert witness.untold == []
    assert witness.actions == actions
    assert any(each.changes and each.actions for each in witness.seen)


def test_every_route_says_what_it_leaves(site: Site) -> None:
    described = site.api().ask("GET", f"/{API}openapi.json", key="").body["paths"]
    posts = {
        re.sub(r"{(\w+)}", r"<\1>", path).lstrip("/")
        for path, operations in described.items()
        if set(operations) & {"post", "put", "patch", "delete"}
    } - set(ELSEWHERE)
    of_staff = {route for route, row in ROUTES.items() if row.who == "staff" and row.change is not None}
    of_staff -= set(ELSEWHERE)
    reads = {
        route
        for route, row in ROUTES.items()
        if (row.who == "staff" and row.change is None)
        or (row.who == "key" and route not in posts and route not in ELSEWHERE)
    }
    assert posts | of_staff == {route for route in CHANGING if ROUTES[route].who in {"staff", "key"}}
    assert set(CHANGING) | set(ELSEWHERE) | reads == set(ROUTES)
    assert set(CHANGING) & set(ELSEWHERE) == set()


def test_what_comes_in_is_kept_without_a_row_and_what_is_decided_has_one(site: Site) -> None:
    house = EngineHouse(site.url, site.secret)
    house.publish()
    house.enroll([1])
    with Witness(site.url) as witness:
        house.tell([booked(1)])
    assert (witness.untold, witness.actions) == ([], [])
    assert witness.seen
    with Witness(site.url) as witness, house.worker() as worker:
        worker.work()
    assert (witness.untold, witness.actions) == ([], ["batch.decided"])


# Commands.

PROGRAM = str(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
WITH_SEGMENTS = str(REPOSITORY / "tests" / "api" / "program.yaml")
WITH_NOK = str(REPOSITORY / "tests" / "approvals" / "program.yaml")
KEY = "nordlys_circle"
ANN = "ann@example.com"
ADD_ANN = ("staff", "add", ANN, "--name", "Ann", "--role", "finance")
ADD_KEY = ("key", "add", KEY, "Dealer system", "--source", "/dms")


def typed(*words: str, before: tuple[str, ...] = (), file: str = "", program: str = PROGRAM) -> Any:
    """A command as a deed, on an installation where a program is published."""

    def prepare(site: Site) -> Deed:
        site.command("migrate")
        if program:
            site.command("publish", program)
        said = site.command(*before) if before else ""
        given = re.search(r"gdn_(\w+?)_", said)
        ending = [site.file(file)] if file else [given.group(1)] if given and words[0] == "key" else []
        return lambda: site.command(*words, *ending)

    return prepare


VOUCHERS = "requested_on,delivered_on\n2026-01-02,2026-01-09\n"
RATES = "day,base,quote,rate,source\n2026-11-20,EUR,NOK,11.2350,ECB\n"
COMMANDS: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    "publish": (typed("publish", PROGRAM, program=""), ["program.published"]),
    "import members": (
        typed("import", "members", file="external_source,external_id,market\nhubspot,1,DE\n"),
        ["members.enrolled"],
    ),
    "import codes": (
        typed("import", "codes", file="item,value,code\ngreen_basket,200.00 EUR,ABC-1\n"), ["codes.imported"]
    ),
    "import rates": (typed("import", "rates", file=RATES, program=WITH_NOK), ["rates.imported"]),
    "suppliers reconcile": (
        typed(*reconciling_deeds.COMMAND, file=reconciling_deeds.STATEMENT), ["statement.compared"]
    ),
    "deliveries import": (typed("deliveries", "import", file=VOUCHERS), ["vouchers.imported"]),
    "staff add": (typed(*ADD_ANN), ["person.added", "grant.given"]),
    "staff remove": (typed("staff", "remove", ANN, before=ADD_ANN), ["grant.revoked", "person.left"]),
    "staff reset": (typed("staff", "reset", ANN, before=ADD_ANN), ["sign_in.reset"]),
    "key add": (typed(*ADD_KEY), ["key.added"]),
    "key revoke": (typed("key", "revoke", KEY, before=ADD_KEY), ["key.revoked"]),
    "ledger check": (typed("ledger", "check"), ["controls.ran"]),
    "replay": (replaying, ["replay.asked"]),
    "hubspot prepare": (preparing, ["connection.prepared"]),
    "hubspot backfill": (reading_over, ["backfill.asked", "members.enrolled", "backfill.ended"]),
    "segments": (
        typed("segments", "--recount", before=("segments", "--recount"), program=WITH_SEGMENTS),
        ["segments.recount_asked", "segments.recounted"],
    ),
    **(intake_deeds.COMMANDS | PRIVATE),
}  # fmt: skip
# How far a replay or a recount is, is nobody's change; that it was asked for is.
AT_WORK = {
    ("replay", frozenset({"replays"})),
    ("segments", frozenset({"segments"})),
    ("hubspot backfill", frozenset({"crm_backfills"})),
}
# What the others are: they read, or are the machinery around a database, or start what is tried elsewhere.
LEAVING_NOTHING = {
    *("check", "scenarios", "test", "bench", "demo", "screens", "staff list", "key list", "ledger evidence"),
    *("ledger verify", "audit export", "audit verify", "audit prove", "bounces"),
    *intake_deeds.READING,
    *("up", "web", "worker", "migrate", "backup", "restore", "suppliers list", "suppliers differences"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_changes_something_leaves_its_row_in_the_same_commit(site: Site, command: str) -> None:
    deed, actions = COMMANDS[command]
    do = deed(site)
    with Witness(site.url) as witness:
        do()
    untold = [each for each in witness.untold if (command, each.changes) not in AT_WORK]
    assert untold == []
    assert witness.actions == actions


def commands() -> Iterator[str]:
    for name, (module, _) in cli.available().items():
        parser = argparse.ArgumentParser()
        importlib.import_module(f"guerdon.cli.{module}").add_arguments(parser)
        kinds = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001
        yield from [f"{name} {kind}" for kind in kinds[0].choices] if kinds else [name]


def test_every_command_says_what_it_leaves() -> None:
    assert set(commands()) == set(COMMANDS) | LEAVING_NOTHING
    assert set(COMMANDS) & LEAVING_NOTHING == set()
