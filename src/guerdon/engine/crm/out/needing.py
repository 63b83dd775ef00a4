"""What a CRM has to have before it can be told: properties of contacts, and events with their own. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from guerdon.program.model import Noted, Writes, Written

Type = Literal["string", "number", "bool", "datetime"]
Kind = Literal["group", "property", "event", "event_property"]
# made: just now. differs: it is there and takes no such values. refused: the CRM said no. unreached: it was
# not asked, or did not answer.
State = Literal["there", "missing", "made", "differs", "refused", "unreached"]
# Why nothing was looked at: somebody else has it done just now.
UNDER_WAY = "under_way"
BALANCE: Type = "number"
TYPES: Mapping[Written, Type] = {
    "last_reward": "string",
    "last_reward_value": "number",
    "last_reward_at": "datetime",
    "reward_waiting": "bool",
    "referral_code": "string",
}
# What each event says of itself (`saying`), all of it text.
SAID: Mapping[Noted, tuple[str, ...]] = {
    "earned": ("reward", "rule", "amount", "unit", "reference", "pending"),
    "ready": ("reward", "rule", "amount", "unit", "reference"),
    "redeemed": ("reward", "rule", "amount", "unit", "item"),
    "refused": ("rule", "reason", "amount", "unit"),
}


@dataclass(frozen=True, slots=True)
class NeededProperty:
    """A property of contacts that is written."""

    name: str
    label: str
    type: Type


@dataclass(frozen=True, slots=True)
class NeededEvent:
    """An event of contacts that is told, and what it says."""

    name: str
    label: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """All that a connection's `write` names."""

    properties: tuple[NeededProperty, ...]
    events: tuple[NeededEvent, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one definition stands: its type there and the one that is needed; why, where it was refused."""

    kind: Kind
    name: str
    state: State
    there: str = ""
    needed: str = ""
    why: str = ""
    # What the token would have to be allowed.
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found, and made; `trouble`: why not all of it."""

    findings: tuple[Finding, ...] = ()
    trouble: str = ""

    @property
    def made(self) -> int:
        """How much of it was made."""
        return sum(each.state == "made" for each in self.findings)

    @property
    def complete(self) -> bool:
        """Whether all of it is there by now."""
        return not self.trouble and all(each.state in {"there", "made"} for each in self.findings)


def needed_by(writes: Writes) -> Needed:
    """What is needed for what a connection is told."""
    balances = [NeededProperty(name, f"Balance in {unit}", BALANCE) for unit, name in writes.balances.items()]
    said = [
        NeededProperty(name, noun.replace("_", " ").capitalize(), TYPES[noun])
        for noun, name in writes.properties.items()
    ]
    events = [NeededEvent(name, f"Reward {noun}", SAID[noun]) for noun, name in writes.events.items()]
    return Needed((*balances, *said), tuple(events))
