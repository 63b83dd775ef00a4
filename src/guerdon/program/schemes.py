"""The nouns of referrals: a scheme, what it tells both sides, and what makes people look at a pair first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from guerdon.expressions import Condition
from guerdon.values.texts import Text

Side = Literal["referrer", "friend"]
SIDES: tuple[Side, ...] = get_args(Side)
# What two people share who should not, by the attributes that say so.
Shared = Literal["payment", "address", "vehicle"]
SHARED: tuple[Shared, ...] = get_args(Shared)
# What fills a field of a told event: the other side's id is `other.<source>`, what the event said
# `event.<field>`.
CODE, PAIR, OTHER, EVENT = "code", "pair", "other.", "event."


@dataclass(frozen=True, slots=True)
class Told:
    """An ordinary event that one side is told; `fields` says what fills each of its fields."""

    event: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Guards:
    """What holds a pair for a person: never does any of it refuse one.

    `claims` of one network by one link in seven days, and `successes` of one referrer in a quarter of a year,
    are the most that pass. People of one household share an address.
    """

    shared: Mapping[Shared, str]
    household: Literal["held", "allowed"] = "held"
    claims: int = 10
    successes: int = 5


@dataclass(frozen=True, slots=True)
class Undo:
    """What undoes a referral, so many months and days after the friend qualified at the latest."""

    on: tuple[str, ...]
    months: int
    days: int
    tells: Mapping[Side, Told]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way of bringing friends.

    A friend's `claim_event` carries the code in `claim_field`; one of `on` qualifies them, so many months and
    days after the claim at the latest. `promise` is what both get, in words.
    """

    key: str
    name: Text
    promise: Mapping[Side, Text]
    claim_event: str
    claim_field: str
    on: tuple[str, ...]
    condition_text: str | None
    # By event. Compiled code has no equality of its own; the text beside it has.
    conditions: Mapping[str, Condition] = field(compare=False)
    months: int = 0
    days: int = 0
    tells: Mapping[Side, Told] = field(default_factory=dict)
    undo: Undo | None = None
    landing: str | None = None
    guards: Guards = field(default_factory=lambda: Guards({}))

    @property
    def concerns(self) -> frozenset[str]:
        """The types of events that it looks at."""
        undone = self.undo.on if self.undo is not None else ()
        return frozenset((self.claim_event, *self.on, *undone))
