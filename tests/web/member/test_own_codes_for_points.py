"""Codes of our own on the pages of who pays with points: in stock, and handed out, by the amount."""

from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready, text_of
from tests.web.member.test_good_until import POOLED
from tests.web.member.test_shown import sell_for_points

from guerdon.engine.codes import add_codes
from guerdon.store.codes import Code
from guerdon.values.money import Money

SOLD_OUT = "It is sold out at the moment"


def test_what_is_in_stock_is_what_is_handed_out(house: House, door: Door, shop: Shop) -> None:
    sell_for_points(shop, "0.01")
    itm = shop.put(POOLED, denominations=[2_500], offers=["pool"])
    link = door.link(7, ready(house, value=Money(8_000, "PTS")))
    shop.tell(7)

    def bring(text: str, value: Money) -> None:
        with house.working() as tx:
            assert all(add_codes(tx, house.vault, house.program_id, [Code(POOLED, value, text)]))

    # A code of 2,500 points is none of 25 euros, and nobody is shown a form that could only be refused.
    bring("OF-POINTS", Money(2_500, "PTS"))
    assert SOLD_OUT in look(door, f"{link}/catalog/{itm}")
    bring("OF-MONEY", Money(2_500, "EUR"))
    assert SOLD_OUT not in look(door, f"{link}/catalog/{itm}")
    answer = send(door, link, form_of(door, link, itm))
    assert answer.status_code == 303, text_of(answer)
    assert "OF-MONEY" in look(door, str(answer["Location"]))
    assert house.rows("select unit, value from orders") == [("PTS", 2_500)]
