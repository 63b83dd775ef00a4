"""Referrals: codes, claims of friends, and what became of pairs."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import (
    Cursor,
    Filter,
    Given,
    Instant,
    Limit,
    MemberId,
    Next,
    PairId,
    Told,
)

SchemeKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A scheme of the live version, as the program calls it.",
        examples=["friends"],
        json_schema_extra={"format": "scheme"},
    ),
]
ReferralCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Twelve letters and digits, however they are typed.",
        json_schema_extra={"format": "referral-code"},
    ),
]
PairState = Literal["claimed", "qualified", "held", "released", "refused", "undone"]
Origin = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="From where the friend acts. It is kept as a keyed hash, to see who shares it.",
    ),
]


class CodeWanted(Given):
    """Whose code in which scheme."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"member": "mem_0000000000001", "scheme": "friends"}]}
    )

    member: MemberId
    scheme: SchemeKey


class Code(Told):
    """A member's code, the same at every asking, and the link to share."""

    member: MemberId
    scheme: SchemeKey
    code: str
    link: str


class ClaimGiven(Given):
    """A friend says by whose code they came."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"member": "mem_0000000000002", "scheme": "friends", "code": "7K3D-0XQ2-M5TN"}]
        }
    )

    member: MemberId
    scheme: SchemeKey
    code: ReferralCode
    device: Origin | None = None
    network: Origin | None = None


class ClaimTaken(Told):
    """A claim that is decided like any event; `repeated`: the same one was told before."""

    member: MemberId
    scheme: SchemeKey
    state: Literal["accepted", "repeated"]


class WhichPairs(Filter):
    """A page of pairs: of one state, of one member on either side, or all."""

    state: PairState | None = None
    member: MemberId | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Pair(Told):
    """A friend and who brought them; nobody brought whoever claimed a code that is nobody's."""

    pair: PairId
    scheme: SchemeKey
    code: str
    referrer: MemberId | None
    friend: MemberId
    state: PairState
    reasons: list[str] = Field(description="Why it was refused, is held, or should be looked at.")
    claimed_at: Instant
    qualified_at: Instant | None
    told_at: Instant | None = Field(description="When both sides were told, so that rules could reward them.")
    undone_at: Instant | None
    settled_at: Instant | None = Field(description="When a person released or refused it.")


class Pairs(Told):
    """A page of pairs, by their ids."""

    pairs: list[Pair]
    next: Next
