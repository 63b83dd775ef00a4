"""The closed table of what a template may name, each with its type; nothing else can be asked for.

A message declares which of them its texts use (`data`), so that its author, and whoever looks after personal
data, sees what leaves the house.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["text", "money", "date", "moment", "number", "link"]


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with all that is needed to write it; `digits` are those after the decimal point."""

    amount_minor: int
    unit: str
    digits: int


# text and link: str; money: Amount; date: date; moment: datetime with a zone; number: int or Decimal.
Value = str | int | Decimal | Amount | date | datetime


@dataclass(frozen=True, slots=True)
class Name:
    """What a template may name. `says` is for the author.

    Where it may be missing, a template has to ask for it first. `outside`: people outside wrote it, who may
    write anything. `offers`: a text with it recruits, so it is no service message.
    """

    key: str
    kind: Kind
    says: str
    may_miss: bool = False
    outside: bool = False
    offers: bool = False

    @property
    def noun(self) -> str:
        """What it is about: a message without that noun cannot know it."""
        return self.key.partition(".")[0]


_ALL = (
    Name("member.name", "text", "the member's name, as the CRM has it", may_miss=True, outside=True),
    Name("member.market", "text", "the name of the member's market"),
    Name("member.joined", "date", "since when they are a member"),
    Name("member.referral_link", "link", "the link by which they bring friends", may_miss=True, offers=True),
    Name("program.name", "text", "the program's name"),
    Name("reward.value", "money", "what the reward is worth"),
    Name("reward.rule", "text", "why it was given: the rule's name"),
    Name("reward.earned", "date", "the day of what it was given for"),
    Name("reward.ready", "date", "from when it can be used, while it is pending", may_miss=True),
    Name("reward.ends", "date", "the last day on which it can be used", may_miss=True),
    Name("reward.days_left", "number", "how many days are left until it ends", may_miss=True),
    Name("balance.value", "money", "what the member has altogether, in the reward's unit"),
    Name("balance.ending", "money", "how much of that ends next", may_miss=True),
    Name("balance.ends", "date", "when that ends", may_miss=True),
    Name("item.name", "text", "what was chosen or is offered"),
    Name("item.price", "money", "what it costs", may_miss=True),
    Name("order.number", "text", "the number of the order"),
    Name("order.placed", "date", "the day of the order"),
    Name("order.expected", "moment", "by when it should be there", may_miss=True),
    Name("place.venue", "text", "where it takes place", may_miss=True),
    Name("place.starts", "moment", "when it takes place", may_miss=True),
    Name("place.kept", "moment", "until when a place is kept for the member"),
    Name("friend.name", "text", "the name of the friend", may_miss=True, outside=True),
    Name("link", "link", "the page that the message leads to"),
    Name("preferences.link", "link", "the page on which the member chooses what we write"),
)
NAMES: Mapping[str, Name] = {name.key: name for name in _ALL}


def nouns(names: Iterable[str]) -> frozenset[str]:
    """What a message has to be about, so that it can know these names: `reward`, `order`, ..."""
    return frozenset(NAMES[key].noun for key in names if key in NAMES)
