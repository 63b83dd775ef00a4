"""Choosing and receiving as a member does it: four taps, on a slow network, on none, in two directions."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from PIL import Image
from tests.channels.mail_server import MailServer, body_of, running
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_claim_page import ready
from tests.web.member.test_in_a_browser import PHONE, WIDTHS, address, faults_of, sideways

from guerdon.channels.email import email_channels
from guerdon.engine.library import Library
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.store.database import connect
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.values.money import Money

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["address"]
TAPS_MAX = 4


@contextmanager
def phone(chromium: "Browser", theme: Any = "light") -> Iterator["Page"]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=theme,
        has_touch=True,
        is_mobile=True,
        user_agent=PHONE,
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def in_order(page: "Page") -> None:
    assert faults_of(page) == []
    assert not sideways(page)


def mailed(house: House, address: str, member: int, reward: int) -> EmailMessage:
    """The mail that tells a member of a reward, as the outbox has it written and a mail server gets it."""
    key, now = house.vault.key(KEY_PURPOSE), utc_now()
    ann = seal_person(house.vault, house.program_id, member, Person("Ann", "ann@example.com"))
    with house.working() as tx:
        record_persons(tx, house.program_id, [ann])
        tx.execute(
            "insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel,"
            " created_at, next_at) select program_id, member_id, 1, event_id, id, 'reward_ready', 'email',"
            " %s, %s from rewards where id = %s",
            (now, now, reward),
        )

    def claim_url(*whose: Any) -> str:
        return f"{address}/r/{claim_token(key, *whose)}"

    with running(MailServer()) as server, closing(connect(house.url, house.secret, "worker")) as db:
        channels = email_channels(server.url, "Nordlys <rewards@example.com>", 1)
        postroom = Postroom("email", channels, Library(house.vault, {}), claim_url, utc_now)
        try:
            assert deliver(db, house.program_id, postroom) == 1
        finally:
            channels[0].close()
    (mail,) = server.mails
    return mail


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), ("es", "dark"), ("de", "light"), ("ar", "dark")]
)
def test_from_the_mail_to_the_code_in_four_taps(
    house: House, door: Door, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    house.stock_everything()
    reward = ready(house, language=language)
    mail = mailed(house, address, 7, reward)
    with phone(chromium, theme) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda asked: None if asked.url.startswith(address) else said.append(asked.url))
        page.set_content(body_of(mail, "html"))
        assert page.locator("html").get_attribute("lang") == language
        button = page.locator("a").first
        # Whoever reads the plain text has the same link.
        assert button.get_attribute("href") in body_of(mail, "plain").split()
        # A mail program opens it in a tab of its own; here both are one.
        button.evaluate("each => each.removeAttribute('target')")
        button.tap()
        page.wait_for_url("**/r/*")
        taps = 1
        assert page.url == f"{address}{door.link(7, reward, utc_now().date())}"
        in_order(page)
        for box in (page.locator(".pick").first.bounding_box(), page.locator(".chip").first.bounding_box()):
            assert box is not None
            assert box["height"] >= 44
        page.locator(".pick").first.tap()
        page.wait_for_url("**/catalog/itm_*")
        taps += 1
        in_order(page)
        seen: list[int] = []
        # Listened for from now on: a slow machine looks at the page for longer than a member must.
        page.on("response", lambda told: seen.append(told.status) if told.url.endswith("/seen") else None)
        page.locator(".take button").tap()
        page.wait_for_url("**/orders/ord_*")
        taps += 1
        code = page.locator("[data-code]").first
        assert code.text_content() == code.get_attribute("data-code")
        assert taps <= TAPS_MAX
        in_order(page)
        # It was looked at for a moment, and so it was opened.
        code.scroll_into_view_if_needed()
        # On this screen, in this theme, a scanner reads it, too.
        (square,) = page.locator(".qr:not(.bars)").all()
        (read,) = zxingcpp.read_barcodes(Image.open(BytesIO(square.screenshot())))
        assert (read.text, read.format.name) == (code.text_content(), "QRCode")
        for _ in range(300):
            if seen:
                break
            page.wait_for_timeout(100)
        assert seen == [204]
        assert house.rows("select opened_at is not null from fulfillments") == [(True,)]
        assert house.rows("select device from orders") == [("phone",)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert not sideways(page), width
        assert said == []


def test_what_is_typed_is_found_at_once_and_the_last_answer_wins(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser"
) -> None:
    shop.put("giftly:tea", denominations=[2_500], more={"names": '{"en": "Tea house"}', "id": 91})
    shop.put("giftly:cafe", denominations=[2_500], more={"names": '{"en": "Corner Café beans"}', "id": 92})
    shop.put("giftly:jelly", denominations=[5_000], more={"names": '{"en": "Jelly beans"}', "id": 93})
    link = door.link(7, ready(house))
    with phone(chromium) as page:
        page.goto(f"{address}{link}/catalog")
        slow: list[Any] = []

        def held(route: Any) -> None:
            slow.append(route)

        page.route(re.compile(r"catalog\?q=te$"), held)
        page.locator("#q").press_sequentially("te", delay=20)
        page.wait_for_timeout(600)
        assert len(slow) == 1
        page.locator("#q").fill("beans")
        page.get_by_text("Corner Café beans").wait_for()
        page.get_by_text("Tea house").wait_for(state="detached")
        assert page.url.endswith("/catalog?q=beans")
        page.locator(".sorts a").nth(1).tap()
        page.wait_for_url("**sort=price")
        assert page.locator("#q").input_value() == "beans"
        in_order(page)
        page.go_back()
        assert page.url == "about:blank"


def test_an_order_comes_while_one_looks_on_and_a_lost_network_takes_nothing_away(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser"
) -> None:
    house.enroll(7)
    itm = shop.put("giftly:card")
    link = door.link(7, house.reward(7, at=shop.now))
    with phone(chromium) as page:
        # Slow, as a phone in a cellar is: 400 kbit/s with 400 ms each way.
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        speed = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
        line.send("Network.emulateNetworkConditions", speed)
        page.goto(f"{address}{link}/catalog/{itm}")
        page.locator(".take button").tap()
        page.locator("#order[data-poll]").wait_for()
        in_order(page)
        shop.work(60)
        code = page.locator("[data-code]")
        code.wait_for(timeout=20_000)
        line.send("Network.emulateNetworkConditions", {**speed, "latency": 0, "downloadThroughput": -1})
        shown = code.text_content()
        assert page.get_by_text("1234").is_hidden()
        page.locator(".pin summary").tap()
        assert page.get_by_text("1234").is_visible()
        page.context.set_offline(True)
        page.locator("#offline:not([hidden])").wait_for()
        assert page.get_by_text("You are offline").is_visible()
        in_order(page)
        page.locator(".back a").tap()
        page.locator(".more summary").tap()
        page.locator("input[name=what]").first.evaluate("each => each.scrollIntoView({block: 'center'})")
        page.locator("input[name=what]").first.check(force=True)
        page.locator(".more button").tap()
        page.wait_for_timeout(200)
        assert "/orders/" in page.url
        assert code.text_content() == shown
        page.context.set_offline(False)
        page.locator("#offline").wait_for(state="hidden")
        page.locator(".more button").tap()
        page.get_by_text(
            "We look into it with whoever delivers it, and the answer stands here."
        ).first.wait_for()
        assert code.text_content() == shown
        in_order(page)


@pytest.mark.parametrize("look", ["ar light", "en dark"])
def test_amounts_dates_and_an_unknown_order_are_read_by_everybody(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser", look: str
) -> None:
    language, theme = look.split()
    house.enroll(7, "DE", language)
    shop.fakes["giftly"].faults.extend(["lost", *["find fails"] * 9])
    card = shop.put("giftly:card", denominations=[2_500, 5_000, 20_000, 50_000], slots=[(1, 1), (2, 9)])
    span = {"range_min": 1_000, "range_max": 50_000, "range_step": 50}
    range_ = shop.put("giftly:wide", denominations=[], more=span)
    link = door.link(7, house.reward(7, at=shop.now, value=Money(20_000, "EUR")))
    with phone(chromium, theme) as page:
        for path in ("/catalog?q=qqqq", f"/catalog/{range_}", f"/catalog/{card}"):
            page.goto(f"{address}{link}{path}")
            in_order(page)
        page.goto(f"{address}{link}/catalog/{range_}")
        page.locator(".take button").tap()
        page.locator("#order[data-poll]").wait_for()
        shop.work(60)
        page.reload()
        page.locator("#order[data-state=unknown]").wait_for()
        in_order(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert not sideways(page), width


def test_a_search_that_fails_is_given_up_and_a_used_reward_shows_its_own_page(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser"
) -> None:
    house.stock_everything()
    shop.put("giftly:tea", denominations=[2_500], more={"names": '{"en": "Tea house"}'})
    reward = ready(house)
    link = door.link(7, reward)
    with phone(chromium) as page:
        page.clock.install()
        page.goto(f"{address}{link}/catalog")
        failed: list[str] = []

        def fail(route: Any) -> None:
            failed.append(route.request.url)
            route.fulfill(status=503, body="later")

        page.route(re.compile(r"catalog\?q=tea$"), fail)
        page.locator("#q").fill("tea")
        for _ in range(8):
            page.clock.run_for(30_000)
            page.wait_for_timeout(100)
        assert len(failed) == 5
        # What another device did with it is said by a whole page, and not by one within the other.
        house.choose(7, reward, "table_for_two", now=utc_now())
        page.locator("#q").fill("house")
        page.clock.run_for(300)
        page.wait_for_url(f"{address}{link}")
        assert page.locator("main").count() == 1
