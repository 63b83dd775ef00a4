"""Rewards that wait for people: what exactly would be given, as a request that they can sign.

It asks by itself, in the name of its rule; on which rung it stands and until when it waits is what the
program says.
"""

from datetime import datetime

from guerdon.engine.approvals.acting import ladder_of
from guerdon.engine.approvals.asking import times_of
from guerdon.engine.approvals.ladders import Weight, first_rung
from guerdon.ledger.contents import GiveReward, write_content
from guerdon.ledger.effects import Hold
from guerdon.rules.decide import reward_id_of
from guerdon.rules.earnings import ends_at
from guerdon.rules.facts import Event, Standing
from guerdon.rules.moments import told_at_issue
from guerdon.rules.playbook import Playbook
from guerdon.store.approvals.requests import NewRequest

KIND = "reward"


def request_for(playbook: Playbook, event: Event, member: Standing, hold: Hold, now: datetime) -> NewRequest:
    """The request by which people may give what a rule would have given."""
    play = playbook.by_rule[hold.rule]
    assert play.reward is not None, "only rewards are held"
    told = event.fields.get(play.reward.reference) if play.reward.reference else None
    content = GiveReward(
        member=member.member_id,
        rule=hold.rule,
        reward_id=reward_id_of(playbook, event.id, hold.rule, member.member_id),
        unit=hold.unit,
        value=hold.value,
        payer=hold.payer,
        market=member.market,
        location=member.location,
        happened_at=event.happened_at,
        expires_at=ends_at(playbook, play.reward, hold.unit, now, member),
        reference=None if told is None else str(told),
        event_id=event.id,
        sends=told_at_issue(play.sends),
    )
    weight = Weight(member.market, member.location, {hold.unit: hold.value})
    rung = first_rung(ladder_of(playbook.program, KIND), weight, held=True)
    times = times_of(playbook.program, KIND, rung, member.market, now)
    written = write_content(content)
    return NewRequest(
        id=hold.request,
        kind=KIND,
        maker=f"rule:{hold.rule}",
        reason=hold.reason,
        text=written.text,
        sha=written.sha,
        created_at=now,
        expires_at=times.expires_at,
        escalates_at=times.escalates_at,
        beneficiary=member.member_id,
        market=member.market,
        location=member.location,
        unit=hold.unit,
        amount=hold.value,
        rung=rung,
    )
