"""What goes wrong at HubSpot: limits, tokens that end, calls that fail before or after they took effect."""

import socket
import time
from collections import Counter
from http.client import RemoteDisconnected
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.standins.house import CONTACTS, VERSION, Stand, start, stop

DETAILS = f"/account-info/{VERSION}/details"
SEARCH = f"{CONTACTS}/search"


def test_a_hundred_and_ninety_calls_in_ten_seconds_and_no_more(hubspot: Stand) -> None:
    said = [hubspot.ask("GET", DETAILS) for _ in range(191)]
    assert Counter(one.status for one in said) == {200: 190, 429: 1}
    assert (said[0].headers["X-HubSpot-RateLimit-Max"], said[0].headers["X-HubSpot-RateLimit-Remaining"]) == (
        "190",
        "189",
    )
    assert said[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert said[-1].body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert 1 <= int(said[-1].headers["Retry-After"]) <= 10


def test_a_window_rolls(hubspot: Stand) -> None:
    hubspot.control("POST", "/limits", {"burst": 2, "interval_ms": 300})
    assert [hubspot.ask("GET", DETAILS).status for _ in range(3)] == [200, 200, 429]
    time.sleep(0.35)
    assert hubspot.ask("GET", DETAILS).status == 200


def test_search_has_a_limit_of_its_own_and_the_day_one_too(hubspot: Stand) -> None:
    hubspot.control("POST", "/limits", {"search_per_s": 2})
    said = [hubspot.ask("POST", SEARCH, {"filterGroups": []}) for _ in range(3)]
    assert [one.status for one in said] == [200, 200, 429]
    assert said[-1].body["message"] == "You have reached your secondly limit."
    hubspot.control("POST", "/limits", {"daily": 1})
    assert hubspot.ask("GET", DETAILS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert hubspot.ask("GET", DETAILS).body["policyName"] == "DAILY"
    hubspot.control("POST", "/clock", {"advance_s": 86_400})
    assert hubspot.ask("GET", DETAILS).status == 200


def test_a_token_revoked_half_way_opens_nothing_more(hubspot: Stand) -> None:
    assert hubspot.ask("GET", DETAILS).status == 200
    assert hubspot.control("POST", "/revoke", {"portal": 4242}) == {"revoked": 1}
    said = hubspot.ask("GET", DETAILS)
    assert (said.status, said.body["category"]) == (401, "INVALID_AUTHENTICATION")
    fresh = hubspot.control("POST", "/tokens", {"portal": 4242, "scopes": ["oauth"]})["token"]
    assert hubspot.ask("GET", DETAILS, token=fresh).status == 200
    lacking = hubspot.ask("GET", CONTACTS, token=fresh)
    assert (lacking.status, lacking.body["category"]) == (403, "MISSING_SCOPES")


def authorize(hubspot: Stand) -> dict[str, list[str]]:
    app = hubspot.credentials()
    asked = f"client_id={app['client_id']}&redirect_uri=http://127.0.0.1/back&scope=oauth%20crm.objects.contacts.read&state=s"
    said = hubspot.ask("GET", f"/oauth/authorize?{asked}")
    assert said.status == 302
    return parse_qs(urlsplit(said.headers["Location"]).query)


@pytest.mark.parametrize("version", ["v1", "2026-03", "2026-09"])
def test_a_code_becomes_tokens_once_and_they_are_renewed(hubspot: Stand, version: str) -> None:
    code = authorize(hubspot)
    assert code["state"] == ["s"]
    path, app = f"/oauth/{version}/token", hubspot.credentials()
    form = {
        "grant_type": "authorization_code",
        "code": code["code"][0],
        "redirect_uri": "http://127.0.0.1/back",
        **app,
    }
    granted = hubspot.ask("POST", path, form=form).body
    again = hubspot.ask("POST", path, form=form)
    assert (again.status, again.body["status"]) == (400, "BAD_AUTH_CODE")
    assert hubspot.ask("GET", CONTACTS, token=granted["access_token"]).status == 200
    assert hubspot.ask("GET", CONTACTS, token=granted["refresh_token"]).status == 401
    hubspot.control("POST", "/clock", {"advance_s": granted["expires_in"] + 1})
    late = hubspot.ask("GET", CONTACTS, token=granted["access_token"])
    assert (late.status, late.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    renewal = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], **app}
    renewed = hubspot.ask("POST", path, form=renewal).body
    assert hubspot.ask("GET", CONTACTS, token=renewed["access_token"]).status == 200
    hubspot.control("POST", "/revoke", {"token": granted["refresh_token"]})
    assert hubspot.ask("POST", path, form=renewal).body["status"] == "BAD_REFRESH_TOKEN"


def test_a_consent_may_be_refused_and_credentials_are_no_grant_of_the_newest(hubspot: Stand) -> None:
    hubspot.control("POST", "/consent", {"portal": None})
    assert authorize(hubspot)["error"] == ["access_denied"]
    form = {"grant_type": "client_credentials", "scope": "oauth", **hubspot.credentials()}
    assert hubspot.ask("POST", "/oauth/2026-03/token", form=form).status == 200
    assert hubspot.ask("POST", "/oauth/2026-09/token", form=form).body["status"] == "BAD_GRANT_TYPE"


def test_what_a_token_is_can_be_asked(hubspot: Stand) -> None:
    app = hubspot.credentials()
    form = {"grant_type": "authorization_code", "code": authorize(hubspot)["code"][0], **app}
    granted = hubspot.ask(
        "POST", f"/oauth/{VERSION}/token", form={**form, "redirect_uri": "http://127.0.0.1/back"}
    ).body
    asked = {"token": granted["access_token"], **app}
    assert hubspot.ask("POST", f"/oauth/{VERSION}/token/introspect", form=asked).body["hub_id"] == 4242
    assert hubspot.ask("POST", f"/oauth/{VERSION}/token/revoke", form=asked).status == 204
    assert hubspot.ask("POST", f"/oauth/{VERSION}/token/introspect", form=asked).body["active"] is False


def contacts(hubspot: Stand) -> int:
    return len(hubspot.control("GET", "/records/contacts")["records"])


def test_a_call_may_fail_before_or_after_it_took_effect(hubspot: Stand) -> None:
    hubspot.control("POST", "/faults", {"next": ["before", "after", "cut", "none"], "slow_s": 0.3})
    assert hubspot.ask("POST", CONTACTS, {"properties": {}}).status >= 500
    assert contacts(hubspot) == 0
    assert hubspot.ask("POST", CONTACTS, {"properties": {}}).status >= 500
    assert contacts(hubspot) == 1
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        hubspot.ask("POST", CONTACTS, {"properties": {}})
    assert contacts(hubspot) == 2
    assert hubspot.ask("POST", CONTACTS, {"properties": {}}).status == 201
    hubspot.control("POST", "/faults", {"next": ["slow"]})
    began = time.monotonic()
    assert hubspot.ask("POST", CONTACTS, {"properties": {}}).status == 201
    assert time.monotonic() - began >= 0.3


def statuses(hubspot: Stand) -> list[int]:
    return [hubspot.ask("GET", DETAILS).status for _ in range(60)]


def test_the_seed_decides_which_calls_fail(hubspot: Stand) -> None:
    told = {"fail": 0.3, "kinds": ["before", "after"], "seed": 5}
    hubspot.control("POST", "/faults", told)
    first = statuses(hubspot)
    hubspot.control("POST", "/faults", told)
    assert statuses(hubspot) == first
    assert 5 < sum(status >= 500 for status in first) < 35


def test_older_addresses_are_served_only_if_asked_for_and_nothing_holds_up_the_end() -> None:
    stand = start()
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        wanted = {"url": url, "subscriptions": [{"eventType": "contact.creation"}], "batch_ms": 1}
        stand.control("POST", "/hooks", wanted)
        stand.add("contacts", {"email": "a@x.com"})
        held, _ = silent.accept()
        assert stand.ask("GET", "/crm/v3/objects/contacts").status == 404
        assert stand.ask("GET", CONTACTS).status == 200
        assert stand.address.startswith("http://127.0.0.1:")
    finally:
        began = time.monotonic()
        assert stop(stand) == 0
        held.close()
        silent.close()
    assert time.monotonic() - began < 3


def test_an_occurrence_of_an_event_is_kept_once(hubspot: Stand) -> None:
    wanted = {
        "label": "Earned",
        "name": "earned",
        "propertyDefinitions": [{"name": "points", "label": "P", "type": "number"}],
    }
    made = hubspot.ask("POST", f"/events/custom/{VERSION}/event-definitions", wanted)
    assert made.body["fullyQualifiedName"] == "pe4242_earned"
    hubspot.add("contacts", {"email": "a@x.com"})
    one = {"eventName": "pe4242_earned", "email": "a@x.com", "properties": {"points": "5"}, "uuid": "u1"}
    send = f"/events/custom/{VERSION}/send/batch"
    assert hubspot.ask("POST", send, {"inputs": [one, {**one, "uuid": "u2"}]}).status == 204
    assert hubspot.ask("POST", f"/events/custom/{VERSION}/send", one).status == 204
    kept = hubspot.control("GET", "/completions")
    assert ([found["uuid"] for found in kept["completions"]], kept["dropped"]) == (["u1", "u2"], 1)
    assert kept["completions"][0]["contact"] == "101"
    for wrong in ({"properties": {"other": "1"}}, {"eventName": "pe4242_other"}, {"email": ""}):
        assert hubspot.ask("POST", send, {"inputs": [{**one, "uuid": "u3", **wrong}]}).status == 400
    assert hubspot.ask("POST", f"/events/{VERSION}/send/batch", {"inputs": []}).status == 404
    assert hubspot.ask("POST", "/events/2026-03/send/batch", {"inputs": [one]}).status == 204
