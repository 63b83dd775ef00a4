"""What was asked for meets a program or a member that is another by then, or says what is not so."""

from typing import cast

import pytest
from tests.approvals.house import BONN, KIEL, NOW, POINTS, PROGRAM, House, adjustment
from tests.approvals.test_granting import approved, work

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.publish import publish
from guerdon.ledger.chart import FUNDING
from guerdon.ledger.contents import AdjustMany, Adjustment, ChangeGrant
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect
from guerdon.values.ids import show

RENAMED = ("  order_points:\n", "  order_credits:\n")
CAPPED = ("expires: { after: 12 months } }", "expires: { after: 12 months }, cap: 1000 }")


def republish(house: House, *changes: tuple[str, str]) -> None:
    text = PROGRAM.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    program = read_program(text, None, house.program.key)
    assert isinstance(program, Program), program
    with connect(house.url, house.secret, "owner") as db:
        publish(db, program, "test", NOW)
    house.program = program


def problems(answer: object) -> list[str]:
    assert isinstance(answer, Refused), answer
    return [problem.where for problem in answer.problems]


def test_a_reward_whose_rule_is_gone_pays_the_debt_first_like_any_other(house: House) -> None:
    approved(house, adjustment(-500, "PTS", debt=True))
    work(house)
    request = approved(house, house.reward(2_000, "PTS"), "ina")
    republish(house, RENAMED)
    work(house)
    assert house.state(request) == "done"
    assert house.purse(KIEL, "PTS") == (1_500, 0)


@pytest.mark.parametrize("changes", [(CAPPED,), (CAPPED, RENAMED)])
def test_a_cap_holds_for_approved_rewards_whatever_became_of_their_rule(
    house: House, changes: tuple[tuple[str, str], ...]
) -> None:
    requests = [approved(house, house.reward(900, "PTS"), "ina") for _ in range(2)]
    republish(house, *changes)
    work(house)
    assert [house.state(each) for each in requests] == ["done", "failed"]
    assert house.purse(KIEL, "PTS") == (900, 0)


def test_what_only_pays_a_debt_is_not_there_for_the_next_row(house: House) -> None:
    approved(house, adjustment(100, "PTS"))
    work(house)
    rows = [Adjustment(KIEL, "PTS", amount, POINTS, "x") for amount in (100, -100)]
    request = house.asked("fay", AdjustMany(rows))
    approved(house, adjustment(-300, "PTS", debt=True))
    work(house)
    assert [house.say(name, request) for name in ("olga", "finn")] == ["open", "approved"]
    work(house)
    assert house.purse(KIEL, "PTS") == (0, 200)
    assert house.state(request) == "failed"


def test_a_reward_stands_where_its_member_does(house: House) -> None:
    assert problems(house.ask("lea", house.reward(100_00, member=BONN, location="de-kiel"))) == ["location"]


def test_money_by_hand_is_paid_by_a_budget(house: House) -> None:
    assert problems(house.ask("lea", house.reward(100_00, payer=FUNDING))) == ["payer"]


def test_a_grant_is_taken_back_under_its_own_role_and_place_only(house: House) -> None:
    olga = show("per", house.people["olga"])
    held = cast("int", house.rows("select id from grants where person_id = %s", house.people["olga"])[0][0])
    elsewhere = ChangeGrant(olga, "program_owner", NOW, "DE", "de-kiel", revoke=held)
    assert problems(house.ask("kim", elsewhere)) == ["revoke"]
    assert problems(house.ask("opa", ChangeGrant(olga, "frontline", NOW, revoke=held))) == ["revoke"]
    house.asked("opa", ChangeGrant(olga, "program_owner", NOW, revoke=held))
