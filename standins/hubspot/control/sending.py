"""The control door's part for what the stand-in sends: webhooks and workflow actions."""

from typing import Any

from standins.hubspot.control.records import portal_of
from standins.hubspot.hooks import SETTINGS, Hook, Subscription
from standins.hubspot.records import TYPE_IDS
from standins.hubspot.refusals import invalid, not_found
from standins.hubspot.workflows import Firing
from standins.hubspot.world import FIRST_PORTAL, App, World

Asked = dict[str, Any]
WHAT = ("creation", "propertyChange", "deletion", "merge", "privacyDeletion")
SUBJECTS = ("contact", "deal", "object")


def _app(world: World, asked: Asked) -> App:
    if asked.get("app", "private") == "public":
        return world.app
    return world.private_apps[int(asked.get("portal", FIRST_PORTAL))]


def add_hook(world: World, asked: Asked) -> Asked:
    """Send an app's webhooks to an address: `app` is public (accounts that consented) or private."""
    app = _app(world, asked)
    number = next(world.hooks.ids)
    subscriptions = [_subscription(number, place, one) for place, one in enumerate(asked["subscriptions"])]
    portals = {int(asked.get("portal", FIRST_PORTAL))} if app.private else None
    hook = Hook(number, asked["url"], app.id, app.client_secret, portals, subscriptions)
    _set(hook, asked)
    world.hooks.targets[number] = hook
    return hook.shown()


def _subscription(hook: int, place: int, wanted: Asked) -> Subscription:
    subject, _, what = wanted["eventType"].partition(".")
    if subject not in SUBJECTS or what not in WHAT or (what == "privacyDeletion" and subject != "contact"):
        raise invalid(f"no such event type: {wanted['eventType']}")
    if (subject == "object") != (wanted.get("objectTypeId") in TYPE_IDS.values()):
        raise invalid("object.* events, and only they, need an objectTypeId")
    return Subscription(
        hook * 1000 + place, wanted["eventType"], wanted.get("propertyName"), wanted.get("objectTypeId")
    )


def _set(hook: Hook, asked: Asked) -> None:
    for name in SETTINGS:
        if name in asked:
            setattr(hook, name, asked[name])


def _hook(world: World, asked: Asked) -> Hook:
    hook = world.hooks.targets.get(int(asked["id"]))
    if hook is None:
        raise not_found()
    return hook


def change_hook(world: World, asked: Asked) -> Asked:
    """Change how a target is sent to; `paused` false goes on."""
    hook = _hook(world, asked)
    hook.url = asked.get("url", hook.url)
    _set(hook, asked)
    if not hook.paused:
        world.hooks.resume(hook)
    return hook.shown()


def remove_hook(world: World, asked: Asked) -> Asked:
    """Send nothing more to a target."""
    del world.hooks.targets[_hook(world, asked).id]
    return {}


def hooks(world: World, asked: Asked) -> Asked:
    """All targets and how their deliveries go."""
    del asked
    return {"hooks": [hook.shown() for hook in world.hooks.targets.values()]}


def fire(world: World, asked: Asked) -> Asked:
    """Run the custom workflow action for a record; the answer is kept under the callback id."""
    portal = portal_of(world, asked)
    kind = asked.get("objectType", "contacts")
    shelf = portal.shelves[kind]
    record = shelf.find(str(asked["objectId"]))
    if record is None:
        raise not_found()
    subject: Asked = {"objectId": int(record.id), "objectType": kind.removesuffix("s").upper()}
    if asked.get("properties"):
        subject["properties"] = {name: record.properties.get(name) for name in asked["properties"]}
    firing = Firing(asked["url"], _app(world, asked).client_secret, float(asked.get("factor", 1.0)))
    execution = world.workflows.fire(portal.id, firing, subject, asked.get("inputFields", {}))
    return execution.shown()


def execution(world: World, asked: Asked) -> Asked:
    """One execution."""
    found = world.workflows.find(asked["callbackId"])
    if found is None:
        raise not_found()
    return found.shown()


def executions(world: World, asked: Asked) -> Asked:
    """All executions."""
    del asked
    found = [world.workflows.find(one) for one in world.workflows.executions]
    return {"executions": [one.shown() for one in found if one is not None]}
