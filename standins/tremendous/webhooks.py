"""The one webhook of an organization."""

from typing import Any

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call
from standins.tremendous.refusals import not_found, refusal
from standins.tremendous.world import TABLE, World

EVENTS = TABLE.shapes["Event"]["event"].kind.removeprefix("one:").split(",")


def listed(call: Call) -> Answer:
    """The webhook, where there is one."""
    there = [] if call.world.callbacks.url is None else [_shape(call.world)]
    return Answer(200, {"webhooks": there})


def create(call: Call) -> Answer:
    """Set the address, or change it."""
    if not call.body["url"].startswith(("https://", "http://127.0.0.1:")):
        raise refusal(400, "Validation failure", {"url": "must be an HTTPS address"})
    call.world.callbacks.url = call.body["url"]
    return Answer(200, {"webhook": _shape(call.world)})


def one(call: Call) -> Answer:
    """The webhook."""
    return Answer(200, {"webhook": _shape(_there(call))})


def delete(call: Call) -> Answer:
    """Tell nobody any more."""
    _there(call).callbacks.url = None
    return Answer(204)


def events(call: Call) -> Answer:
    """What it may tell of."""
    _there(call)
    return Answer(200, {"events": EVENTS})


def simulate(call: Call) -> Answer:
    """Send an example."""
    world = _there(call)
    if call.body["event"] not in EVENTS:
        raise refusal(422, "Unknown event", {"event": "does not exist"})
    world.tell(call.body["event"], world.letters(12), call.body["event"].split(".")[0].lower())
    return Answer(200, {})


def _there(call: Call) -> World:
    world: World = call.world
    if call.path["id"] != world.webhook_id or world.callbacks.url is None:
        raise not_found("Webhook")
    return world


def _shape(world: World) -> dict[str, Any]:
    return {"id": world.webhook_id, "url": world.callbacks.url, "private_key": world.private_key}
