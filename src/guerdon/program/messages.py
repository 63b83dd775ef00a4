"""Messages: what is written to members, over which channel, and whether they may opt out of it."""

from guerdon.program.model import Message
from guerdon.program.places import Place


def read_messages(place: Place | None) -> dict[str, Message]:
    """Read `messages`."""
    if place is None:
        return {}
    found = {}
    for key, message in place.keyed(example="reward_ready").items():
        fields = message.fields(required=["channel", "topic"])
        if "channel" in fields:
            fields["channel"].one_of(("email",), "channel")
        topic = fields["topic"].one_of(("service", "marketing"), "topic") if "topic" in fields else None
        found[key] = Message(key, "email", "marketing" if topic == "marketing" else "service")
    return found
