"""What a broadcast may tell, under which id, and when each member's turn is."""

from collections.abc import Mapping
from datetime import datetime

from guerdon.program.messages.nouns import Message
from guerdon.program.model import Program
from guerdon.store.messages.broadcasts.standing import Broadcast
from guerdon.text.templating import NAMES
from guerdon.values.ids import derived_id

# Of these a text can speak when it is about nobody's reward.
_NOUNS = frozenset({"member", "program", "link", "preferences"})
# A link to a reward leads nowhere without one.
_LINKS_OF_REWARDS = frozenset({"claim", "catalog"})
_PARTS = 1_000_000


def broadcastable(program: Program) -> Mapping[str, Message]:
    """The messages that can be told to a segment: texts of the program's own that speak of no reward."""
    return {key: message for key, message in program.messages.items() if _speaks_of_none(message)}


def _speaks_of_none(message: Message) -> bool:
    own = message.own
    return (
        own is not None
        and message.remind is None
        and own.link not in _LINKS_OF_REWARDS
        and all(NAMES[name].noun in _NOUNS for name in message.facts)
    )


def message_id(broadcast: Broadcast, member_id: int) -> int:
    """The id of a broadcast's message to a member, the same whoever makes it: it is there once."""
    return derived_id(broadcast.id, "broadcast", str(member_id))


def turn_of(broadcast: Broadcast, member_id: int) -> datetime:
    """When a member is told: evenly over the broadcast's time by a hash, so no market is told all at once."""
    part = derived_id(broadcast.id, "spread", str(member_id)) % _PARTS
    return broadcast.starts_at + broadcast.spread * part / _PARTS
