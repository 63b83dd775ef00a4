"""Redeeming on a real database: what a choice writes, and what it must never write."""

from datetime import timedelta

import msgspec
import psycopg
import pytest
from tests.redeem.house import EUR_200, NOW, House

from guerdon.ledger.effects import Draw, Post, Redeem, Refuse, decode_decision
from guerdon.queries.claims import list_orders
from guerdon.values.money import Money


def reason_of(answer: Redeem | Refuse | None) -> str:
    assert isinstance(answer, Refuse)
    return answer.reason


def code_of(house: House, member: int, reward: int) -> str:
    with house.opens(member)() as tx:
        orders = list_orders(tx, house.vault, house.program_id, member, reward)
    assert len(orders) == 1
    return orders[0].code


def test_a_choice_gives_a_code_and_books_it(house: House) -> None:
    house.stock(1)
    member = house.enroll(7)
    reward = house.reward(member)
    answer = house.choose(member, reward, now=NOW + timedelta(hours=1))
    assert isinstance(answer, Redeem)
    assert code_of(house, member, reward) == "green_basket-20000-0"
    assert house.rows("select posted from accounts where member_id = 7") == [(0,)]
    assert house.rows("select posted, bounded from accounts where name = 'spent:by_market:DE'") == [
        (20_000, True)
    ]
    assert house.rows(
        "select market, location, rule, redeemed, redeemed_value, redeemed_phone, redeemed_48h from rollups"
    ) == [("DE", "de-hamburg-hafencity", "booking", 1, 20_000, 1, 1)]


def test_the_redemption_is_an_event_with_its_decision(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))
    answer = house.choose(7, reward)
    assert isinstance(answer, Redeem)
    rows = house.rows(
        "select source, external_id, outcome, decision::text, market, location, version from events"
        " where type = 'reward.redeemed'"
    )
    assert len(rows) == 1
    source, external_id, outcome, decision, *place = rows[0]
    assert (source, external_id, outcome) == ("guerdon", str(answer.order), "redeemed")
    assert place == ["DE", "de-hamburg-hafencity", 1]
    assert decode_decision(str(decision)).effects == [
        answer,
        Post(answer.order, "purse", "spent:by_market:DE", "EUR", 20_000),
        Draw(answer.order, reward, 20_000),
    ]
    assert msgspec.json.decode(str(decision))["v"] == 1


def test_a_second_click_finds_the_same_code(house: House) -> None:
    house.stock(3)
    reward = house.reward(house.enroll(7))
    house.choose(7, reward)
    first = code_of(house, 7, reward)
    assert reason_of(house.choose(7, reward)) == "used"
    assert reason_of(house.choose(7, reward, "book_lantern")) == "used"
    assert code_of(house, 7, reward) == first
    assert house.rows("select count(*) from codes where state = 'issued'") == [(1,)]


def test_an_item_without_codes_is_sold_out_and_the_value_stays(house: House) -> None:
    house.stock(1)
    first, second = house.reward(house.enroll(7)), house.reward(house.enroll(8))
    assert isinstance(house.choose(7, first), Redeem)
    assert reason_of(house.choose(8, second)) == "sold_out"
    assert house.rows("select posted from accounts where member_id = 8") == [(20_000,)]
    assert house.rows("select state from rewards where member_id = 8") == [("ready",)]


def test_a_lapsed_reward_is_refused_from_its_last_instant_on(house: House) -> None:
    house.stock(2)
    reward = house.reward(house.enroll(7), days=10)
    assert reason_of(house.choose(7, reward, now=NOW + timedelta(days=10))) == "expired"
    assert isinstance(house.choose(7, reward, now=NOW + timedelta(days=10, microseconds=-1)), Redeem)


@pytest.mark.parametrize(
    ("item", "reason"),
    [("no_such_item", "item:unknown"), ("", "item:unknown"), ("hearth_and_home", "item:value")],
)
def test_an_item_that_the_value_does_not_buy_is_refused(house: House, item: str, reason: str) -> None:
    house.stock_everything()
    reward = house.reward(house.enroll(7), value=Money(2_500, "EUR"))
    assert reason_of(house.choose(7, reward, item)) == reason


