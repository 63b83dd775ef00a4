"""OAuth: a person's consent, tokens for codes, new ones for old, and what a token is."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

from standins.hubspot.api.call import Call
from standins.hubspot.refusals import Refusal
from standins.hubspot.wire import Answer
from standins.hubspot.world import CODE_LIFE_MS, SCOPES, TOKEN_LIFE_S, App, Consent, Token

GRANTS = {
    "v1": {"authorization_code", "refresh_token", "client_credentials"},
    "2026-03": {"authorization_code", "refresh_token", "client_credentials"},
    "2026-09": {"authorization_code", "refresh_token"},
}


def _bad(status: str, message: str) -> Refusal:
    refusal = Refusal(400, "VALIDATION_ERROR", message)
    refusal.more["status"] = status
    return refusal


def authorize(call: Call) -> Answer:
    """Send the person's browser back with a code, as if they had chosen the account and agreed."""
    world, app = call.world, call.world.app
    redirect, state = call.first("redirect_uri") or "", call.first("state")
    if call.first("client_id") != app.client_id:
        raise _bad("BAD_CLIENT_ID", "missing or unknown client id")
    said: dict[str, str] = {} if state is None else {"state": state}
    if world.consenting is None:
        said |= {"error": "access_denied", "error_description": "user denied access"}
    else:
        scopes = set((call.first("scope") or "").split()) | set((call.first("optional_scope") or "").split())
        code = world.uuid()
        world.consents[code] = Consent(
            app,
            world.consenting,
            redirect,
            scopes & set(SCOPES),
            world.clock.now_ms() + CODE_LIFE_MS,
            call.first("code_challenge") or "",
        )
        said["code"] = code
    joint = "&" if "?" in redirect else "?"
    return Answer(302, b"", {"Location": f"{redirect}{joint}{urlencode(said)}"})


def _app(call: Call) -> App:
    app = call.world.app
    if call.first("client_id") != app.client_id:
        raise _bad("BAD_CLIENT_ID", "missing or unknown client id")
    if call.first("client_secret") != app.client_secret:
        raise _bad("BAD_CLIENT_SECRET", "missing or invalid client secret")
    return app


def token(call: Call) -> Answer:
    """Exchange a code, a refresh token or the app's own secret for a token."""
    app, grant = _app(call), call.first("grant_type")
    if grant not in GRANTS[call.version]:
        raise _bad("BAD_GRANT_TYPE", f"unknown grant type {grant}")
    if grant == "authorization_code":
        return _by_code(call)
    if grant == "refresh_token":
        return _by_refresh(call)
    scopes = set((call.first("scope") or "").split())
    made = call.world.new_token(app, None, scopes & set(SCOPES), life_s=TOKEN_LIFE_S)
    if call.version == "v1":
        return Answer(200, _first_version(_shown(made)))
    return Answer(200, {**_shown(made), "token_use": "client_credentials"})


def _by_code(call: Call) -> Answer:
    world = call.world
    consent = world.consents.pop(call.first("code") or "", None)
    if consent is None or consent.ends_ms < world.clock.now_ms():
        raise _bad("BAD_AUTH_CODE", "missing or unknown auth code")
    if consent.redirect_uri != call.first("redirect_uri"):
        raise _bad("BAD_REDIRECT_URI", "redirect URI does not match the one of the authorization")
    if consent.challenge and consent.challenge != _challenge(call.first("code_verifier") or ""):
        raise _bad("BAD_CODE_VERIFIER", "code verifier does not match the challenge")
    refresh = world.new_token(consent.app, consent.portal, consent.scopes)
    refresh.refresh = True
    world.hooks.installed.add(consent.portal)
    return _granted(call, refresh)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _by_refresh(call: Call) -> Answer:
    refresh = call.world.tokens.get(call.first("refresh_token") or "")
    if refresh is None or not refresh.refresh or refresh.revoked:
        raise _bad("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    return _granted(call, refresh)


def _granted(call: Call, refresh: Token) -> Answer:
    made = call.world.new_token(refresh.app, refresh.portal, refresh.scopes, life_s=TOKEN_LIFE_S)
    body = _shown(made)
    if call.version == "v1":
        return Answer(200, {**_first_version(body), "refresh_token": refresh.text})
    return Answer(200, {**body, "refresh_token": refresh.text, "token_use": "access_token"})


def _shown(made: Token) -> dict[str, Any]:
    body: dict[str, Any] = {
        "access_token": made.text,
        "token_type": "bearer",
        "expires_in": TOKEN_LIFE_S,
        "scopes": sorted(made.scopes),
    }
    return body if made.portal is None else {**body, "hub_id": made.portal, "user_id": 864_745_280}


def _first_version(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("access_token", "token_type", "expires_in")}


def introspect(call: Call) -> Answer:
    """What a token is, and whether it still opens anything."""
    app, world = _app(call), call.world
    found = world.tokens.get(call.first("token") or "")
    if found is None or found.app is not app or found.portal is None:
        raise _bad("BAD_TOKEN", "missing or unknown token")
    left_ms = 0 if found.ends_ms is None else max(found.ends_ms - world.clock.now_ms(), 0)
    body: dict[str, Any] = {
        "active": not found.revoked and (found.refresh or left_ms > 0),
        "app_id": app.id,
        "client_id": app.client_id,
        "hub_id": found.portal,
        "scopes": sorted(found.scopes),
        "token": found.text,
        "token_type": "bearer",
        "user_id": 864_745_280,
        "token_use": "refresh_token" if found.refresh else "access_token",
    }
    if not found.refresh:
        body |= {"expires_in": left_ms // 1000, "is_private_distribution": False, "signed_access_token": {}}
    return Answer(200, body)


def revoke(call: Call) -> Answer:
    """End a token."""
    _app(call)
    found = call.world.tokens.get(call.first("token") or "")
    if found is not None:
        found.revoked = True
    return Answer(204)
