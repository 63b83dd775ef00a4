"""A choice: what a member asked for, as their page said it."""

from dataclasses import dataclass

from guerdon.rules.choice.payment import Parts
from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member asked for: this item, for this reward, on a phone or a computer.

    `left_minor` is what their page said there was to choose with; None: all that the reward was given with.
    `face` is the amount of the item that they want, `price_minor` what their page said it costs, `slot_id`
    the date; each None where the item leaves no choice. `gift`: by which gift whoever took it chooses.
    `parts`: which rewards pay for it together, and how much each, as their page said; none: the one alone.
    `beside`: how much of a balance pays with them, as it said. `fixed`: no reward but those pays, though
    others would come before them by now.
    """

    program_id: int
    member_id: int
    reward_id: int
    item: str
    device: str
    left_minor: int | None = None
    face: Money | None = None
    price_minor: int | None = None
    slot_id: int | None = None
    gift: int | None = None
    parts: Parts = ()
    beside: Money | None = None
    fixed: bool = False
