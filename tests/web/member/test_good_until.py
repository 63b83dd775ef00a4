"""Until when a code is good: said to its member in their language and hours, and when it is over too."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from tests.redeem.house import EUR_200, House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready, text_of
from tests.web.member.test_order_page import act

from guerdon.engine.codes import add_codes
from guerdon.ledger.expiry import end_of_day
from guerdon.store.codes import Code
from guerdon.text.formats import day, moment
from guerdon.values.clock import utc_now

POOLED = "giftly:basket"
BERLIN = "Europe/Berlin"
SAID = {
    "en": ("Good until", "does not work any more"),
    "es": ("Válido hasta", "ya no funciona"),
    "de": ("Gültig bis", "funktioniert es nicht mehr"),
    "fr": ("Valable jusqu", "ne fonctionne plus"),
    "ar": ("صالح حتى", "ولم يعد يعمل"),
    "id": ("Berlaku sampai", "tidak bisa dipakai lagi"),
}


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2066-\u2069]", "", page))


def ordered(house: House, door: Door, shop: Shop, end: datetime | None, language: str = "en") -> str:
    """Have a member choose what is had for codes of our own, this one; the order's address."""
    with house.working() as tx:
        code = Code(POOLED, EUR_200, "OWN-CODE-1", end)
        assert add_codes(tx, house.vault, house.program_id, [code]) == [True]
    link = door.link(7, ready(house, language=language))
    shop.tell(7)
    answer = send(door, link, form_of(door, link, shop.put(POOLED, offers=["pool"])))
    assert answer.status_code == 303, text_of(answer)
    return str(answer["Location"])


def stub_of(page: str, itm: str) -> str:
    """What a list says of an item."""
    return page.partition(f"/catalog/{itm}")[2].partition("</li>")[0]


def let_end(house: House) -> None:
    """Let its end have passed an hour ago, two days after it was handed out."""
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(
            "update codes set issued_at = now() - interval '49 hours', expires_at = now() - interval '1 hour'"
        )


@pytest.mark.parametrize("language", SAID)
def test_every_member_reads_until_when_it_is_good_and_when_it_was(
    house: House, door: Door, shop: Shop, language: str
) -> None:
    good, over = SAID[language]
    last = (utc_now() + timedelta(days=40)).date()
    order = ordered(house, door, shop, end_of_day(last, ZoneInfo(BERLIN)), language)
    shown = plain(look(door, order))
    locale = f"{language}-DE"
    assert good in shown
    assert day(last, locale) in shown
    assert over not in shown
    # The part that is fetched again says it as well.
    assert good in plain(look(door, order, **{"X-Part": "order"}))
    let_end(house)
    shown = plain(look(door, order))
    assert over in shown
    assert "OWN-CODE-1" in shown
    assert moment(utc_now() - timedelta(hours=1), BERLIN, locale)[:8] in shown


def test_an_end_in_the_middle_of_a_day_is_said_with_its_hour(house: House, door: Door, shop: Shop) -> None:
    end = (utc_now() + timedelta(days=9)).replace(hour=16, minute=30, second=0, microsecond=0)
    shown = plain(look(door, ordered(house, door, shop, end)))
    assert f"Good until {moment(end, BERLIN, 'en-DE')}" in shown


def test_a_code_without_an_end_says_nothing_of_one(house: House, door: Door, shop: Shop) -> None:
    shown = look(door, ordered(house, door, shop, None))
    assert "OWN-CODE-1" in shown
    assert "Good until" not in shown
    assert 'id="ended"' not in shown


def test_who_could_not_use_it_in_time_says_so_and_who_used_it_is_not_told_it_is_over(
    house: House, door: Door, shop: Shop
) -> None:
    order = ordered(house, door, shop, utc_now() + timedelta(days=3))
    let_end(house)
    assert "If you did not get to use it, tell us below." in look(door, order)
    assert act(door, order, "case", what="not_accepted", words="it has ended").status_code == 200
    assert house.rows("select what, state from order_cases") == [("not_accepted", "open")]
    shown = look(door, order)
    # They told us, and nothing below asks again.
    assert "does not work any more" in shown
    assert "tell us below" not in shown
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update codes set state = 'redeemed', used_at = now() - interval '2 hours'")
    assert 'id="ended"' not in look(door, order)


def test_nothing_is_in_stock_whose_codes_are_over(house: House, door: Door, shop: Shop) -> None:
    with house.working() as tx:
        ends = {"OVER": utc_now() - timedelta(days=1), "NEARLY": utc_now() + timedelta(hours=23)}
        codes = [Code(POOLED, EUR_200, text, end) for text, end in ends.items()]
        assert add_codes(tx, house.vault, house.program_id, codes) == [True, True]
    link = door.link(7, ready(house))
    itm = shop.put(POOLED, offers=["pool"])
    # The reward's own page leads on to what can be had at once.
    assert itm not in look(door, link)
    assert "Sold out" in stub_of(look(door, f"{link}/catalog"), itm)
    assert "It is sold out at the moment" in look(door, f"{link}/catalog/{itm}")
    with house.working() as tx:
        assert add_codes(tx, house.vault, house.program_id, [Code(POOLED, EUR_200, "GOOD", None)]) == [True]
    assert itm in look(door, link)
    assert "Sold out" not in stub_of(look(door, f"{link}/catalog"), itm)
    assert "sold out" not in look(door, f"{link}/catalog/{itm}")


def test_what_a_supplier_says_of_the_end_is_said_too(house: House, door: Door, shop: Shop) -> None:
    end = (utc_now() + timedelta(days=9)).replace(hour=16, minute=30, second=0, microsecond=0)
    shop.fakes["giftly"].ends_at = end
    link = door.link(7, ready(house))
    shop.tell(7)
    order = str(send(door, link, form_of(door, link, shop.put("giftly:card")))["Location"])
    assert "Good until" not in look(door, order)
    shop.work(60)
    assert f"Good until {moment(end, BERLIN, 'en-DE')}" in plain(look(door, order))
