"""Consents: what members said of topics and channels, and what holds by it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import Given, Instant, InstantGiven, MemberId, Name, Told

ConsentChannel = Literal["email", "sms", "push", "inapp", "whatsapp"]
ConsentState = Literal["asked", "given", "confirmed", "withdrawn"]
ConsentMethod = Literal[
    "page", "one_click", "confirmed", "stop", "complaint", "api", "staff", "import", "joined"
]
TopicKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A topic of the live version, as the program calls it.",
        examples=["offers"],
        json_schema_extra={"format": "topic"},
    ),
]
Network = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="From where the member said it. It is kept as a keyed hash.",
    ),
]


class ConsentGiven(Given):
    """A member agrees to a topic over a channel, in these words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topic": "offers",
                    "channel": "email",
                    "words": "I want offers by e-mail.",
                    "language": "en",
                    "source": "checkout",
                }
            ]
        }
    )

    topic: TopicKey
    channel: ConsentChannel
    words: str = Field(
        min_length=1,
        max_length=2_000,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$",
        description="What the member read and agreed to, to the letter. Its SHA-256 is kept.",
    )
    language: Literal["en", "es", "de", "fr", "ar", "id"]
    source: Name = Field(description="The form or file in which it was said.", examples=["checkout"])
    happened_at: InstantGiven | None = Field(
        default=None, description="When it was said, where that was before now."
    )
    network: Network | None = None


class ConsentWithdrawn(Given):
    """A member wants no more of a topic over a channel."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"topic": "offers", "channel": "email", "source": "hotline"}]}
    )

    topic: TopicKey
    channel: ConsentChannel
    source: Name = Field(description="The form or file in which it was said.", examples=["hotline"])
    network: Network | None = None


class Consent(Told):
    """What holds for a topic and a channel, and the proof of it.

    `asked`: its address has to confirm it before anything is sent.
    """

    topic: str
    channel: ConsentChannel
    state: ConsentState
    since: Instant
    method: ConsentMethod
    actor: str = Field(description="Who told it: the member, a key, somebody of the staff.")
    version: int = Field(description="The version of the program in which it was said.")
    language: str
    text_sha256: str | None = Field(description="Of the words that were agreed to, in hexadecimal digits.")
    source: str
    recorded_at: Instant


class Consents(Told):
    """What holds for a member, by topic and channel; of what is not here, nothing was ever said."""

    member: MemberId
    consents: list[Consent]
