"""Decide one event: each rule of its type in the program's order, by condition, then limits, then budget.

The result is data. Nothing happens here; the same event, facts and version give the same effects, bit
for bit.
"""

from guerdon.ledger.chart import PURSE
from guerdon.ledger.effects import Decision, Effect, Issue, Post, Refuse, Send
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.limits import exceeded_limit, month_of, use_limits
from guerdon.rules.playbook import Play, Playbook
from guerdon.values.ids import derived_id


def decide(playbook: Playbook, facts: Facts, event: Event, member: Standing) -> Decision:
    """Everything that follows from an event for its member; folds it into the facts as it goes."""
    effects: list[Effect] = []
    for play in playbook.plays[event.type]:
        why_not = _unmet_condition(play, event, member)
        if why_not:
            effects.append(Refuse(play.rule.key, why_not))
        elif play.rule.reward is None:
            effects += _sends(play, derived_id(event.id, play.rule.key, str(member.member_id)), None)
        else:
            effects += _decide_reward(play, facts, event, member, playbook.version)
    return Decision(effects)


def _unmet_condition(play: Play, event: Event, member: Standing) -> str:
    condition = play.rule.condition
    if condition is None:
        return ""
    answer = condition(event.fields, member.attributes)
    if answer is True:
        return ""
    if answer is False:
        return "condition"
    # Unknown: a field had no value, or the arithmetic had none (a division by zero, a number beyond 64 bits).
    return f"missing:{answer.field}" if answer.field else "arithmetic"


def _decide_reward(play: Play, facts: Facts, event: Event, member: Standing, version: int) -> list[Effect]:
    rule = play.rule
    reward = rule.reward
    assert reward is not None
    unit, value = reward.value.unit, reward.value.amount_minor
    month = month_of(event.day)
    limit = exceeded_limit(play.limits, facts, member.member_id, month, value)
    if limit:
        return [Refuse(rule.key, f"limit:{limit}", unit, value)]
    payer = play.payers[member.market]
    if facts.pool_left(payer) < value:
        return [Refuse(rule.key, f"budget:{reward.pay_from}", unit, value)]
    use_limits(play.limits, facts, member.member_id, month, value)
    facts.fold_pool(payer, -value)
    # One effect per event, rule, version and beneficiary: this id says so, and every key below it follows.
    reward_id = derived_id(event.id, rule.key, str(version), str(member.member_id))
    return [
        # From now, not from the event: one that waited for its contact gives its reward all its days.
        Issue(rule.key, reward_id, unit, value, facts.now + play.valid_for, payer),
        Post(reward_id, payer, PURSE, unit, value),
        *_sends(play, reward_id, reward_id),
    ]


def _sends(play: Play, cause: int, reward_id: int | None) -> list[Effect]:
    # Each message has a number of its own; with the cause's id it makes the same id whenever it is decided.
    return [Send(cause ^ number, message, channel, reward_id) for message, channel, number in play.sends]
