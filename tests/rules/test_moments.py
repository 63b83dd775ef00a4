"""At which moment of a reward its messages go: while it is pending, when it is ready, when taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.rules.harbor import HARBOR, NOW, Member

from guerdon.ledger.contents import GiveReward
from guerdon.ledger.effects import Decision, Issue, Mature, Reverse, Send
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.approved import decide_reward
from guerdon.rules.facts import Standing
from guerdon.rules.moments import matured_sends, tellings_of, told_at_issue
from guerdon.values.ids import derived_id

LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
ALL = ("reward_earned", "reward_ready", "reward_taken_back")
MESSAGES = """
messages:
  reward_earned: { channel: email, topic: service }
  reward_ready: { channels: [sms, email], topic: service }
  reward_taken_back: { channel: email, topic: service }
"""


def telling(*rules: str, sends: tuple[str, ...] = ALL) -> Program:
    """The harbor, whose rules of these names send messages."""
    lines: list[str] = []
    rule = ""
    for line in HARBOR.read_text().splitlines():
        if line.startswith("  ") and not line.startswith("   ") and line.endswith(":"):
            rule = line.strip(" :")
        lines.append(line)
        if line.startswith("      - reward:") and rule in rules:
            lines += [f"      - send: {key}" for key in sends]
    program = read_program("\n".join(lines) + MESSAGES)
    assert isinstance(program, Program), program
    return program


def told(decision: Decision) -> list[str]:
    return [each.message for each in decision.effects if isinstance(each, Send)]


def sends(decision: Decision) -> list[Send]:
    return [each for each in decision.effects if isinstance(each, Send)]


def given(decision: Decision, rule: str) -> int:
    return next(e.reward for e in decision.effects if isinstance(e, Issue) and e.rule == rule)


def test_what_may_be_spent_at_once_is_told_of_at_once_under_the_id_it_always_had() -> None:
    member = Member(telling("order"))
    placed = member.hears("order.placed", order_no="1", amount=0)
    reward = given(placed, "order")
    number = reward ^ derived_id(0, "message", "reward_ready")
    assert sends(placed) == [Send(number, "reward_ready", "sms", reward)]


def test_what_is_pending_is_told_of_as_earned_and_once_more_when_it_is_released() -> None:
    member = Member(telling("late"))
    placed = member.hears("order.placed", order_no="1", amount=0)
    reward = given(placed, "late")
    assert [(each.message, each.reward) for each in sends(placed)] == [("reward_earned", reward)]
    delivered = member.hears("order.delivered", LATER, order_no="1")
    assert [(each.message, each.channel, each.reward) for each in sends(delivered)] == [
        ("reward_ready", "sms", reward)
    ]
    # What was given before this was told may have a message under the reward's own number already.
    assert sends(delivered)[0].id != reward ^ derived_id(0, "message", "reward_ready")
    assert told(member.hears("order.delivered", LATER, order_no="1")) == []


def test_what_is_released_before_it_comes_is_never_on_its_way() -> None:
    member = Member(telling("late"))
    assert told(member.hears("order.delivered", EARLIER, order_no="1")) == []
    placed = member.hears("order.placed", order_no="1", amount=0)
    assert any(isinstance(each, Mature) for each in placed.effects)
    assert told(placed) == ["reward_ready"]


def test_what_matures_by_the_clock_is_told_of_once_whatever_event_it_is() -> None:
    program = telling("walk")
    member = Member(program)
    walked = member.hears("walk.done")
    reward = given(walked, "walk")
    assert told(walked) == ["reward_earned"]
    ready = matured_sends(tellings_of(program, program.rules["walk"]), reward)
    assert [(each.message, each.channel, each.reward) for each in ready] == [("reward_ready", "sms", reward)]
    assert len({each.id for each in [*sends(walked), *ready]}) == 2


@pytest.mark.parametrize(("rule", "done", "undone"), [("visit", "visit.done", "visit.undone")])
def test_what_is_taken_back_is_told_by_the_rule_that_gave_it(rule: str, done: str, undone: str) -> None:
    member = Member(telling(rule))
    reward = given(member.hears(done), rule)
    back = member.hears(undone, LATER)
    assert [(each.message, each.reward) for each in sends(back)] == [("reward_taken_back", reward)]
    kinds = [type(each) for each in back.effects]
    assert kinds.index(Send) > kinds.index(Reverse)


def test_pending_value_that_is_taken_back_is_told_of_too() -> None:
    member = Member(telling("walk"))
    member.hears("walk.done")
    assert told(member.hears("walk.undone", LATER)) == ["reward_taken_back"]


def test_what_waited_for_its_reward_and_takes_it_back_is_told_with_it() -> None:
    member = Member(telling("order"))
    assert told(member.hears("order.returned", EARLIER, order_no="1", refunded=1, total=1)) == []
    placed = member.hears("order.placed", order_no="1", amount=0)
    assert told(placed) == ["reward_ready", "reward_taken_back"]


def test_pending_value_that_was_taken_back_before_it_came_is_not_on_its_way() -> None:
    member = Member(telling("walk"))
    member.hears("walk.undone", LATER)
    assert told(member.hears("walk.done")) == ["reward_taken_back"]


def test_each_part_that_is_taken_back_is_told_of_under_an_id_of_its_own() -> None:
    member = Member(telling("points"))
    member.hears("order.placed", order_no="1", amount=80)
    parts = [member.hears("order.returned", LATER, order_no="1", refunded=1, total=2) for _ in range(2)]
    assert [told(each) for each in parts] == [["reward_taken_back"]] * 2
    assert len({each.id for part in parts for each in sends(part)}) == 2
    # There is nothing left of it.
    assert told(member.hears("order.returned", LATER, order_no="1", refunded=1, total=2)) == []


def test_two_rules_that_take_of_one_reward_tell_of_it_once() -> None:
    program = telling("points")
    again = replace(program.rules["returned"], key="returned_again", then=program.rules["returned"].then[1:])
    member = Member(replace(program, rules={**program.rules, again.key: again}))
    member.hears("order.placed", order_no="1", amount=100)
    back = member.hears("order.returned", LATER, order_no="1", refunded=1, total=4)
    assert sum(isinstance(each, Reverse) for each in back.effects if getattr(each, "unit", "") == "PTS") == 2
    assert told(back) == ["reward_taken_back"]


def test_a_rule_that_says_nothing_of_a_moment_is_silent_in_it() -> None:
    member = Member(telling("order", "late", "walk", sends=("reward_ready",)))
    assert told(member.hears("walk.done")) == []
    assert told(member.hears("order.placed", order_no="1", amount=0)) == ["reward_ready"]
    assert told(member.hears("order.returned", LATER, order_no="1", refunded=1, total=1)) == []


@pytest.mark.parametrize(("rule", "expected"), [("order", ["reward_ready"]), ("walk", ["reward_earned"])])
def test_what_people_approved_is_told_as_its_rule_would_have(rule: str, expected: list[str]) -> None:
    program = telling(rule)
    member = Member(program)
    unit, value, payer = {"order": ("EUR", 20_000, "budget:main:DE"), "walk": ("SLOW", 5, "program:funding")}[
        rule
    ]
    signed = told_at_issue(tellings_of(program, program.rules[rule]))
    assert {key for key, _, _ in signed} == {"reward_earned", "reward_ready"}
    content = GiveReward(
        7, rule, 4711, unit, value, payer, "DE", None, NOW, sends=[("gone", "email", 5), *signed]
    )
    event = member.event("approval.granted")
    standing = Standing(7, "DE", "en", None, {})
    effects = decide_reward(member.playbook, member.facts, event, standing, content)
    # A message that the program has no more goes as it was signed: when the reward is there.
    gone = ["gone"] if rule == "order" else []
    assert told(Decision(effects)) == [*gone, *expected]
