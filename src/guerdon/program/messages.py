"""Messages: what is written to members, over which channel, and whether they may opt out of it.

A message's key names the text that Guerdon brings along for it, so only these keys can be declared.
"""

from guerdon.program.model import Message
from guerdon.program.places import Place
from guerdon.values.problems import did_you_mean

# Each speaks of the reward that the same rule gives.
WRITTEN = ("reward_ready",)


def read_messages(place: Place | None) -> dict[str, Message]:
    """Read `messages`."""
    if place is None:
        return {}
    found = {}
    for key, message in place.keyed(example="reward_ready").items():
        if key not in WRITTEN:
            message.wrong(f"there is no text for a message {key}", did_you_mean(key, WRITTEN))
        fields = message.fields(required=["channel", "topic"])
        if "channel" in fields:
            fields["channel"].one_of(("email",), "channel")
        topic = fields["topic"].one_of(("service", "marketing"), "topic") if "topic" in fields else None
        found[key] = Message(key, "email", "marketing" if topic == "marketing" else "service")
    return found
