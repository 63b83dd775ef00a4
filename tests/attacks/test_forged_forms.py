"""Forms that another site sends in a reader's name: none of them changes anything, whichever it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import Doors, Visitor
from tests.approvals.house import KIEL, House
from tests.web.console.test_extending import extension
from tests.webhooks.house import furnish_webhooks

from guerdon.engine.arrivals import Unusable
from guerdon.engine.catalog.checking import item_id
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.versions.drafts import begin_draft
from guerdon.store.audit import record_audit
from guerdon.store.imports.runs import NewImport, record_import
from guerdon.store.messages.broadcasts.standing import NewBroadcast, record_broadcast
from guerdon.store.programs import load_live
from guerdon.store.versions.replays import NewReplay, record_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.routes import LOCATION, ROUTES

if TYPE_CHECKING:
    from django.http import HttpResponse

CONSOLE = "console/<slug:key>/"
MEMBER = show("mem", KIEL)
# Every form there is: its address, and what would do something there. `{request}` waits for a signature.
FORMS: dict[str, list[tuple[str, dict[str, str]]]] = {
    CONSOLE + "decisions": [("decisions", {"request": "{request}.1"})],
    CONSOLE + "decisions/<slug:apr>": [
        ("decisions/{request}", {"act": act, "revision": "1", "reason": "because", "amount": "20.00"})
        for act in ("approve", "reject", "ask", "withdraw", "edit")
    ],
    CONSOLE + "decisions/new": [
        ("decisions/new", {"act": "reward", "member": MEMBER, "rule": "order", "reason": "because"}),
        (
            "decisions/new",
            {"act": "adjustment", "member": MEMBER, "unit": "PTS", "amount": "5", "reason": "because"},
        ),
        ("decisions/new", {"act": "grant", "person": "{mara}", "role": "operator", "reason": "because"}),
        (
            "decisions/new",
            {
                "act": "move",
                "account": "by_market:DE",
                "other": "budget:central:",
                "amount": "5.00",
                "way": "in",
                "reason": "because",
            },
        ),
    ],
    CONSOLE + "views": [("views", {"act": "save", "page": "members", "name": "mine", "terms": ""})],
    CONSOLE + "reports": [
        (
            "reports",
            {
                "act": act,
                "number": "1",
                "report": "overview",
                "language": "en",
                "format": "pdf",
                "every": "day",
                "hour": "7",
                "zone": "Europe/Berlin",
            },
        )
        for act in ("make", "change", "stop")
    ],
    CONSOLE + "find": [("find", {"q": "ada@example.com"})],
    CONSOLE + "members": [("members", {"q": "ada@example.com"})],
    CONSOLE + "why": [("why", {"q": "ada@example.com"})],
    CONSOLE + "try": [("try", {"type": "order.placed", "member": "ada@example.com"})],
    CONSOLE + "members/<slug:member>/rewards/<slug:reward>": [
        ("{reward}", {"was": "{was}", "last_day": "{later}", "reason": "because"})
    ],
    CONSOLE + "program": [
        ("program", {"act": "begin", "version": "1", "title": "mine"}),
        ("program", {"act": "call_off", "version": "2", "reason": "because"}),
        ("program", {"act": "roll_back", "version": "1", "reason": "because"}),
    ],
    CONSOLE + "program/drafts/<slug:draft>": [
        (
            "program/drafts/{draft}",
            {"act": act, "edition": "1", "title": "t", "text": "x", "reason": "because"},
        )
        for act in ("save", "submit", "put_away")
    ],
    CONSOLE + "broadcasts": [
        ("broadcasts", {"message": "spring", "segment": "german", "hours": "4", "starts_at": ""})
    ],
    CONSOLE + "broadcasts/<slug:broadcast>": [
        ("broadcasts/{broadcast}", {"act": act}) for act in ("check", "start", "stop")
    ],
    CONSOLE + "program/replays": [("program/replays", {"text": "v1", "since": "{yesterday}"})],
    CONSOLE + "program/replays/<slug:replay>": [("program/replays/{replay}", {"act": "call_off"})],
    CONSOLE + "program/drafts/<slug:draft>/brand": [
        ("program/drafts/{draft}/brand", {"edition": "1", "act": act, "what": "icon"})
        for act in ("bring", "drop")
    ],
    CONSOLE + "program/drafts/<slug:draft>/rules": [
        (
            "program/drafts/{draft}/rules",
            {"act": "begin", "edition": "1", "key": "mine", "name": "x", "when": "order.placed"},
        )
    ],
    CONSOLE + "program/drafts/<slug:draft>/rules/<slug:rule>": [
        ("program/drafts/{draft}/rules/order", {"edition": "1", "act": act, "when": "order.placed"})
        for act in ("save", "drop")
    ],
    CONSOLE + "program/drafts/<slug:draft>/rules/<slug:rule>/table": [
        ("program/drafts/{draft}/rules/order/table", {"edition": "1", "act": "save"})
    ],
    CONSOLE + "program/drafts/<slug:draft>/tables/<slug:table>": [
        ("program/drafts/{draft}/tables/any", {"edition": "1", "act": "save"})
    ],
    CONSOLE + "delivery/before": [("delivery/before", {"act": "bring"})],
    CONSOLE + "catalog/feeds": [
        ("catalog/feeds", {"act": "read", "feed": "mine", "supplier": "pool", "kind": "full"}),
        ("catalog/feeds", {"act": "pull", "account": "cards"}),
    ],
    CONSOLE + "catalog/<slug:item>": [
        ("catalog/{item}", {"act": act, "reason": "because"}) for act in ("hide", "show")
    ],
    CONSOLE + "catalog/syncs/<slug:sync>": [
        ("catalog/syncs/{sync}", {"act": act, "reason": "because"}) for act in ("accept", "drop")
    ],
    CONSOLE + "orders/<slug:order>": [
        ("orders/ord_0000000000001", {"act": act, "reason": "because", "code": "A-CODE"})
        for act in ("take", "deliver", "refuse", "cancel", "take_back", "ask")
    ],
    CONSOLE + "members/<slug:member>/unmask": [
        ("members/mem_0000000000007/unmask", {"why": "asked", "reason": "because"})
    ],
    CONSOLE + "requests": [
        (
            "requests",
            {
                "act": "begin",
                "member": MEMBER,
                "kind": "access",
                "came_by": "letter",
                "asked_on": "{yesterday}",
                "reason": "because",
            },
        )
    ],
    CONSOLE + "members/<slug:member>/privacy": [
        ("members/mem_0000000000007/privacy", {"act": act, "typed": "mem_0000000000007", "reason": "because"})
        for act in ("erase", "export")
    ],
    CONSOLE + "members/<slug:member>/messages/<slug:message>": [
        ("members/mem_0000000000007/messages/msg_0000000000001", {"act": "again", "reason": "because"})
    ],
    CONSOLE + "messages/<str:message>": [("messages/reward_ready", {"act": "test"})],
    CONSOLE + "pools": [("pools", {"act": "mark", "item": "cake", "low": "5"}), ("pools", {"act": "bring"})],
    CONSOLE + "reconciliation": [
        ("reconciliation", {"act": "bring", "supplier": "cards", "first": "{yesterday}"}),
        ("reconciliation", {"act": "credit", "credit": "crd_000000000001Z", "end": "lost", "reason": "x"}),
    ],
    CONSOLE + "reconciliation/<slug:difference>": [
        ("{difference}", {"act": "settle", "done": "loss", "reason": "because"})
    ],
    CONSOLE + "suppliers": [("suppliers", {"act": "reopen", "supplier": "cards", "reason": "because"})],
    CONSOLE + "people": [
        ("people", {"act": "revoke", "grant": "1", "reason": "because"}),
        ("people", {"act": "end_stand_in", "number": "1", "reason": "because"}),
        ("people", {"act": "suspend", "person": "{mara}", "reason": "because"}),
        ("people", {"act": "persona", "person": "{mara}", "persona": "finance"}),
    ],
    CONSOLE + "setup": [
        ("setup", {"act": act, "type": "order.placed"}) for act in ("key", "try", "take_back", "erase")
    ],
    # They do something in an empty installation alone (tests/setup); a forged form is refused before that.
    "setup": [("/setup", {"starter": "ev_maker", "act": "publish"})],
    "account/first/<str:token>": [("/account/first/anything", {"email": "x@example.com", "name": "X"})],
    CONSOLE + "people/invitations": [
        (
            "people/invitations",
            {"act": "invite", "email": "x@example.com", "persona": "finance", "reason": "r"},
        ),
        ("people/invitations", {"act": "resend", "number": "1"}),
        ("people/invitations", {"act": "withdraw", "number": "1", "reason": "because"}),
    ],
    CONSOLE + "events/quarantine": [
        ("events/quarantine", {"act": act, "reason": "malformed_body", "why": "because"})
        for act in ("retry", "put_away")
    ],
    CONSOLE + "events/quarantine/<slug:parked>": [
        ("{parked}", {"act": act, "why": "because"}) for act in ("retry", "put_away")
    ],
    CONSOLE + "connections/return": [("connections/return", {"code": "c", "state": "s"})],
    CONSOLE + "connections/<slug:connection>": [
        ("connections/crm", {"act": act, "token": "pat-na1-00000000-0000"})
        for act in ("connect", "disconnect", "backfill", "cancel", "resume")
    ],
    CONSOLE + "connections/<slug:connection>/consent": [("connections/crm/consent", {"act": "consent"})],
    CONSOLE + "connections/<slug:connection>/mapping": [
        ("connections/crm/mapping", {"act": act, "text": "crm: {}"}) for act in ("look", "draft")
    ],
    CONSOLE + "referrals/<slug:pair>": [
        ("{pair}", {"act": act, "reason": "because"}) for act in ("release", "refuse")
    ],
    CONSOLE + "connections/<slug:connection>/writes": [
        ("connections/crm/writes", {"act": act, "member": "mem_0000000000001"})
        for act in ("resend", "resend_all", "look", "prepare")
    ],
    CONSOLE + "connections/<slug:connection>/twins": [
        (
            "connections/crm/twins",
            {
                "act": act,
                "one": "mem_0000000000001",
                "other": "mem_0000000000002",
                "survivor": "mem_0000000000001",
                "reason": "because",
            },
        )
        for act in ("one_person", "two_people")
    ],
    CONSOLE + "imports": [("imports", {"act": "try", "kind": kind}) for kind in ("members", "rates")],
    CONSOLE + "imports/<slug:run>": [("imports/{import}", {"act": act}) for act in ("confirm", "drop")],
    CONSOLE + "keys": [
        (
            "keys",
            {"act": act, "name": "Mine", "scope": "read:members", "days": "30", "key": "0123456789ab"},
        )
        for act in ("make", "end")
    ],
    CONSOLE + "webhooks": [("webhooks", {"name": "Mine", "url": "https://evil.example/"})],
    CONSOLE + "webhooks/<slug:webhook>": [
        ("{webhook}", {"act": act, "name": "Mine", "url": "https://evil.example/", "reason": "x"})
        for act in ("change", "rotate", "disable", "remove", "test", "resend_dead")
    ]
    + [("{webhook}", {"act": "resend", "delivery": "{delivery}"})],
    "account/sign-in": [("/account/sign-in", {"email": "olga@example.com", "password": "x"})],
    "account/second-factor": [("/account/second-factor", {"code": "123456"})],
    "account/second-factor/new": [("/account/second-factor/new", {"code": "123456"})],
    "account/sign-in/passkey": [("/account/sign-in/passkey", {"credential": "{}"})],
    "account/sign-in/passkey/challenge": [("/account/sign-in/passkey/challenge", {})],
    "account/second-factor/passkey": [("/account/second-factor/passkey", {"name": "a", "credential": "{}"})],
    "account/passkeys": [
        ("/account/passkeys", {"act": act, "passkey": "1", "name": "a", "credential": "{}", "password": "x"})
        for act in ("prove", "add", "remove")
    ],
    "account/passkeys/challenge": [("/account/passkeys/challenge", {})],
    "account/sign-out": [("/account/sign-out", {})],
    "account/preferences": [("/account/preferences", {"language": "de"})],
    "account/invitation/<str:token>": [
        ("/account/invitation/anything", {"name": "Mara", "password": "a password of hers"})
    ],
    r"\Ar/(?P<token>[^/]*)/choose\Z": [("/r/anything/choose", {"item": "cake"})],
    r"\Ar/(?P<token>[^/]*)/give\Z": [
        ("/r/anything/give", {"act": act, "name": "Mara", "message": "x"}) for act in ("give", "back")
    ],
    r"\Ar/(?P<token>[^/]*)/prove\Z": [
        ("/r/anything/prove", {"act": act, "code": "123456"}) for act in ("send", "check")
    ],
    r"\Ar/(?P<token>[^/]*)/take\Z": [("/r/anything/take", {})],
    "m/<slug:key>/sign-in": [
        ("/m/anything/sign-in", {"act": act, "address": "ada@example.com", "code": "123456"})
        for act in ("send", "check")
    ],
    LOCATION + "/scan": [("/location/anything/anywhere/scan", {"code": "GDN:1:0", "digits": "123456"})],
    LOCATION + "/customers/<slug:member>": [
        ("/location/anything/anywhere/customers/any", {"act": act, "words": "x", "note": "x"})
        for act in ("note", "remove")
    ],
    LOCATION + "/budget": [("/location/anything/anywhere/budget", {"amount": "1.00", "reason": "x"})],
    LOCATION + "/visits/<slug:visit>": [("/location/anything/anywhere/visits/any", {"type": "visit.made"})],
    "m/<slug:key>/sign-out": [("/m/anything/sign-out", {"act": act}) for act in ("here", "everywhere")],
    "m/<slug:key>/you": [("/m/anything/you", {"device": "dev_0000000000001"})],
    "m/<slug:key>/sign-in/passkey": [("/m/anything/sign-in/passkey", {"credential": "{}"})],
    "m/<slug:key>/sign-in/passkey/challenge": [("/m/anything/sign-in/passkey/challenge", {})],
    "m/<slug:key>/you/contact": [
        ("/m/anything/you/contact", {"act": act, "field": "email", "address": "x@example.com", "code": "1"})
        for act in ("send", "check")
    ]
    + [("/m/anything/you/contact", {"act": "language", "language": "de"})],
    "m/<slug:key>/you/passkeys": [
        ("/m/anything/you/passkeys", {"act": "add", "name": "phone", "credential": "{}"}),
        ("/m/anything/you/passkeys", {"act": "remove", "passkey": "0" * 64}),
    ],
    "m/<slug:key>/you/passkeys/challenge": [("/m/anything/you/passkeys/challenge", {})],
    "m/<slug:key>/you/data": [
        ("/m/anything/you/data", {"act": act, "code": "123456"}) for act in ("download", "code", "erase")
    ],
    r"\Ar/(?P<token>[^/]*)/here\Z": [("/r/anything/here", {"ord": "ord_0000000000001"})],
    r"\Ar/(?P<token>[^/]*)/renew\Z": [("/r/anything/renew", {})],
    r"\Ar/(?P<token>[^/]*)/seen\Z": [("/r/anything/seen", {})],
    r"(?s)\An/(?P<token>.*)\Z": [("/n/anything", {})],
    r"\Ainbox/seen\Z": [("/inbox/seen", {"until": "1"})],
    r"\Ainbox/follow\Z": [("/inbox/follow", {"position": "1"})],
    r"\Ar/(?P<token>[^/]*)/invite\Z": [
        ("/r/anything/invite", {"scheme": "friends", "act": act, "code": "7K3D0XQ2M5TN"})
        for act in ("code", "claim")
    ],
    r"\Ar/(?P<token>[^/]*)/devices\Z": [("/r/anything/devices", {"endpoint": "https://push.example/x"})],
    r"\Ar/(?P<token>[^/]*)/wait\Z": [
        ("/r/anything/wait", {"act": "wait", "item": "cake", "slot": "slt_0000000000001"})
    ],
    r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)/favorite\Z": [
        ("/r/anything/catalog/itm_0000000000001/favorite", {"keep": "1"})
    ],
    r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z": [
        (f"/r/anything/orders/ord_0000000000001/{deed}", {"what": "other"})
        for deed in ("seen", "resend", "case", "cancel")
    ],
    r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z": [
        (f"/r/anything/orders/ord_0000000000001/pass/{wallet}", {}) for wallet in ("apple", "google")
    ],
}
FORMS[r"(?s)\Ap/(?P<token>.*)\Z"] = [("/p/anything", {"act": act}) for act in ("save", "stop")]
FORMS[r"(?s)\Ac/(?P<token>.*)\Z"] = [("/c/anything", {})]
# Takes a form of anybody who has its link, by which alone it knows whose it is. Mail programs send it
# without a cookie (RFC 8058), so no browser adds anything to a forged one (tests/web/contact).
BY_ITS_LINK = {r"(?s)\Au/(?P<token>.*)\Z"}
# Addresses that take no form: they read, or ask for a key or a signature, which no browser adds by itself.
READ_ONLY = {
    *("", "console/", "static/<slug:version>/<path:name>", "connect/<slug:key>/hubspot"),
    "brand/<slug:key>/<slug:mark>.css",
    "brand/<slug:key>/files/<slug:mark>.<slug:ending>",
    CONSOLE + "program/drafts/<slug:draft>/brand/<slug:mark>.css",
    CONSOLE + "program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>",
    *(r"\Ar/(?P<token>[^/]*)/catalog\Z", r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)\Z"),
    *(r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z", r"\Aimages/(?P<hash>[0-9a-f]{64})\Z"),
    *(r"\Ainbox\Z", "inbox/live"),
    # They lead away to a provider and back, and say that somebody left.
    *("account/single-sign-on", "account/single-sign-on/return", "account/signed-out"),
    "account/kept/<int:number>",
    *(LOCATION, LOCATION + "/customers", LOCATION + "/team"),
    *("m", "m/<slug:key>", "m/<slug:key>/catalog", "m/<slug:key>/code", "m/<slug:key>/snapshot"),
    *("m/<slug:key>/activity", "m/<slug:key>/activity/<slug:evt>", "m/<slug:key>/inbox"),
    *("m/<slug:key>/manifest.webmanifest", "m/<slug:key>/icon.svg", "m/<slug:key>/offline"),
    *(r"(?s)\Ar/(?P<token>.*)\Z", r"\Ar/(?P<token>[^/]*)/why\Z", r"(?s)\Ai/(?P<code>.*)\Z"),
    *(r"\Ar/(?P<token>[^/]*)/contact\Z", r"\Adevices/worker\.js\Z"),
}
EVERYONE = ("olga", "fay", "opa")

Forgery = Callable[[Doors, Visitor, str, dict[str, str]], "HttpResponse"]


def drafted(house: House) -> str:
    """A draft that a form could change."""
    with house.opened() as tx:
        stored = load_live(tx, house.program_id, utc_now())
        assert stored is not None
        made = begin_draft(tx, house.acting(tx, "olga", utc_now()), "spring", stored)
        assert isinstance(made, int)
        return show("drf", made)


def replayed(house: House) -> str:
    """A replay that a form could call off."""
    with house.opened() as tx:
        new = NewReplay("mine", "{}", "sha", utc_now() - timedelta(days=1), utc_now(), "olga")
        number = record_replay(tx, house.program_id, new, utc_now())
        assert number is not None
        return show("rpl", number)


def brought(house: House) -> str:
    """An import that a form could confirm."""
    with house.opened() as tx:
        new = NewImport("members", "crm.csv", b"x" * 32, 1, b"x", '{"new": 1, "refused": 0}', 1, "lea")
        number = record_import(tx, house.program_id, new, utc_now())
        record_audit(tx, house.program_id, "lea", "import.tried", show("imp", number), utc_now())
        return show("imp", number)


def broadcast(house: House) -> str:
    """A broadcast that a form could stop."""
    with house.opened() as tx:
        new = NewBroadcast("spring", "german", (), 3600, utc_now(), "olga")
        number = record_broadcast(tx, house.program_id, new, utc_now())
        record_audit(tx, house.program_id, "olga", "broadcast.made", show("brc", number), utc_now())
        return show("brc", number)


def hooked(house: House) -> str:
    """A delivery to the first endpoint, which a form could have sent again."""
    furnish_webhooks(house.url, house.secret, house.program_id)
    ((number,),) = house.rows("select max(id) from webhook_deliveries")
    return show("msg", int(str(number)))


def held(house: House) -> str:
    """A pair that a form could release."""
    house.rows(
        "insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source,"
        " external_id, state, reasons, claimed_at, recorded_at, qualified_at, qualified_by)"
        " select program_id, 99, 7, 'friends', 'ABCDEFGH99', 98, 'crm', 'x', 'held', '{mutual}', now(),"
        " now(), now(), 1 from programs"
        " returning id"
    )
    return show("ref", 7)


def set_apart(house: House) -> str:
    """Something in quarantine, with the request in which it came."""
    with house.opened() as tx:
        delivery = Delivery("api", b"{", [Unusable(-1, "malformed_body", "no JSON")])
        keep_deliveries(tx, house.vault, house.program_id, [delivery], utc_now())
    ((number,),) = house.rows("select max(id) from quarantine")
    return show("qrt", int(str(number)))


def waiting(house: House) -> str:
    """A reading of a feed that a form could accept."""
    house.rows(
        "with f as (insert into catalog_feeds (program_id, key, supplier, state)"
        " select program_id, 'cards', 'pool', 'staged' from programs returning *)"
        " insert into catalog_syncs (program_id, id, feed, kind, state, why, base, by, started_at, beat_at)"
        " overriding system value"
        " select program_id, 77, key, 'full', 'staged', 'preview', 0, 'test', now(), now() from f"
        " returning id"
    )
    return show("syn", 77)


def differing(house: House) -> str:
    """A difference that a form could settle, and a credit that one could take as lost."""
    house.rows(
        "with a as (insert into audit (program_id, actor, action, subject, recorded_at)"
        " select program_id, 'test', 'statement.compared', 's', now() from programs returning program_id),"
        " c as (insert into supplier_credits (program_id, id, supplier, their_id, by, expected_at)"
        " overriding system value select program_id, 63, 'cards', '7', 'test', now() from a)"
        " insert into order_differences (program_id, id, supplier, kind, subject, currency, stake_minor, at,"
        " statement_id, found_at) overriding system value"
        " select program_id, 63, 'cards', 'not_with_us', '7', 'EUR', 1, now(), 1, now() from a returning id"
    )
    return show("dif", 63)


def own_token(visitor: Visitor) -> str:
    page = visitor.page("decisions")
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def without_token(_: Doors, visitor: Visitor, path: str, sent: dict[str, str]) -> "HttpResponse":
    return visitor.client.post(path, sent)  # type: ignore[return-value]


def token_of_another(doors: Doors, visitor: Visitor, path: str, sent: dict[str, str]) -> "HttpResponse":
    token = own_token(doors.visitor("lars"))
    return visitor.client.post(path, {"csrfmiddlewaretoken": token, **sent})  # type: ignore[return-value]


def from_elsewhere(**headers: str) -> Forgery:
    """With the right token: only where it comes from gives it away."""

    def sent_so(_: Doors, visitor: Visitor, path: str, sent: dict[str, str]) -> "HttpResponse":
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        form = {"csrfmiddlewaretoken": own_token(visitor), **sent}
        return visitor.client.post(path, form, headers=told)  # type: ignore[return-value]

    return sent_so


FORGERIES: dict[str, Forgery] = {
    "no token": without_token,
    "the token of another session": token_of_another,
    "from another site": from_elsewhere(sec_fetch_site="cross-site"),
    "from a neighboring host": from_elsewhere(sec_fetch_site="same-site"),
    "from what no browser says": from_elsewhere(sec_fetch_site="SAME-ORIGIN, cross-site"),
    "another origin": from_elsewhere(origin="https://evil.example"),
    "another port": from_elsewhere(origin="http://127.0.0.1:9"),
    "no origin to be told": from_elsewhere(origin="null"),
    "an old browser, elsewhere": from_elsewhere(sec_fetch_site="", origin="https://evil.example"),
}


def standing(house: House) -> list[tuple[object, ...]]:
    """Whatever a form could have changed."""
    return house.rows(
        """
        select (select count(*) from audit), (select count(*) from requests),
               (select string_agg(state || revision, ',' order by id) from requests),
               (select string_agg(expires_at::text, ',' order by id) from rewards),
               (select count(*) from signatures), (select count(*) from grants where revoked_at is null),
               (select count(*) from stand_ins where revoked_at is null), (select sum(held) from accounts),
               (select count(*) from accounts.staff_session where staff_id is not null),
               (select count(*) from program_versions),
               (select string_agg(edition || text, ',' order by id) from program_drafts),
               (select string_agg(state, ',' order by id) from replays),
               (select string_agg(state, ',' order by id) from broadcasts),
               (select string_agg(state, ',' order by id) from imports),
               (select string_agg(url || state || md5(secret), ',' order by id) from webhook_endpoints),
               (select string_agg(state, ',' order by id) from webhook_deliveries),
               (select count(*) from quarantine where settled_at is null),
               (select string_agg(state, ',') from order_differences),
               (select string_agg(state, ',') from supplier_credits),
               (select string_agg(feed || state, ',' order by id) from catalog_syncs),
               (select count(*) from catalog_items where hidden_at is null),
               (select string_agg(state, ',') from crm_accounts), (select count(*) from crm_backfills),
               (select count(*) from accounts.sign_in_attempt),
               (select count(*) from accounts.passkey_challenge)
        """
    )


def marks_in(house: House) -> dict[str, str]:
    """What the forms are about, made in a house, by the marks that stand for it."""
    now = utc_now()
    number = house.asked("lea", house.reward(30_000), now)
    house.replace("kim", "karl", now, now.replace(year=now.year + 1))
    named = {"{request}": show("apr", number), "{mara}": show("per", house.people["mara"])}
    named["{draft}"] = drafted(house)
    named |= {"{replay}": replayed(house), "{yesterday}": (now - timedelta(days=1)).date().isoformat()}
    named["{broadcast}"] = broadcast(house)
    named["{import}"] = brought(house)
    delivery = hooked(house)
    named |= {"{webhook}": f"webhooks/{show('whk', 1)}", "{delivery}": delivery}
    path, form = extension(house)
    named |= {"{reward}": path, "{was}": form["was"], "{later}": form["last_day"]}
    named["{pair}"] = f"referrals/{held(house)}"
    named |= {"{sync}": waiting(house), "{item}": show("itm", item_id(house.program_id, "cake"))}
    named["{difference}"] = f"reconciliation/{differing(house)}"
    named["{parked}"] = f"events/quarantine/{set_apart(house)}"
    return named


def test_every_address_that_takes_a_form_is_attacked() -> None:
    takes = {
        path for path, row in ROUTES.items() if row.change is not None or row.who in ("anyone", "member")
    }
    assert takes - READ_ONLY - BY_ITS_LINK - {path for path in ROUTES if path.startswith("api/")} == set(
        FORMS
    )


@pytest.mark.parametrize("forgery", list(FORGERIES))
def test_no_forged_form_changes_anything(doors: Doors, forgery: str) -> None:
    house, named = doors.house, marks_in(doors.house)
    for name in (*EVERYONE, "lars"):
        doors.visitor(name)
    before = standing(house)
    for name in EVERYONE:
        visitor = doors.visitor(name)
        for path, sent in (form for forms in FORMS.values() for form in forms):
            for mark, value in named.items():
                path = path.replace(mark, value)  # noqa: PLW2901  filled in
                sent = {field: said.replace(mark, value) for field, said in sent.items()}  # noqa: PLW2901
            where = path if path.startswith("/") else visitor.home + path
            answer = FORGERIES[forgery](doors, visitor, where, sent)
            assert answer.status_code == 403, (forgery, name, where, answer.status_code)
            assert "language" not in answer.cookies
    assert standing(house) == before


def test_what_the_attack_sends_would_change_something_if_it_were_no_forgery(doors: Doors) -> None:
    # Else the test above would refuse what does nothing anyway.
    house = doors.house
    number = house.asked("lea", house.reward(30_000), utc_now())
    olga = doors.visitor("olga")
    before = standing(house)
    answer = from_elsewhere()(
        doors, olga, f"{olga.home}decisions/{show('apr', number)}", {"act": "approve", "revision": "1"}
    )
    assert answer.status_code == 303
    assert standing(house) != before
