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
from django.test import override_settings
from tests.gifts.test_gifts import gift_of, take_it
from tests.gifts.test_proving import mailed, prove
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import choose, field_of, itm_of, ready, text_of
from tests.web.member.test_in_a_browser import address

from guerdon.engine.gifts.holding import hold, take_over, where_held
from guerdon.program.catalog.nouns import Catalog, ClaimLinks
from guerdon.store.audit import record_audit
from guerdon.store.gifts.holders import bind_links
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.values.money import Money
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
    # The token of a claim is none of a message's: nothing is behind the addresses that take those.
    open_to_all |= {each: 404 for each in addresses if not each.startswith(link)}
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
        # Who got a link last may have what nobody has, and there is none of what is not there.
        assert [hold(tx, (*whose[:2], 1), each, now) for each in (one, two)] == ["elsewhere", "free"]
    # Row security: of another member there is nothing to see and nothing to take.
    with house.opens(8)() as tx:
        assert where_held(tx, whose, two) == "free"
    assert read("rwd", show("rwd", whose[2])) == whose[2]
    assert house.rows(TOLD) == [("link.bound", 1), ("link.moved", 1)]
    assert link


def tap_here(browser: Door, link: str) -> Any:
    """Have a link open in this browser, by the form that asks for no more."""
    look(browser, f"{link}/prove")
    return browser.client.post(f"{link}/here", {"csrfmiddlewaretoken": browser.client.cookies["csrf"].value})


