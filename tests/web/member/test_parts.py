"""What a claim page says of value that is not simply there: pending, in parts, owed, without end, held."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import form_token, itm_of, ready, text_of

from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.store.audit import record_audit
from guerdon.values.clock import utc_now


def take(door: Door, link: str, item: str, shown: str) -> Any:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)
    left = re.search(r'name="left" value="(\d+)"', shown)
    assert token is not None
    assert left is not None
    form = {"csrfmiddlewaretoken": token.group(1), "item": item, "left": left.group(1)}
    return door.client.post(f"{link}/choose", form)


def item_page(door: Door, link: str, item: str = "green_basket") -> str:
    return text_of(door.client.get(f"{link}/catalog/{itm_of(door.house, item)}"))


def items_of(house: House) -> list[tuple[str, int]]:
    """Items of Germany with the dearest of their prices that 150 euros cover."""
    found = []
    for item in house.program.items.values():
        prices = [price.amount_minor for price in item.values if price.amount_minor <= 15_000]
        if prices and "DE" in item.markets:
            found.append((item.key, max(prices)))
    return found


def test_what_is_left_of_a_reward_buys_what_it_covers_and_shows_the_price(house: House, door: Door) -> None:
    house.stock_everything()
    reward = ready(house)
    link = door.link(7, reward)
    house.take_back(7, reward, 5_000, at=utc_now())
    shown = text_of(door.client.get(link))
    assert "part of it was taken back" in shown
    assert "left to choose with" in shown
    here = text_of(door.client.get(f"{link}/catalog?afford=enough"))
    assert set(re.findall(r"/catalog/(itm_\w+)\"", here)) == {
        itm_of(house, key) for key, _ in items_of(house)
    }
    key, price = items_of(house)[0]
    shown = item_page(door, link, key)
    first = take(door, link, key, shown)
    assert first.status_code == 303
    assert house.rows("select remaining from rewards") == [(15_000 - price,)]
    assert text_of(door.client.get(first["Location"])).count("data-code=") == 1
    # The page of before is clicked once more: the same code, and no second item.
    assert take(door, link, key, shown)["Location"] == first["Location"]
    assert house.rows("select count(*) from orders") == [(1,)]


def test_a_page_that_shows_more_than_is_left_chooses_nothing(house: House, door: Door) -> None:
    house.stock_everything()
    reward = ready(house)
    link = door.link(7, reward)
    before = item_page(door, link)
    house.take_back(7, reward, 5_000, at=utc_now())
    answer = take(door, link, "green_basket", before)
    assert answer.status_code == 409
    assert "has changed meanwhile" in text_of(answer)
    assert house.rows("select count(*) from orders") == [(0,)]


@pytest.mark.parametrize("left", ["", "-1", "x", "1" * 40, "\u0661", "20000.0"])
def test_what_no_page_ever_said_is_left_chooses_nothing(house: House, door: Door, left: str) -> None:
    house.stock_everything()
    link = door.link(7, ready(house))
    form = {"csrfmiddlewaretoken": form_token(door, link), "item": "green_basket", "left": left}
    assert door.client.post(f"{link}/choose", form).status_code == 409
    assert house.rows("select count(*) from orders") == [(0,)]


@pytest.mark.parametrize(
    ("available", "said"),
    [(utc_now() + timedelta(days=9), "To be used from"), (UNTIL_TOLD, "once it is confirmed")],
)
def test_what_is_pending_is_shown_and_cannot_be_chosen_with(
    house: House, door: Door, available: datetime, said: str
) -> None:
    house.stock_everything()
    pending = ready(house, available=available)
    other = house.reward(7, at=utc_now())
    shown = text_of(door.client.get(door.link(7, pending)))
    assert said in shown
    assert "You have earned this" in shown
    assert "/catalog" not in shown
    beside = text_of(door.client.get(door.link(7, other)))
    assert "On their way to you" in beside
    assert said in beside


def test_what_never_ends_says_so(house: House, door: Door) -> None:
    house.stock_everything()
    reward, other = ready(house), house.reward(7, at=utc_now())
    ends = house.rows("select expires_at, id from rewards")
    with house.working() as tx:
        tx.execute("update rewards set expires_at = null")
    # What a page leads to has the day of the link that opened it.
    today = utc_now().date()
    shown = text_of(door.client.get(door.link(7, reward, today)))
    assert "Yours without an end date" in shown
    assert "Without an end date" in shown
    assert door.link(7, other, today) in shown
    mine = door.link(7, reward)
    assert take(door, mine, "green_basket", item_page(door, mine)).status_code == 303
    assert "Earlier rewards" in text_of(door.client.get(door.link(7, other)))
    with house.working() as tx:
        for each in ends:
            tx.execute("update rewards set expires_at = %s where id = %s", each)


def test_a_debt_is_said_with_what_pays_it(house: House, door: Door) -> None:
    reward = ready(house)
    with house.working() as tx:
        tx.execute("update accounts set posted = 0, debt = 1234 where member_id = 7")
    assert "12.34" in text_of(door.client.get(door.link(7, reward)))
    assert "What you earn next pays it first" in text_of(door.client.get(door.link(7, reward)))
    with house.working() as tx:
        tx.execute("update accounts set posted = 20000, debt = 0 where member_id = 7")


def test_a_reward_that_people_look_at_is_shown_to_its_member_alone(house: House, door: Door) -> None:
    mine = ready(house)
    house.enroll(8)
    theirs = house.reward(8, at=utc_now())
    now = utc_now()
    with house.working() as tx:
        for n, (member, state) in enumerate([(7, "open"), (8, "open"), (7, "rejected")]):
            tx.execute(
                "insert into requests (program_id, id, kind, state, maker, beneficiary, unit, amount, reason,"
                " created_at, expires_at, closed_at)"
                " values (%s, %s, 'reward', %s, 'rule:referral', %s, 'EUR', %s, 'limit:x', %s, %s, %s)",
                (
                    house.program_id,
                    n,
                    state,
                    member,
                    35_011 + n,
                    now,
                    now + timedelta(days=14),
                    now if state == "rejected" else None,
                ),
            )
        record_audit(tx, house.program_id, "test", "requests.made", "test", now)
    shown, others = (text_of(door.client.get(door.link(m, r))) for m, r in ((7, mine), (8, theirs)))
    assert "Held for approval since" in shown
    assert "350.11" in shown
    assert "350.12" not in shown
    assert "350.13" not in shown
    assert "350.12" in others
    assert "350.11" not in others
