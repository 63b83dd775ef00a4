"""What a condition may read: the fields of the event and of the member, each with its type.

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


@dataclass(frozen=True, slots=True)
class Declarations:
    """Fields by variable: `{"event": {"deposit": Type.INT}, "member": {...}}`.

    `choices` names the only texts that a field can hold, where they are known: a comparison with another
    one could never be true, and is a mistake.
    """

    variables: Mapping[str, Mapping[str, Type]]
    choices: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.variables.keys() <= {"event", "member"}, "a condition is about one event of one member"
