"""One request and the closed set of what can come of it: of written answers, then of a HubSpot in trouble."""

import random
from collections import Counter
from threading import Thread
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.connectors.hubspot_api.house import (
    READ,
    TOKEN,
    WRITE,
    Saying,
    answered,
    any_json,
    api_of,
    done,
    told,
)
from tests.standins.house import MEMBER, POINTS, Stand

from guerdon.connectors.hubspot.api.account import OTHER_PORTAL, account, account_of
from guerdon.connectors.hubspot.api.calls import Question
from guerdon.connectors.hubspot.api.errors import MESSAGE_CHARS_MAX, Wrong, read_wrong
from guerdon.connectors.hubspot.api.objects import Write, read, upsert
from guerdon.connectors.hubspot.api.outcomes import (
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.connectors.hubspot.api.pace import PRIVATE_APP, Pace
from guerdon.connectors.hubspot.api.versions import VERSIONS, Path, Place, Version
from guerdon.http import Answer, Unreachable

ERROR = {"status": "error", "category": "VALIDATION_ERROR", "message": "no"}


@pytest.mark.parametrize(
    ("question", "answer", "outcome"),
    [
        (READ, answered(200, {"results": []}), Done({"results": []})),
        (WRITE, answered(204, b""), Done(None)),
        (WRITE, answered(207, {"results": [], "errors": []}), Done({"results": [], "errors": []})),
        (READ, answered(401, {"category": "EXPIRED_AUTHENTICATION"}), TokenGone(expired=True)),
        (READ, answered(401, b"<html>"), TokenGone(expired=False)),
        (READ, answered(400, ERROR), Refused(400, Wrong("VALIDATION_ERROR", "no"))),
        (WRITE, answered(409, b"\xff"), Refused(409, Wrong())),
        (READ, answered(302, b"", location="https://elsewhere.example"), Refused(302, Wrong())),
        (READ, answered(429, ERROR, retry_after="7"), Later(7.0, "limit")),
        (READ, answered(429, ERROR, retry_after="Tue, 01 Jan 2030 00:00:00 GMT"), Later(10.0, "limit")),
        (READ, answered(429, {"policyName": "SECONDLY"}), Later(1.0, "limit")),
        (READ, answered(429, {"policyName": "DAILY"}), Later(900.0, "day")),
        (READ, answered(429, {}, retry_after="9" * 9), Later(86_400.0, "limit")),
        (WRITE, answered(423, {}), Later(2.0, "trouble")),
        (WRITE, answered(477, {}, retry_after="600"), Later(600.0, "trouble")),
        (WRITE, answered(502, b""), Later(5.0, "trouble", perhaps=True)),
        (READ, answered(503, b"", retry_after="3"), Later(3.0, "trouble")),
        (WRITE, Unreachable("timeout"), Later(5.0, "unreachable")),
        (WRITE, Unreachable("timeout", sent=True), Unsure("timeout")),
        (READ, Unreachable("refused", sent=True), Later(5.0, "unreachable")),
        (WRITE, Unreachable("large", sent=True), Unsure("large")),
        (WRITE, answered(200, b"<html>"), Unsure("unreadable")),
        (READ, answered(200, b"<html>"), Later(5.0, "unreachable")),
    ],
    ids=str,
)
def test_every_answer_is_one_of_the_outcomes(
    question: Question, answer: Answer | Unreachable, outcome: Outcome[object]
) -> None:
    assert told(Saying(answer)).ask(question, any_json) == outcome


@pytest.mark.parametrize("fault", [Unreachable("large", sent=True), Unreachable("url")])
def test_what_will_be_so_tomorrow_too_is_refused(fault: Unreachable) -> None:
    assert isinstance(told(Saying(fault)).ask(READ, any_json), Refused)


def test_an_answer_of_another_shape_is_no_answer() -> None:
    shape = msgspec.json.Decoder(dict[str, int]).decode
    assert isinstance(told(Saying(answered(200, {"a": "b"}))).ask(READ, shape), Refused)
    assert told(Saying(answered(200, {"a": "b"}))).ask(WRITE, shape) == Unsure("unreadable")


def test_a_part_that_went_wrong_is_named_by_its_trace() -> None:
    wrong = {
        "category": "VALIDATION_ERROR",
        "message": "x",
        "context": {"objectWriteTraceId": ["t2"]},
        "errors": [{"code": "INVALID_DOUBLE", "context": {"propertyName": ["points"]}}],
    }
    outcome = told(Saying(answered(207, {"results": [], "errors": [wrong]}))).ask(WRITE, any_json)
    assert isinstance(outcome, Partial)
    named = Wrong("VALIDATION_ERROR", "x", ("INVALID_DOUBLE",), ("points",), ("t2",))
    assert outcome.by_trace == {"t2": named}
    unnamed = told(Saying(answered(207, {"results": [], "numErrors": 2}))).ask(WRITE, any_json)
    assert isinstance(unnamed, Partial)
    assert unnamed.by_trace == {}


def test_nothing_secret_and_nobodys_address_comes_back_in_words() -> None:
    message = f"the token {TOKEN} is not for ana.b+c@example.com, nor code s3cretcode " + "x" * 2000
    http = Saying(answered(400, {"message": message, "category": "a b <script>"}))
    question = Question("POST", "/x", form={"code": "s3cretcode"}, writes=True, secrets=("s3cretcode",))
    outcome = told(http).ask(question, any_json)
    assert isinstance(outcome, Refused)
    assert outcome.message.startswith("the token … is not for …, nor code … xxx")
    assert len(outcome.message) == MESSAGE_CHARS_MAX
    assert outcome.category == ""
    for shown in (repr(question), repr(outcome), repr(told(http))):
        assert TOKEN not in shown
        assert "s3cretcode" not in shown


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["status", "category", "errors", "context", "ids", "code", "message"]), inner
            )
        ),
        max_leaves=12,
    ).map(msgspec.json.encode)
)
def test_whatever_an_error_says_it_is_read(body: bytes) -> None:
    assert isinstance(read_wrong(body), Wrong)
    outcome = told(Saying(Answer(207, {}, body))).ask(WRITE, any_json)
    assert isinstance(outcome, Done | Partial | Unsure)


