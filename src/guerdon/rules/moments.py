"""Moments of a reward at which its rule's messages go: while it is pending, when ready, when taken back.

Each is sent in the commit that brings the moment about, and once: its id is made of the reward and the
message, and for what may happen several times of its cause.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from guerdon.ledger.effects import Send
from guerdon.program.messages.nouns import On
from guerdon.program.model import Program, Rule
from guerdon.values.ids import derived_id

# Both are told when the reward is given: which of them, its being pending decides.
AT_ISSUE: frozenset[On] = frozenset({"earned", "ready"})


class Telling(NamedTuple):
    """A message of a rule: its moment, and the number that sets its id apart from its cause's."""

    message: str
    channel: str
    number: int
    on: On


def tellings_of(program: Program, rule: Rule) -> tuple[Telling, ...]:
    """The messages that a rule sends, in its order. Reminders are sent by no rule."""
    found = ((key, program.messages[key]) for key in rule.messages)
    return tuple(
        Telling(key, message.channel, derived_id(0, "message", key), message.on)
        for key, message in found
        if message.on is not None
    )


def told_at_issue(tellings: Iterable[Telling]) -> list[tuple[str, str, int]]:
    """What may be told when a reward is given, as a request to give it says it: message, channel, number."""
    return [(each.message, each.channel, each.number) for each in tellings if each.on in AT_ISSUE]


def issued_sends(tellings: Iterable[Telling], reward_id: int, *, pending: bool) -> list[Send]:
    """What is told of a reward as it is given: that it is on its way, or that it is there."""
    on: On = "earned" if pending else "ready"
    return [
        Send(reward_id ^ each.number, each.message, each.channel, reward_id)
        for each in tellings
        if each.on == on
    ]


def matured_sends(tellings: Iterable[Telling], reward_id: int) -> list[Send]:
    """What is told of a reward that was pending and is there now.

    Under ids of its own: what was given before this was told has a message of the other id already.
    """
    return [
        Send(derived_id(reward_id, "matured", each.message), each.message, each.channel, reward_id)
        for each in tellings
        if each.on == "ready"
    ]


def reversed_sends(tellings: Iterable[Telling], reward_id: int, cause: tuple[int, str]) -> list[Send]:
    """What is told of a reward of which something was taken back by `cause`: an event and a rule."""
    event_id, by = cause
    return [
        Send(
            derived_id(event_id, "taken_back", each.message, str(reward_id), by),
            each.message,
            each.channel,
            reward_id,
        )
        for each in tellings
        if each.on == "reversed"
    ]


def program_tellings(program: Program) -> Mapping[str, Sequence[Telling]]:
    """The messages of all rules that send any, by rule."""
    return {key: tellings_of(program, rule) for key, rule in program.rules.items() if rule.messages}
