"""The catalog behind a link: found as one types, narrowed by addresses, each item with all that it takes."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_claim_page import field_of, ready, text_of

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money

EUR_100 = Money(10_000, "EUR")


@pytest.fixture
def link(house: House, door: Door) -> str:
    """A link to a hundred euros."""
    return door.link(7, ready(house, value=EUR_100))


def look(door: Door, address: str, **headers: str) -> str:
    answer = door.client.get(address, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def form_of(door: Door, link: str, itm: str) -> dict[str, str]:
    """The form of an item's page with what stands chosen on it."""
    shown = look(door, f"{link}/catalog/{itm}")
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown))
    found |= dict(re.findall(r'type="radio" name="(\w+)" value="([^"]*)"[^>]* checked', shown))
    item = re.search(r'name="item" value="([^"]*)"', shown)
    assert item is not None
    return {**found, "csrfmiddlewaretoken": field_of(shown, "csrfmiddlewaretoken"), "item": item.group(1)}


def send(door: Door, link: str, form: dict[str, str]) -> Any:
    return door.client.post(f"{link}/choose", form)


def test_what_is_typed_is_found_in_any_spelling_and_only_the_part_that_changed_is_sent(
    door: Door, shop: Shop, link: str
) -> None:
    shop.put("giftly:cafe", denominations=[2_500], more={"names": '{"en": "Corner Café beans"}'})
    shop.put("giftly:tea", denominations=[2_500], more={"names": '{"en": "Tea house"}'})
    part = look(door, f"{link}/catalog?q=cafe+beans", **{"X-Part": "found"})
    assert "Corner Café beans" in part
    assert "Tea house" not in part
    assert "<html" not in part
    typo = look(door, f"{link}/catalog?q=corner+cafe+beens")
    assert "Shown for" in typo
    assert "Corner Café beans" in typo
    assert "Nothing like that is there" in look(door, f"{link}/catalog?q=xylophonist")


@pytest.mark.parametrize(
    "query",
    ["q=%00&category=%00", "page=-1", "page=99999999", "page=x", "sort=no", "afford=no", "q=" + "a" * 999],
)
def test_any_question_is_answered(door: Door, shop: Shop, link: str, query: str) -> None:
    shop.put("giftly:tea", denominations=[2_500])
    look(door, f"{link}/catalog?{query}")


def test_it_is_narrowed_by_links_that_say_how_many_there_are(door: Door, shop: Shop, link: str) -> None:
    for n in range(30):
        more = {"category": "books" if n % 3 else "music", "id": 9_000 + n}
        shop.put(f"giftly:b{n:02}", denominations=[2_500 + n * 500], more={**more, "names": '{"en": "Zebu"}'})
    shown = look(door, f"{link}/catalog?q=zebu")
    assert "30 items" in shown
    assert re.search(r'href="[^"]*category=books[^"]*"[^>]*>.*?Books.*?<bdi>20</bdi>', shown, re.DOTALL)
    assert re.search(r'href="[^"]*afford=enough[^"]*"[^>]*>Enough for this <span><bdi>16</bdi>', shown)
    assert re.search(r'href="[^"]*afford=almost', shown)
    assert "€5 short" in re.sub(r"</?bdi>", "", shown)
    narrowed = look(door, f"{link}/catalog?q=zebu&category=books")
    assert 'aria-current="true"' in narrowed
    assert "20 items" in narrowed
    assert "page=2" in shown
    assert len(re.findall(r'class="pick"', look(door, f"{link}/catalog?q=zebu&page=2"))) == 6
    cheap = look(door, f"{link}/catalog?q=zebu&sort=price")
    prices = [int(each) for each in re.findall(r'<span class="sum"><bdi>€(\d+)', cheap)]
    assert prices == sorted(prices)


def test_too_little_for_anything_says_from_what_one_can_choose(house: House, door: Door, shop: Shop) -> None:
    shop.put("giftly:tea", denominations=[2_500])
    poor = door.link(7, ready(house, value=Money(1_000, "EUR")))
    for address in (poor, f"{poor}/catalog?afford=enough"):
        shown = re.sub(r"</?bdi>", "", look(door, address))
        assert "You can choose from €25. You have €10." in shown


