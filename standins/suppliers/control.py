"""The control door under `/_control/`, no part of any supplier: time, faults, paces, callbacks, the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from standins.hubspot.wire import Answer, Request
from standins.suppliers import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.suppliers.application import World

PREFIX = "/_control/"
FAULTS = ("shares", "read_share", "next", "hold_s", "late_s", "seed")


class Control:
    """Answers the control door."""

    def __init__(self, reset: Callable[[int], World]) -> None:
        self.reset = reset

    def __call__(self, world: World, request: Request) -> Answer:
        """Do what is told; a mistake is a 400 with words."""
        key = f"{request.method} {request.path.removeprefix(PREFIX)}"
        asked: dict[str, Any] = dict(request.query)
        try:
            if request.body:
                asked |= msgspec.json.decode(request.body)
            if key == "POST reset":
                return Answer(200, self.reset(int(asked.get("seed", world.seed))).keys())
            operation = DOORS.get(key)
            said = world.control(key, asked) if operation is None else operation(world, asked)
        except (KeyError, ValueError, TypeError, AttributeError, msgspec.DecodeError) as error:
            return Answer(400, {"message": f"control {key}: {type(error).__name__} {error}"})
        return Answer(200, said)


def clock(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Stop the time at a moment, let it run again, or move it forward; what is due happens."""
    if "at" in asked:
        world.clock.stop_at(asked["at"])
    world.clock.advance(float(asked.get("advance_s", 0)))
    world.tick()
    return {"now_ms": world.clock.now_ms()}


def faults(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Say what goes wrong: shares by kind, one share for all kinds, or the next ones by name."""
    unknown = {*asked.get("next", ()), *asked.get("shares", ())} - {*world.faults.kinds, "none"}
    if unknown:
        raise KeyError(*sorted(unknown))
    if "share" in asked:
        world.faults.share(float(asked["share"]))
    for name in FAULTS:
        if name in asked:
            setattr(world.faults, name, asked[name])
    return {name: getattr(world.faults, name) for name in FAULTS}


def limits(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Change the pace, and forget what was used of it."""
    for name in ("on", "most", "window_ms"):
        if name in asked:
            setattr(world.pace, name, asked[name])
    world.pace.taken.clear()
    return {name: getattr(world.pace, name) for name in ("on", "most", "window_ms")}


def behaviour(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Choose where the documents leave something open, or contradict each other."""
    unknown = sorted(set(asked) - set(world.behaviour))
    if unknown:
        raise KeyError(*unknown)
    world.behaviour |= asked
    return world.behaviour


def hooks(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Set the address that is told of orders, and how."""
    for name in ("url", "wrong_secret"):
        if name in asked:
            setattr(world.callbacks, name, asked[name])
    sent = [{"id": one.id, "attempts": one.attempts, "copies": one.copies} for one in world.callbacks.sent]
    return {"url": world.callbacks.url, "sent": sent, "under_way": len(world.callbacks.tasks)}


def take(world: World, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Hand over the callbacks since the last time, signed."""
    del asked
    world.tick()
    return world.callbacks.take(world.clock.now_ms())


def ledger(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the truth: every issue and what became of each request, or only the issues from so many on."""
    world.tick()
    if "after" in asked:
        return {"issues": [one.shown() for one in world.truth.issues[max(0, int(asked["after"])) :]]}
    return {"issues": [one.shown() for one in world.truth.issues], "asked": world.truth.asked}


DOORS: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "GET keys": lambda world, _: world.keys(),
    "GET counts": lambda world, _: dict(world.counts),
    "POST clock": clock,
    "GET clock": clock,
    "POST faults": faults,
    "GET faults": faults,
    "POST limits": limits,
    "GET limits": limits,
    "POST behaviour": behaviour,
    "POST pictures": pictures.put,
    "POST hooks": hooks,
    "GET hooks": hooks,
    "POST callbacks/take": take,
    "GET ledger": ledger,
}