def test_the_token_goes_where_it_belongs_and_a_body_says_what_it_is() -> None:
    http = Saying(answered(200, {}))
    told(http).ask(WRITE, any_json)
    method, url, headers, body = http.asked[0]
    assert (method, url) == ("POST", "https://api.hubapi.com" + WRITE.path)
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    assert body == b'{"inputs":[]}'


def test_nobody_is_asked_while_the_limit_is_reached() -> None:
    http = Saying(answered(429, {}, retry_after="30"))
    api = told(http, Pace(PRIVATE_APP))
    assert api.ask(READ, any_json) == Later(30.0, "limit")
    assert api.ask(READ, any_json) == Later(30.0, "pace")
    assert len(http.asked) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_every_path_of_the_table_is_one_that_is_documented(hubspot: Stand, version: Version) -> None:
    parts = dict.fromkeys(("callback", "event", "name", "offset"), "x")
    parts |= {"kind": "deals", "other": "contacts", "subscription": "1"}
    paths = {name: Place(version).path(name, **parts) for name in get_args(Path)}
    answered_404 = {
        name: path for name, path in paths.items() if hubspot.ask("GET", path, token="").status == 404
    }
    assert answered_404 == {}
    assert Place(version).path("property", kind="contacts", name="a/../b?c").endswith("/a%2F..%2Fb%3Fc")


def contacts(hubspot: Stand) -> dict[str, dict[str, str]]:
    found = hubspot.control("GET", "/records/contacts")["records"]
    return {one["id"]: one["properties"] for one in found}


def test_our_own_pace_keeps_within_a_real_limit_from_many_threads(hubspot: Stand) -> None:
    # A short window, and somebody else who uses the same limit.
    hubspot.control("POST", "/limits", {"burst": 20, "interval_ms": 500})
    for _ in range(8):
        hubspot.ask("GET", "/account-info/2026-09/details")
    api = api_of(hubspot, pace=Pace(PRIVATE_APP))
    assert isinstance(account(api), Done)
    counted: Counter[str] = Counter()

    def ask() -> None:
        for _ in range(15):
            outcome = account(api)
            counted[outcome.why if isinstance(outcome, Later) else type(outcome).__name__] += 1

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted["limit"] == 0
    assert counted["pace"] > 0
    assert 11 <= counted["Done"] < 60


def test_a_limit_that_others_used_up_is_waited_for(hubspot: Stand) -> None:
    hubspot.control("POST", "/limits", {"burst": 3, "interval_ms": 5000})
    for _ in range(3):
        hubspot.ask("GET", "/account-info/2026-09/details")
    api = api_of(hubspot, pace=Pace(PRIVATE_APP))
    first = account(api)
    assert isinstance(first, Later)
    assert first.why == "limit"
    assert 0 < first.after_s <= 6
    second = account(api)
    assert isinstance(second, Later)
    assert second.why == "pace"


