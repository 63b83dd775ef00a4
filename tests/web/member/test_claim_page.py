"""The claim page over the real doors: what it shows, what a choice answers, what a wrong link never tells."""

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.redeem.house import House
from tests.web.member.conftest import Door

from guerdon.values.clock import utc_now
from guerdon.values.ids import derived_id, show
from guerdon.values.money import Money

EUR_25 = Money(2_500, "EUR")
WHOLE_FUNCTION = [HealthCheck.function_scoped_fixture]


def text_of(response: Any) -> str:
    return str(response.content.decode())


def itm_of(house: House, key: str) -> str:
    return show("itm", derived_id(house.program_id, "item", key))


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="(\w+)"', page)
    return found.group(1) if found else "none"


def form_token(door: Door, link: str, item: str = "green_basket") -> str:
    """What an item's page puts into its form."""
    shown = text_of(door.client.get(f"{link}/catalog/{itm_of(door.house, item)}"))
    return field_of(shown, "csrfmiddlewaretoken")


def choose(door: Door, link: str, item: str, of: str = "green_basket") -> Any:
    """Open an item as a browser does, then send the form."""
    form = {"csrfmiddlewaretoken": form_token(door, link, of), "item": item}
    return door.client.post(f"{link}/choose", form)


def code_on(door: Door, link: str) -> str:
    """The code on the page of what was chosen last, which the link leads to."""
    order = re.search(rf'href="({link}/orders/ord_\w+)"', text_of(door.client.get(link)))
    assert order is not None
    found = re.search(r'data-code="([^"]*)"', text_of(door.client.get(order.group(1))))
    assert found is not None
    return found.group(1)


def ready(house: House, member: int = 7, **how: object) -> int:
    house.enroll(member, str(how.pop("market", "DE")), str(how.pop("language", "en")))
    return house.reward(member, at=utc_now() - timedelta(hours=1), **how)  # type: ignore[arg-type]


def test_a_link_shows_the_reward_and_only_what_it_buys_here(house: House, door: Door) -> None:
    house.stock_everything()
    link = door.link(7, ready(house, value=EUR_25))
    shown = text_of(door.client.get(link))
    first = re.findall(r"/catalog/(itm_\w+)", shown)
    items = re.findall(r"/catalog/(itm_\w+)", text_of(door.client.get(f"{link}/catalog?afford=enough")))
    choices = house.program.choices(EUR_25, "DE")
    assert sorted(items) == sorted(itm_of(house, item.key) for item in choices)
    assert set(first) <= set(items)
    assert len(first) > 3
    assert "Hamburg HafenCity" in shown


def test_a_choice_leads_to_its_order_which_shows_the_code(house: House, door: Door) -> None:
    house.stock(2)
    link = door.link(7, ready(house))
    answer = choose(door, link, "green_basket")
    assert answer.status_code == 303
    assert re.fullmatch(rf"{link}/orders/ord_\w+", answer["Location"])
    shown = text_of(door.client.get(answer["Location"]))
    code = code_on(door, link)
    assert code.startswith("green_basket-20000-")
    assert f'data-code="{code}"' in shown
    # A code is only on a page that no mail leads to; the choice is over.
    assert code not in text_of(door.client.get(link))
    assert "/catalog/itm_" not in text_of(door.client.get(link))
    assert door.client.get(f"{link}/catalog").status_code == 303


