"""Whether what Guerdon says it told is found with whoever it was told to.

The names that providers gave are compared, message by message, with what the mailbox heard: over its own
SMTP, from the books of those who carry text messages and push, and on the streams of the apps.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guerdon import http
from guerdon.cli.demo.house import DemoHouse
from guerdon.queries.demo import HandedOver, list_handed_over, list_lying
from guerdon.store.database import transaction
from guerdon.values.ids import show

# The mailbox asks twice a second, and an app is told at once.
HEARD_WITHIN_S = 30.0
PAUSE_S = 0.5
CHANNELS = ("email", "sms", "push", "inapp")

# A channel, and what its carrier calls the message.
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """How the two sides agree. `told`: how many by channel; `messages`: how many different ones went out.

    `missing`: told, and nowhere to be found. `surplus`: came, and nobody says so, or came more than once.
    `confirmed`: text messages of which the provider told that they arrived.
    """

    told: Mapping[str, int]
    messages: int
    missing: list[str]
    surplus: list[str]
    confirmed: int


def find_told(house: DemoHouse) -> Found:
    """Compare, after giving what is on its way the time to be heard of, and told of."""
    until = time.monotonic() + HEARD_WITHIN_S
    while True:
        found = compare(*_told(house), _heard(house))
        is_whole = not found.missing and found.confirmed == found.told["sms"]
        if is_whole or time.monotonic() > until:
            return found
        time.sleep(PAUSE_S)


def _told(house: DemoHouse) -> tuple[list[HandedOver], set[Named]]:
    """What providers have, and what lies in the app for members who have it open."""
    with house.opened.connect("worker") as db, transaction(db, house.program_id) as tx:
        handed, lying = list_handed_over(tx, house.program_id), list_lying(tx, house.program_id)
    with_app = {app["ref"] for app in json.loads(house.people.read_text(encoding="utf-8"))["apps"]}
    shown = [(show("mem", member_id), position) for member_id, position in lying]
    return handed, {("inapp", f"{whose} {position}") for whose, position in shown if whose in with_app}


def compare(handed: Sequence[HandedOver], noticed: set[Named], heard: Mapping[Named, int]) -> Found:
    """What was handed over, and what lies in the app, beside what was heard."""
    wanted: set[Named] = {(each.channel, each.ref) for each in handed} | noticed
    # A notice that was taken back after an app had heard of it is no surplus.
    surplus = {
        named: times
        for named, times in heard.items()
        if named[0] != "inapp" and (named not in wanted or times > 1)
    }
    told = Counter(channel for channel, _ in wanted)
    return Found(
        {channel: told[channel] for channel in CHANNELS},
        len({(each.member_id, each.message_id) for each in handed}),
        sorted(f"{channel} {ref}" for channel, ref in wanted - heard.keys()),
        sorted(f"{channel} {ref} came {times}x" for (channel, ref), times in surplus.items()),
        sum(each.channel == "sms" and each.state in ("delivered", "read") for each in handed),
    )


def _heard(house: DemoHouse) -> dict[Named, int]:
    refs = json.loads(http.fetch(f"{house.inbox_url}/refs.json"))["refs"]
    return {(kind, ref): times for kind, ref, times in refs}
