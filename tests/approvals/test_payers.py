"""Who pays for what is given by hand: what the tree of budgets says, or a budget that one may spend from."""

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import BONN, GERMANY, KIEL, NORWAY, OSLO, POINTS, PROGRAM, House, adjustment

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.bulk_file import read_bulk_file
from guerdon.engine.approvals.payers import Payers
from guerdon.engine.approvals.wishes import RewardWish, reward_by_hand
from guerdon.ledger.chart import FUNDING
from guerdon.ledger.contents import AdjustMany, Adjustment, GiveReward, read_content
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.approvals.standings import Place
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

AT_KIEL, AT_OSLO, NOWHERE = Place("DE", "de-kiel"), Place("NO", "no-oslo"), Place("DE", None)
# Locations with pots of their own under the market's, and a second budget beside it.
DEALERS = (
    "  dealers: { per: location, parent: by_market, unit: EUR, amounts: { de-kiel: 10.00, de-bonn: 10.00,"
    " no-oslo: 9.00 NOK } }\n  points:"
)
BY_LOCATION = ("  points:", DEALERS)
FROM_DEALERS = ("pay_from: by_market", "pay_from: dealers")
SPRING = '  spring: { per: market, unit: EUR, amounts: { DE: 5.00, "NO": 1.00 NOK } }\n  points:'
BESIDE = ("  points:", SPRING)
BOTH = 'value: { DE: 200.00 EUR, "NO": 2300.00 NOK }, pay_from: '
FROM_SPRING = ("value: 100 PTS, pay_from: points", BOTH + "spring")
FROM_DEALERS_TOO = ("value: 100 PTS, pay_from: points", BOTH + "dealers")
NO_POINTS = ("  points: { per: one, unit: PTS, amount: 500000 }\n", "")
FROM_FUNDING = ("value: 100 PTS, pay_from: points", "value: 100 PTS")
MORE_POINTS = (
    "  more_points:\n    name: More\n    when: order.placed\n    promise: public\n"
    "    then:\n      - reward: { value: 100 PTS, pay_from: points }\n"
)


def program(*changes: tuple[str, str]) -> Program:
    text = PROGRAM.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    made = read_program(text)
    assert isinstance(made, Program), made
    return made


def said(payers: Payers, payer: str, unit: str, place: Place | None, rule: str = "") -> str:
    problem = payers.check(payer, unit, place, rule)
    return "" if problem is None else problem.what


def test_the_tree_gives_the_budget_of_the_members_place() -> None:
    payers = Payers(program())
    assert payers.given("EUR", AT_KIEL) == payers.given("EUR", NOWHERE) == GERMANY
    assert payers.given("NOK", AT_OSLO) == NORWAY
    assert payers.given("PTS", AT_KIEL) == payers.given("PTS", AT_OSLO) == POINTS
    # What pays at a place is the narrowest; a market whose budget only feeds others pays for nobody.
    narrow = Payers(program(BY_LOCATION, FROM_DEALERS))
    assert narrow.given("EUR", AT_KIEL) == "budget:dealers:de-kiel"
    assert narrow.given("EUR", NOWHERE) == ""
    assert "no budget pays EUR" in said(narrow, "", "EUR", NOWHERE)
    # Where rules pay from the market's, it pays for whoever has no location.
    both = Payers(program(BY_LOCATION, FROM_DEALERS_TOO, NO_POINTS))
    assert both.given("EUR", NOWHERE) == GERMANY
    assert both.given("EUR", AT_KIEL) == "budget:dealers:de-kiel"


def test_a_rules_reward_is_paid_as_the_rule_says_and_not_by_another_budget_of_the_place() -> None:
    payers = Payers(program(BESIDE, FROM_SPRING, NO_POINTS))
    assert payers.given("EUR", AT_KIEL, "order") == GERMANY
    assert payers.given("EUR", AT_KIEL, "order_points") == "budget:spring:DE"
    assert payers.given("PTS", AT_KIEL, "order") == ""
    assert "the budget of rule order has no PTS" in said(payers, "", "PTS", AT_KIEL, "order")
    # An adjustment is of no rule: of two budgets at the same place somebody has to name one.
    assert payers.given("EUR", AT_KIEL) == ""
    assert "several budgets pay EUR there" in said(payers, "", "EUR", AT_KIEL)
    assert said(payers, "budget:spring:DE", "EUR", AT_KIEL) == ""


def test_funding_pays_only_where_no_budget_has_the_unit() -> None:
    payers = Payers(program(NO_POINTS, FROM_FUNDING))
    assert payers.given("PTS", AT_KIEL) == FUNDING
    assert payers.given("PTS", AT_KIEL, "order_points") == FUNDING
    assert said(payers, FUNDING, "PTS", AT_KIEL) == ""
    assert said(payers, FUNDING, "EUR", AT_KIEL) == "EUR is paid by a budget"
    assert said(Payers(program()), FUNDING, "PTS", AT_KIEL) == "PTS is paid by a budget"
    # A rule that no budget pays: by hand a budget of its unit does, if there is one.
    mixed = program(FROM_FUNDING, ("  order:\n", MORE_POINTS + "  order:\n"))
    assert Payers(mixed).given("PTS", AT_KIEL, "order_points") == POINTS


