"""A row of a feed: what it comes to, and every way in which it can be wrong."""

import time
from collections.abc import Mapping
from typing import Any, cast

import pytest
from tests.feeds.house import GROUND, Row, row
from tests.feeds.images import encoded, jpeg, png, webp

from guerdon.engine.catalog.checking import USUAL, check_row
from guerdon.engine.catalog.images import SIDE_MAX, measured
from guerdon.engine.catalog.texts import plain_text
from guerdon.engine.catalog.wrong import WrongRow
from guerdon.text.feed_rows import wrong_row_in_english

WRONG: list[tuple[str, Row, str]] = [
    ("no id", row(id=None), "id is missing"),
    ("an id with a space", row("a b"), "id “a b” is none"),
    ("an id too long", row("x" * 81), "at most 80"),
    ("no name", row(name=None), "name is missing"),
    ("no English", row(name={"de": "Buch"}), "name has no English"),
    ("no language of ours", row(name={"en": "Book", "tlh": "paq"}), "not spoken here: “tlh”"),
    ("a name of numbers", row(name=5), "name is no text"),
    ("a long name", row(name="x" * 201), "name (en) has 201 letters, more than 200"),
    ("5 MB of text", row(about={"en": "x" * 5_000_000}), "about (en) has 5,000,000 letters, more than 5,000"),
    ("a category of nobody", row(category="book"), "category: “book” is not known (did you mean books?)"),
    ("no category", row(category=None), "category is missing"),
    ("a kind of nobody", row(kind="card"), "kind: “card” is not known"),
    ("no market", row(markets=[]), "markets is missing"),
    ("a market of nobody", row(markets=["DE", "FR"]), "markets: “FR” is not known (known: DE, NO)"),
    ("markets of objects", row(markets=[{}]), "no word"),
    ("no price", row(amounts=None), "price is missing"),
    ("no currency", row(currency=None), "currency is missing"),
    ("another currency", row(currency="USD"), "currency: “USD” is not known"),
    ("points as currency", row(currency="stars"), "currency: “stars” is not known"),
    ("an amount of words", row(amounts=["much"]), "amounts: “much” is no number"),
    ("an amount below zero", row(amounts=["-5"]), "amounts: “-5” is no number"),
    ("an amount of zero", row(amounts=["0.00"]), "not more than zero"),
    ("a part of a cent", row(amounts=["1.005"]), "more digits after the point than EUR"),
    ("an amount beyond all", row(amounts=["999999999999999999"]), "is no number"),
    ("an amount that is none", row(amounts=[float("nan")]), "is no number"),
    ("amounts and a range", row(min="1", max="2"), "amounts and min exclude each other"),
    ("a fixed price of several amounts", row(prices={"stars": 900}), "that of one amount"),
    ("a fixed price of a range", row(amounts=None, min=1, max=2, prices={"stars": 9}), "that of one amount"),
    ("half a range", row(amounts=None, min="1"), "max is missing"),
    ("a range upside down", row(amounts=None, min="3", max="2"), "max is less than min"),
    ("a price in money", row(prices={"EUR": 3}), "“EUR” is no unit of points"),
    ("a delivery of nobody", row(delivery="owl"), "delivery: “owl” is not known"),
    ("a segment of nobody", row(segments=["rich"]), "segments: “rich” is not known"),
    ("a day that is none", row(visible_from="soon"), "visible_from: “soon” is no day"),
    ("gone before it is there", row(visible_from="2026-02-01", visible_to="2026-01-01"), "not after"),
    (
        "too popular",
        row(popularity=2_000_000),
        "popularity: “2000000” is not a whole number from 0 to 1,000,000",
    ),
    ("a supplier of nobody", row(supplier="cardz"), "supplier: “cardz” is not known (did you mean cards?)"),
    ("offers twice", row(offers=[{"supplier": "cards"}, {"supplier": "cards"}]), "stands there twice"),
    ("offers beside stock", row(stock=3, offers=[{"supplier": "cards"}]), "offers stands beside stock"),
    (
        "an offer with a typo",
        row(offers=[{"supplier": "cards", "costs": 1}]),
        "there is no field “costs” in it (did you mean cost?)",
    ),
    ("a cost of more than ten", row(cost="11"), "no part like 0.975"),
    ("needs of nobody", row(needs="email shoe_size"), "needs: “shoe_size” is not known"),
    ("limits twice", row(limited_to=5, slots=[{"capacity": 1}]), "exclude each other"),
    ("a slot without capacity", row(slots=[{"venue": "Kiel"}]), "slots (capacity) is missing"),
    ("a slot twice", row(slots=[{"capacity": 1}, {"capacity": 2}]), "a slot stands there twice"),
    ("a slot backwards", row(slots=[{"capacity": 1, "ends_at": "2026-01-01"}]), "ends before it starts"),
    ("a slot elsewhere", row(markets=["DE"], slots=[{"capacity": 1, "market": "NO"}]), "“NO” is not known"),
    ("slots that are none", row(slots="tomorrow"), "slots is no list"),
    ("a typo", row(brnad="x"), "no field “brnad” (did you mean brand?)"),
    ("gone in a full feed", row(gone=True), "gone belongs to a delta"),
    ("an image by address", row(image="https://img.example/a.png"), "addresses are not asked"),
    ("an image that is not there", row(image="a.png"), "no file beside the feed"),
    ("an image of words", row(image="a picture!"), "neither base64 nor"),
    ("a script as an image", row(image=encoded(b"<svg onload=alert(1)>" + b" " * 60)), "image is none"),
    ("an image with a broken head", row(image=encoded(png()[:20] + b"\7" + png()[21:])), "image is none"),
    ("half an image", row(image=encoded(png()[:-30])), "image is none"),
    ("an image too wide", row(image=encoded(png(SIDE_MAX + 1))), "4,097 by 2 points"),
    ("an image too large", row(image=encoded(png(padding=530_000))), "more than 524,288"),
    ("an image with something before it", row(image="data:image/png,x"), "not written in base64"),
    ("an image of numbers", row(image=5), "neither data nor"),
    ("an image of a megabyte of text", row(image="x" * 1_000_000), "image has more than 524,288 bytes"),
    ("an image of nothing wide", row(image=encoded(png(0))), "0 by 2 points"),
]


