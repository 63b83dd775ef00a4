"""What suppliers list: items as rows of a feed, what is left, and their books."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.suppliers.desk import KEY, NOW, REF, answered, lost, opened, paths
from tests.suppliers.test_runa_orders import basic, listed
from tests.suppliers.test_tremendous_orders import their_order

from guerdon.config import REPOSITORY
from guerdon.engine.catalog.checking import check_row
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.orders.port import Balance, ItemPage, Later, Shut, StatementLine, StatementPage
from guerdon.program.load import load_program
from guerdon.program.model import Program

CARD = {
    "id": "OKMHM2X2OHYV",
    "name": "Bakery",
    "description": "Bread",
    "category": "merchant_card",
    "subcategory": "food_and_drink",
    "disclosure": "<p>Not for cash</p>",
    "skus": [
        {"min": 5, "max": 5, "currency_code": "EUR"},
        {"min": 10, "max": 10, "currency_code": "EUR"},
        {"min": 1, "max": 2000.5, "currency_code": "USD"},
    ],
    "currency_codes": ["EUR", "USD", "GBP"],
    "countries": [{"abbr": "DE"}, {"abbr": "AT"}, {"abbr": "?"}],
    "images": [
        {"src": "https://i.example/logo.png", "type": "logo"},
        {"src": "https://i.example/card.png", "type": "card"},
    ],
    "usage_instructions": "Show it",
}
OF_BAKERY = {
    "name": "Bakery",
    "brand": "Bakery",
    "category": "gift_card",
    "x_category": "food_and_drink",
    "kind": "gift_card",
    "delivery": "link",
    "markets": ["AT", "DE"],
    "about": "Bread",
    "terms": "<p>Not for cash</p>",
    "use": "Show it",
    "x_image": "https://i.example/card.png",
}
CODED = {
    "name": "Cinema",
    "code": "XYZ-DE",
    "currency": "EUR",
    "is_orderable": True,
    "payout_type": "gift_card",
    "categories": ["entertainment", "other"],
    "countries_redeemable_in": ["DE"],
    "discount_multiplier": "0.05",
    "gift_card": {
        "assets": {"card_image_url": "https://i.example/xyz.png"},
        "denominations": {"type": "fixed", "available_list": ["20.00", "10.00"]},
    },
}
OF_CINEMA = {
    "id": "XYZ-DE",
    "name": "Cinema",
    "brand": "Cinema",
    "category": "gift_card",
    "x_category": "entertainment",
    "kind": "gift_card",
    "delivery": "link",
    "currency": "EUR",
    "markets": ["DE"],
    "x_image": "https://i.example/xyz.png",
    "cost": "0.9500",
}


def rows(page: object) -> list[dict[str, object]]:
    assert isinstance(page, ItemPage)
    return [dict(each.row) for each in page.items]


def test_a_product_of_tremendous_is_an_item_in_each_currency_whose_amounts_it_says() -> None:
    charity = CARD | {
        "id": "CHARITY1",
        "category": "charity",
        "currency_codes": ["USD"],
        "skus": [{"min": 1, "max": 9}],
    }
    page = opened("tremendous", answered({"products": [CARD, charity, CARD | {"category": "paypal"}]}))[
        0
    ].list_items(None)
    assert isinstance(page, ItemPage)
    assert page.after is None
    euro, dollar, gift = rows(page)
    assert euro == OF_BAKERY | {"id": "OKMHM2X2OHYV~EUR", "currency": "EUR", "amounts": ["5", "10"]}
    assert dollar == OF_BAKERY | {"id": "OKMHM2X2OHYV~USD", "currency": "USD", "min": "1", "max": "2000.5"}
    assert (gift["id"], gift["kind"], gift["delivery"]) == ("CHARITY1", "donation", "donation")


def test_products_of_runa_are_read_page_by_page_until_one_is_empty() -> None:
    wide = CODED | {
        "code": "W",
        "gift_card": {"denominations": {"type": "open", "minimum_value": "5", "maximum_value": "100.00"}},
    }
    gone = [CODED | {"is_orderable": False}, CODED | {"payout_type": "subscription"}]
    first = {"catalog": [CODED, wide, *gone], "pagination": {"cursors": {"after": "A 2"}}}
    supplier, http = opened(
        "runa", answered(first), answered({"catalog": [], "pagination": {"cursors": {"after": "B"}}})
    )
    page = supplier.list_items(None)
    assert isinstance(page, ItemPage)
    fixed, ranged = rows(page)
    assert fixed == OF_CINEMA | {"amounts": ["10.00", "20.00"]}
    assert (ranged["min"], ranged["max"]) == ("5", "100.00")
    assert page.after == "A 2"
    assert supplier.list_items(page.after) == ItemPage([], None)
    assert paths(http)[1] == "GET /product?is_orderable=true&limit=500&after=A+2"


def test_a_row_is_one_that_the_catalog_takes() -> None:
    program = load_program(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
    assert isinstance(program, Program)
    ground = Ground(1, program, "cards", "tremendous_eu")
    card = CARD | {"countries": [{"abbr": "DE"}], "currency_codes": ["EUR"]}
    for kind, said in (("tremendous", {"products": [card]}), ("runa", {"catalog": [CODED]})):
        (row,) = rows(opened(kind, answered(said))[0].list_items(None))
        checked = check_row(row, ground)
        assert (checked.item["category"], checked.item["markets"]) == ("gift_card", ["DE"])
        assert checked.item["denominations"] in ([500, 1000], [1000, 2000])


# As their guide writes one, without its second slash; and what else is no address.
@pytest.mark.parametrize("wrong", ["https:/i.example/card.png", "", None, 7, "ftp://i.example/a", "data:,"])
def test_a_picture_without_an_address_costs_no_item_and_the_next_one_is_named(wrong: object) -> None:
    logo, icon = "https://i.example/logo.png", "https://i.example/icon.png"
    for second in (True, False):
        images = [{"src": logo, "type": "logo"}] * second + [{"src": wrong, "type": "card"}]
        assets = {"card_image_url": wrong} | ({"icon_image_url": icon} if second else {})
        fixed = {"type": "fixed", "available_list": ["10.00"]}
        coded = CODED | {"gift_card": {"assets": assets, "denominations": fixed}}
        for kind, name, product, found in (
            ("tremendous", "products", CARD | {"currency_codes": ["EUR"], "images": images}, logo),
            ("runa", "catalog", coded, icon),
        ):
            (row,) = rows(opened(kind, answered({name: [product]}))[0].list_items(None))
            assert (row["name"], row.get("x_image")) == (product["name"], found if second else None)


@pytest.mark.parametrize(
    ("kind", "name", "key", "products"),
    [
        ("tremendous", "products", "id", [CARD | {"skus": [{"min": "x", "max": 1, "currency_code": "EUR"}]}]),
        ("runa", "catalog", "code", [CODED | {"discount_multiplier": "five"}]),
    ],
)
def test_an_item_that_cannot_be_read_is_a_wrong_row_and_not_a_missing_one(
    kind: str,
    name: str,
    key: str,
    products: list[dict[str, Any]],
) -> None:
    page = opened(kind, answered({name: products}))[0].list_items(None)
    assert rows(page) == [{"id": products[0][key]}]


@pytest.mark.parametrize("kind", ["tremendous", "runa"])
def test_a_list_that_is_not_one_is_no_empty_list(kind: str) -> None:
    for answer in (
        answered(b"{"),
        answered({}),
        answered([]),
        answered({}, 404),
        answered({}, 500),
        lost(sent=True),
    ):
        assert isinstance(opened(kind, answer)[0].list_items(None), Later)
        assert isinstance(opened(kind, answer)[0].list_orders(NOW, None), Later)
    closed = answered({}, 401)
    assert opened(kind, closed)[0].list_items(None) == Shut("401")
    assert opened(kind, closed)[0].list_orders(NOW, None) == Shut("401")
    assert opened(kind, closed)[0].balance() == Shut("401")
    assert opened(kind, answered({}, 429, retry_after="9"))[0].balance() == Later(9.0, "limit")


def test_what_is_left_is_that_of_the_source_that_pays() -> None:
    cents = {"id": "A", "method": "balance", "meta": {"available_cents": 600000, "currency_code": "USD"}}
    exact = {"id": "B", "method": "invoice", "meta": {"available_amount": 12.5, "currency_code": "EUR"}}
    said = answered({"funding_sources": [exact, cents]})
    assert opened("tremendous", said)[0].balance() == Balance(600000, "USD")
    assert opened("tremendous", said, funding_source="B")[0].balance() == Balance(1250, "EUR")
    assert opened("tremendous", said, funding_source="C")[0].balance() is None
    supplier, http = opened("runa", answered({"balance": "45000", "currency": "JPY"}), currency="JPY")
    assert supplier.balance() == Balance(45000, "JPY")
    assert paths(http) == ["GET /balance?currency=JPY"]
    one, two = {"balance": "19.50", "currency": "USD"}, {"balance": "1.00", "currency": "EUR"}
    assert opened("runa", answered([one]))[0].balance() == Balance(1950, "USD")
    assert opened("runa", answered([one, two]))[0].balance() is None


def test_the_books_are_read_page_by_page() -> None:
    placed = their_order()["order"] | {"created_at": "2026-11-22T07:00:00.5-05:00"}
    supplier, http = opened(
        "tremendous", answered({"orders": [placed], "total_count": 1}), answered({"orders": []})
    )
    page = supplier.list_orders(NOW, None)
    at = datetime(2026, 11, 22, 12, 0, 0, 500000, tzinfo=UTC)
    line = StatementLine("ORDER1", KEY, "placed", "EUR", 2500, 2713, at, cost_currency="USD")
    assert page == StatementPage([line], "1")
    assert supplier.list_orders(NOW, "1") == StatementPage([], None)
    query = "GET /orders?limit=500&offset={}&created_at%5Bgte%5D=2026-11-22T12%3A00%3A00%2B00%3A00"
    assert paths(http) == [query.format(0), query.format(1)]


def test_the_books_of_runa_end_where_they_are_older() -> None:
    old = basic(at=datetime(2026, 1, 1, tzinfo=UTC), description="b")
    page = opened("runa", listed(basic(), {"id": "O-9", "status": "PROCESSING"}, old))[0].list_orders(
        NOW, None
    )
    # Their list does not say what it was worth.
    line = StatementLine("O-01H5WQ", REF, "placed", "EUR", None, 2375, NOW, cost_currency="EUR")
    assert page == StatementPage([line], None)
    page = opened("runa", listed(basic()))[0].list_orders(NOW, None)
    assert isinstance(page, StatementPage)
    assert page.after == "A-2"
