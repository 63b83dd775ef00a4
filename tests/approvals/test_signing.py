"""Who may sign what: each step of the ladder to the cent, two where two are asked, nobody for themselves."""

from datetime import timedelta

import pytest
from tests.approvals.house import BONN, GERMANY, KIEL, NOW, OSLO, House, adjustment

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.asking import edit
from guerdon.engine.approvals.signing import Word, sign
from guerdon.ledger.contents import AdjustMany, Adjustment, ChangeGrant
from guerdon.store.approvals.reserves import settle_reserves
from guerdon.store.audit import record_audit
from guerdon.values.ids import show

# Up to 250 the dealer manager, up to 1,000 the brand, above finance and brand: a cent more is the next step.
STEPS = [
    ("EUR", KIEL, 25_000, "kim", ["olga", "fay", "bo"]),
    ("EUR", KIEL, 25_001, "olga", ["kim", "fay"]),
    ("EUR", KIEL, 100_000, "olga", ["kim", "fay"]),
    ("NOK", OSLO, 250_000, "nora", ["olga", "fay", "kim"]),
    ("NOK", OSLO, 250_001, "olga", ["nora", "fay"]),
    ("NOK", OSLO, 1_000_000, "olga", ["nora", "fay"]),
    # A dealer manager's grant has to say what it is in points.
    ("PTS", KIEL, 5_000, "ina", ["kim", "olga", "fay"]),
    ("PTS", KIEL, 5_001, "olga", ["ina", "kim", "fay"]),
    ("PTS", KIEL, 20_000, "olga", ["ina", "fay"]),
]
PAIRS = [("EUR", KIEL, 100_001), ("NOK", OSLO, 1_000_001), ("PTS", KIEL, 20_001)]


@pytest.mark.parametrize(("unit", "member", "value", "signer", "others"), STEPS)
def test_a_step_of_the_ladder_is_signed_by_those_who_stand_on_it(
    house: House, unit: str, member: int, value: int, signer: str, others: list[str]
) -> None:
    request = house.asked("lars" if member == OSLO else "lea", house.reward(value, unit, member))
    for other in others:
        assert house.say(other, request) == "no:role", other
    assert house.say(signer, request) == "approved"


@pytest.mark.parametrize(("unit", "member", "value"), PAIRS)
def test_above_the_ladder_finance_and_brand_sign_both(
    house: House, unit: str, member: int, value: int
) -> None:
    request = house.asked("lars" if member == OSLO else "lea", house.reward(value, unit, member))
    assert house.say("kim", request) == "no:role"
    assert house.say("fay", request) == "open"
    assert house.say("fay", request) == "no:signed"
    # Two of finance are two people and yet no brand.
    assert house.say("finn", request) == "open"
    assert house.say("olga", request) == "approved"
    assert house.say("otto", request) == "no:closed"


@pytest.mark.parametrize("name", ["mara", "dora", "opa", "ava", "cora", "lea", "lars"])
def test_whose_role_is_on_no_rung_signs_nothing(house: House, name: str) -> None:
    for value in (20_000, 60_000, 150_000):
        request = house.asked("fay", house.reward(value))
        assert house.say(name, request) == "no:role"


def test_who_asked_does_not_sign(house: House) -> None:
    request = house.asked("kim", house.reward(20_000))
    assert house.say("kim", request) == "no:maker"
    assert house.say("karl", request) == "approved"


def test_who_wrote_an_earlier_revision_does_not_sign_the_later_one(house: House) -> None:
    # A rule asked, the first dealer manager answered for it: then they made it.
    request = house.asked("kim", house.reward(20_000))
    assert house.say("karl", request, "ask", reason="why so much?") == "returned"
    with house.opened() as tx:
        tx.execute("update requests set maker = 'rule:order' where id = %s", (request,))
        record_audit(tx, house.program_id, "test", "request.made", "test", NOW)
    with house.opened() as tx:
        content = house.reward(19_000, reward_id=5_001)
        assert edit(tx, house.acting(tx, "karl"), (request, 1), content, "less") == Stood(request, "open", 2)
    assert house.say("karl", request, revision=2) == "no:maker"
    assert house.say("kim", request, revision=2) == "no:maker"


def test_nobody_signs_for_themselves(house: House) -> None:
    house.tell_membership("kim", KIEL)
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request) == "no:beneficiary"
    many = house.asked("fay", AdjustMany([Adjustment(m, "EUR", 100, GERMANY, "x") for m in (KIEL, BONN)]))
    house.tell_membership("finn", BONN)
    assert house.say("finn", many) == "no:beneficiary"
    grant = house.asked("opa", ChangeGrant(show("per", house.people["olga"]), "finance", NOW))
    assert house.say("olga", grant) == "no:beneficiary"
    assert house.say("otto", grant) == "approved"


