"""Any amount of an item, paid by several rewards: its member sees how much each gives before they order."""

import re
from dataclasses import replace

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready, text_of

from guerdon.program.catalog.nouns import Catalog
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money

SPAN = {"range_min": 1_000, "range_max": 50_000, "range_step": 50}
SEVERAL = "Several of your rewards pay for this amount"


class Counted:
    """A link to a hundred euros beside thirty more, where rewards may be combined."""

    def __init__(self, house: House, door: Door, shop: Shop, *, split: bool = True) -> None:
        self.house, self.door = house, door
        shop.program = replace(shop.program, catalog=Catalog(split=split, combine=True))
        self.first = ready(house, value=Money(10_000, "EUR"))
        self.link = door.link(7, self.first)
        self.other = house.reward(7, value=Money(3_000, "EUR"), at=utc_now(), rule="referral", days=9)
        self.itm = shop.put("giftly:card", denominations=[], more=SPAN)

    def page(self) -> str:
        return plain(look(self.door, f"{self.link}/catalog/{self.itm}"))

    def named(self, reward: int) -> str:
        number = show("rwd", reward)
        return f"{number[-8:-4]} {number[-4:]}"


def plain(shown: str) -> str:
    return re.sub(r"</?bdi[^>]*>", "", shown)


def hidden(shown: str) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown))
    item = re.search(r'name="item" value="([^"]*)"', shown)
    assert item is not None
    return {**found, "item": item.group(1)}


def test_more_than_one_covers_is_ordered_once_its_member_saw_who_pays(
    house: House, door: Door, shop: Shop
) -> None:
    here = Counted(house, door, shop)
    shown = here.page()
    # What takes of another reward never stands there chosen.
    assert re.search(r'type="number"[^>]*min="10" max="130" step="0.50" value="100"', shown)
    assert "This reward pays up to €100 of it." in shown
    form = form_of(door, here.link, here.itm)
    asked = send(door, here.link, form | {"amount": "112.50"})
    said = plain(text_of(asked))
    assert (asked.status_code, SEVERAL in said) == (200, True)
    assert "€100 from this reward" in said
    assert f"€12.50 from the reward {here.named(here.other)}" in said
    assert "Choose for €112.50" in said
    assert house.rows("select from orders") == []
    agreed = hidden(said)
    numbers = f"{show('rwd', here.first)}:10000 {show('rwd', here.other)}:1250"
    assert agreed["amount"] == f"112.50 11250 {numbers}"
    # Nobody takes more of another reward than its member saw.
    for wrong in ("113 11300", "112 11200"):
        refused = send(door, here.link, agreed | {"amount": f"{wrong} {numbers}"})
        assert refused.status_code == 409
    answer = send(door, here.link, agreed)
    assert answer.status_code == 303
    assert house.rows("select value from orders") == [(11_250,)]
    assert house.rows("select amount from order_parts order by 1") == [(1_250,), (10_000,)]
    assert send(door, here.link, agreed)["Location"] == answer["Location"]


def test_what_one_covers_is_ordered_at_once_and_nobody_helps(house: House, door: Door, shop: Shop) -> None:
    here = Counted(house, door, shop)
    assert send(door, here.link, form_of(door, here.link, here.itm) | {"amount": "99.50"}).status_code == 303
    assert house.rows("select value from orders") == [(9_950,)]
    assert house.rows("select from order_parts") == []


@pytest.mark.parametrize("amount", ["130.50", "112.51", "9", "500", "600"])
def test_what_they_do_not_come_to_or_is_no_step_is_refused(
    house: House, door: Door, shop: Shop, amount: str
) -> None:
    here = Counted(house, door, shop)
    answer = send(door, here.link, form_of(door, here.link, here.itm) | {"amount": amount})
    assert answer.status_code == 422
    shown = plain(text_of(answer))
    assert SEVERAL not in shown
    # What may be had is no less for that.
    assert re.search(r'type="number"[^>]*min="10" max="130" step="0.50"', shown)
    assert "This reward pays up to €100 of it." in shown
    assert house.rows("select from orders") == []


def test_a_reward_that_went_meanwhile_refuses_what_was_seen(house: House, door: Door, shop: Shop) -> None:
    here = Counted(house, door, shop)
    form = form_of(door, here.link, here.itm)
    agreed = hidden(plain(text_of(send(door, here.link, form | {"amount": "120"}))))
    link = door.link(7, here.other)
    assert send(door, link, form_of(door, link, here.itm) | {"amount": "15"}).status_code == 303
    assert send(door, here.link, agreed).status_code == 409
    assert house.rows("select value from orders") == [(1_500,)]


def test_used_whole_they_come_to_their_sums_and_to_nothing_else(house: House, door: Door, shop: Shop) -> None:
    here = Counted(house, door, shop, split=False)
    shown = here.page()
    both = f"{show('rwd', here.first)}:10000 {show('rwd', here.other)}:3000"
    assert re.findall(r'type="radio" name="amount" value="([^"]*)"', shown) == [
        "100 10000",
        f"130 13000 {both}",
    ]
    form = form_of(door, here.link, here.itm)
    assert form["amount"] == "100 10000"
    assert send(door, here.link, form | {"amount": "120"}).status_code == 422
    assert send(door, here.link, form | {"amount": f"130 13000 {both}"}).status_code == 303
    assert house.rows("select remaining - held from rewards") == [(0,), (0,)]


def test_what_alone_is_too_little_for_the_least_is_enough_together(
    house: House, door: Door, shop: Shop
) -> None:
    here = Counted(house, door, shop)
    small = house.reward(7, value=Money(500, "EUR"), at=utc_now(), rule="referral", days=30)
    link = door.link(7, small)
    shown = plain(look(door, f"{link}/catalog/{here.itm}"))
    assert re.search(r'type="number"[^>]*min="10" max="135" step="0.50" value="10"', shown)
    said = plain(text_of(send(door, link, form_of(door, link, here.itm) | {"amount": "10"})))
    # Then those that end first.
    assert "€5 from this reward" in said
    assert f"€5 from the reward {here.named(here.other)}" in said
