"""How long deliveries took: shares by rule, what is promised, what is at risk."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from guerdon.web.api.shapes.plain import Filter, Name, Told, whole

Measure = Literal["whole", "given", "handed", "choosing", "arrival", "opened", "used"]
WEEKS_MAX = 52
Length = Annotated[
    int | None,
    Field(
        description="In milliseconds; null where so many have not come yet, or never did.", examples=[4200]
    ),
]


class WhichDeliveryTimes(Filter):
    """What is measured, over how many weeks up to this one, of which part."""

    measure: Measure = Field(
        default="whole",
        description="`whole` is our part: `given` and `handed` together. No other has a promise but `given`.",
    )
    weeks: Annotated[int, BeforeValidator(whole)] = Field(default=13, ge=1, le=WEEKS_MAX)
    market: Name | None = None
    supplier: Name | None = None


class Took(Told):
    """How long it took: the lengths within which half, 95 and 99 percent came."""

    n: int = Field(description="What ended, and what is under way.")
    came: int
    p50_ms: Length
    p95_ms: Length
    p99_ms: Length
    longest_ms: Length = Field(description="The longest seen so far, of what came or still lasts.")


class RulePromise(Told):
    """What is promised of a rule's rewards, and how often it was kept: within, at most, or not."""

    within_s: int
    at_most_s: int
    kept: int
    later: int
    broken: int


class RuleDeliveries(Told):
    """A rule's rewards; `promise` is null where what is measured has none."""

    rule: str
    took: Took
    promise: RulePromise | None
    underway: int
    at_risk: int = Field(description="Of those under way, which will be late by the forecast.")
    late: int = Field(description="Of those under way, which are late by now.")


class DeliveryTimes(Told):
    """How long it took by rule, in the weeks in which it began."""

    measure: Measure
    first: str = Field(description="The Monday of the first week.", examples=["2026-02-09"])
    last: str = Field(description="The Monday of the last week.", examples=["2026-05-04"])
    error: float = Field(description="A length is at most this share from what it was.", examples=[0.05])
    took: Took
    declined: int = Field(description="Rewards asked for in these weeks that people declined: in no figure.")
    lapsed: int = Field(
        description="Rewards asked for in these weeks that expired, were withdrawn or could not be given."
    )
    rules: list[RuleDeliveries]
