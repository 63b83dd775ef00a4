"""What a reader may do for a member, brought together in one menu: each act has its own form and reason.

Money goes by requests, which the program's ladders have signed or let pass; nothing here is a way of its own.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import Target
from guerdon.access.policy import Area, Power
from guerdon.queries.members import Member, MemberReward
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its mark, what it is called, and where its form is."""

    icon: str
    text: str
    address: str


def acts_for(desk: Desk, member: Member) -> list[Act]:
    """What the reader's roles let them do for this member, in the order of how often it is needed."""
    say, row = words(desk.locale, "console").gettext, member.row
    mem = show("mem", row.member_id)
    here = Target(desk.program_id, row.market, row.location)

    def may(area: Area, power: Power) -> bool:
        return desk.rights.allows(area, power, here)

    acts: list[Act] = []
    if may("rewards", "write"):
        acts += [
            Act("gift", say("Give a reward"), desk.address("decisions/new", act="reward", member=mem)),
            Act("mail", say("Send a message again"), desk.address(f"members/{mem}/messages")),
        ]
    if may("ledger", "write"):
        adjust = desk.address("decisions/new", act="adjustment", member=mem)
        acts.append(Act("coins", say("Give or take value"), adjust))
        if any(_may_last(each, desk.now) for each in member.rewards):
            acts.append(
                Act("hourglass", say("Let a reward last longer"), desk.address(f"members/{mem}") + "#rewards")
            )
    if may("redemption", "write"):
        orders = desk.address(f"members/{mem}", kind="orders") + "#timeline"
        acts.append(Act("ticket", say("Put an order right"), orders))
    if desk.may("audit", "write"):
        acts.append(Act("inbox", say("Write down a data request"), desk.address("requests", member=mem)))
    if desk.may("members", "unmask"):
        acts += [
            Act("search", say("Show name and contact"), desk.address(f"members/{mem}/unmask")),
            Act("shield-check", say("Hand out or erase the data"), desk.address(f"members/{mem}/privacy")),
        ]
    return acts


def _may_last(reward: MemberReward, now: datetime) -> bool:
    """Whether it has an end that has not come."""
    return reward.state in {"ready", "pending"} and reward.expires_at is not None and reward.expires_at > now