@pytest.mark.parametrize(("given", "why"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_row_says_why(given: Row, why: str) -> None:
    with pytest.raises(WrongRow) as found:
        check_row(given, GROUND)
    assert why in wrong_row_in_english(found.value.reason.code, found.value.reason.values)


def said(given: Row) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", check_row(given, GROUND).item)


def test_a_row_becomes_what_is_written_down() -> None:
    one = row(
        "B-1", amounts="25.00", brand="  Lantern ", lead_minutes="10", prices={"stars": "900"}, popularity=7
    )
    item = said(one)
    assert (item["key"], item["sku"], item["brand"], item["lead_minutes"]) == (
        "main:b-1",
        "B-1",
        "Lantern",
        10,
    )
    assert (item["denominations"], item["prices"], item["currency"]) == ([2500], {"stars": 900}, "EUR")
    assert (item["delivery"], item["supplier"]) == ("code", "cards")
    assert item["offers"][0] == {
        "supplier": "cards",
        "sku": "B-1",
        "prefer": 10,
        "cost_bp": None,
        "fee_minor": 0,
        "in_stock": True,
        "needs": [],
        "quantity_max": 1,
    }


def test_an_offset_that_no_database_knows_is_written_without_it() -> None:
    odd = said(row(visible_from="2026-12-01T00:00+20:00", visible_to="2026-12-09T00:00:00+01:00:00.5"))
    assert (odd["visible_from"], odd["visible_to"]) == (
        "2026-11-30T04:00:00+00:00",
        "2026-12-08T22:59:59.500000+00:00",
    )
    assert said(row(visible_from="2026-12-01"))["visible_from"] == "2026-12-01T00:00:00+01:00"


def test_each_kind_comes_as_it_usually_does() -> None:
    assert [said(row(kind=kind))["delivery"] for kind in USUAL] == list(USUAL.values())


def test_amounts_are_the_same_however_they_are_written() -> None:
    ways: list[object] = [["25", "10"], "10.00 25.0", "10|25", [25.0, 10], ["10.000", "25", "10"]]
    assert {check_row(row(amounts=way), GROUND).hash for way in ways} == {check_row(row(), GROUND).hash}
    wide = said(row(amounts=None, min=5, max="500", step="0.50"))
    assert (wide["range_min"], wide["range_max"], wide["range_step"]) == (500, 50000, 50)
    assert said(row(amounts=None, min=5, max=6))["range_step"] == 100


def test_whatever_is_said_counts_for_the_hash() -> None:
    hashes = {
        check_row(each, GROUND).hash
        for each in (
            *(
                row(),
                row(name="Book b1"),
                row(amounts=["10.00"]),
                row(cost="0.9"),
                row(stock=0),
                row(markets="DE"),
            ),
            *(
                row(limited_to=3),
                row(visible_from="2026-01-01"),
                row(image=encoded(png())),
                row(segments="loyal"),
            ),
        )
    }
    assert len(hashes) == 10


def test_an_offer_says_who_delivers_it_and_how() -> None:
    cheap = {
        "supplier": "manual",
        "cost": "0.975",
        "fee": "0.25",
        "stock": "0",
        "needs": "phone|email",
        "sku": 7,
    }
    offers = said(row(offers=[{"supplier": "cards", "stock": True}, cheap]))["offers"]
    assert [(offer["supplier"], offer["in_stock"], offer["cost_bp"]) for offer in offers] == [
        ("cards", True, None),
        ("manual", False, 9750),
    ]
    assert (offers[1]["fee_minor"], offers[1]["needs"], offers[1]["sku"]) == (25, ["email", "phone"], "7")
    assert said(row(offers=[{"supplier": "pool"}, {"supplier": "cards"}]))["supplier"] == "cards"


def test_dates_and_places_keep_their_numbers() -> None:
    slots: list[Row] = [
        {
            "starts_at": "2026-12-01T18:00",
            "ends_at": "2026-12-01T20:00",
            "venue": "Kiel",
            "capacity": 20,
            "market": "DE",
        },
        {"id": "late", "starts_at": "2026-12-02T18:00+00:00", "capacity": "5"},
    ]
    found = said(row(kind="experience", slots=slots))["slots"]
    assert [slot["ref"] for slot in found] == ["2026-12-01T18:00:00+01:00 Kiel", "late"]
    slots[1]["capacity"] = 6
    again = said(row(kind="experience", slots=slots[::-1]))["slots"]
    assert [slot["id"] for slot in again] == [slot["id"] for slot in found]
    assert said(row(limited_to="50"))["slots"] == [
        {"id": said(row(limited_to=1))["slots"][0]["id"], "ref": "", "capacity": 50}
        | dict.fromkeys(("starts_at", "ends_at", "venue", "market"))
    ]


PLAIN = [
    ("<p>One</p><p>Two &amp; <b>three</b></p>", "One\nTwo & three"),
    ("a<script>alert(1)</script>b<style>i{}</style>c<!-- d -->", "abc"),
    ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
    ("<img src=x onerror=alert(1)>x", "x"),
    ("<script>never closed", ""),
    ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
    ("a\0b\u202ec\x1b[31m", "a b c [31m"),
    ("  a \t b \r\n\n\n c ", "a b\nc"),
    ("<svg><text>no</text></svg>yes<br/>and", "yes\nand"),
    ("<iframe src='x'>no</iframe>", ""),
    ("\ud800x", "\ufffdx"),
]


@pytest.mark.parametrize(("given", "plain"), PLAIN)
def test_texts_are_plain(given: str, plain: str) -> None:
    assert plain_text(given) == plain


@pytest.mark.parametrize("piece", ["<", "<!", "<a ", "&", "</script ", "<script", "<!--", "<![CDATA["])
def test_no_text_takes_long(piece: str) -> None:
    began = time.process_time()
    plain_text(piece * (50_000 // len(piece)))
    assert time.process_time() - began < 5


def test_images_are_read_as_they_are() -> None:
    assert measured(png(4, 6)) == ("image/png", 4, 6)
    assert measured(jpeg(30, 50)) == ("image/jpeg", 30, 50)
    assert measured(webp(70, 90)) == ("image/webp", 70, 90)
    for raw in (b"", b"GIF89a" + b"\0" * 60, b"\xff\xd8\xff" + b"\xff" * 80, webp()[:-8], jpeg()[:-2]):
        with pytest.raises(WrongRow, match="image_kind"):
            measured(raw)
    found = check_row(row(image=f"data:image/png;base64,{encoded(png())}"), GROUND)
    assert found.image is not None
    assert (found.image.type, found.item["image"]) == ("image/png", found.image.hash)