def test_amounts_are_chosen_as_far_as_they_are_covered(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    itm = shop.put("giftly:card", denominations=[2_500, 5_000, 20_000])
    shown = look(door, f"{link}/catalog/{itm}")
    assert re.findall(r'name="amount" value="([^"]*)"', shown) == ["25 2500", "50 5000", "200 20000"]
    assert re.search(r'value="200 20000" disabled', shown)
    assert form_of(door, link, itm)["amount"] == "50 5000"
    answer = send(door, link, form_of(door, link, itm) | {"amount": "25 2500"})
    assert answer.status_code == 303
    assert house.rows("select value from orders") == [(2_500,)]
    assert shop.house.rows("select remaining - held from rewards") == [(7_500,)]


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        *(("37.50", 303), ("10", 303), ("100", 303)),
        *(("37.51", 422), ("9", 422), ("101", 422), ("-5", 422), ("1e3", 422), ("NaN", 422), ("x", 422)),
        *(("\u0663\u0667", 422), ("9" * 60, 422), ("0", 422), ("37.505", 422)),
    ],
)
def test_a_range_takes_any_amount_of_its_steps_and_no_other(
    house: House, door: Door, shop: Shop, link: str, amount: str, status: int
) -> None:
    span = {"range_min": 1_000, "range_max": 50_000, "range_step": 50}
    itm = shop.put("giftly:card", denominations=[], more=span)
    shown = look(door, f"{link}/catalog/{itm}")
    assert re.search(r'type="number"[^>]*min="10" max="100" step="0.50" value="100"', shown)
    answer = send(door, link, form_of(door, link, itm) | {"amount": amount})
    assert answer.status_code == status
    assert len(house.rows("select from orders")) == (status == 303)
    if status == 422:
        assert "nothing was chosen" in text_of(answer) or "Your reward is untouched" in text_of(answer)


def test_a_price_that_changed_shows_the_new_one_and_takes_nothing(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    itm = shop.put("giftly:card", denominations=[2_500])
    form = form_of(door, link, itm)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update catalog_items set denominations = '{3000}' where key = 'giftly:card'")
    answer = send(door, link, form)
    assert answer.status_code in {409, 422}
    said = re.sub(r"</?bdi>", "", text_of(answer))
    assert "Choose for €30" in said
    assert 'role="alert"' in said
    assert house.rows("select from orders") == []
    assert send(door, link, form_of(door, link, itm)).status_code == 303


def test_dates_show_their_places_and_a_full_one_is_refused_kindly(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    itm = shop.put("giftly:tour", denominations=[2_500], slots=[(1, 0), (2, 3)])
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(
            "update catalog_slots set starts_at = %s, venue = 'Kiel' || id",
            (utc_now() + timedelta(days=9),),
        )
    shown = look(door, f"{link}/catalog/{itm}")
    assert "3 places left" in shown
    assert "Full" in shown
    assert re.search(rf'name="slot" value="{show("slt", 1)}"[^>]* disabled', shown)
    full = send(door, link, form_of(door, link, itm) | {"slot": show("slt", 1)})
    assert (full.status_code, house.rows("select from orders")) == (409, [])
    for wrong in ("", "x", show("slt", 99)):
        assert send(door, link, form_of(door, link, itm) | {"slot": wrong}).status_code == 409
    done = send(door, link, form_of(door, link, itm) | {"slot": show("slt", 2)})
    assert done.status_code == 303
    assert "Kiel2" in look(door, done["Location"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"lead_minutes": 45}, "Within 45 minutes"),
        ({"lead_minutes": 60 * 30}, "Within 30 hours"),
        ({"lead_minutes": 60 * 24 * 5}, "Within 5 days"),
        ({"delivery": "physical", "lead_minutes": 60 * 24 * 5}, "Sent to you"),
        ({"terms": '{"en": "Not for alcohol."}'}, "Not for alcohol."),
        ({"segments": ["loyal"]}, "kept for some members"),
        ({"names": '{"en": "<script>alert(1)</script>"}'}, "&lt;script&gt;alert(1)"),
    ],
)
def test_an_item_says_what_one_should_know_before(
    door: Door, shop: Shop, link: str, more: dict[str, object], said: str
) -> None:
    itm = shop.put("giftly:card", denominations=[2_500], more=more, needs=["email"])
    shown = look(door, f"{link}/catalog/{itm}")
    assert said in shown
    assert "Your e-mail address goes to the supplier" in shown
    assert ('name="item"' in shown) == ("segments" not in more)
    assert "<script>alert" not in shown


