"""What only this control door knows: numbers, regions, timing, accounts, and what handsets write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from standins.twilio import inbound
from standins.twilio.numbers import OUTCOMES
from standins.twilio.posts import json_post

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.twilio.world import World


def carriers_date(moment_ms: int) -> str:
    """A carrier's date of delivery: YYMMDDhhmm."""
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%y%m%d%H%M}"


def numbers(world: World, asked: dict[str, Any]) -> dict[str, str]:
    """Say what becomes of messages to a number, by the name of an outcome."""
    if asked["outcome"] not in OUTCOMES:
        raise KeyError(asked["outcome"])
    world.outcomes[asked["number"]] = asked["outcome"]
    return world.outcomes


def regions(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Say to which regions nothing may be sent, by the first digits of their numbers."""
    world.blocked_regions = tuple(asked["blocked"])
    return {"blocked": world.blocked_regions}


def timing(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Say how long sending and its end take, and how many segments a sender sends in a second."""
    unknown = sorted(set(asked) - set(world.timing))
    if unknown:
        raise KeyError(*unknown)
    world.timing |= asked
    return world.timing


def accounts(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Open another account, by a name, a token and a number that are told or with new ones."""
    return world.open_account(asked.get("account"), asked.get("token"), asked.get("number")).shown()


def opt_outs(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a number want nothing of one of ours, or want it again, without a word of it."""
    account = world.accounts[asked.get("account", world.first.sid)]
    entry = (account.opt_out_key(asked["to"]), asked["from"])
    if asked["on"]:
        world.opted_out.add(entry)
    else:
        world.opted_out.discard(entry)
    return {"opted_out": len(world.opted_out)}


def receive(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a handset write to one of our numbers."""
    return inbound.receive(world, asked)


def told_in_json(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Send a webhook whose body is JSON, as products beside Messaging do."""
    made = json_post(
        asked["url"],
        asked["body"],
        world.first.token,
        id=world.sid("EV"),
        repeat=world.hexadecimal(32),
    )
    world.callbacks.send(made, world.now_ms(), tells=world.behaviour["tells"])
    return {"url": made.url}


DOORS: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "POST numbers": numbers,
    "POST regions": regions,
    "POST timing": timing,
    "POST accounts": accounts,
    "POST optouts": opt_outs,
    "POST inbound": receive,
    "POST callbacks/json": told_in_json,
}