def test_another_budget_pays_where_one_may_spend() -> None:
    everywhere, norway = Payers(program()), Payers(program(), Scope(("NO",)))
    kiel, nowhere = Payers(program(), Scope((), ("de-kiel",))), Payers(program(), None)
    assert everywhere.listed() == [(GERMANY, "EUR"), (NORWAY, "NOK"), (POINTS, "PTS")]
    assert (norway.listed(), kiel.listed(), nowhere.listed()) == ([(NORWAY, "NOK")], [], [])
    assert said(everywhere, GERMANY, "EUR", AT_OSLO) == ""
    # What the tree gives for a member is everybody's to ask for who may ask at all.
    for payers in (everywhere, kiel, nowhere):
        assert said(payers, GERMANY, "EUR", AT_KIEL) == ""
    refused = [
        said(norway, GERMANY, "EUR", AT_OSLO),
        said(kiel, GERMANY, "EUR", AT_OSLO),
        said(everywhere, "budget:none:", "EUR", AT_KIEL),
        said(everywhere, "budget:central:", "EUR", AT_KIEL),
        said(everywhere, POINTS, "EUR", AT_KIEL),
        said(everywhere, "purse", "EUR", AT_KIEL),
    ]
    assert {each.partition(" that pays")[2] for each in refused} == {" in EUR is yours to spend from"}


def test_by_hand_and_from_a_file_the_same_budgets_pay(house: House) -> None:
    with house.opened() as tx:
        acting = house.acting(tx, "fay")
        wished = RewardWish(show("mem", OSLO), "order", "90.00")
        given = reward_by_hand(tx, house.program_id, house.program, wished, utc_now())
        lines = [f"{show('mem', KIEL)},EUR,1.00,x", f"{show('mem', OSLO)},NOK,1.00,x"]
        lines += [f"{show('mem', BONN)},PTS,1,x"]
        text = "member,unit,amount,reason\n" + "\n".join(lines)
        many = read_bulk_file(tx, house.program_id, house.program, text.encode(), acting.spends("bulk"))
    assert isinstance(given, GiveReward)
    assert (given.payer, given.unit) == (NORWAY, "NOK")
    assert isinstance(many, AdjustMany)
    assert [row.payer for row in many.rows] == [GERMANY, NORWAY, POINTS]


def test_who_has_a_place_names_no_budget_of_another(house: House) -> None:
    def bulk(payer: str, unit: str = "EUR") -> AdjustMany:
        return AdjustMany([Adjustment(KIEL, unit, 100, payer, "x")])

    assert isinstance(house.ask("kim", bulk(GERMANY)), Stood)
    refused = house.ask("kim", bulk(NORWAY, "NOK"))
    assert isinstance(refused, Refused)
    assert [(each.where, each.line) for each in refused.problems] == [("payer", 1)]
    # Whoever works for the whole program may let another market pay.
    assert isinstance(house.ask("fay", bulk(NORWAY, "NOK")), Stood)
    with house.opened() as tx:
        text = f"member,unit,amount,reason,payer\n{show('mem', KIEL)},NOK,1.00,x,{NORWAY}\n"
        scope = house.acting(tx, "kim").spends("bulk")
        assert scope == Scope((), ("de-kiel",))
        found = read_bulk_file(tx, house.program_id, house.program, text.encode(), scope)
        assert isinstance(found, list)
        assert [(each.where, each.line) for each in found] == [("payer", 2)]
        whole = read_bulk_file(tx, house.program_id, house.program, text.encode(), WHOLE_PROGRAM)
        assert isinstance(whole, AdjustMany)


def test_what_a_batch_held_keeps_its_payer(house: House) -> None:
    """It was decided by its rule: an answer to it is no place to ask who pays."""
    held = house.reward(20_000, event_id=77, payer="budget:central:")
    assert isinstance(house.ask("lea", held), Stood)
    unknown = house.ask("lea", house.reward(20_000, event_id=78, payer="budget:gone:"))
    assert isinstance(unknown, Refused)
    assert [each.where for each in unknown.problems] == ["payer"]


def test_the_form_leaves_it_to_the_tree_and_offers_what_pays(doors: Doors) -> None:
    fay, house = doors.visitor("fay"), doors.house
    page = fay.page("decisions/new").partition('name="payer"')[2].partition("</select>")[0]
    assert [part.partition('"')[0] for part in page.split('value="')[1:]] == ["", GERMANY, NORWAY, POINTS]
    sent = {"act": "adjustment", "member": f"crm:c{OSLO}", "unit": "NOK", "amount": "60.00", "reason": "x"}
    assert fay.send("decisions/new", **sent, payer="").status_code == 303
    ((text,),) = house.rows("select content::text from revisions")
    content = read_content(str(text))
    assert isinstance(content, Adjustment)
    assert content.payer == NORWAY
    for payer in (FUNDING, "budget:central:", GERMANY):
        answer = fay.send("decisions/new", **sent, payer=payer)
        assert answer.status_code == 422
        assert "payer: " in plain(answer.content.decode())
    assert house.rows("select count(*) from requests") == [(1,)]


@pytest.mark.parametrize("name", ["lea", "kim"])
def test_a_market_pays_for_what_its_locations_ask_for(house: House, name: str) -> None:
    assert isinstance(house.ask(name, house.reward(10_000)), Stood)
    answer = house.ask(name, house.reward(10_000, payer=FUNDING))
    assert isinstance(answer, Refused)
    assert [str(each.where) for each in answer.problems] == ["payer"]
    assert isinstance(house.ask("fay", adjustment(100)), Stood)
