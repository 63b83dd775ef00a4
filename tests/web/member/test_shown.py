"""What a member's pages show of what there is: all of it that may be had, and what it costs."""

import re
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready

from guerdon.program.catalog.nouns import Catalog
from guerdon.program.model import Program
from guerdon.queries.catalog.asked import LEAFED_MOST, Asked, Found
from guerdon.queries.catalog.search import find_items
from guerdon.store.database import Transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.web.member import finding

EUR_100 = Money(10_000, "EUR")


def plain(shown: str) -> str:
    return re.sub(r"</?bdi[^>]*>", "", shown)


def sell_for_points(shop: Shop, worth: str) -> None:
    # The books of this house are of money alone; points are asked where they are earned.
    shop.house.check_books = lambda: None  # type: ignore[method-assign]
    units = {
        **shop.program.units,
        "PTS": replace(shop.program.units["EUR"], key="PTS", digits=0, kind="points"),
    }
    catalog = Catalog(worth={"PTS": (Decimal(worth), "EUR")})
    shop.program = replace(shop.program, units=units, catalog=catalog)


def found_on(page: str) -> list[str]:
    return re.findall(r"/catalog/(itm_\w+)\"", page)


def test_a_range_says_its_price_in_points_and_takes_no_other(house: House, door: Door, shop: Shop) -> None:
    sell_for_points(shop, "0.01")
    more = {"range_min": 1_000, "range_max": 50_000, "range_step": 500}
    itm = shop.put("giftly:card", denominations=[], more=more)
    link = door.link(7, ready(house, value=Money(8_000, "PTS")))
    shown = plain(look(door, f"{link}/catalog/{itm}"))
    assert re.search(r'min="10" max="80" step="5" value="10"', shown)
    assert re.search(r"€10 costs [^;]*1,000[^;]*; more of it costs more in proportion", shown), re.findall(
        "costs.*", shown
    )
    form = form_of(door, link, itm)
    assert form["rate"] == "PTS 0.01"
    sell_for_points(shop, "0.005")
    for rate in ("PTS 0.01", "PTS 1e-999999", "PTS NaN", "PTS 0", "x", ""):
        answer = send(door, link, form | {"amount": "20", "rate": rate})
        assert answer.status_code == 409, rate
    assert "The price has changed" in answer.content.decode()
    assert re.search(r"€10 costs [^;]*2,000", plain(answer.content.decode()))
    assert house.rows("select from orders") == []
    assert send(door, link, form_of(door, link, itm) | {"amount": "20"}).status_code == 303
    assert house.rows("select value from orders") == [(4_000,)]


def test_of_many_amounts_the_dearest_that_are_covered_can_be_chosen(
    house: House, door: Door, shop: Shop
) -> None:
    itm = shop.put("giftly:card", denominations=[n * 250 for n in range(1, 45)])
    link = door.link(7, ready(house, value=EUR_100))
    said = re.findall(r'name="amount" value="(\S+) \d+"( disabled)?', look(door, f"{link}/catalog/{itm}"))
    assert [each for each, _ in said][-4:] == ["97.50", "100", "102.50", "105"]
    assert [each for each, barred in said if barred] == ["102.50", "105"]
    assert len(said) == 24
    assert form_of(door, link, itm)["amount"] == "100 10000"
    sell_for_points(shop, "0.01")
    points = door.link(8, ready(house, 8, value=Money(10_000, "PTS")))
    said = re.findall(r'name="amount" value="(\S+) \d+"( disabled)?', look(door, f"{points}/catalog/{itm}"))
    assert [each for each, _ in said][-4:] == ["97.50", "100", "102.50", "105"]


def test_open_dates_come_first_and_what_has_none_is_sold_out(house: House, door: Door, shop: Shop) -> None:
    itm = shop.put("giftly:tour", denominations=[2_500], slots=[(n, 2 * (n > 44)) for n in range(1, 47)])
    link = door.link(7, ready(house, value=EUR_100))

    def on(change: str) -> str:
        with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
            db.execute(change.encode())
        return look(door, f"{link}/catalog/{itm}")

    dated = "update catalog_slots set starts_at = now() + interval '3 days' + id * interval '1 hour'"
    said = re.findall(r'name="slot" value="(\w+)" required( \w+)?', on(dated))
    assert said[:3] == [(show("slt", 45), " checked"), (show("slt", 46), ""), (show("slt", 1), " disabled")]
    assert len(said) == 40
    assert "sold out at the moment" in on("update catalog_slots set taken = capacity")
    # Dates that are all gone leave nothing to have, and no form that could only be refused.
    assert "sold out at the moment" in on("update catalog_slots set taken = 0, gone_at = now()")