def test_the_table_itself_refuses_maker_and_beneficiary(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    attempts = (
        (show("per", house.people["lea"]), None, -1, "signatures_are_not_the_makers"),
        (
            show("per", house.people["kim"]),
            show("per", house.people["lea"]),
            -1,
            "signatures_are_not_the_makers",
        ),
        (show("per", house.people["kim"]), None, KIEL, "signatures_are_not_the_beneficiarys"),
    )
    for person, instead_of, member, constraint in attempts:
        with pytest.raises(Exception, match=constraint), house.opened() as tx:
            tx.execute(
                """
                insert into signatures
                select program_id, request_id, revision, %s, %s, %s, 'dealer_manager', 0, 'approve', '',
                       maker, beneficiary, content_sha, %s
                from revisions where request_id = %s
                """,
                (person, instead_of, member, NOW, request),
            )


def test_a_signature_is_over_the_hash_of_what_was_asked(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    with pytest.raises(Exception, match="signatures_are_over_what_was_asked"), house.opened() as tx:
        tx.execute(
            """
            insert into signatures
            select program_id, request_id, revision, 'per_0000000000001', null, -1, 'dealer_manager', 0,
                   'approve', '', maker, beneficiary, sha256('another'), %s
            from revisions where request_id = %s
            """,
            (NOW, request),
        )


def test_a_stand_in_signs_between_two_instants_and_no_longer(house: House) -> None:
    house.replace("kim", "mara", NOW, NOW + timedelta(days=2))
    first, second, third = (house.asked("lea", house.reward(20_000)) for _ in range(3))
    assert house.say("mara", first, now=NOW - timedelta(seconds=1)) == "no:role"
    assert house.say("mara", first) == "approved"
    assert house.say("mara", second, now=NOW + timedelta(days=2, seconds=-1)) == "approved"
    assert house.say("mara", third, now=NOW + timedelta(days=2)) == "no:role"
    told = house.rows("select person, instead_of, role from signatures where request_id = %s", first)
    kim, mara = show("per", house.people["kim"]), show("per", house.people["mara"])
    assert told == [(mara, kim, "dealer_manager")]
    behalf = house.rows("select on_behalf_of from audit where action = 'request.signed' and actor = %s", mara)
    assert behalf == [(kim,), (kim,)]


def test_a_stand_in_neither_asked_nor_stands_in_for_who_asked(house: House) -> None:
    house.replace("kim", "lea", NOW, NOW + timedelta(days=2))
    request = house.asked("lea", house.reward(20_000))
    assert house.say("lea", request) == "no:maker"
    house.replace("kim", "mara", NOW, NOW + timedelta(days=2))
    request = house.asked("kim", house.reward(20_000))
    assert house.say("mara", request) == "no:role"


def test_a_stand_in_does_not_sign_for_a_beneficiary(house: House) -> None:
    house.tell_membership("kim", KIEL)
    house.replace("kim", "mara", NOW, NOW + timedelta(days=2))
    request = house.asked("lea", house.reward(20_000))
    assert house.say("mara", request) == "no:role"


def test_nobody_speaks_twice_through_a_stand_in(house: House) -> None:
    house.replace("fay", "mara", NOW, NOW + timedelta(days=2))
    request = house.asked("lea", house.reward(150_000))
    assert house.say("fay", request) == "open"
    # Her own role signs nothing here, and the voice she lends was heard.
    assert house.say("mara", request) == "no:role"
    other = house.asked("lea", house.reward(150_000))
    assert house.say("mara", other) == "open"
    assert house.say("fay", other) == "no:signed"
    with pytest.raises(Exception, match="signatures_speak_once"), house.opened() as tx:
        tx.execute(
            """
            insert into signatures
            select program_id, request_id, revision, instead_of, null, -1, role, rung, verdict, reason, maker,
                   beneficiary, content_sha, signed_at
            from signatures where request_id = %s
            """,
            (other,),
        )


def test_a_stand_in_for_somebody_who_left_signs_nothing(house: House) -> None:
    house.replace("kim", "mara", NOW, NOW + timedelta(days=2))
    house.dismiss("kim")
    request = house.asked("lea", house.reward(20_000))
    assert house.say("mara", request) == "no:role"


def test_who_left_or_lost_the_role_signs_nothing(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    house.dismiss("kim")
    assert house.say("kim", request) == "no:role"
    house.revoke("karl")
    assert house.say("karl", request) == "no:role"
    house.employ("tom", "dealer_manager", ("DE", "de-kiel"), until=NOW)
    assert house.say("tom", request) == "no:role"
    house.employ("tim", "dealer_manager", ("DE", "de-kiel"), since=NOW + timedelta(seconds=1))
    assert house.say("tim", request) == "no:role"


def test_a_grant_up_to_an_amount_signs_up_to_it(house: House) -> None:
    house.employ("otis", "program_owner", most=("EUR", 60_000))
    assert house.say("otis", house.asked("lea", house.reward(60_001))) == "no:role"
    assert house.say("otis", house.asked("lea", house.reward(60_000))) == "approved"
    # A limit in one unit says nothing of another.
    assert house.say("otis", house.asked("lea", house.reward(5_001, "PTS"))) == "no:role"


def test_first_signatures_that_lost_their_ground_are_not_counted(house: House) -> None:
    request = house.asked("lea", house.reward(150_000))
    assert house.say("fay", request) == "open"
    house.revoke("fay")
    assert house.say("olga", request) == "open"
    assert house.say("finn", request) == "approved"


def test_a_role_that_was_given_anew_does_not_bring_a_signature_back(house: House) -> None:
    request = house.asked("lea", house.reward(150_000))
    assert house.say("fay", request) == "open"
    house.revoke("fay")
    house.employ("fay", "finance", since=NOW + timedelta(hours=1))
    assert house.say("olga", request, now=NOW + timedelta(hours=2)) == "open"


def test_who_rejects_says_why_and_ends_it_and_its_money_is_free(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request, "reject") == "no:reason"
    assert house.say("kim", request, "reject", reason="  ") == "no:reason"
    assert house.say("olga", request, "reject", reason="no") == "no:role"
    assert house.say("kim", request, "reject", reason="he was never here") == "rejected"
    assert house.pool()[1] == 0
    assert house.say("karl", request) == "no:closed"
    assert house.audit(request) == ["request.made", "request.rejected"]
    told = house.rows("select reason from audit where action = 'request.rejected'")
    assert told == [("he was never here",)]


def test_who_asks_back_waits_for_an_answer(house: House) -> None:
    content = house.reward(20_000)
    request = house.asked("lea", content)
    assert house.say("kim", request, "ask") == "no:reason"
    assert house.say("kim", request, "ask", reason="which order?") == "returned"
    assert house.pool()[1] == 20_000
    assert house.say("karl", request) == "no:closed"
    later = NOW + timedelta(days=3)
    with house.opened() as tx:
        assert edit(tx, house.acting(tx, "lea", later), (request, 1), content, "order 4711") == Stood(
            request, "open", 2
        )
    times = house.rows("select escalates_at, expires_at from requests")
    assert times == [(later + timedelta(hours=24), later + timedelta(hours=336))]
    # Who asked back may say yes to the answer.
    assert house.say("kim", request, revision=2, now=later) == "approved"


def test_what_is_over_is_not_signed(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request, now=NOW + timedelta(hours=336)) == "no:expired"
    assert house.say("kim", request, now=NOW + timedelta(hours=336, seconds=-1)) == "approved"


def test_many_are_signed_at_once_and_one_that_is_refused_is_left_alone(house: House) -> None:
    requests = [house.asked("lea", house.reward(1_000 + n)) for n in range(20)]
    own = house.asked("kim", house.reward(500))
    words = [Word(number, 1, "approve") for number in [*requests, own, 404]]
    with house.opened() as tx:
        told = sign(tx, house.acting(tx, "kim"), words)
    assert [told[number] for number in requests] == [Stood(number, "approved", 1) for number in requests]
    assert told[own] == Refused("maker")
    assert told[404] == Refused("unknown")
    assert house.rows("select count(*) from inbox where connection = 'guerdon'") == [(20,)]


def test_a_budget_that_had_nothing_left_has_to_cover_it_before_it_is_signed(house: House) -> None:
    # Held for an empty budget, as a batch writes it: nothing is set aside for it.
    request = house.asked("lea", house.reward(20_000))
    with house.opened("worker") as tx:
        settle_reserves(tx, house.program_id, [request], "released", NOW)
        record_audit(tx, house.program_id, "test", "hold.released", "test", NOW)
    posted, _ = house.pool()
    all_of_it = house.asked("fay", adjustment(posted))
    assert house.say("kim", request) == "no:budget"
    assert house.rows("select count(*) from signatures") == [(0,)]
    assert house.say("finn", all_of_it, "reject", reason="too much") == "rejected"
    assert house.say("kim", request) == "approved"
    assert house.pool() == (posted, 20_000)
