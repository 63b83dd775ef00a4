"""A date that is full, behind a member's link: the list, what is kept for them, and its choice."""

from datetime import timedelta
from typing import Any

from tests.web.member.conftest import Door, Shop
from tests.web.member.test_claim_page import field_of, ready, text_of

from guerdon.values.clock import utc_now
from guerdon.values.money import Money

EUR_25 = Money(2_500, "EUR")


def asks(door: Door, link: str, itm: str, act: str, slot: str) -> Any:
    page = text_of(door.client.get(f"{link}/catalog/{itm}"))
    form = {
        "csrfmiddlewaretoken": field_of(page, "csrfmiddlewaretoken"),
        "item": "giftly:tour",
        "from": itm,
        "slot": slot,
        "act": act,
    }
    return door.client.post(f"{link}/wait", form)


def test_who_finds_a_date_full_waits_for_it_and_is_offered_it(shop: Shop, door: Door) -> None:
    itm = shop.put("giftly:tour", offers=["manual"], denominations=[2_500], slots=[(1, 1)])
    with shop.house.working() as tx:
        tx.execute("update catalog_slots set starts_at = %s", (utc_now() + timedelta(days=9),))
    link = door.link(7, ready(shop.house, value=EUR_25))
    here = f"{link}/catalog/{itm}"
    page = text_of(door.client.get(here))
    assert "Put me on the list" not in page
    slot = field_of(page.partition('name="slot"')[0] + page[page.index('name="slot"') :], "slot")
    assert slot.startswith("slt_")
    answer = asks(door, link, itm, "wait", slot)
    assert answer.status_code == 409
    assert "There are places again" in text_of(answer)
    with shop.house.working() as tx:
        tx.execute("update catalog_slots set taken = 1")
    page = text_of(door.client.get(here))
    assert "Put me on the list" in page
    assert asks(door, link, itm, "wait", "slt_0000000000009").status_code == 409
    assert asks(door, link, itm, "wait", slot)["Location"] == here
    page = text_of(door.client.get(here))
    assert "Take me off the list" in page
    with shop.house.working() as tx:
        tx.execute("update catalog_slots set taken = 0")
    shop.work()
    page = text_of(door.client.get(here))
    assert "Kept for you until" in page
    token = field_of(page, "csrfmiddlewaretoken")
    form = {"csrfmiddlewaretoken": token, "item": "giftly:tour", "slot": slot, "from": itm, "left": "2500"}
    chosen = door.client.post(f"{link}/choose", form)
    assert "/orders/ord_" in chosen["Location"], text_of(chosen)
    assert shop.house.rows("select state from slot_waits") == [("taken",)]
    assert shop.house.rows("select taken, waiting from catalog_slots") == [(1, 0)]


def test_a_list_is_behind_a_link_and_is_left_again(shop: Shop, door: Door) -> None:
    itm = shop.put("giftly:tour", offers=["manual"], denominations=[2_500], slots=[(1, 0)])
    with shop.house.working() as tx:
        tx.execute("update catalog_slots set starts_at = %s", (utc_now() + timedelta(days=9),))
    link = door.link(7, ready(shop.house, value=EUR_25))
    ((number,),) = shop.house.rows("select id from catalog_slots")
    page = text_of(door.client.get(f"{link}/catalog/{itm}"))
    slot = field_of(page, "slot")
    assert number == 1
    assert asks(door, link, itm, "wait", slot).status_code == 303
    assert asks(door, link, itm, "leave", slot).status_code == 303
    assert asks(door, link, itm, "leave", slot).status_code == 303
    assert shop.house.rows("select state from slot_waits") == [("left",)]
    assert door.client.get(f"{link}/wait")["Location"] == link
    assert asks(door, "/r/nobody", itm, "wait", slot).status_code == 403