def test_a_second_click_from_an_old_tab_leads_to_the_same_code(house: House, door: Door) -> None:
    house.stock(2)
    link = door.link(7, ready(house))
    form = {"csrfmiddlewaretoken": form_token(door, link), "item": "green_basket"}
    first, second = (door.client.post(f"{link}/choose", form) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert "/orders/" in first["Location"]
    assert house.rows("select count(*) from codes where state = 'issued'") == [(1,)]


@pytest.mark.parametrize(
    ("item", "status"),
    [("green_basket", 409), ("museum_day", 422), ("no_such_item", 422), ("", 422), ("\0\x1b" * 9, 422)],
)
def test_what_cannot_be_had_is_said_and_nothing_is_lost(
    house: House, door: Door, item: str, status: int
) -> None:
    house.stock(1, "book_lantern")
    link = door.link(7, ready(house))
    answer = choose(door, link, item, "book_lantern")
    assert answer.status_code == status
    assert "Your reward is untouched" in text_of(answer)
    assert house.rows("select state from rewards") == [("ready",)]


def test_asking_again_for_a_refusal_leads_back_to_the_reward(house: House, door: Door) -> None:
    link = door.link(7, ready(house))
    answer = door.client.get(f"{link}/choose")
    assert (answer.status_code, answer["Location"]) == (303, link)


def test_a_lapsed_reward_is_said_kindly_and_still_shows_the_others(house: House, door: Door) -> None:
    house.stock(1)
    lapsed = ready(house, days=0)
    other = house.reward(7, at=utc_now())
    link = door.link(7, lapsed)
    shown = text_of(door.client.get(link))
    assert "has ended" in shown
    # What a link without a day leads on to is counted from today.
    assert door.link(7, other, utc_now().date()) in shown
    assert "/catalog" not in shown
    token = form_token(door, door.link(7, other))
    answer = door.client.post(f"{link}/choose", {"csrfmiddlewaretoken": token, "item": "green_basket"})
    assert answer.status_code == 409


def test_a_choice_without_the_forms_token_is_refused(house: House, door: Door) -> None:
    house.stock(1)
    link = door.link(7, ready(house))
    assert door.client.post(f"{link}/choose", {"item": "green_basket"}).status_code == 403
    crossed = door.client.post(f"{link}/choose", {"item": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403
    assert house.rows("select state from rewards") == [("ready",)]


def test_opening_a_link_changes_nothing_however_often(house: House, door: Door) -> None:
    house.stock(1)
    link = door.link(7, ready(house))
    before = house.rows("select count(*) from events")
    for method in (door.client.get, door.client.head, door.client.get):
        assert method(link).status_code == 200
    assert house.rows("select count(*) from events") == before


def test_a_link_of_one_member_does_not_open_the_reward_of_another(house: House, door: Door) -> None:
    reward = ready(house, 8)
    house.enroll(7)
    assert door.client.get(door.link(8, reward)).status_code == 200
    assert door.client.get(door.link(7, reward)).status_code == 404


def test_unknown_foreign_and_garbled_links_answer_alike(house: House, door: Door) -> None:
    reward = ready(house)
    own = door.link(7, reward)
    links = [
        "/r/",
        "/r/x",
        own[:-1],
        own + "0",
        own[:20] + "7" + own[21:],
        door.link(8, reward),
        own + "/",
        "/r/a/b",
        "/r/a/catalog",
        f"{door.link(8, reward)}/catalog",
        f"{own[:-1]}/catalog/itm_0000000000001",
        f"{own}/catalog/itm_0000000000001",
        f"{own}/catalog/nothing",
        f"{own}/orders/ord_0000000000001",
        f"{own}/orders/x",
        f"{own}/orders/x/y",
        f"{door.link(8, reward)}/orders/ord_0000000000001/seen",
    ]
    answers = [door.client.get(link) for link in links]
    assert {a.status_code for a in answers} == {404}
    assert len({text_of(a) for a in answers}) == 1
    assert len({frozenset(a.headers) for a in answers}) == 1


@settings(suppress_health_check=WHOLE_FUNCTION, max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "/choose", "/catalog", "/orders/x/case"]))
def test_any_text_as_a_link_is_a_quiet_not_found(door: Door, text: str, ending: str) -> None:
    from urllib.parse import quote  # noqa: PLC0415

    path = f"/r/{quote(text, safe='')}{ending}"
    answer = door.client.get(path)
    assert answer.status_code == 404


def test_a_database_that_does_not_answer_is_no_broken_page(house: House, door: Door) -> None:
    house.stock(1)
    link = door.link(7, ready(house))
    token = form_token(door, link)
    with psycopg.connect(house.url, autocommit=True) as server:
        server.execute("alter role guerdon_web nologin")
        try:
            server.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'guerdon_web' and datname = current_database()"
            )
            shown = door.client.get(link)
            answer = door.client.post(
                f"{link}/choose", {"csrfmiddlewaretoken": token, "item": "green_basket"}
            )
        finally:
            server.execute("alter role guerdon_web login")
    assert (shown.status_code, answer.status_code) == (503, 503)
    assert "Try again" in text_of(shown)
    assert door.client.get(link).status_code == 200


def test_personal_pages_are_kept_by_nobody_and_tell_nobody_where_from(house: House, door: Door) -> None:
    house.stock(1)
    link = door.link(7, ready(house))
    pages = [link, f"{link}/catalog", f"{link}/catalog/{itm_of(house, 'green_basket')}"]
    shown = [door.client.get(address) for address in pages]
    shown.append(door.client.get(choose(door, link, "green_basket")["Location"]))
    for answer in shown:
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "style=" not in text_of(answer)
        assert "<script>" not in text_of(answer)


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "ar", "id"])
def test_the_page_speaks_the_members_language(house: House, door: Door, language: str) -> None:
    house.stock_everything()
    shown = text_of(door.client.get(door.link(7, ready(house, language=language))))
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in shown
    assert ("Choose one" in shown) == (language == "en")


@pytest.mark.parametrize(
    ("headers", "device"),
    [
        ({"Sec-CH-UA-Mobile": "?1"}, "phone"),
        ({"Sec-CH-UA-Mobile": "?0", "User-Agent": "iPhone"}, "computer"),
        ({"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)"}, "phone"),
        ({"User-Agent": "Mozilla/5.0 (Linux; Android 16; K) Chrome/142.0 Mobile Safari/537.36"}, "phone"),
        ({"User-Agent": "Mozilla/5.0 (Linux; Android 16; Tab) Chrome/142.0 Safari/537.36"}, "computer"),
        ({"User-Agent": "x" * 100_000}, "computer"),
        ({}, "computer"),
    ],
)
def test_a_phone_is_told_from_a_computer(headers: dict[str, str], device: str) -> None:
    from guerdon.web.member.devices import device_of  # noqa: PLC0415

    assert device_of(headers) == device


def test_a_program_that_forgot_rule_and_item_still_shows_the_code(
    house: House, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from guerdon.web.member.pages import item_name  # noqa: PLC0415
    from guerdon.web.rooms import room  # noqa: PLC0415

    house.stock(1)
    link = door.link(7, ready(house))
    choose(door, link, "green_basket")
    bare = replace(house.program, rules={}, items={}, locations={}, markets={})
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: bare})
    # The catalog still knows what it is called; of an item that nobody ever put there the key is its name.
    assert "Green Basket gift card" in text_of(door.client.get(link))
    assert item_name(bare, "green_basket") == {"en": "Green basket"}
    assert code_on(door, link).startswith("green_basket")
