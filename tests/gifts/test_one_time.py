"""A link that opens in one browser: the first that chooses or confirms; any other gives a mailed code."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.cookiejar import CookieJar
from threading import Barrier
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

import pytest
from tests.gifts.test_gifts import gift_of, take_it
from tests.gifts.test_proving import mailed, prove
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import look
from tests.web.member.test_claim_page import choose, field_of, itm_of, ready, text_of
from tests.web.member.test_in_a_browser import address

from guerdon.engine.gifts.holding import hold, take_over, where_held
from guerdon.program.catalog.nouns import ClaimLinks
from guerdon.store.audit import record_audit
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.values.texts import LANGUAGES
from guerdon.web.rooms import room

__all__ = ["address"]
TOLD = "select action, count(*)::int from audit where action like 'link.%%' group by 1 order by 1"


def opening(house: House, shop: Shop, monkeypatch: pytest.MonkeyPatch, links: ClaimLinks) -> None:
    """Have the program say how its links open."""
    program = replace(shop.program, catalog=replace(shop.program.catalog, claim_links=links))
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: program})


@pytest.fixture
def link(house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A link to two hundred euros that opens in one browser, and whose member has an address."""
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    house.stock(9)
    made = door.link(7, ready(house))
    shop.tell(7)
    return made


def behind(link: str, order: str, item: str) -> list[str]:
    """Every address behind a link that shows or does anything, as the pages have them."""
    from guerdon.web.member.urls import urlpatterns  # noqa: PLC0415

    number = order.rpartition("/")[2]
    said = {"token": link[3:], "ord": number, "itm": item, "deed": "case", "wallet": "apple"}
    found = []
    for each in urlpatterns:
        pattern = str(each.pattern)
        names = re.findall(r"\(\?P<(\w+)>", pattern)
        if "token" in names:
            plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda group: said[group.group(1)], pattern)
            found.append("/" + plain.replace("(?s)", "").removeprefix(r"\A").removesuffix(r"\Z"))
    return found


def test_who_chose_has_the_link_and_any_other_is_asked_for_a_code_wherever_it_knocks(
    house: House, door: Door, link: str
) -> None:
    for _ in range(2):
        assert "/catalog" in look(Door(house), link)
    # Scanners of mail open what they find; by that nobody has anything.
    assert house.rows("select from link_holders") == []
    order = choose(door, link, "green_basket")["Location"]
    code = re.search(r'data-code="([^"]*)"', look(door, order))
    assert code is not None
    assert house.rows(TOLD) == [("link.bound", 1)]
    other, item = Door(house), itm_of(house, "green_basket")
    addresses = behind(link, order, item)
    assert len(addresses) > 15
    asked = {each: other.client.get(each) for each in addresses}
    open_to_all = {f"{link}/prove": 200, f"{link}/take": 404, f"{link}/renew": 303}
    for each, answer in asked.items():
        assert answer.status_code == open_to_all.get(each, 303), each
        assert each in open_to_all or answer["Location"] == f"{link}/prove"
        assert code.group(1) not in text_of(answer)
        assert "200" not in text_of(answer)
    assert "another one has it" in text_of(asked[f"{link}/prove"])
    form = {"csrfmiddlewaretoken": other.client.cookies["csrf"].value}
    for each in addresses:
        answer = other.client.post(each, {**form, "item": "green_basket", "what": "other", "act": "give"})
        assert each in open_to_all or answer["Location"] == f"{link}/prove"
    assert house.rows("select (select count(*) from orders), (select count(*) from order_cases)") == [(1, 0)]
    # At the till: the browser that chose has its code, and nobody asked it for anything.
    assert code.group(1) in look(door, order)
    assert house.rows("select from outbox where message = 'reward:proof'") == []


