"""What a scanner reads off an order's page: the very code, and nothing where there is none to scan."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from tests.redeem.house import House
from tests.text.test_qr import read_back
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import look
from tests.web.member.test_claim_page import ready
from tests.web.member.test_order_page import ordered

from guerdon.engine.orders.port import Credential
from guerdon.web.member.handed import QR_CHARACTERS_MAX

CARD = re.compile(r'<section class="code-card".*?</section>', re.DOTALL)
SQUARE = re.compile(
    r'<div class="qr" role="img" aria-label="The code as a QR code">'
    r'<svg viewBox="0 0 (\d+) (\d+)"[^>]*><path d="([^"]*)"/></svg></div>'
)
BARS = re.compile(r'<div class="qr bars" role="img" aria-label="The code as a bar code">')
TEXT = re.compile(r'data-code="([^"]*)"')
PIN, NOTE = Credential("pin", "8842"), Credential("note", "Show it at the till")
LONG = "A1-" * QR_CHARACTERS_MAX

Shows = Callable[..., str]


@pytest.fixture
def link(house: House, door: Door, shop: Shop) -> str:
    """A link to two hundred euros of a member who has an address."""
    made = door.link(7, ready(house))
    shop.tell(7)
    return made


@pytest.fixture
def shows(door: Door, shop: Shop, link: str, monkeypatch: pytest.MonkeyPatch) -> Shows:
    """Give the page of an order for which the supplier hands over these."""
    giftly = shop.fakes["giftly"]
    order_it, handed = giftly._order, list[Credential]()  # noqa: SLF001

    def made(ask: Any, *, wrong: bool = False) -> Any:
        found = replace(order_it(ask, wrong=wrong), credentials=tuple(handed))
        giftly.placed[ask.key] = found
        return found

    def page(*pieces: Credential) -> str:
        handed.extend(pieces)
        order = ordered(door, shop, link)
        shop.work(60)
        return look(door, order)

    monkeypatch.setattr(giftly, "_order", made)
    return page


def scanned(card: str) -> list[str]:
    """What a scanner reads off the squares of a part of a page."""
    found = []
    for wide, high, path in SQUARE.findall(card):
        assert wide == high
        ((text, kind),) = read_back(int(wide), path)
        assert kind == "QRCode"
        found.append(text)
    return found


@pytest.mark.parametrize("code", ["GIFT-0001-7Z", "4006381333931", 'A&B<C>"1"', "a b/c+d=="])
def test_a_code_stands_there_as_a_square_that_is_read_as_the_very_code(
    door: Door, shop: Shop, link: str, code: str
) -> None:
    shop.fakes["giftly"].codes.append(code)
    order = ordered(door, shop, link)
    assert 'class="qr' not in look(door, order)
    shop.work(60)
    shown = look(door, order)
    (card,) = CARD.findall(shown)
    assert [unescape(text) for text in TEXT.findall(card)] == [code]
    assert scanned(card) == [code]
    # The PIN beside it is for whoever taps it, and for no scanner.
    assert "1234" in shown
    assert shown.count('class="qr"') == 1


def test_each_of_two_codes_has_its_own(shows: Shows) -> None:
    shown = shows(Credential("code", "FIRST-1"), PIN, Credential("code", "SECOND-2"), NOTE)
    assert [scanned(card) for card in CARD.findall(shown)] == [["FIRST-1"], ["SECOND-2"]]
    assert shown.count('class="qr"') == 2


@pytest.mark.parametrize("handed", [(PIN,), (NOTE,), (PIN, NOTE)])
def test_a_pin_and_a_note_have_none(shows: Shows, handed: tuple[Credential, ...]) -> None:
    shown = shows(*handed)
    for each in handed:
        assert shown.count(each.text) == 1
    assert 'class="qr' not in shown
    assert "<path d=" not in "".join(CARD.findall(shown))
    assert TEXT.findall(shown) == []


@pytest.mark.parametrize(
    ("handed", "squares", "bars"),
    [
        (Credential("barcode", "AB-77", "qr"), ["AB-77"], 0),
        (Credential("barcode", "AB-77", "code128"), [], 1),
        (Credential("barcode", "4006381333931", "ean13"), [], 1),
        (Credential("code", "AB-77"), ["AB-77"], 1),
        (Credential("code", LONG[:QR_CHARACTERS_MAX]), [LONG[:QR_CHARACTERS_MAX]], 0),
        # No phone's screen shows as much so that it can be read.
        (Credential("code", LONG[: QR_CHARACTERS_MAX + 1]), [], 0),
        (Credential("url", "https://giftly.example/c/1?a=b"), [], 0),
    ],
)
def test_what_is_of_one_kind_is_drawn_as_that_kind_and_no_other(
    shows: Shows, handed: Credential, squares: list[str], bars: int
) -> None:
    (card,) = CARD.findall(shows(handed))
    assert [unescape(text) for text in TEXT.findall(card)] == [handed.text]
    assert (scanned(card), len(BARS.findall(card))) == (squares, bars)
