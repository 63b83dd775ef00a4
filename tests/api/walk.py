"""T-14: Schemathesis walks through the whole description of the API and asks everything it can think of.

It asks the application in this process, on a real database with real ids to hit. What it sends under `ANY_KEY`
goes on under one of many keys in turn, because one alone may ask only so often; without it nothing changes.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.engine import events, from_schema
from tests.api.house import ApiHouse

from guerdon.values.ids import show

ANY_KEY = "Bearer gdn_any_key"
KEYS = 40
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
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Walk:
    """What a walk found."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)
    succeeded: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


def under_many_keys(house: ApiHouse, app: Wsgi) -> Wsgi:
    """The application, with `ANY_KEY` standing for one key after the other."""
    keys = cycle([house.make_key() for _ in range(KEYS)])

    def asked(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION") == ANY_KEY:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {next(keys)}"
        environ["SERVER_NAME"] = environ["HTTP_HOST"] = "127.0.0.1"
        return app(environ, start)

    return asked


def teach_ids(house: ApiHouse) -> None:
    """Let generated ids be real ones, mostly."""
    rows = house.inner.rows
    known = {
        "mem": [show("mem", number) for number in house.members.values()],
        "evt": [show("evt", n) for (n,) in rows("select id from events where type = 'value.spent'")],
        "hld": [show("hld", n) for (n,) in rows("select id from holds where member_id > 0")],
        "apr": [show("apr", n) for (n,) in rows("select id from requests")],
    }
    for prefix in ("mem", "evt", "hld", "apr", "rwd", "trf", "ord"):
        invented = st.from_regex(f"{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{12}}", fullmatch=True)
        strategy = st.sampled_from(known[prefix]) | invented if known.get(prefix) else invented
        schemathesis.openapi.format(f"{prefix}-id", strategy)
    words = st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True)
    schemathesis.openapi.format("unit", st.sampled_from(["PTS", "PTS", "EUR", "STARS"]) | words)
    accounts = ["budget:pot:DE", "budget:central:", "program:funding", "budget:pot:NO"]
    schemathesis.openapi.format("account", st.sampled_from(accounts) | words)
    cursors = [house.get("/ledger/transfers?limit=1").body["next"]]
    schemathesis.openapi.format("cursor", st.sampled_from(cursors) | words)


def walk(house: ApiHouse, app: Wsgi, examples: int, seed: int, checks: Iterable[str] = CHECKS) -> Walk:
    """Ask for everything in the description, so many examples of each operation."""
    teach_ids(house)
    project = ProjectConfig.from_dict(
        {
            "headers": {"Authorization": ANY_KEY},
            "checks": {"enabled": False, **{name: {"enabled": True} for name in checks}},
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {"stateful": {"max-steps": 4}},
        }
    )
    config = SchemathesisConfig(seed=seed, projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", under_many_keys(house, app), config=config)
    found = Walk()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.failures.append(f"{type(event).__name__}: {getattr(event, 'info', event)}")
    return found


def _note(found: Walk, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        found.cases += 1
        status = interaction.response.status_code
        found.statuses[status] += 1
        label = recorder.cases[case_id].value.operation.label if case_id in recorder.cases else recorder.label
        found.by_operation[label] += 1
        if status < 400:
            found.succeeded.add(label)
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                code = check.failure_info.code_sample
                found.failures.append(f"{check.name}: {check.failure_info.failure!r}\n{code}\n({case_id})")
