"""A person's consent, tokens that end, and who they open."""

from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.connectors.hubspot_api.house import (
    REDIRECT,
    Saying,
    answered,
    api_of,
    app_of,
    done,
    open_api,
    told,
)
from tests.standins.house import Stand

from guerdon.connectors.hubspot.api.account import account
from guerdon.connectors.hubspot.api.oauth import (
    App,
    Consent,
    Tokens,
    challenge,
    consent,
    exchange,
    introspect,
    refresh,
    revoke,
    token_of_app,
)
from guerdon.connectors.hubspot.api.outcomes import Later, Refused, TokenGone, Unsure
from guerdon.connectors.hubspot.api.versions import Place
from guerdon.http import Unreachable

SCOPES = ("oauth", "crm.objects.contacts.read")


def visited(hubspot: Stand, begun: Consent) -> dict[str, str]:
    """Go where a browser is sent, and what it comes back with."""
    parts = urlsplit(begun.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 302, answer.status
        location = answer.headers["Location"]
    finally:
        connection.close()
    assert location.startswith(REDIRECT)
    assert hubspot.address in begun.url
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def granted(hubspot: Stand) -> Tokens:
    begun = consent(open_api(hubspot), app_of(hubspot), SCOPES)
    back = visited(hubspot, begun)
    tokens = done(exchange(open_api(hubspot), app_of(hubspot), back["code"], begun.verifier))
    assert isinstance(tokens, Tokens)
    return tokens


def test_the_challenge_is_that_of_the_rfc() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_people_are_sent_to_hubspots_own_address_and_each_time_with_another_state() -> None:
    api, app = told(Saying(answered(200))), App("id", "secret-of-the-app", REDIRECT)
    one, two = consent(api, app, SCOPES, ["automation"]), consent(api, app, SCOPES)
    assert one.url.startswith(f"{Place().app}/oauth/authorize?client_id=id&")
    assert one.state != two.state
    assert one.verifier != two.verifier
    assert one.verifier not in one.url
    assert "optional_scope=automation" in one.url
    assert "optional_scope" not in two.url
    assert "secret-of-the-app" not in f"{one.url}{app!r}{one!r}"


def test_a_consent_becomes_tokens_that_open_the_account_that_was_chosen(hubspot: Stand) -> None:
    hubspot.control("POST", "/portals", {"portal": 777})
    hubspot.control("POST", "/consent", {"portal": 777})
    begun = consent(open_api(hubspot), app_of(hubspot), SCOPES)
    back = visited(hubspot, begun)
    assert back["state"] == begun.state
    wrong = exchange(open_api(hubspot), app_of(hubspot), back["code"], "another verifier")
    assert isinstance(wrong, Refused)
    assert wrong.category == "BAD_CODE_VERIFIER"
    tokens = granted(hubspot)
    assert (tokens.hub_id, tokens.expires_in, sorted(tokens.scopes)) == (777, 1800, sorted(SCOPES))
    assert tokens.access_token not in repr(tokens)
    assert done(account(api_of(hubspot, tokens.access_token))).portal_id == 777
    known = done(introspect(open_api(hubspot), app_of(hubspot), tokens.access_token))
    assert (known.active, known.hub_id, known.app_id) == (True, 777, hubspot.keys["app"]["appId"])


def test_who_does_not_agree_brings_no_code_back(hubspot: Stand) -> None:
    hubspot.control("POST", "/consent", {"portal": None})
    back = visited(hubspot, consent(open_api(hubspot), app_of(hubspot), SCOPES))
    assert (back.get("code"), back["error"]) == (None, "access_denied")


def test_a_token_that_ended_is_made_new_until_the_consent_is_taken_back(hubspot: Stand) -> None:
    tokens, api, app = granted(hubspot), open_api(hubspot), app_of(hubspot)
    hubspot.control("POST", "/clock", {"advance_s": 1801})
    assert account(api_of(hubspot, tokens.access_token)) == TokenGone(expired=True)
    hubspot.control("POST", "/faults", {"next": ["after"]})
    assert refresh(api, app, tokens.refresh_token) == Later(5.0, "trouble", perhaps=True)
    newer = done(refresh(api, app, tokens.refresh_token))
    assert done(account(api_of(hubspot, newer.access_token))).portal_id == 4242
    assert done(revoke(api, app, newer.refresh_token)) is None
    assert refresh(api, app, newer.refresh_token) == TokenGone(expired=False)
    assert isinstance(revoke(api, app, "never there"), type(revoke(api, app, newer.refresh_token)))


@pytest.mark.parametrize("app", [App("nobody", "x"), None], ids=["unknown app", "wrong secret"])
def test_an_app_that_hubspot_does_not_know_is_refused(hubspot: Stand, app: App | None) -> None:
    shown = app or App(app_of(hubspot).client_id, "a wrong secret")
    outcome = refresh(open_api(hubspot), shown, "whatever")
    assert isinstance(outcome, Refused)
    assert outcome.category in ("BAD_CLIENT_ID", "BAD_CLIENT_SECRET")


def test_the_apps_own_token_opens_no_account(hubspot: Stand) -> None:
    tokens = done(token_of_app(open_api(hubspot), app_of(hubspot)))
    assert (tokens.hub_id, tokens.refresh_token) == (0, "")
    assert isinstance(account(api_of(hubspot, tokens.access_token)), Refused)


def test_a_code_of_which_nobody_heard_again_is_unsure_and_a_401_is_the_apps() -> None:
    app = App("id", "secret-of-the-app", REDIRECT)
    cut = told(Saying(Unreachable("garbage", sent=True)))
    assert exchange(cut, app, "code", "verifier") == Unsure("garbage")
    unknown = exchange(told(Saying(answered(401, {}))), app, "code", "verifier")
    assert isinstance(unknown, Refused)
    said = {"status": "BAD_AUTH_CODE", "message": "code s3cret-code of secret-of-the-app"}
    told_back = exchange(told(Saying(answered(400, said))), app, "s3cret-code", "verifier")
    assert isinstance(told_back, Refused)
    assert (told_back.category, told_back.message) == ("BAD_AUTH_CODE", "code … of …")
