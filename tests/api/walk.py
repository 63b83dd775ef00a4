"""T-14: Schemathesis walks through the whole description of the API and asks everything it can think of.

It asks over HTTP, on a real database with real ids to hit. What it sends under `ANY_KEY` goes on under one of
many keys in turn, because one alone may ask only so often; whatever else it sends goes on as it is.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count, cycle
from threading import Thread
from typing import Any

import schemathesis
import uvicorn
from hypothesis import strategies as st
from schemathesis.config import ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.engine import events, from_schema
from tests.api.house import CODES, ApiHouse
from tests.web.intake.house import free_port

from guerdon.values.clock import utc_now
from guerdon.values.ids import show

ANY_KEY = b"Bearer gdn_any_key"
KEYS = 40
# Requests are seen by the key that asked for them: these are asked for by its own, mostly.
OWNERS = 4
HOLDERS = 4
# Drafts are submitted by the key that saved them.
DRAFTS = 12
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
)
# How a message is framed is no part of an operation: what breaks that never gets as far as the application.
FRAMING = frozenset({"transfer-encoding", "content-length", "connection", "upgrade", "te", "trailer"})
NOBODYS: Mapping[str, str] = {}
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass
class Walk:
    """What a walk found."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_operation: Counter[tuple[str, int]] = field(default_factory=Counter)
    succeeded: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


def under_many_keys(house: ApiHouse, app: Asgi, owners: Mapping[str, str]) -> Asgi:
    """The application, with `ANY_KEY` standing for one key after the other."""
    many = cycle([f"Bearer {house.make_key()}".encode() for _ in range(KEYS)])
    own = {request: f"Bearer {key}".encode() for request, key in owners.items()}
    # One seed draws the same holds for each of their ends: what is taken is not what is freed.
    holds = open_holds(house)
    twins = dict(zip(holds, reversed(holds), strict=True))
    # From many networks too, because wrong keys and codes are part of the walk.
    numbers = count()

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            number = next(numbers)
            of = re.split("/requests/|/drafts/", scope["path"])[-1].partition("/")[0]
            key = own[of] if of in own and number % 4 else next(many)
            headers = [(name, key if value == ANY_KEY else value) for name, value in scope["headers"]]
            address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
            path = scope["path"]
            if path.endswith("/release"):
                start, _, hold = path.removesuffix("/release").rpartition("/")
                path = f"{start}/{twins.get(hold, hold)}/release"
            scope = {**scope, "path": path, "headers": headers, "client": (address, 1)}
        await app(scope, receive, send)

    return asked


@contextmanager
def served(app: Asgi) -> Iterator[str]:
    """The application at an address of this machine's own, as long as the block takes."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", access_log=False, lifespan="auto"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def open_holds(house: ApiHouse) -> list[str]:
    """Members' holds that can be taken or freed."""
    found = house.inner.rows("select id from holds where member_id > 0 and state = 'open' order by id")
    return [show("hld", number) for (number,) in found]


# Everything that has a number of its own.
IDS = (
    "mem",
    "evt",
    "hld",
    "apr",
    "drf",
    "rwd",
    "trf",
    "ord",
    "whk",
    "msg",
    "qrt",
    "ref",
    "syn",
    "itm",
    "dif",
)