def test_a_code_by_mail_moves_it_and_who_had_it_is_asked_in_turn(house: House, door: Door, link: str) -> None:
    order, other = choose(door, link, "green_basket")["Location"], Door(house)
    assert prove(other, link, "send").status_code == 200
    _, code = mailed(house)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert prove(other, link, "check", code=wrong).status_code == 403
    assert other.client.get(order)["Location"] == f"{link}/prove"
    assert prove(other, link, "check", code=code)["Location"] == link
    assert "data-code" in look(other, order)
    assert door.client.get(order)["Location"] == f"{link}/prove"
    assert house.rows(TOLD) == [("link.bound", 1), ("link.moved", 1)]
    # By a code that was given nobody else comes in, and whoever has it is not moved by a wrong one.
    assert prove(door, link, "check", code=code).status_code == 403
    assert "data-code" in look(other, order)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Where it leads is what is asked."""


class Phone:
    """A browser of its own, over the wire."""

    def __init__(self, at: str) -> None:
        self.at = at
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Its status, where it leads, and what it says."""
        said = urlencode(form).encode() if form is not None else None
        asked = Request(self.at + path, said, {"Sec-Fetch-Site": "same-origin"})  # noqa: S310  our own host
        try:
            with self.opener.open(asked, timeout=60) as answer:
                return answer.status, "", answer.read().decode()
        except HTTPError as answer:
            return answer.code, answer.headers.get("Location", ""), answer.read().decode()


def at_once(taps: Sequence[tuple[Phone, str, dict[str, str]]]) -> list[tuple[int, str, str]]:
    gate = Barrier(len(taps))

    def tap(one: tuple[Phone, str, dict[str, str]]) -> tuple[int, str, str]:
        phone, path, form = one
        gate.wait()
        return phone.ask(path, form)

    with ThreadPoolExecutor(len(taps)) as fingers:
        return list(fingers.map(tap, taps))


def test_of_two_at_the_very_same_moment_one_has_it_and_the_other_is_asked(
    house: House, door: Door, link: str, address: str
) -> None:
    item = itm_of(house, "green_basket")
    for member in range(20, 26):
        own = door.link(member, ready(house, member))
        phones = [Phone(address) for _ in range(2)]
        forms = [
            {
                "csrfmiddlewaretoken": field_of(phone.ask(f"{own}/catalog/{item}")[2], "csrfmiddlewaretoken"),
                "item": "green_basket",
            }
            for phone in phones
        ]
        # Each presses twice, too: whose link it is gets one code, however often.
        taps = [(phone, f"{own}/choose", form) for phone, form in zip(phones, forms, strict=True)] * 2
        told = at_once(taps)
        assert {status for status, _, _ in told} == {303}
        led = [where for _, where, _ in told]
        assert led[0] == led[2]
        assert led[1] == led[3]
        assert sorted(where.startswith(f"{own}/orders/") for where in led[:2]) == [False, True]
        won = 0 if led[0].startswith(f"{own}/orders/") else 1
        assert led[1 - won] == f"{own}/prove"
        assert "data-code" in phones[won].ask(led[won])[2]
        assert phones[1 - won].ask(led[won])[:2] == (303, f"{own}/prove")
    assert house.rows("select count(*) from orders") == [(6,)]
    assert house.rows("select count(*) from codes where state = 'issued'") == [(6,)]
    assert house.rows(TOLD) == [("link.bound", 6)]
    assert "/catalog" in look(door, link)


