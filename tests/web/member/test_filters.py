"""Filters and orders of the catalog: counts and addresses that are kept to, on a phone and without script."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look
from tests.web.member.test_claim_page import ready
from tests.web.member.test_in_a_browser import WIDTHS, address, faults_of, sideways
from tests.web.member.test_receiving_in_a_browser import phone
from tests.web.member.test_shown import found_on, plain, sell_for_points

from guerdon.program.catalog.nouns import Catalog
from guerdon.queries.catalog.asked import Sort as Order
from guerdon.store.catalog.items import Delivery
from guerdon.store.catalog.items import ItemKind as Kind
from guerdon.text.kinds import KINDS
from guerdon.values.clock import utc_now
from guerdon.values.money import Money
from guerdon.values.texts import LANGUAGES
from guerdon.web.member.finding import AFFORDED, DELIVERIES, ORDERS
from guerdon.web.member.shelf import NARROWING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]
EUR_100 = Money(10_000, "EUR")
CHIP = re.compile(r'<a class="chip" href="([^"]+)"([^>]*)>(.*?)</a>', re.DOTALL)
COUNTED = re.compile(r"<span><bdi>([\d,]+)</bdi></span>")
TOTAL = re.compile(r'role="status">.*?([\d,]+) items?<', re.DOTALL)
ROWS = (
    # Kind, brand, how it comes, minutes it takes, amounts.
    ("gift_card", "Acme & Sons", "code", 0, [500]),
    ("gift_card", "Acme & Sons", "code", 30, [999]),
    ("gift_card", "Birch", "link", 5, [1_000, 20_000]),
    ("product", "Birch", "physical", 4_000, [2_499]),
    ("product", "", "physical", 2_000, [2_500]),
    ("donation", "Cedar", "donation", 0, [9_999]),
    ("donation", "Cedar", "donation", 0, [10_000]),
    ("experience", "Birch", "place", 90, [10_001]),
    ("service", "", "account", 10, [12_500]),
    ("voucher", "Acme & Sons", "code", 0, [12_501]),
    ("prepaid", "Dune", "code", 0, [25_000]),
    ("prepaid", "Dune", "code", 0, [60_000]),
)


def stock(shop: Shop) -> list[str]:
    """Put something of everything on sale; the public ids."""
    made = []
    for n, (kind, brand, delivery, minutes, amounts) in enumerate(ROWS):
        more = {
            "id": 9_000 + n,
            "kind": kind,
            "brand": brand,
            "delivery": delivery,
            "lead_minutes": minutes,
            "category": "books" if n % 2 else "music",
            "names": f'{{"en": "Zebu {chr(90 - n)}"}}',
        }
        made.append(shop.put(f"giftly:z{n:02}", denominations=amounts, more=more))
    return made


def chips(page: str) -> Iterator[tuple[str, bool, int | None]]:
    """Each link that narrows: its address, whether it is chosen, and how many it says there are."""
    for link, attributes, inside in CHIP.findall(page):
        count = COUNTED.search(inside)
        yield (
            html.unescape(link),
            "aria-current" in attributes,
            int(count.group(1).replace(",", "")) if count else None,
        )


def total_of(page: str) -> int:
    said = TOTAL.search(plain(page))
    assert said is not None
    return int(said.group(1).replace(",", ""))


def keeps_to_its_counts(door: Door, address: str, at_least: int) -> None:
    page = look(door, address)
    asked = 0
    for link, chosen, count in chips(page):
        if count is None:
            continue
        assert count == (total_of(page) if chosen else total_of(look(door, link))), (address, link)
        asked += 1
    assert asked >= at_least, (address, asked)


QUERIES = {
    "": 22,
    "q=zebu&sort=name": 22,
    "kind=gift_card": 12,
    "brand=Birch&afford=enough": 8,
    "price=1000-2499": 8,
    "price=25000-&kind=prepaid": 5,
    "delivery=code&category=books&price=0-999": 6,
    "afford=favorites": 4,
    "kind=voucher&brand=Cedar": 3,
}


def test_each_count_is_what_its_link_finds(house: House, door: Door, shop: Shop) -> None:
    items = stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    token = form_of(door, link, items[0])["csrfmiddlewaretoken"]
    for itm in (items[0], items[3], items[10]):
        door.client.post(f"{link}/catalog/{itm}/favorite", {"csrfmiddlewaretoken": token, "keep": "1"})
    for query, at_least in QUERIES.items():
        keeps_to_its_counts(door, f"{link}/catalog?{query}", at_least)


def test_counts_hold_in_points_and_for_what_is_left_of_a_reward_that_is_not_split(
    house: House, door: Door, shop: Shop
) -> None:
    stock(shop)
    shop.program = replace(shop.program, catalog=Catalog())
    reward = ready(house, value=EUR_100)
    link = door.link(7, reward)
    whole = look(door, f"{link}/catalog?q=zebu&afford=almost&price=1000-2499&sort=price")
    # All of it costs the same, and is enough: to narrow or order it by that means nothing.
    assert total_of(whole) == 1
    assert not re.search("afford=|price=|sort=price", whole)
    house.take_back(7, reward, 4_000, at=utc_now())
    rest = look(door, f"{link}/catalog?q=zebu&afford=almost")
    assert total_of(rest) == 5
    assert "price=1000-2499" in rest
    assert "price=10000" not in rest
    for query in ("", "price=1000-2499", "price=2500-4999&kind=product"):
        keeps_to_its_counts(door, f"{link}/catalog?{query}", 4)
    sell_for_points(shop, "0.01")
    points = door.link(8, ready(house, 8, value=Money(10_000, "PTS")))
    assert "Below 1,000" in plain(look(door, f"{points}/catalog"))
    for query in ("", "price=1000-2499"):
        keeps_to_its_counts(door, f"{points}/catalog?{query}", 8)


def test_a_reward_page_says_no_count_that_the_catalog_behind_it_does_not_keep(
    house: House, door: Door, shop: Shop
) -> None:
    stock(shop)
    found = list(chips(look(door, door.link(7, ready(house, value=EUR_100)))))
    assert found
    assert {count for _, _, count in found} == {None}


def test_every_order_is_a_link_and_is_kept_to(house: House, door: Door, shop: Shop) -> None:
    items = stock(shop)
    assert set(ORDERS.values()) == set(get_args(Order))
    link = door.link(7, ready(house, value=EUR_100))
    shown = look(door, f"{link}/catalog?q=zebu&kind=gift_card&brand=Acme+%26+Sons")
    sorts = re.findall(r'<li><a href="([^"]+)"[^>]*>[^<]+</a></li>', shown.partition('class="sorts"')[2])
    assert len(sorts) == len(ORDERS)
    for each in sorts:
        said = dict(parse_qsl(urlsplit(html.unescape(each)).query))
        assert said.pop("sort", "best") in ORDERS
        assert said == {"q": "zebu", "kind": "gift_card", "brand": "Acme & Sons"}
    for sort, key in (
        ("price", lambda n: min(ROWS[n][4])),
        ("price_down", lambda n: -min(ROWS[n][4])),
        ("soonest", lambda n: ROWS[n][3]),
        ("name", lambda n: -n),
    ):
        there = [items.index(each) for each in found_on(look(door, f"{link}/catalog?q=zebu&sort={sort}"))]
        assert len(there) == len(ROWS)
        assert [key(n) for n in there] == sorted(key(n) for n in there), sort


def test_what_is_chosen_is_taken_off_alone_or_all_at_once(house: House, door: Door, shop: Shop) -> None:
    stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    chosen = {"kind": "gift_card", "brand": "Acme & Sons", "delivery": "code", "price": "0-999"}
    query = "kind=gift_card&brand=Acme+%26+Sons&delivery=code&price=0-999"
    shown = look(door, f"{link}/catalog?q=zebu&{query}&sort=name")
    assert total_of(shown) == 2
    off = re.findall(r'href="([^"]+)" aria-label="Take off the filter ([^"]+)"', shown)
    assert [html.unescape(name) for _, name in off] == ["Gift card", "Acme & Sons", "By a code", "Below €10"]
    for (each, _), name in zip(off, chosen, strict=True):
        said = dict(parse_qsl(urlsplit(html.unescape(each)).query))
        assert said == {"q": "zebu", "sort": "name", **{k: v for k, v in chosen.items() if k != name}}
    (cleared,) = re.findall(r'href="([^"]+)">Clear all<', shown)
    assert dict(parse_qsl(urlsplit(html.unescape(cleared)).query)) == {"q": "zebu", "sort": "name"}
    # What is typed next goes with all of it, without script too.
    search = shown.partition('role="search"')[2].partition("</form>")[0]
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', search))
    assert {name: html.unescape(value) for name, value in kept.items()} == {**chosen, "sort": "name"}


def test_what_an_address_says_that_means_nothing_is_not_heard(house: House, door: Door, shop: Shop) -> None:
    stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    total = total_of(look(door, f"{link}/catalog"))
    for query in (
        *("kind=zebra", "delivery=drone", "price=1-2", "price=x", "price=-", "price=" + "9" * 40),
        *("price=%00", "kind=%00", "sort=popular", "delivery=%D9%A3"),
    ):
        shown = look(door, f"{link}/catalog?{query}")
        assert total_of(shown) == total, query
        assert "Clear all" not in shown, query
        assert query not in html.unescape(shown), query


def test_a_brand_that_nobody_has_finds_nothing_and_can_be_taken_off(
    house: House, door: Door, shop: Shop
) -> None:
    stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    for query in ("brand=Nobody", "category=nothing", "brand=" + "B" * 500, "brand=%00x"):
        shown = look(door, f"{link}/catalog?{query}")
        assert "Nothing like that is there" in shown, query
        assert "Take off the filter" in shown, query


def test_every_kind_and_way_of_delivery_has_a_name() -> None:
    assert set(KINDS) == set(get_args(Kind))
    assert set(DELIVERIES) == set(get_args(Delivery))
    assert {*NARROWING} == {"category", "kind", "brand", "delivery", "price", "afford"}
    assert set(AFFORDED) == {"enough", "almost"}


SAID = {
    "en": ("Filters", "Soonest first", "€10 to €24.99", "€250 and more", "Gift card", "By a link"),
    "de": (
        "Filter",
        "Schnellstes zuerst",
        "10 € bis 24,99 €",
        "250 € und mehr",
        "Gutscheinkarte",
        "Per Link",
    ),
    "es": ("Filtros", "Lo más rápido", "De 10 € a 24,99 €", "250 € y más", "Tarjeta regalo", "Con un enlace"),
    "fr": ("Filtres", "Les plus rapides", "De 10 € à 24,99 €", "250 € et plus", "Carte cadeau", "Par lien"),
    "ar": ("عوامل التصفية", "الأسرع وصولًا", "إلى", "فأكثر", "بطاقة هدايا", "برابط"),
    "id": ("Filter", "Tercepat dulu", "sampai", "ke atas", "Kartu hadiah", "Dengan tautan"),
}


def test_filters_are_said_in_each_language(house: House, door: Door, shop: Shop) -> None:
    stock(shop)
    assert set(SAID) == set(LANGUAGES)
    for member, (language, words) in enumerate(SAID.items(), 20):
        link = door.link(member, ready(house, member, value=EUR_100, language=language))
        shown = plain(look(door, f"{link}/catalog")).replace("\N{NO-BREAK SPACE}", " ")
        assert [each for each in words if each not in shown] == [], language


def test_typing_on_keeps_the_order_and_every_filter(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser"
) -> None:
    stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    with phone(chromium) as page:
        page.goto(f"{address}{link}/catalog")
        page.locator(".filters summary").tap()
        page.locator(".filters a", has_text="Gift card").tap()
        page.wait_for_url("**kind=gift_card")
        # Whoever looks among the filters goes on there.
        page.locator(".filters a", has_text="Acme & Sons").tap()
        page.wait_for_url("**brand=Acme**")
        page.locator(".sorts a", has_text="Soonest first").tap()
        page.wait_for_url("**sort=soonest")
        page.locator("#q").press_sequentially("zebu")
        page.wait_for_url("**q=zebu**")
        said = dict(parse_qsl(urlsplit(page.url).query))
        assert said == {"q": "zebu", "kind": "gift_card", "brand": "Acme & Sons", "sort": "soonest"}
        assert page.locator(".pick").count() == 2
        page.get_by_role("link", name="Take off the filter Gift card").tap()
        page.wait_for_url(lambda url: "kind=" not in url)
        page.locator("#q").fill("zebu z")
        page.wait_for_url("**zebu+z**")
        said = dict(parse_qsl(urlsplit(page.url).query))
        assert said == {"q": "zebu z", "brand": "Acme & Sons", "sort": "soonest"}
        page.get_by_role("link", name="Clear all").tap()
        page.wait_for_url(lambda url: "brand=" not in url)
        assert page.locator(".chosen").count() == 0


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark"), ("de", "dark")])
def test_filters_fit_a_phone(
    door: Door, shop: Shop, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    stock(shop)
    more = {"brand": "Donaudampfschifffahrtsgesellschaft" * 3, "id": 9_500, "names": '{"en": "Zebu"}'}
    shop.put("giftly:long", denominations=[700], more=more)
    link = door.link(7, ready(shop.house, value=EUR_100, language=language))
    with phone(chromium, theme) as page:
        page.goto(f"{address}{link}/catalog?delivery=code&sort=soonest")
        page.locator(".filters summary").tap()
        assert faults_of(page) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert not sideways(page), width
            for each in page.locator(".filters a, .filters summary, .chosen a, .sorts a").all():
                box = each.bounding_box()
                assert box is not None
                assert box["height"] >= 44, each.text_content()


def test_filters_work_without_script(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser"
) -> None:
    stock(shop)
    link = door.link(7, ready(house, value=EUR_100))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{link}/catalog")
    page.locator(".filters summary").press("Enter")
    page.locator(".filters a", has_text="By a code").press("Enter")
    page.wait_for_url("**delivery=code")
    page.locator(".sorts a", has_text="Dearest first").press("Enter")
    page.wait_for_url("**sort=price_down")
    page.locator("#q").fill("zebu")
    page.locator("#q").press("Enter")
    page.wait_for_url("**q=zebu**")
    said = dict(parse_qsl(urlsplit(page.url).query))
    assert said == {"q": "zebu", "delivery": "code", "sort": "price_down"}
    assert page.locator(".pick").count() == 5
    context.close()
