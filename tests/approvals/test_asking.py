"""Somebody asks, says why, and the money is set aside; what could not be carried out is never asked for."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.approvals.house import GERMANY, KIEL, NOW, OSLO, House, adjustment

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.asking import ask, edit, withdraw
from guerdon.engine.approvals.wishes import version_of
from guerdon.ledger.contents import (
    AdjustBalance,
    AdjustMany,
    Adjustment,
    ChangeGrant,
    Content,
    Move,
    MoveBudgets,
    PublishVersion,
    write_content,
)
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.ids import show

EV_MAKER = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"


def refusal(answer: Stood | Refused) -> str:
    assert isinstance(answer, Refused), answer
    return answer.reason


def problems(answer: Stood | Refused) -> list[str]:
    assert isinstance(answer, Refused), answer
    return [str(problem) for problem in answer.problems]


def test_what_is_asked_for_stands_there_with_its_hash_its_times_and_its_money(house: House) -> None:
    content = house.reward(20_000)
    before = house.pool()
    request = house.asked("lea", content)
    assert house.pool() == (before[0], before[1] + 20_000)
    row = house.rows(
        """
        select r.kind, r.state, r.maker, r.beneficiary, r.market, r.location, r.unit, r.amount, r.rung,
               r.escalates_at, r.expires_at, v.content_sha, v.content::text
        from requests r join revisions v on v.request_id = r.id and v.revision = r.revision where r.id = %s
        """,
        request,
    )[0]
    written = write_content(content)
    assert row == (
        *("reward", "open", show("per", house.people["lea"]), KIEL, "DE", "de-kiel", "EUR", 20_000, 0),
        *(NOW + timedelta(hours=24), NOW + timedelta(hours=336), written.sha, written.text),
    )
    assert house.rows("select id, account, amount, state from holds") == [(request, GERMANY, 20_000, "open")]
    assert house.audit(request) == ["request.made"]


def test_asking_twice_under_one_number_is_asking_once(house: House) -> None:
    content = house.reward(20_000)
    with house.opened() as tx:
        first = ask(tx, house.acting(tx, "lea"), content, "why", request_id=4711)
    with house.opened() as tx:
        second = ask(tx, house.acting(tx, "lea"), content, "why", request_id=4711)
    assert first == second == Stood(4711, "open", 1)
    assert house.rows("select count(*) from revisions") == [(1,)]


@pytest.mark.parametrize("reason", ["", "   ", "\0", "x" * 1001])
def test_who_asks_says_why(house: House, reason: str) -> None:
    assert refusal(house.ask("lea", house.reward(20_000), reason)) == "reason"


@pytest.mark.parametrize("name", ["mara", "dora", "opa", "ava", "cora", "lars", "bo"])
def test_only_who_may_propose_asks_for_a_reward(house: House, name: str) -> None:
    # Marketing, dealer relations, operator, auditor and compliance never; others not at another dealer.
    assert refusal(house.ask(name, house.reward(20_000))) == "role"


@pytest.mark.parametrize("name", ["lea", "kim", "olga", "mara"])
def test_only_finance_asks_for_an_adjustment(house: House, name: str) -> None:
    assert refusal(house.ask(name, adjustment(20_000))) == "role"
    assert isinstance(house.ask("fay", adjustment(20_000)), Stood)


def test_nobody_asks_for_themselves(house: House) -> None:
    house.tell_membership("lea", KIEL)
    assert refusal(house.ask("lea", house.reward(100))) == "beneficiary"
    house.tell_membership("fay", KIEL)
    assert refusal(house.ask("fay", adjustment(1_000))) == "beneficiary"
    rows = [Adjustment(8, "EUR", 100, GERMANY, "x"), Adjustment(KIEL, "EUR", 100, GERMANY, "x")]
    assert refusal(house.ask("fay", AdjustMany(rows))) == "beneficiary"
    me = ChangeGrant(show("per", house.people["opa"]), "finance", NOW)
    assert refusal(house.ask("opa", me)) == "beneficiary"


def test_what_a_budget_cannot_pay_is_not_asked_for(house: House) -> None:
    posted, held = house.pool()
    answer = house.ask("fay", adjustment(posted - held + 1))
    assert refusal(answer) == "budget"
    assert house.pool() == (posted, held)
    assert house.rows("select count(*) from requests") == [(0,)]
    assert isinstance(house.ask("fay", adjustment(posted - held)), Stood)


def by_funding(unit: str, amount: int) -> AdjustBalance:
    return AdjustBalance(KIEL, unit, amount, "program:funding", "a gesture")


def wrong_contents() -> dict[str, tuple[Content, str]]:
    me = show("per", 1)
    return {
        "unknown unit": (by_funding("XYZ", 5), "unit: unknown unit XYZ"),
        "nothing": (by_funding("EUR", 0), "amount: an amount of nothing changes nothing"),
        "overflow": (by_funding("EUR", 2**63), "amount: it is larger than an amount can be"),
        "nobody": (adjustment(5, member=404), "member: nobody is mem_"),
        "no id": (adjustment(5, member=-1), "member: nobody is a member of no id"),
        "huge id": (adjustment(5, member=2**70), "member: nobody is a member of no id"),
        "payer": (adjustment(5, payer="budget:nowhere:"), "payer: no budget budget:nowhere: that pays"),
        "payer's unit": (adjustment(5, payer="budget:points:"), "payer: no budget budget:points: that pays"),
        "payer feeds": (adjustment(5, payer="budget:central:"), "payer: no budget budget:central: that pays"),
        "no payer": (adjustment(5, payer="program:funding"), "payer: EUR is paid by a budget"),
        "payer's kind": (adjustment(5, payer="spent:points:"), "payer: no budget spent:points: that pays"),
        "no reason": (adjustment(5, reason=" "), "reason: it has no reason"),
        "too little": (adjustment(-5), "less than is to be taken"),
        "no rows": (AdjustMany([]), "rows: there are 0 adjustments in it"),
        "no moves": (MoveBudgets([]), "moves: there are 0 moves in it"),
        "same": (MoveBudgets([Move(GERMANY, GERMANY, "EUR", 5)]), "neither of the two gives to the other"),
        "apart": (
            MoveBudgets([Move("budget:points:", GERMANY, "EUR", 5)]),
            "there is no budget budget:points:",
        ),
        "below": (MoveBudgets([Move("budget:central:", GERMANY, "EUR", -5)]), "below zero gives nothing"),
        "text": (PublishVersion("x", "nonsense: ["), "this is not YAML"),
        "role": (ChangeGrant(me, "king", NOW), "role: unknown role king"),
        "width": (ChangeGrant(me, "dealer_manager", NOW), "role: "),
        "market": (ChangeGrant(me, "marketing", NOW, market="FR"), "market: unknown market"),
        "ends": (ChangeGrant(me, "finance", NOW, valid_to=NOW), "valid_to: it ends before it begins"),
        "person": (ChangeGrant("per_0000000000404", "finance", NOW), "person: nobody of this id works here"),
        "no person": (ChangeGrant("ines", "finance", NOW), "person: nobody of this id works here"),
        "revoke": (ChangeGrant(me, "finance", NOW, revoke=404), "revoke: they hold no such grant"),
    }


@pytest.mark.parametrize("case", list(wrong_contents()))
def test_what_is_wrong_is_named(house: House, case: str) -> None:
    content, said = wrong_contents()[case]
    answer = house.ask("fay", content)
    assert refusal(answer) == "wrong"
    assert any(said in problem for problem in problems(answer)), problems(answer)
    assert house.rows("select count(*) from requests") == [(0,)]


def test_all_that_is_wrong_is_named_at_once(house: House) -> None:
    content = adjustment(0, member=404, payer="budget:x:", reason="")
    said = problems(house.ask("fay", content))
    assert [line.partition(":")[0] for line in said] == ["member", "amount", "payer", "reason"]


def test_together_a_bulk_may_not_take_what_only_one_row_could(house: House) -> None:
    rows = [Adjustment(KIEL, "EUR", amount, GERMANY, "x") for amount in (-1, -1)]
    assert len(problems(house.ask("fay", AdjustMany(rows)))) == 2


@pytest.mark.parametrize(
    ("unit", "amount", "state"),
    [
        ("EUR", 5_000, "approved"), ("EUR", 5_001, "open"),
        ("NOK", 50_000, "approved"), ("NOK", 50_001, "open"),
        ("PTS", 1_000, "approved"), ("PTS", 1_001, "open"),
    ],
)  # fmt: skip
def test_little_passes_without_a_signature_where_the_ladder_says_so(
    house: House, unit: str, amount: int, state: str
) -> None:
    member = OSLO if unit == "NOK" else KIEL
    answer = house.ask("fay", adjustment(amount, unit, member))
    assert isinstance(answer, Stood)
    assert answer.state == state
    waiting = house.rows("select count(*) from inbox where connection = 'guerdon'")
    assert waiting == [(1 if state == "approved" else 0,)]


def test_a_reward_never_passes_by_itself_where_the_ladder_asks_for_people(house: House) -> None:
    assert house.ask("lea", house.reward(1)) != Refused("role")
    assert house.rows("select state from requests") == [("open",)]


def test_an_edit_is_a_new_revision_that_nobody_has_signed(house: House) -> None:
    content = house.reward(60_000)
    request = house.asked("fay", content)
    assert house.say("olga", request) == "approved"
    over = house.reward(150_000)
    request = house.asked("fay", over)
    assert house.say("olga", request) == "open"
    changed = msgspec.structs.replace(over, value=160_000)
    with house.opened() as tx:
        stood = edit(tx, house.acting(tx, "fay"), (request, 1), changed, "a little more")
    assert stood == Stood(request, "open", 2)
    assert house.pool()[1] == 60_000 + 160_000
    # What she signed is another text; she has to look again, and finance as well.
    assert house.say("finn", request, revision=1) == "no:edited"
    assert house.say("finn", request, revision=2) == "open"
    assert house.state(request) == "open"
    assert house.say("olga", request, revision=2) == "approved"


def test_an_edit_stands_on_the_rung_of_its_own_amount(house: House) -> None:
    content = house.reward(20_000)
    request = house.asked("lea", content)
    with house.opened() as tx:
        edit(
            tx, house.acting(tx, "lea"), (request, 1), msgspec.structs.replace(content, value=25_001), "more"
        )
    assert house.say("kim", request, revision=2) == "no:role"
    assert house.say("olga", request, revision=2) == "approved"


def test_an_edit_is_about_the_same_thing(house: House) -> None:
    content = house.reward(20_000)
    request = house.asked("lea", content)
    for other in (
        msgspec.structs.replace(content, reward_id=1),
        msgspec.structs.replace(content, event_id=1),
        house.reward(20_000),
        adjustment(20_000),
    ):
        with house.opened() as tx:
            assert edit(tx, house.acting(tx, "lea"), (request, 1), other, "else") == Refused("wrong")


def test_only_who_asked_edits_and_only_what_was_shown(house: House) -> None:
    content = house.reward(20_000)
    request = house.asked("lea", content)
    more = msgspec.structs.replace(content, value=21_000)
    with house.opened() as tx:
        assert edit(tx, house.acting(tx, "kim"), (request, 1), more, "x") == Refused("role")
        assert edit(tx, house.acting(tx, "lea"), (request, 2), more, "x") == Refused("edited")
        assert edit(tx, house.acting(tx, "lea"), (404, 1), more, "x") == Refused("unknown")
        later = replace(house.acting(tx, "lea"), now=NOW + timedelta(hours=336))
        assert edit(tx, later, (request, 1), more, "x") == Refused("expired")


def test_an_edit_beyond_the_budget_leaves_all_as_it_was(house: House) -> None:
    content = house.reward(20_000)
    request = house.asked("fay", content)
    before = house.pool()
    more = msgspec.structs.replace(content, value=before[0] + 1)
    with house.opened() as tx:
        assert edit(tx, house.acting(tx, "fay"), (request, 1), more, "x") == Refused("budget")
    assert house.pool() == before
    assert house.rows("select count(*) from revisions") == [(1,)]


def test_who_asked_takes_it_back_and_its_money_is_free(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    with house.opened() as tx:
        assert withdraw(tx, house.acting(tx, "kim"), request) == Refused("role")
    with house.opened() as tx:
        assert withdraw(tx, house.acting(tx, "lea"), request) == Stood(request, "withdrawn", 1)
    assert house.pool()[1] == 0
    with house.opened() as tx:
        assert withdraw(tx, house.acting(tx, "lea"), request) == Refused("closed")
        assert withdraw(tx, house.acting(tx, "lea"), 404) == Refused("unknown")
    assert house.say("kim", request) == "no:closed"
    assert house.audit(request) == ["request.made", "request.withdrawn"]


def test_each_pool_that_a_bulk_needs_sets_its_part_aside(house: House) -> None:
    rows = [
        Adjustment(KIEL, "EUR", 300, GERMANY, "x"),
        Adjustment(8, "EUR", 200, GERMANY, "x"),
        Adjustment(8, "PTS", 40, "budget:points:", "x"),
        Adjustment(8, "PTS", 60, "budget:points:", "x"),
    ]
    request = house.asked("fay", AdjustMany(rows))
    held = house.rows("select account, unit, amount from holds order by 1")
    assert held == [(GERMANY, "EUR", 500), ("budget:points:", "PTS", 100)]
    with house.opened() as tx:
        withdraw(tx, house.acting(tx, "fay"), request)
    assert house.pool()[1] == 0
    assert house.pool("budget:points:", "PTS")[1] == 0


@pytest.mark.parametrize("name", ["guerdon", "api"])
def test_no_program_takes_the_name_of_the_connection_that_tells_what_was_approved(name: str) -> None:
    text = EV_MAKER.read_text("utf-8").replace("  hubspot_eu:", f"  {name}:")
    found = load_program_text(text)
    assert any(f"{name} is a connection of Guerdon itself" in str(problem) for problem in found)


def load_program_text(text: str) -> list[object]:
    read = read_program(text, EV_MAKER.parent)
    assert isinstance(read, list)
    return list(read)


def test_a_version_is_asked_for_by_its_checked_text(house: House) -> None:
    made = read_program(house.program.text.replace("Harbor Motors", "Harbor"), None, house.program.key)
    assert isinstance(made, Program)
    assert isinstance(house.ask("mara", version_of(made)), Stood) is False
    assert isinstance(house.ask("olga", version_of(made)), Stood)
    assert refusal(house.ask("olga", version_of(house.program))) == "wrong"