def test_what_was_ordered_before_is_shown_after_one_tap_that_gives_the_link(
    house: House, door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(house, shop, monkeypatch, ClaimLinks())
    order = choose(door, link, "green_basket")["Location"]
    assert house.rows("select from link_holders") == []
    assert "browser" not in door.client.cookies
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    mine, other, number = Door(house), Door(house), order.rpartition("/")[2]
    for each in (order, f"{order}/pass/apple", f"{order}/pass/google"):
        shown = look(mine, each)
        assert "Open it here" in shown
        assert "data-code" not in shown
    assert house.rows("select from link_holders") == []
    form = {"csrfmiddlewaretoken": field_of(look(mine, order), "csrfmiddlewaretoken"), "ord": number}
    assert mine.client.post(f"{link}/here", {**form, "ord": "//example.com"})["Location"] == link
    assert mine.client.post(f"{link}/here", form)["Location"] == order
    assert "data-code" in look(mine, order)
    assert other.client.get(order)["Location"] == f"{link}/prove"
    # Without the form's token no other page gives it away.
    assert Door(house).client.post(f"{link}/here", {"ord": number}).status_code == 403


def test_what_pays_together_opens_in_the_browser_that_chose(
    house: House, door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    ((first,),) = house.rows("select id from rewards")
    second, foreign = house.reward(7, at=utc_now()), ready(house, 8)
    parts = "".join(f" {show('rwd', int(str(each)))}:10000" for each in (first, second, foreign))
    form = {"item": "green_basket", "amount": f"200 20000{parts}", "unit": "EUR"}
    look(door, link)
    form["csrfmiddlewaretoken"] = door.client.cookies["csrf"].value if "csrf" in door.client.cookies else ""
    if not form["csrfmiddlewaretoken"]:
        look(door, f"{link}/prove")
        form["csrfmiddlewaretoken"] = door.client.cookies["csrf"].value
    door.client.post(f"{link}/choose", form)
    held = house.rows("select member_id, reward_id from link_holders order by reward_id")
    # Of another member's reward that a form names nothing is kept.
    assert held == sorted([(7, first), (7, second)], key=lambda row: int(str(row[1])))
    beside = door.link(7, second)
    assert look(door, beside)
    assert Door(house).client.get(beside)["Location"] == f"{beside}/prove"


def test_a_gift_is_its_taker_s_whoever_has_its_giver_s_link(house: House, door: Door, link: str) -> None:
    gift, friend = gift_of(door, link), Door(house)
    take_it(friend, gift)
    assert "data-code" in look(friend, choose(friend, gift, "green_basket")["Location"])
    assert Door(house).client.get(gift).status_code == 410
    # It was given by a form, so the giver's link is the giver's browser's.
    assert Door(house).client.get(link)["Location"] == f"{link}/prove"
    assert "/catalog" not in look(door, link)


def test_in_which_browser_it_opens_is_forgotten_with_its_member(house: House, door: Door, link: str) -> None:
    choose(door, link, "green_basket")
    other = door.link(8, ready(house, 8))
    choose(door, other, "green_basket")
    kept = house.rows("select member_id, bound_hash from link_holders order by 1")
    # One browser, and nothing kept tells so; nor does it open anything.
    assert [row[0] for row in kept] == [7, 8]
    assert len({str(row[1]) for row in kept}) == 2
    assert door.client.cookies["browser"].value not in str(kept)
    with house.working() as tx:
        assert 7 in forget_members(tx, house.program_id, [7], [], utc_now())
        record_audit(tx, house.program_id, "test", "member.forgotten", "mem", utc_now())
    assert house.rows("select member_id from link_holders") == [(8,)]


def test_who_has_no_address_is_told_so_and_a_strange_cookie_goes(house: House, door: Door, link: str) -> None:
    del link
    lonely = door.link(8, ready(house, 8))
    door.client.cookies["browser"] = "x" * 5_000
    order = choose(door, lonely, "green_basket")["Location"]
    assert re.fullmatch("[0-9a-f]{32}", door.client.cookies["browser"].value)
    kept = door.client.cookies["browser"]
    assert (kept["path"], kept["httponly"], kept["samesite"]) == ("/r/", True, "Lax")
    assert "data-code" in look(door, order)
    answer = prove(Door(house), lonely, "send")
    assert answer.status_code == 409
    assert "no e-mail address" in text_of(answer)


def test_rows_say_who_has_it_and_a_reward_of_nobody_leaves_none(house: House, door: Door, link: str) -> None:
    del door
    ((reward,),) = house.rows("select id from rewards")
    whose, now = (house.program_id, 7, int(str(reward))), utc_now()
    one, two = bytes([1]) * 32, bytes([2]) * 32
    with house.opens(7)() as tx:
        assert where_held(tx, whose, None) == "free"
        assert hold(tx, whose, one, now) == "here"
        assert [hold(tx, whose, each, now) for each in (one, two)] == ["here", "elsewhere"]
        assert where_held(tx, whose, None) == "elsewhere"
        take_over(tx, whose, two, now)
        assert [where_held(tx, whose, each) for each in (one, two)] == ["elsewhere", "here"]
        assert hold(tx, (*whose[:2], 1), one, now) == "free"
    # Row security: of another member there is nothing to see and nothing to take.
    with house.opens(8)() as tx:
        assert where_held(tx, whose, two) == "free"
    assert read("rwd", show("rwd", whose[2])) == whose[2]
    assert house.rows(TOLD) == [("link.bound", 1), ("link.moved", 1)]
    assert link


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_pages_speak_six_languages(house: House, door: Door, link: str, language: str) -> None:
    order = choose(door, link, "green_basket")["Location"]
    other = Door(house)
    shown = other.client.get(f"{link}/prove", headers={"accept-language": language})
    assert shown.status_code == 200
    assert order.rpartition("/")[2] not in text_of(shown)
    spoken = door.link(30, ready(house, 30, language=language))
    choose(door, spoken, "green_basket")
    told = text_of(other.client.get(f"{spoken}/prove"))
    assert f'<html lang="{language}"' in told
    assert ("another one has it" in told) == (language == "en")