def test_a_reward_that_is_used_whole_finds_what_is_sold_at_its_worth_behind_any_number_of_others(
    house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.program = replace(shop.program, catalog=Catalog())
    zebu = {"names": '{"en": "Zebu"}', "category": "music"}
    shop.shelve("giftly:cheap", denominations=[2_500, 3_000], more={**zebu, "popularity": 9})
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into catalog_items select (jsonb_populate_record(i, jsonb_build_object('id', 50000 + n,"
            " 'key', i.key || n, 'sku', i.sku || n))).* from catalog_items i, generate_series(1, 650) n"
            " where i.key = 'giftly:cheap'"
        )
    others = '{"EUR": [5000, 10000]}'
    pounds = {**zebu, "currency": "GBP", "other_amounts": others, "id": 99_001}
    dear = shop.put("giftly:dear", denominations=[10_000], more={**zebu, "category": "books", "id": 99_002})
    both = shop.put("giftly:both", denominations=[9_000], more=pounds)
    asked: list[Asked] = []

    def find(tx: Transaction, program: Program, question: Asked) -> Found:
        asked.append(question)
        return find_items(tx, program, question)

    monkeypatch.setattr(finding, "find_items", find)
    reward = ready(house, value=EUR_100)
    link = door.link(7, reward)
    shown = look(door, f"{link}/catalog?q=zebu")
    assert sorted(found_on(shown)) == sorted([dear, both])
    assert "2 items" in plain(shown)
    assert plain(shown).count('<span class="sum">€100</span>') == 2
    assert len(asked) == 1
    assert re.search(r'href="[^"]*category=music[^"]*"[^>]*>.*?<bdi>1</bdi>', shown, re.DOTALL)
    assert found_on(look(door, f"{link}/catalog?q=zebu&category=books")) == [dear]
    # Once part of it was used, all that the rest covers: more pages than one, and each a search alone.
    house.take_back(7, reward, 4_000, at=utc_now())
    del asked[:]
    rest = look(door, f"{link}/catalog?q=zebu&page=2&category=music")
    assert "652 items" in plain(rest)
    assert len(set(found_on(rest))) == 24
    assert 'rel="next"' in rest
    assert len(asked) == 1
    assert asked[0].price_to == 6_000


def test_what_a_member_likes_comes_first_and_a_kind_narrows(house: House, door: Door, shop: Shop) -> None:
    zebu = {"names": '{"en": "Zebu"}'}
    first = shop.put("giftly:a", denominations=[2_500], more={**zebu, "id": 9_001})
    last = shop.put("giftly:b", denominations=[2_500], more={**zebu, "id": 9_002, "kind": "donation"})
    link = door.link(7, ready(house, value=EUR_100))
    assert found_on(look(door, f"{link}/catalog?q=zebu")) == [first, last]
    token = form_of(door, link, last)["csrfmiddlewaretoken"]
    keep = {"csrfmiddlewaretoken": token, "keep": "1"}
    assert door.client.post(f"{link}/catalog/{last}/favorite", keep).status_code == 303
    assert found_on(look(door, f"{link}/catalog?q=zebu")) == [last, first]
    assert found_on(look(door, f"{link}/catalog?q=zebu&kind=donation")) == [last]


def test_nobody_is_led_to_a_page_that_would_be_shown_again(
    house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.put("giftly:a", denominations=[2_500])
    link = door.link(7, ready(house, value=EUR_100))

    def many(tx: Transaction, program: Program, question: Asked) -> Found:
        return replace(find_items(tx, program, replace(question, page=1)), total=20_000)

    monkeypatch.setattr(finding, "find_items", many)
    deepest = LEAFED_MOST // finding.CARDS_MAX
    assert f"page={deepest}" in look(door, f"{link}/catalog?page={deepest - 1}")
    shown = look(door, f"{link}/catalog?page={deepest}")
    assert f"page={deepest - 1}" in shown
    assert 'rel="next"' not in shown
