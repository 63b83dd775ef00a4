"""What people approved, decided: the reward exactly as it was signed, or the adjustment, lot by lot.

Limits hold nothing back any more, for people saw past them; only what passed without a signature is held to
them, and counted. A reward has all its days from now. What is taken comes from the lots that end first, and
what is missing then is owed, where the request says so.
"""

from collections.abc import Mapping, Sequence

from guerdon.ledger.chart import DEBT, PURSE, owed_account
from guerdon.ledger.contents import Adjustment, GiveReward
from guerdon.ledger.effects import Adjust, Draw, Effect, Post
from guerdon.ledger.lots import Debt, draw_earliest, free_in
from guerdon.program.model import Pending, Reward
from guerdon.rules.decide import given
from guerdon.rules.earnings import Earning, issue
from guerdon.rules.facts import Event, Facts, Holding, Occasion, PurseKey, Standing
from guerdon.rules.limits import Uncounted, exceeded, use_up, uses_of
from guerdon.rules.playbook import Playbook
from guerdon.values.ids import derived_id
from guerdon.values.money import AMOUNT_MINOR_MAX

# The rule of a reward that no rule gave.
BY_HAND = "adjustment"
# What no rule says more of ends as its unit does, and is there at once.
_PLAIN = Reward(amounts={}, pending=Pending("at_once"))


def decide_reward(
    playbook: Playbook, facts: Facts, event: Event, member: Standing, content: GiveReward
) -> list[Effect]:
    """Give a reward as it was approved, with its messages and whatever waited for it."""
    play = playbook.by_rule.get(content.rule)
    reward = play.reward if play is not None and play.reward is not None else _PLAIN
    earning = Earning(
        content.reward_id,
        content.rule,
        content.unit,
        content.value,
        content.payer,
        content.reference,
        reward,
    )
    return given(playbook, facts, event, member, earning, content.sends)


def decide_adjustment(
    playbook: Playbook, facts: Facts, event: Event, member: Standing, asked: tuple[int, int, Adjustment]
) -> list[Effect]:
    """Change what a member has by hand: `asked` is the request, the number that sets it apart, and what."""
    request, number, content = asked
    said = Adjust(request, content.unit, content.amount, content.reason)
    if content.amount < 0:
        return [said, *_take(facts, member, number, content)]
    earning = Earning(number, BY_HAND, content.unit, content.amount, content.payer, None, _PLAIN)
    issued, _ = issue(playbook, facts, event, member, earning)
    return [said, *issued]


def uncovered(playbook: Playbook, facts: Facts, rows: Sequence[Adjustment]) -> Mapping[int, str]:
    """Which adjustments could not be made one after the other, by their place, and why: balance or cap.

    Asked before any of them is decided, because those of one request are made together or not at all.
    """
    left: dict[PurseKey, int] = {}
    room: dict[PurseKey, int] = {}
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        purse = (row.member, row.unit)
        if purse not in left:
            # What is owed is paid first by what comes.
            owed = sum(debt.amount for debt in facts.debts.get(purse, ()))
            left[purse] = free_in([lot.lot for lot in _holdings(facts, purse)], facts.now) - owed
            cap = playbook.life(row.unit).cap_minor
            room[purse] = AMOUNT_MINOR_MAX if cap is None else cap - facts.balances.get(purse, 0)
        if row.amount > max(room[purse], 0):
            found[place] = f"cap:{row.unit}"
        elif row.amount < 0 and not row.debt and -row.amount > left[purse]:
            found[place] = "balance"
        else:
            left[purse] += row.amount
            room[purse] -= row.amount
    return found


def limited(playbook: Playbook, facts: Facts, event: Event, member: Standing, content: GiveReward) -> str:
    """Why a reward may not pass without a signature: the limit that it exceeds. One that may is counted."""
    bounds = playbook.bounds_of(content.rule, member.market)
    occasion = Occasion(event.happened_at, event.day, member.market, member.location, event.fields)
    uses = uses_of(bounds, content.unit, occasion, member.member_id, playbook.zone)
    if isinstance(uses, Uncounted):
        return f"missing:event.{uses.field}"
    over = exceeded(uses, facts, content.value)
    if over is not None:
        return f"limit:{over.key}"
    use_up(uses, facts, content.value)
    return ""


def _take(facts: Facts, member: Standing, number: int, content: Adjustment) -> list[Effect]:
    purse, wanted = (member.member_id, content.unit), -content.amount
    holdings = {lot.reward_id: lot for lot in _holdings(facts, purse)}
    lots = [lot.lot for lot in holdings.values()]
    drawn = draw_earliest([lot for lot in lots if not lot.lapsed(facts.now)], wanted)
    # Nobody owes while something is left in the purse, be it over already.
    rest = wanted - sum(part for _, part in drawn)
    drawn += draw_earliest([lot for lot in lots if lot.lapsed(facts.now)], rest)
    effects: list[Effect] = []
    for payer in sorted({lot.payer for lot, _ in drawn}):
        parts = [(lot, part) for lot, part in drawn if lot.payer == payer]
        post, amount = derived_id(number, "take", payer), sum(part for _, part in parts)
        # It goes back to the pool that had paid it.
        effects.append(Post(post, PURSE, payer, content.unit, amount))
        facts.fold_pool(payer, amount, content.unit)
        for lot, part in parts:
            effects.append(Draw(post, lot.reward_id, part))
            holdings[lot.reward_id].draw(part)
    missing = wanted - sum(part for _, part in drawn)
    if purse in facts.balances:
        facts.fold_balance(purse, missing - wanted)
    if missing:
        owed = owed_account(content.payer)
        effects.append(Post(derived_id(number, "owe"), DEBT, owed, content.unit, missing))
        facts.fold_pool(owed, missing, content.unit)
        facts.owe(purse, Debt(content.payer, missing))
    return effects


def _holdings(facts: Facts, purse: PurseKey) -> list[Holding]:
    member, unit = purse
    return [lot for lot in facts.lots.get(member, ()) if lot.unit == unit and lot.state == "ready"]
