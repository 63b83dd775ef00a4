"""Who looks at the catalog, what there is to pay with, and how their forms say amounts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from guerdon.program.model import Program
from guerdon.queries.claims import ClaimedReward, load_reward
from guerdon.rules.choice.prices import is_whole
from guerdon.store.database import Transaction
from guerdon.values.money import Money
from guerdon.web.member.pages import Visit
from guerdon.web.member.shelf import Amount


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who looks, and what there is to pay with; `units` are the digits of each after the point."""

    value: Money
    left: Money
    market: str
    locale: str
    time_zone: str
    units: Mapping[str, int]
    state: str

    def digits(self, unit: str) -> int:
        """How many digits of a unit stand after the point."""
        return self.units.get(unit, 2)

    def said(self, amount: Amount) -> str:
        """An amount and its price as a form sends them: 25.50 2550, or the price alone; then who pays it.

        Where several pay, the price is what their rewards do.
        """
        face = "" if amount.face is None else self.plain(amount.face)
        price = sum(part.amount_minor for _, part in amount.parts) or amount.price.amount_minor
        parts = "".join(f" {number}:{part.amount_minor}" for number, part in amount.parts)
        beside = amount.beside
        return f"{face} {price}{parts}" + (f" {beside.unit}:{beside.amount_minor}" if beside else "")

    def plain(self, amount: Money) -> str:
        """An amount as a field of a form has it: 25 or 25.50."""
        number = Decimal(amount.amount_minor).scaleb(-self.digits(amount.unit))
        return f"{number:f}" if number % 1 else str(int(number))


def buyer_of(program: Program, reward: ClaimedReward, now: datetime) -> Buyer:
    """Who has this reward: of money what is left of it, of points their balance."""
    whole = is_whole(program, reward.value.unit)
    left = reward.left if whole or reward.purse is None else reward.purse.spendable
    market = program.markets.get(reward.market)
    ended = reward.expires_at is not None and reward.expires_at <= now
    return Buyer(
        value=reward.value,
        left=left,
        market=reward.market,
        locale=f"{reward.language}-{reward.market}",
        time_zone=market.time_zone if market else program.time_zone,
        units={unit.key: unit.digits for unit in program.units.values()},
        state="expired" if reward.state == "ready" and ended else reward.state,
    )


def buyer_here(tx: Transaction, visit: Visit) -> Buyer | None:
    """Who opened a link; None when the member has no such reward."""
    reward = load_reward(tx, visit.program_id, visit.member_id, visit.reward_id, visit.now)
    if reward is None:
        return None
    buyer = buyer_of(visit.program, reward, visit.now)
    return replace(buyer, locale=visit.locale) if visit.locale else buyer
