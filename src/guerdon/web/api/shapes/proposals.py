"""Requests: what somebody wants, exactly, and what became of it. A key proposes; people sign."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.values.money import AMOUNT_MINOR_MAX
from guerdon.web.api.shapes.plain import (
    Account,
    Cursor,
    Digits,
    Filter,
    Given,
    Instant,
    Limit,
    MemberId,
    Minor,
    Next,
    Positive,
    Reason,
    RequestId,
    RuleName,
    Text,
    Told,
    UnitName,
)

ROWS_MAX = 500
MOVES_MAX = 100
State = Literal["open", "returned", "approved", "done", "rejected", "withdrawn", "expired", "failed"]
Payer = Annotated[
    Account | None,
    Field(
        description="The budget that pays; without one, that of the member's place, as for a rule's rewards."
    ),
]
Kind = Literal["reward", "adjustment", "budget", "bulk", "version", "grant"]
Verdict = Literal["approve", "reject", "ask"]
Change = Annotated[
    int,
    Field(
        ge=-AMOUNT_MINOR_MAX,
        le=AMOUNT_MINOR_MAX,
        description="In the unit's smallest part: more (positive) or less. Nothing (0) changes nothing.",
    ),
]


class AdjustmentRow(Given):
    """So much more, or less, for a member."""

    member: MemberId
    unit: UnitName
    amount: Change
    payer: Payer = None
    reason: Reason
    debt: bool = Field(default=False, description="What is not there to be taken is owed.")


class Adjustment(AdjustmentRow):
    """One adjustment by hand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "member": "mem_0000000000001",
                    "unit": "PTS",
                    "amount": 250,
                    "payer": "budget:pot:DE",
                    "reason": "Promised on the phone",
                }
            ]
        }
    )


class Bulk(Given):
    """Many adjustments that happen together or not at all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "member": "mem_0000000000001",
                            "unit": "PTS",
                            "amount": 250,
                            "payer": "budget:pot:DE",
                            "reason": "Weekend of the launch",
                        }
                    ],
                    "reason": "Launch weekend, as agreed",
                }
            ]
        }
    )

    rows: list[AdjustmentRow] = Field(min_length=1, max_length=ROWS_MAX)
    reason: Reason


class Move(Given):
    """So much from a budget to the one above or below it."""

    from_account: Account
    to_account: Account
    unit: UnitName
    amount: Positive


class BudgetMoves(Given):
    """Money moved between budgets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "moves": [
                        {
                            "from_account": "budget:central:",
                            "to_account": "budget:pot:DE",
                            "unit": "PTS",
                            "amount": 5000,
                        }
                    ],
                    "reason": "Autumn campaign",
                }
            ]
        }
    )

    moves: list[Move] = Field(min_length=1, max_length=MOVES_MAX)
    reason: Reason


class Reward(Given):
    """A reward by hand, as a rule would have given it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "member": "mem_0000000000001",
                    "rule": "order",
                    "unit": "PTS",
                    "value": 500,
                    "payer": "budget:pot:DE",
                    "reference": "4711",
                    "reason": "The webhook of this order was lost",
                }
            ]
        }
    )

    member: MemberId
    rule: RuleName
    unit: UnitName
    value: Positive
    payer: Payer = None
    reference: Text | None = None
    reason: Reason


class Withdrawal(Given):
    """Why a request is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Settled otherwise"}, {}]})

    reason: Reason | None = None


class WhichRequests(Filter):
    """A page of the requests that this key asked for."""

    state: State | None = None
    limit: Limit = 50
    after: Cursor | None = None


class RequestChange(Told):
    """What would change: for a member, or from one account to another."""

    member: MemberId | None
    from_account: str | None
    to_account: str | None
    unit: str
    digits: Digits
    amount: Minor
    reason: str | None


class RequestWord(Told):
    """What somebody said to the request as it is now."""

    role: str
    verdict: Verdict
    reason: str
    at: Instant


class Request(Told):
    """A request as it stands."""

    id: RequestId
    kind: Kind
    state: State
    revision: int
    reason: str
    market: str | None
    location: str | None
    changes: list[RequestChange]
    words: list[RequestWord]
    content_sha256: str = Field(description="The hash that signatures are over.")
    why: str = Field(description="Why it stands as it does where no person said so.")
    created_at: Instant
    expires_at: Instant
    closed_at: Instant | None


class Requests(Told):
    """Requests, newest first."""

    requests: list[Request]
    next: Next