@pytest.mark.parametrize(
    "change",
    [
        "update catalog_items set gone_at = now() where feed = 'giftly'",
        "update catalog_items set visible_to = now() where feed = 'giftly'",
        "update catalog_items set markets = '{FR}' where feed = 'giftly'",
    ],
)
def test_what_is_not_there_for_a_member_is_no_page(
    house: House, door: Door, shop: Shop, link: str, change: str
) -> None:
    itm = shop.put("giftly:card", denominations=[2_500])
    form = form_of(door, link, itm)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(change.encode())
    assert door.client.get(f"{link}/catalog/{itm}").status_code == 404
    answer = send(door, link, form)
    assert answer.status_code in {409, 422}
    assert "Your reward is untouched" in text_of(answer)
    assert house.rows("select from orders") == []


def test_a_mark_stays_and_is_taken_off(house: House, door: Door, shop: Shop, link: str) -> None:
    itm = shop.put("giftly:card", denominations=[2_500])
    token = form_of(door, link, itm)["csrfmiddlewaretoken"]
    for keep, pressed in (("1", "true"), ("1", "true"), ("0", "false")):
        form = {"csrfmiddlewaretoken": token, "keep": keep}
        answer = door.client.post(f"{link}/catalog/{itm}/favorite", form)
        assert (answer.status_code, answer["Location"]) == (303, f"{link}/catalog/{itm}")
        assert f'aria-pressed="{pressed}"' in look(door, f"{link}/catalog/{itm}")
        assert ("afford=favorites" in look(door, f"{link}/catalog")) == (keep == "1")
        assert len(house.rows("select from favorites")) == (keep == "1")


def test_a_picture_is_kept_for_good_and_is_never_a_page(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    picture = b"\x89PNG\r\n\x1a\n<script>"
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        row = db.execute(
            "insert into catalog_images values (1, encode(sha256(%s), 'hex'), 'image/png', %s, now())"
            " returning hash",
            (picture, picture),
        ).fetchone()
    assert row is not None
    itm = shop.put("giftly:card", denominations=[2_500], more={"image": row[0]})
    assert f'src="/images/{row[0]}"' in look(door, f"{link}/catalog/{itm}")
    answer = door.client.get(f"/images/{row[0]}")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "immutable" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert door.client.get(f"/images/{'0' * 64}").status_code == 404


def test_a_page_stays_small_enough_for_a_slow_network(door: Door, shop: Shop, link: str) -> None:
    for n in range(30):
        shop.shelve(f"giftly:b{n:02}", denominations=[2_500], more={"id": 9_000 + n})
    shop.put("giftly:last", denominations=[2_500])
    for address in (link, f"{link}/catalog"):
        assert len(door.client.get(address).content) < 60_000


def test_several_rewards_pay_for_what_one_does_not_cover_as_the_page_says(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    shop.program = replace(shop.program, catalog=replace(shop.program.catalog, combine=True))
    itm = shop.put("giftly:card", denominations=[2_500, 12_000, 15_000])
    other = house.reward(7, value=Money(3_000, "EUR"), at=utc_now(), rule="referral", days=9)
    shown = re.sub(r"</?bdi[^>]*>", "", look(door, f"{link}/catalog/{itm}"))
    assert f"€20 from the reward {show('rwd', other)[-8:-4]} {show('rwd', other)[-4:]}" in shown
    assert "€100 from this reward" in shown
    assert re.search(r'value="150 15000" disabled', shown)
    # What takes of another reward is chosen by whoever wants it, and never stands there chosen.
    plain = form_of(door, link, itm)
    assert plain["amount"] == "25 2500"
    said = re.search(r'value="(120 12000 [^"]+)"', shown)
    assert said is not None
    form = plain | {"amount": said.group(1)}
    for wrong in (
        said.group(1).replace(":2000", ":1999"),
        said.group(1).rpartition(" ")[0],
        "120 12000 x",
        "120 12000 " + "rwd_0:1 " * 60,
    ):
        assert send(door, link, form | {"amount": wrong}).status_code in {409, 422}
    assert house.rows("select from orders") == []
    answer = send(door, link, form)
    assert answer.status_code == 303
    assert house.rows("select value from orders") == [(12_000,)]
    assert house.rows("select amount from order_parts order by 1") == [(2_000,), (10_000,)]
    assert house.rows("select remaining - held from rewards order by 1") == [(0,), (1_000,)]
    # Each of them shows what it helped to pay; the page of before buys nothing more.
    assert send(door, link, form)["Location"] == answer["Location"]
    order = answer["Location"].rpartition("/")[2]
    assert order in look(door, door.link(7, other))
