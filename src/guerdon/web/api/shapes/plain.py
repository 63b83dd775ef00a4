"""The small types of the API: ids with their prefix, whole numbers of minor units, instants, cursors.

What a type lets in is exactly what its schema says, so that a program can check itself before it asks.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from guerdon.values.money import AMOUNT_MINOR_MAX

PAGE_MAX = 200
TEXT_MAX = 200
REASON_MAX = 1_000
# Nothing happened before or will after: a filter beyond them means the same as one at them.
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)


class Given(BaseModel):
    """What comes in: to the letter, and nothing beside it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ToldOnce(Told):
    """What goes out once: who sends the same request again is told it without what nobody may keep."""

    def kept(self) -> "ToldOnce":
        """It, as it is kept and told again."""
        raise NotImplementedError


class Filter(BaseModel):
    """What is asked for in an address, where everything is text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _instant(text: object) -> object:
    if isinstance(text, datetime):
        return text
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return min(max(datetime.fromisoformat(text.upper()), FIRST), LAST)
        except ValueError:
            pass
    raise PydanticCustomError("instant", "write an instant like 2026-05-04T09:30:00Z")


def _day(text: object) -> object:
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise PydanticCustomError("day", "write a day like 2026-05-04")


def whole(text: object) -> object:
    """A whole number as an address spells it, for pydantic to read on."""
    if isinstance(text, str) and not _WHOLE.fullmatch(text):
        raise PydanticCustomError("whole", "write a whole number")
    return text


def _id(prefix: str, of: str) -> Any:
    # Thirteen digits of five bits are two more than a number has.
    return Field(
        pattern=f"^{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{12}}$",
        description=f"The id of {of}.",
        examples=[f"{prefix}_0000000000001"],
        json_schema_extra={"format": f"{prefix}-id"},
    )


MemberId = Annotated[str, _id("mem", "a member")]
EventId = Annotated[str, _id("evt", "an event")]
MessageId = Annotated[str, _id("msg", "a message to a member")]
RewardId = Annotated[str, _id("rwd", "a reward, which is a lot of value")]
TransferId = Annotated[str, _id("trf", "a transfer")]
HoldId = Annotated[str, _id("hld", "a hold")]
OrderId = Annotated[str, _id("ord", "an order")]
RequestId = Annotated[str, _id("apr", "a request")]
DraftId = Annotated[str, _id("drf", "a draft")]
WebhookId = Annotated[str, _id("whk", "a webhook's endpoint")]
ParkedId = Annotated[str, _id("qrt", "something set apart")]
DifferenceId = Annotated[str, _id("dif", "something that differs between a supplier's books and ours")]
SyncId = Annotated[str, _id("syn", "a reading of a feed")]
PairId = Annotated[str, _id("ref", "a pair of a referrer and a friend")]
DeviceId = Annotated[str, _id("dev", "a device that a member is pushed to")]
DeliveryId = Annotated[str, _id("msg", "a delivery; receivers have it as `webhook-id`")]

Minor = Annotated[
    int, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX, description="In the unit's smallest part.")
]
Positive = Annotated[
    int, Field(ge=1, le=AMOUNT_MINOR_MAX, description="In the unit's smallest part, above zero.")
]
Digits = Annotated[
    int | None,
    Field(description="How many digits stand after the point; null where the program has no such unit now."),
]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reason = Annotated[
    str,
    Field(
        max_length=REASON_MAX,
        # One letter at least that is none of the blanks, and nothing that no text holds.
        pattern=(
            r"^[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
            r"[^\x00-\x08\x0b-\x1f\x7f]*$"
        ),
        description="Why, in words, for whoever signs it.",
    ),
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
UnitName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$", examples=["PTS"], json_schema_extra={"format": "unit"})
]
MoneyUnit = Annotated[
    str,
    Field(
        pattern=r"^[A-Z]{3}$",
        description="A money unit of the program, into which sums are converted by the imported rates.",
        examples=["EUR"],
        json_schema_extra={"format": "money-unit"},
    ),
]
Account = Annotated[
    str,
    Field(
        min_length=1,
        max_length=TEXT_MAX,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="An account of the program, like budget:pot:DE.",
        json_schema_extra={"format": "account"},
    ),
]
RuleName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_]{1,100}$",
        description="A rule of the program.",
        json_schema_extra={"format": "rule"},
    ),
]
CodeText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=TEXT_MAX,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="A voucher code, to the letter.",
        json_schema_extra={"format": "code"},
    ),
]
Instant = AwareDatetime
InstantGiven = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
DayGiven = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Limit = Annotated[int, BeforeValidator(whole), Field(ge=1, le=PAGE_MAX, description="So many at most.")]
Cursor = Annotated[
    str,
    Field(
        max_length=TEXT_MAX,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Where to go on: the `next` of the page before. It means nothing else.",
        json_schema_extra={"format": "cursor"},
    ),
]
Next = Annotated[
    str | None, Field(description="Where the next page begins: send it as `after`. Null on the last page.")
]


class Page(Filter):
    """A page of a list."""

    limit: Limit = 50
    after: Cursor | None = None