def test_an_item_of_another_market_is_refused(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7, market="ES"))
    assert reason_of(house.choose(7, reward)) == "item:market"


def test_a_purse_that_holds_less_refuses_and_nothing_is_written(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))
    with house.working() as tx:
        tx.execute("update accounts set held = 1 where member_id = 7")
    assert reason_of(house.choose(7, reward)) == "balance"
    assert house.rows("select count(*) from codes where state = 'issued'") == [(0,)]
    with house.working() as tx:
        tx.execute("update accounts set held = 0 where member_id = 7")


def test_a_member_does_not_see_the_reward_of_another(house: House) -> None:
    house.stock(1)
    house.enroll(7)
    reward = house.reward(house.enroll(8))
    assert house.choose(7, reward) is None
    with house.opens(7)() as tx:
        assert tx.execute("select count(*) from rewards").fetchone() == (0,)
        assert tx.execute("select count(*) from members where member_id <> 7").fetchone() == (0,)
        assert tx.execute("select count(*) from accounts where member_id = 8").fetchone() == (0,)


def test_a_members_transaction_cannot_touch_another_members_purse(house: House) -> None:
    house.enroll(7)
    house.reward(house.enroll(8))
    with house.opens(7)() as tx:
        assert tx.execute("update accounts set posted = 0 where member_id = 8").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), house.opens(7)() as tx:
        tx.execute(
            "insert into orders values (%s, 8, 1, 1, 'x', 'EUR', 1, 'phone', %s)", (house.program_id, NOW)
        )


def test_an_issued_code_stays_with_its_order(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))
    house.choose(7, reward)
    with pytest.raises(psycopg.errors.CheckViolation), house.opens(7)() as tx:
        tx.execute(
            "update codes set state = 'free', order_id = null, issued_at = null where state = 'issued'"
        )


def test_the_web_can_not_rewrite_what_happened(house: House) -> None:
    house.stock(1)
    house.choose(7, house.reward(house.enroll(7)))
    for statement in (
        "update transfers set amount = 1",
        "delete from transfers",
        "update events set outcome = 'x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), house.opens(7)() as tx:
            tx.execute(statement.encode())


def test_it_counts_on_the_day_of_the_event_and_two_days_later_is_not_within_two_days(house: House) -> None:
    house.stock(2)
    house.enroll(7)
    # Half past ten in the evening in London is the next day in Berlin, where the program lives.
    late = NOW.replace(hour=22, minute=30)
    soon, later = house.reward(7, at=late), house.reward(7, at=late + timedelta(days=1), happened=NOW)
    house.choose(7, soon, now=late + timedelta(hours=47), device="computer")
    house.choose(7, later, now=late + timedelta(days=3, seconds=1))
    assert house.rows(
        "select day::text, issued, redeemed, redeemed_phone, redeemed_48h from rollups order by day"
    ) == [
        ("2026-05-04", 1, 1, 1, 0),
        ("2026-05-05", 1, 1, 0, 1),
    ]
    assert house.rows(
        "select day::text, events from event_rollups where type = 'reward.redeemed' order by day"
    ) == [
        ("2026-05-06", 1),
        ("2026-05-08", 1),
    ]


def test_the_screens_are_told_once_it_is_committed(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))
    with psycopg.connect(house.url, autocommit=True) as listener:
        listener.execute("listen guerdon_live")
        house.choose(7, reward)
        told = [note.payload for note in listener.notifies(timeout=5, stop_after=1)]
    assert told == [str(house.program_id)]


def test_a_code_is_not_readable_in_the_database(house: House) -> None:
    house.stock(1)
    rows = house.rows("select code, code_index from codes")
    assert all(b"green_basket" not in bytes(cell) for row in rows for cell in row if isinstance(cell, bytes))


def test_two_rewards_of_one_member_are_two_orders(house: House) -> None:
    house.stock(2)
    house.enroll(7)
    first, second = house.reward(7), house.reward(7)
    assert isinstance(house.choose(7, first), Redeem)
    assert isinstance(house.choose(7, second), Redeem)
    assert code_of(house, 7, first) != code_of(house, 7, second)
    assert house.rows("select sum(posted) from accounts where member_id = 7") == [(0,)]
    assert EUR_200.amount_minor == 20_000
