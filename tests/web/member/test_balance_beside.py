"""Points beside a reward of money: the page says how much each gives, and only that is taken."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready, text_of
from tests.web.member.test_ranges_together import SPAN, hidden, plain

from guerdon.program.catalog.nouns import Catalog
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money

AGREE = "Your balance pays part of this amount. Nothing is ordered yet"


class Beside:
    """A link to a hundred euros beside 2,000 points of a cent each."""

    def __init__(self, house: House, door: Door, shop: Shop, *, split: bool = True) -> None:
        self.house, self.door = house, door
        points = replace(shop.program.units["EUR"], key="PTS", digits=0, kind="points")
        catalog = Catalog(split=split, pay_rest_with="PTS", worth={"PTS": (Decimal("0.01"), "EUR")})
        shop.program = replace(shop.program, units={**shop.program.units, "PTS": points}, catalog=catalog)
        # The books of this house know one transfer an order.
        house.check_books = lambda: None  # type: ignore[method-assign]
        self.first = ready(house, value=Money(10_000, "EUR"))
        self.points = house.reward(7, value=Money(2_000, "PTS"), at=utc_now(), rule="referral", days=9)
        self.link = door.link(7, self.first)

    def page(self, itm: str) -> str:
        return plain(look(self.door, f"{self.link}/catalog/{itm}"))

    def left(self) -> list[tuple[object, ...]]:
        return self.house.rows("select unit, remaining - held from rewards order by unit")


def test_one_of_its_amounts_is_paid_by_both_and_its_page_says_so(
    house: House, door: Door, shop: Shop
) -> None:
    here = Beside(house, door, shop)
    itm = shop.put("giftly:card", denominations=[5_000, 11_500, 12_500])
    shown = here.page(itm)
    said = f"115 10000 {show('rwd', here.first)}:10000 PTS:1500"
    assert re.findall(r'type="radio" name="amount" value="([^"]*)"', shown) == ["50 5000", said, "125 12500"]
    assert re.search(r'value="125 12500" disabled', shown)
    assert re.search(r"€100 from this reward</small><small>[^<]*1,500[^<]* from your balance", shown)
    form = form_of(door, here.link, itm)
    # What takes of the balance never stands there chosen.
    assert form["amount"] == "50 5000"
    for wrong in (
        said.replace("PTS:1500", "PTS:1499"),
        said.replace("PTS:1500", "EUR:1500"),
        said.replace(" PTS:1500", ""),
        said.replace("PTS:1500", "PTS:-1500"),
        said.replace(" PTS:1500", " PTS:1500 PTS:1500"),
        "115 10000 PTS:1500",
        "115 11500",
    ):
        assert send(door, here.link, form | {"amount": wrong}).status_code in {409, 422}
    assert house.rows("select from orders") == []
    answer = send(door, here.link, form | {"amount": said})
    assert answer.status_code == 303
    assert here.left() == [("EUR", 0), ("PTS", 500)]
    assert send(door, here.link, form | {"amount": said})["Location"] == answer["Location"]
    order = plain(look(door, f"/r/{answer['Location'].removeprefix('/r/')}"))
    assert re.search(r"Chosen for €100 \+ [^<]*1,500", order), order
    assert "Worth €115" in order
    # And among what was chosen, on the reward's own page.
    assert re.search(r"€100 \+ [^<]*1,500", plain(look(door, here.link)))


@pytest.mark.parametrize("split", [True, False])
def test_any_amount_of_a_range_up_to_both_is_shown_first_and_then_ordered(
    house: House, door: Door, shop: Shop, *, split: bool
) -> None:
    here = Beside(house, door, shop, split=split)
    itm = shop.put("giftly:card", denominations=[], more=SPAN)
    shown = here.page(itm)
    least = "10" if split else "100"
    assert re.search(rf'type="number"[^>]*min="{least}" max="120" step="0.50" value="100"', shown), shown
    assert re.search(r"This reward pays up to €100 of it. For more, your balance of [^<]*2,000", shown)
    form = form_of(door, here.link, itm)
    for beyond in ("120.50", "500"):
        refused = send(door, here.link, form | {"amount": beyond})
        assert (refused.status_code, AGREE in text_of(refused)) == (422, False)
    asked = send(door, here.link, form | {"amount": "112.50"})
    said = plain(text_of(asked))
    assert (asked.status_code, AGREE in said) == (200, True)
    assert house.rows("select from orders") == []
    agreed = hidden(said)
    assert agreed["amount"] == f"112.50 10000 {show('rwd', here.first)}:10000 PTS:1250"
    assert "Choose for €112.50" in said
    assert send(door, here.link, agreed).status_code == 303
    assert here.left() == [("EUR", 0), ("PTS", 750)]


def test_all_of_a_reward_that_is_used_whole_needs_no_points(house: House, door: Door, shop: Shop) -> None:
    here = Beside(house, door, shop, split=False)
    itm = shop.put("giftly:card", denominations=[], more=SPAN)
    answer = send(door, here.link, form_of(door, here.link, itm) | {"amount": "100"})
    assert answer.status_code == 303
    assert here.left() == [("EUR", 0), ("PTS", 2_000)]


def test_points_that_went_meanwhile_refuse_what_was_seen(house: House, door: Door, shop: Shop) -> None:
    here = Beside(house, door, shop)
    itm = shop.put("giftly:card", denominations=[11_500, 1_000])
    form = form_of(door, here.link, itm) | {"amount": f"115 10000 {show('rwd', here.first)}:10000 PTS:1500"}
    link = door.link(7, here.points)
    assert send(door, link, form_of(door, link, itm) | {"amount": "10 1000"}).status_code == 303
    assert send(door, here.link, form).status_code == 409
    assert here.left() == [("EUR", 10_000), ("PTS", 1_000)]


def test_a_program_without_it_has_nothing_pay_beside(house: House, door: Door, shop: Shop) -> None:
    here = Beside(house, door, shop)
    shop.program = replace(shop.program, catalog=replace(shop.program.catalog, pay_rest_with=None))
    itm = shop.put("giftly:card", denominations=[11_500])
    assert "needs" in here.page(itm)
    form = {
        "item": "giftly:card",
        "amount": f"115 10000 {show('rwd', here.first)}:10000 PTS:1500",
        "unit": "EUR",
    }
    assert (
        send(
            door, here.link, form_of(door, here.link, shop.put("own", denominations=[5_000])) | form
        ).status_code
        == 409
    )
    assert house.rows("select from orders") == []
