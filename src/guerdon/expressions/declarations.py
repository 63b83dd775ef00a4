"""What a condition may read: the fields of the event and of the member, each with its type.

A program's money and points are INT here, in the unit's smallest part, and its dates are TIMESTAMP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """The type of a value; the text is the one that authors read in mistakes."""

    BOOL = "bool"
    INT = "int"
    STRING = "string"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Declarations:
    """Fields by variable: `{"event": {"deposit": Type.INT}, "member": {...}}`."""

    variables: Mapping[str, Mapping[str, Type]]

    def __post_init__(self) -> None:
        assert self.variables.keys() <= {"event", "member"}, "a condition is about one event of one member"
