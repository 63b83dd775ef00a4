"""What a condition may read: fields of the event and of the member, and what a member did and holds.

A program's money and points are INT here, in the unit's smallest part, and its dates are TIMESTAMP.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Type(Enum):
    """The type of a value; the text is the one that authors read in mistakes."""

    BOOL = "bool"
    INT = "int"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Derived:
    """An attribute that is computed: its expression stands wherever `member.<name>` is written."""

    text: str
    type: Type


@dataclass(frozen=True, slots=True)
class Declarations:
    """Fields by variable: `{"event": {"deposit": Type.INT}, "member": {...}}`.

    `choices` names the only texts that a field can hold, where they are known: a comparison with another
    one could never be true, and is a mistake. Its keys, and those of `days`, are (variable, name), or
    (kind, name) for a field of a holding.
    `events` are the types of events that windows count, `holdings` the kinds of things that a member has,
    each with its fields; `segments` are the texts of their conditions. `zone` is the program's, by which
    days are counted; `days` are the fields that hold a day and no instant: midnight UTC stands for it.
    """

    variables: Mapping[str, Mapping[str, Type]]
    choices: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)
    events: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    holdings: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    days: Collection[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        assert self.variables.keys() <= {"event", "member"}, "a condition is about one event of one member"
        assert not self.holdings.keys() & {"event", "member"}, "a holding has a name of its own"
        known = [*self.variables.values(), *self.events.values(), *self.holdings.values()]
        assert all(Type.DURATION not in fields.values() for fields in known), "nothing declared is a duration"