def test_what_another_browser_has_neither_helps_to_pay_nor_is_offered(
    house: House, door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.program = replace(shop.program, catalog=Catalog(split=True, combine=True))
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    itm, offered = shop.put("giftly:card", denominations=[2_500, 25_000]), r'value="(250 25000 rwd_[^"]+)"'
    second = house.reward(7, value=Money(10_000, "EUR"), at=utc_now(), rule="referral", days=9)
    beside, finder = door.link(7, second), Door(house)
    both = re.search(offered, look(door, f"{link}/catalog/{itm}"))
    assert both is not None
    form = form_of(door, link, itm) | {"amount": both.group(1)}
    # Somebody finds the mail about the second one first.
    assert tap_here(finder, beside)["Location"] == beside
    assert send(door, link, form)["Location"] == f"{link}/prove"
    prove(door, link, "send")
    assert prove(door, link, "check", code=mailed(house)[1])["Location"] == link
    refused = send(door, link, form)
    assert refused.status_code == 409
    assert "has changed meanwhile" in text_of(refused)
    theirs = form_of(finder, beside, itm) | {"amount": both.group(1)}
    assert send(finder, beside, theirs).status_code == 409
    for browser, opens in ((door, link), (finder, beside)):
        assert not re.search(offered, look(browser, f"{opens}/catalog/{itm}"))
    assert house.rows("select (select count(*) from orders), (select sum(held)::int from rewards)") == [
        (0, 0)
    ]
    prove(door, beside, "send")
    assert prove(door, beside, "check", code=mailed(house)[1])["Location"] == beside
    assert re.search(offered, look(door, f"{link}/catalog/{itm}"))
    order = send(door, link, form)["Location"]
    assert f"{link}/orders/" in order
    assert order.rpartition("/")[2] in look(door, beside)
    number = order.rpartition("/")[2]
    assert finder.client.get(f"{beside}/orders/{number}")["Location"] == f"{beside}/prove"


def test_what_helps_is_taken_though_another_browser_has_what_would_come_first(
    house: House, door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.program = replace(shop.program, catalog=Catalog(split=True, combine=True))
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    itm, finder = shop.put("giftly:card", denominations=[25_000]), Door(house)
    first, later = (
        house.reward(7, value=Money(10_000, "EUR"), at=utc_now(), rule="referral", days=days)
        for days in (9, 90)
    )
    tap_here(finder, door.link(7, first))
    prove(door, link, "send")
    prove(door, link, "check", code=mailed(house)[1])
    form = form_of(door, link, itm)
    both = re.search(r'value="(250 25000 rwd_[^"]+)"', look(door, f"{link}/catalog/{itm}"))
    assert both is not None
    assert show("rwd", later) in both.group(1)
    assert "/orders/" in send(door, link, form | {"amount": both.group(1)})["Location"]
    assert house.rows("select held + value - remaining from rewards where id = %(r)s", r=first) == [(0,)]


def test_it_is_one_browser_a_member_until_another_gives_the_code(house: House, door: Door, link: str) -> None:
    second, third = (door.link(7, house.reward(7, value=Money(n, "EUR"), at=utc_now())) for n in (100, 200))
    finder = Door(house)
    assert "/catalog" in look(finder, second)
    assert tap_here(door, link)["Location"] == link
    # Each opens the whole of a balance: what nobody has yet is not for whoever finds it either.
    assert finder.client.get(second)["Location"] == f"{second}/prove"
    assert tap_here(finder, second)["Location"] == f"{second}/prove"
    assert house.rows("select count(*) from link_holders") == [(1,)]
    assert "/catalog" in look(door, second)
    prove(finder, second, "send")
    assert prove(finder, second, "check", code=mailed(house)[1])["Location"] == second
    # With the code it has that one, and what nobody has; what another has stays there.
    assert tap_here(finder, third)["Location"] == third
    assert door.client.get(third)["Location"] == f"{third}/prove"
    assert finder.client.get(link)["Location"] == f"{link}/prove"
    assert "/catalog" in look(door, link)
    assert house.rows(TOLD) == [("link.bound", 3)]


def test_of_two_with_two_links_of_a_member_at_the_very_same_moment_one_has_its_own(
    house: House, door: Door, link: str, address: str
) -> None:
    del link
    for member in range(20, 26):
        rewards = (ready(house, member), house.reward(member, value=Money(100, "EUR"), at=utc_now()))
        links, phones = [door.link(member, each) for each in rewards], [Phone(address) for _ in range(2)]
        forms = [
            {"csrfmiddlewaretoken": field_of(phone.ask(f"{own}/prove")[2], "csrfmiddlewaretoken")}
            for phone, own in zip(phones, links, strict=True)
        ]
        taps = [
            (*each, forms[n]) for n, each in enumerate(zip(phones, [f"{x}/here" for x in links], strict=True))
        ]
        led = [where for _, where, _ in at_once(taps)]
        assert sorted(where.endswith("/prove") for where in led) == [False, True]
    assert house.rows("select count(*) from link_holders") == [(6,)]


def test_of_a_forgotten_member_no_browser_has_any_link(house: House, door: Door, link: str) -> None:
    other, unbound = Door(house), door.link(7, house.reward(7, value=Money(100, "EUR"), at=utc_now()))
    choose(door, link, "green_basket")
    prove(other, unbound, "send")
    _, code = mailed(house)
    assert forgotten(house) == [7]
    for browser in (door, other, Door(house)):
        for each in (link, unbound):
            assert browser.client.get(each)["Location"] == f"{each}/prove"
            assert tap_here(browser, each)["Location"] == f"{each}/prove"
    # A code that was sent before gives nothing to anybody.
    prove(other, unbound, "check", code=code)
    assert other.client.get(unbound)["Location"] == f"{unbound}/prove"
    assert house.rows("select from link_holders") == []


def forgotten(house: House) -> list[int]:
    """Whom forgetting the member changed; whoever is not told of is written down by nobody."""
    with house.working() as tx:
        gone = forget_members(tx, house.program_id, [7], [], utc_now())
        for each in gone:
            record_audit(tx, house.program_id, "test", "member.forgotten", show("mem", each), utc_now())
    return gone


def test_a_member_of_whom_that_alone_was_left_is_told_of(house: House, door: Door, link: str) -> None:
    del door, link
    ((reward,),) = house.rows("select id from rewards")
    assert forgotten(house) == [7]
    with house.opens(7)() as tx:
        whose, now = (house.program_id, 7), utc_now()
        assert bind_links(tx, whose, [int(str(reward))], bytes(32), now) == [reward]
        record_audit(tx, house.program_id, "test", "link.bound", "rwd", now)
    assert forgotten(house) == [7]
    assert forgotten(house) == []


def test_no_page_without_a_form_and_no_form_before_its_code_gives_it_away(
    house: House, door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(door, f"{link}/prove")
    form = {"csrfmiddlewaretoken": door.client.cookies["csrf"].value, "item": "green_basket"}
    for way in ("", "/catalog", "/why"):
        assert door.client.post(link + way, form).status_code == 405
    catalog = replace(shop.program.catalog, second_factor_above={"EUR": Money(10_000, "EUR")})
    shop.program = replace(shop.program, catalog=catalog)
    opening(house, shop, monkeypatch, ClaimLinks(one_time=True))
    for way in ("choose", "give", "here"):
        assert door.client.post(f"{link}/{way}", form)["Location"] == f"{link}/prove"
    assert house.rows("select from link_holders") == []
    prove(door, link, "send")
    prove(door, link, "check", code=mailed(house)[1])
    assert "/orders/" in door.client.post(f"{link}/choose", form)["Location"]
    assert house.rows(TOLD) == [("link.bound", 1)]


def test_no_other_host_of_the_domain_plants_a_browser_s_secret(house: House, door: Door, link: str) -> None:
    del house
    with override_settings(CSRF_COOKIE_SECURE=True):
        door.client.cookies["browser"] = "0" * 32
        look(door, link)
        kept = door.client.cookies["__Host-browser"]
        assert (kept["path"], kept["secure"], kept["domain"], kept["httponly"]) == ("/", True, "", True)
        assert kept.value != "0" * 32
        tap_here(door, link)
        # By the planted one nobody comes in; by its own the browser does.
        del door.client.cookies["browser"]
        assert "/catalog" in look(door, link)
        door.client.cookies["browser"] = kept.value
        del door.client.cookies["__Host-browser"]
        assert door.client.get(link)["Location"] == f"{link}/prove"


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