def teach_ids(house: ApiHouse) -> None:
    """Let generated ids be real ones, mostly."""
    from guerdon.web.api.ids import cursor_of  # noqa: PLC0415  Django is prepared by then

    rows = house.inner.rows
    known = {
        # Whose value it is that can be spent, mostly.
        "mem": [*[house.member()] * 5, house.member("ben"), house.member("ole")],
        "evt": [show("evt", n) for (n,) in rows("select id from events where type = 'value.spent'")],
        "hld": open_holds(house),
        "apr": [show("apr", n) for (n,) in rows("select id from requests")],
        "drf": [show("drf", n) for (n,) in rows("select id from program_drafts")],
        "whk": [show("whk", n) for (n,) in rows("select id from webhook_endpoints")],
        "msg": [show("msg", n) for (n,) in rows("select id from webhook_deliveries")],
        "qrt": [show("qrt", n) for (n,) in rows("select id from quarantine where settled_at is null")],
        "dif": [show("dif", n) for (n,) in rows("select id from order_differences where state = 'open'")],
        "syn": [show("syn", n) for (n,) in rows("select id from catalog_syncs where state = 'staged'")],
    }
    # Whose end can be a later one.
    mine = "select id from rewards where member_id = %(m)s and state = 'ready' and expires_at is not null"
    known["rwd"] = [show("rwd", n) for (n,) in rows(mine, m=house.members["ada"])]
    known["itm"] = [show("itm", n) for (n,) in rows("select id from catalog_items where gone_at is null")]
    days = st.dates(utc_now().date(), utc_now().date() + timedelta(days=3_600)) | st.dates(date(1970, 1, 1))
    schemathesis.openapi.format("date", days.map(date.isoformat))
    for prefix in IDS:
        invented = st.from_regex(f"{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{12}}", fullmatch=True)
        real = st.sampled_from(known[prefix]) if known.get(prefix) else invented
        strategy = st.one_of(real, real, real, invented)
        schemathesis.openapi.format(f"{prefix}-id", strategy)
    words = st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True)
    hooks = st.sampled_from(
        ["https://hooks.example/in", "https://1.1.1.1/", "https://10.0.0.1/", "http://a/"]
    )
    schemathesis.openapi.format("webhook-url", hooks)
    schemathesis.openapi.format("unit", st.sampled_from(["PTS", "PTS", "EUR", "STARS"]) | words)
    schemathesis.openapi.format("money-unit", st.just("EUR"))
    types = st.sampled_from(["contract.signed", "order.paid", "trip.booked"])
    schemathesis.openapi.format("event-type", types)
    schemathesis.openapi.format("drop", st.sampled_from(["trips", "trips", "dealer_orders"]) | words)
    schemathesis.openapi.format("feed", st.sampled_from(["cards", "books"]) | words)
    schemathesis.openapi.format("supplier", st.sampled_from(["cards", "pool", "manual"]) | words)
    schemathesis.openapi.format("segment", st.sampled_from(["german", "buyers"]) | words)
    schemathesis.openapi.format("scheme", st.just("friends") | words)
    schemathesis.openapi.format("topic", st.sampled_from(["marketing", "service"]) | words)
    schemathesis.openapi.format("referral-code", st.sampled_from(["7K3D-0XQ2-M5TN", "7k3d0xq2m5tp"]) | words)
    schemathesis.openapi.format("market", st.sampled_from(["DE", "NO", "SE"]))
    schemathesis.openapi.format("rule", st.sampled_from(["order", "trip"]) | words)
    schemathesis.openapi.format("code", st.sampled_from([f"CODE-{n}" for n in range(CODES)]) | words)
    accounts = ["budget:pot:DE", "budget:central:", "program:funding", "budget:pot:NO"]
    schemathesis.openapi.format("account", st.sampled_from(accounts) | words)
    schemathesis.openapi.format("cursor", st.just(cursor_of(utc_now(), 1)) | words)


def walk(
    house: ApiHouse,
    app: Asgi,
    examples: int,
    seed: int,
    owners: Mapping[str, str] = NOBODYS,
    found: Walk | None = None,
) -> Walk:
    """Ask for everything in the description, so many examples of each operation.

    With what a walk found before: only where nothing succeeded in it, added to it.
    """
    teach_ids(house)
    project = ProjectConfig.from_dict(
        {
            "headers": {"Authorization": ANY_KEY.decode()},
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {"stateful": {"max-steps": 4}},
        }
    )
    config = SchemathesisConfig(seed=seed, projects=ProjectsConfig(default=project))
    known = frozenset(found.succeeded) if found is not None else frozenset[str]()
    found = found or Walk()
    with served(under_many_keys(house, app, owners)) as address:
        schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
        schema.hook("map_headers")(well_framed)
        asked = schema.exclude(lambda of: of.operation.label in known) if known else schema
        for event in from_schema(asked).execute():
            if isinstance(event, events.ScenarioFinished):
                _note(found, event)
            elif isinstance(event, events.NonFatalError | events.FatalError):
                found.failures.append(f"{type(event).__name__}: {getattr(event, 'info', event)}")
    return found


def well_framed(_: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """Headers as they are made up, but for those that say how long a message is or where it ends."""
    return headers and {name: said for name, said in headers.items() if name.lower() not in FRAMING}


def _note(found: Walk, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        found.cases += 1
        status = interaction.response.status_code
        found.statuses[status] += 1
        label = recorder.cases[case_id].value.operation.label if case_id in recorder.cases else recorder.label
        found.by_operation[label, status] += 1
        if status < 400:
            found.succeeded.add(label)
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                code = check.failure_info.code_sample
                found.failures.append(f"{check.name}: {check.failure_info.failure!r}\n{code}\n({case_id})")
