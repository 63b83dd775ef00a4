"""Commands on a member's value, and what they did."""

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import (
    CodeText,
    DayGiven,
    Digits,
    EventId,
    Given,
    HoldId,
    Instant,
    InstantGiven,
    MemberId,
    Minor,
    OrderId,
    Positive,
    Reason,
    RewardId,
    Text,
    Told,
    TransferId,
    UnitName,
)


class Spend(Given):
    """An amount to be spent from the balance: the lots that end first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"unit": "PTS", "amount": 300, "purpose": "Car wash"}]}
    )

    unit: UnitName
    amount: Positive
    purpose: Text = "spend"


class Hold(Given):
    """An amount to be set aside until it is taken, freed, or its time is over."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"unit": "PTS", "amount": 300, "purpose": "Order 4711"}]}
    )

    unit: UnitName
    amount: Positive
    purpose: Text
    expires_at: InstantGiven | None = Field(None, description="Null: it stays until somebody ends it.")


class Capture(Given):
    """How much of a hold is taken; the rest is free again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 200}, {}]})

    amount: Positive | None = Field(None, description="Null: all of it.")


class Extension(Given):
    """Until when a reward is to last, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"last_day": "2030-03-31", "reason": "Shop was closed"}]}
    )

    last_day: DayGiven = Field(
        description="Until its end in the program's time zone; later than before, in ten years at most."
    )
    reason: Reason


class UseOfCode(Given):
    """A code that was used at the till."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "7K3D-0XQ2-M5TN-8WYA-4"}]})

    code: CodeText


class Transfer(Told):
    """So much from one account to another."""

    id: TransferId
    from_account: str
    to_account: str
    unit: str
    digits: Digits
    amount: Minor


class Draw(Told):
    """What a transfer took from a lot (positive) or gave back to it (negative)."""

    transfer: TransferId
    reward: RewardId
    amount: Minor


class Done(Told):
    """What a command did: its event, and all that moved."""

    event: EventId
    member: MemberId
    transfers: list[Transfer]
    lots: list[Draw]


class Held(Told):
    """A hold that is open."""

    hold: HoldId
    event: EventId
    member: MemberId
    unit: str
    digits: Digits
    amount: Minor
    expires_at: Instant | None


class Extended(Told):
    """A reward that lasts longer."""

    event: EventId
    member: MemberId
    reward: RewardId
    expires_at: Instant
    before: Instant = Field(description="When it would have ended.")


class UsedCode(Told):
    """The order that the code had gone to."""

    order: OrderId
    used_at: Instant
