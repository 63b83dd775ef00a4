"""The control door under `/_control/`, not HubSpot: what a person does there, and what goes wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from standins.hubspot.control import records, sending
from standins.hubspot.refusals import Refusal, invalid
from standins.hubspot.wire import Answer, Request
from standins.hubspot.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.hubspot.application import Application

PREFIX = "/_control"
LIMITS = ("on", "burst", "oauth_burst", "interval_ms", "daily", "search_per_s")
FAULTS = ("fail", "kinds", "slow_s", "next")


class Control:
    """Answers the control door."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, request: Request) -> Answer:
        """Do what is told; a mistake is a 400 with words."""
        key = f"{request.method} {request.path.removeprefix(PREFIX)}"
        asked: dict[str, Any] = dict(request.query)
        try:
            if request.body:
                asked |= msgspec.json.decode(request.body)
            if key == "POST /reset":
                return Answer(200, self._reset(asked))
            for pattern, operation in DOORS:
                found = re.fullmatch(pattern, key)
                if found is not None:
                    return Answer(200, operation(self.application.world, asked | found.groupdict()))
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body())
        except (KeyError, ValueError, TypeError, msgspec.DecodeError) as error:
            return Answer(400, invalid(f"control: {type(error).__name__} {error}").body())
        return Answer(404, {"message": f"no such control: {key}"})

    def _reset(self, asked: dict[str, Any]) -> dict[str, Any]:
        old = self.application.world
        world = World(asked.get("seed", old.seed), asked.get("fail", 0.0))
        world.origin = old.origin
        # What was on its way for the old one stays unsent.
        old.hooks.targets.clear()
        self.application.world = world
        return keys(world, {})


def keys(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Accounts, apps, secrets and tokens."""
    del asked
    app = world.app
    return {
        "app": {"appId": app.id, "clientId": app.client_id, "clientSecret": app.client_secret},
        "portals": [
            {
                "portalId": number,
                "appId": world.private_apps[number].id,
                "clientSecret": world.private_apps[number].client_secret,
                "token": world.private_token(number).text,
            }
            for number in world.portals
        ],
    }


def add_portal(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Open another account."""
    portal = world.add_portal(int(asked["portal"]))
    portal.time_zone = asked.get("timeZone", portal.time_zone)
    portal.currency = asked.get("companyCurrency", portal.currency)
    return keys(world, {})


def consent(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Choose the account of the next consents; none refuses them."""
    world.consenting = asked["portal"]
    return {}


def revoke(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """End a token, or all of an account's."""
    ended = [
        token
        for token in world.tokens.values()
        if token.text == asked.get("token")
        or (token.portal is not None and token.portal == asked.get("portal"))
    ]
    for token in ended:
        token.revoked = True
    return {"revoked": len(ended)}


def issue(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Make a new token of an account's private app, with all scopes or those told."""
    portal = int(asked["portal"])
    scopes = set(asked.get("scopes", world.private_token(portal).scopes))
    return {"token": world.new_token(world.private_apps[portal], portal, scopes, prefix="pat-na1-").text}


def clock(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Move the time forward."""
    world.clock.ahead_ms += round(float(asked["advance_s"]) * 1000)
    return {"now_ms": world.clock.now_ms()}


def faults(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Say what goes wrong."""
    for name in FAULTS:
        if name in asked:
            setattr(world.faults, name, asked[name])
    if "seed" in asked:
        world.faults.chance.seed(asked["seed"])
    return {name: getattr(world.faults, name) for name in FAULTS}


def limits(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Change the rate limits, and forget what was used."""
    for name in LIMITS:
        if name in asked:
            setattr(world.limits, name, asked[name])
    world.limits.windows.clear()
    world.limits.days.clear()
    return {name: getattr(world.limits, name) for name in LIMITS}


def behaviour(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Change what the documents leave open."""
    world.merge_new_id = bool(asked.get("merge_new_id", world.merge_new_id))
    shelves = [shelf for portal in world.portals.values() for shelf in portal.shelves.values()]
    for shelf in shelves:
        shelf.history_max = int(asked.get("history_max", shelf.history_max))
    kept = {shelf.object_type: shelf.history_max for shelf in shelves}
    return {"merge_new_id": world.merge_new_id, "history_max": kept}


def counts(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, answered and spoiled."""
    del asked
    return dict(world.counts)


KIND, ID = r"(?P<objectType>contacts|deals)", r"(?P<id>\d+)"
DOORS: list[tuple[str, Callable[[World, dict[str, Any]], dict[str, Any]]]] = [
    ("GET /keys", keys),
    ("GET /counts", counts),
    ("POST /portals", add_portal),
    ("POST /consent", consent),
    ("POST /revoke", revoke),
    ("POST /tokens", issue),
    ("POST /clock", clock),
    ("(GET|POST) /faults", faults),
    ("(GET|POST) /limits", limits),
    ("(GET|POST) /behaviour", behaviour),
    (f"POST /records/{KIND}", records.create),
    (f"GET /records/{KIND}", records.listed),
    (f"PATCH /records/{KIND}/{ID}", records.change),
    (f"DELETE /records/{KIND}/{ID}", records.archive),
    (f"POST /records/{KIND}/{ID}/forget", records.forget),
    (f"POST /records/{KIND}/merge", records.merge),
    ("POST /associate", records.associate),
    (f"POST /properties/{KIND}", records.add_property),
    (f"PATCH /properties/{KIND}/(?P<name>\\w+)", records.change_property),
    (f"POST /properties/{KIND}/(?P<name>\\w+)/rule", records.rule),
    ("GET /completions", records.completions),
    ("POST /hooks", sending.add_hook),
    ("GET /hooks", sending.hooks),
    (f"PATCH /hooks/{ID}", sending.change_hook),
    (f"DELETE /hooks/{ID}", sending.remove_hook),
    ("POST /workflows/fire", sending.fire),
    ("GET /workflows", sending.executions),
    (r"GET /workflows/(?P<callbackId>[\w-]+)", sending.execution),
]