def test_the_days_limit_is_told_apart(hubspot: Stand) -> None:
    hubspot.control("POST", "/limits", {"daily": 1})
    api = api_of(hubspot, pace=Pace(PRIVATE_APP))
    assert isinstance(account(api), Done)
    held = account(api)
    assert isinstance(held, Later)
    assert (held.why, held.after_s > 600) == ("pace", True)
    day = account(api_of(hubspot))
    assert isinstance(day, Later)
    assert day.why == "day"


def test_what_a_server_in_trouble_did_or_did_not_do_is_never_called_done(hubspot: Stand) -> None:
    hubspot.define(MEMBER)
    api = api_of(hubspot)

    def write(n: int) -> Outcome[object]:
        return upsert(api, "contacts", "loyalty_member_id", [Write("t", f"m{n}", {"firstname": f"{n}"})])  # type: ignore[return-value]

    for n, (fault, took_effect) in enumerate((("before", False), ("after", True), ("cut", True))):
        hubspot.control("POST", "/faults", {"next": [fault]})
        outcome = write(n)
        if fault == "cut":
            assert isinstance(outcome, Unsure)
        else:
            assert outcome == Later(5.0, "trouble", perhaps=True)
        names = [one.get("loyalty_member_id") for one in contacts(hubspot).values()]
        assert (f"m{n}" in names) == took_effect
        # Asked again it is the same one record.
        assert isinstance(write(n), Done)
        names = [one.get("loyalty_member_id") for one in contacts(hubspot).values()]
        assert names.count(f"m{n}") == 1


def test_a_reading_that_is_cut_can_be_asked_again(hubspot: Stand) -> None:
    api = api_of(hubspot)
    hubspot.control("POST", "/faults", {"next": ["cut", "slow"], "slow_s": 0.01})
    assert account(api) == Later(5.0, "unreachable")
    assert isinstance(account(api), Done)


def test_through_all_faults_at_once_every_record_ends_as_it_was_meant(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    hubspot.control("POST", "/faults", {"fail": 0.8, "seed": 3, "slow_s": 0.005})
    api = api_of(hubspot)
    wanted = {f"m{n}": str(n * 7) for n in range(30)}
    chance, seen = random.Random(5), Counter[str]()  # noqa: S311  a shuffle that fails the same way again
    waiting = dict(wanted)
    for _ in range(200):
        batch = dict(chance.sample(sorted(waiting.items()), min(1 + len(waiting) % 3, len(waiting))))
        if not batch:
            break
        writes = [Write(f"t-{name}", name, {"points": points}) for name, points in batch.items()]
        outcome = upsert(api, "contacts", "loyalty_member_id", writes)
        seen[type(outcome).__name__] += 1
        if isinstance(outcome, Done):
            assert outcome.answer.records.keys() == {f"t-{name}" for name in batch}
            for name in batch:
                waiting.pop(name, None)
        else:
            assert isinstance(outcome, Later | Unsure), outcome
    assert waiting == {}
    assert {"Done", "Later", "Unsure"} <= seen.keys()
    hubspot.control("POST", "/faults", {"fail": 0})
    kept = {one["loyalty_member_id"]: one["points"] for one in contacts(hubspot).values()}
    assert kept == wanted
    assert len(contacts(hubspot)) == len(wanted)


def test_a_token_that_is_revoked_half_way_opens_nothing_more(hubspot: Stand) -> None:
    ids = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"})
    api = api_of(hubspot)
    assert done(read(api, "contacts", ids[:1], ["email"])).records.keys() == {ids[0]}
    hubspot.control("POST", "/revoke", {"token": hubspot.token})
    assert read(api, "contacts", ids[1:], ["email"]) == TokenGone(expired=False)
    hubspot.token = hubspot.control("POST", "/tokens", {"portal": 4242})["token"]
    assert isinstance(read(api_of(hubspot), "contacts", ids[1:], ["email"]), Done)


def test_a_token_of_another_account_is_found_out(hubspot: Stand) -> None:
    keys = hubspot.control("POST", "/portals", {"portal": 777})
    (other,) = [one for one in keys["portals"] if one["portalId"] == 777]
    assert done(account_of(api_of(hubspot), 4242)).portal_id == 4242
    assert done(account_of(api_of(hubspot), 4242)).company_currency == "EUR"
    outcome = account_of(api_of(hubspot, other["token"]), 4242)
    assert isinstance(outcome, Refused)
    assert outcome.category == OTHER_PORTAL


def test_a_missing_scope_is_refused_by_name(hubspot: Stand) -> None:
    asked = {"portal": 4242, "scopes": ["crm.objects.contacts.read"]}
    api = api_of(hubspot, hubspot.control("POST", "/tokens", asked)["token"])
    outcome = upsert(api, "contacts", "email", [Write("t", "a@x.com", {"firstname": "A"})])
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.category) == (403, "MISSING_SCOPES")
