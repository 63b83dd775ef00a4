"""Codes of one's own for items that came by a feed: a file names them with their feed before them."""

import pytest
from tests.feeds.house import NOW, Shop, row, rows

from guerdon.engine.files.codes import CodesFile, named_items, read_codes_file
from guerdon.engine.files.pooled import load_pooled
from guerdon.store.codes import Code
from guerdon.values.money import Money


def read(shop: Shop, *lines: str) -> CodesFile:
    data = "\n".join(["item,value,code", *lines]).encode()
    with shop.tx("web") as tx:
        pooled = load_pooled(tx, shop.program_id, shop.program, named_items(data))
    return read_codes_file(data, shop.program, NOW, pooled)


def said(found: CodesFile) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_an_item_of_a_feed_has_codes_at_each_of_its_amounts(shop: Shop) -> None:
    shop.brought([row("B-1"), row("b2")], supplier="pool")
    found = read(
        shop,
        "main:b-1,25.00 EUR,A-1",
        # Feeds call things the same in upper and lower case.
        "main:B-1,10 EUR,A-2",
        "cake,25.00 EUR,A-3",
        "main:b2,11.00 EUR,A-4",
        # What 25.00 EUR cost in stars today: members pay for it with them, and its codes stay of 25.00 EUR.
        "main:b2,1250 stars,A-5",
        "main:b2,25.00 EUR,A-6",
    )
    assert found.codes == [
        Code("main:b-1", Money(2_500, "EUR"), "A-1"),
        Code("main:b-1", Money(1_000, "EUR"), "A-2"),
        Code("cake", Money(2_500, "EUR"), "A-3"),
        Code("main:b2", Money(2_500, "EUR"), "A-6"),
    ]
    assert found.lines == [2, 3, 4, 7]
    assert [problem.line for problem in found.problems] == [5, 6]
    for problem in said(found):
        assert problem.endswith("(its values: 10.00 EUR, 25.00 EUR)")


def test_what_has_a_price_and_no_amount_has_codes_at_its_price(shop: Shop) -> None:
    shop.brought(
        [
            row("tour", currency=None, amounts=None, prices={"stars": "500"}),
            row("one", amounts=["10.00"], prices={"stars": "400"}),
        ],
        supplier="pool",
    )
    found = read(shop, "main:tour,500 stars,A-1", "main:one,400 stars,A-2", "main:one,10.00 EUR,A-3")
    assert [code.text for code in found.codes] == ["A-1", "A-3"]
    assert [problem.line for problem in found.problems] == [3]


def test_any_amount_of_a_range_has_codes(shop: Shop) -> None:
    shop.brought([row("wide", amounts=None, min="5", max="50", step="2.50")], supplier="pool")
    found = read(
        shop, *(f"main:wide,{amount} EUR,A-{amount}" for amount in ("5.00", "7.50", "8.00", "52.50"))
    )
    assert [code.value.amount_minor for code in found.codes] == [500, 750]
    assert "its values: 5.00 EUR to 50.00 EUR in steps of 2.50 EUR" in said(found)[0]


def test_codes_of_ones_own_are_for_what_they_deliver_alone(shop: Shop) -> None:
    shop.brought([row("b1"), row("b2", offers=[{"supplier": "cards"}, {"supplier": "pool"}])])
    found = read(shop, "main:b1,25.00 EUR,A-1", "main:b2,25.00 EUR,A-2", "main:b3,25.00 EUR,A-3")
    assert [code.item for code in found.codes] == ["main:b2"]
    assert said(found) == [
        "line 2, item: no code of one's own delivers main:b1  (let its feed name the supplier pool)",
        "line 4, item: unknown item 'main:b3'  (did you mean main:b2?)",
    ]


def test_what_is_gone_from_its_feed_takes_no_more(shop: Shop) -> None:
    shop.brought(rows(10), supplier="pool")
    shop.brought(rows(9), supplier="pool")
    found = read(shop, "main:b8,25.00 EUR,A-1", "main:b9,25.00 EUR,A-2")
    assert [code.item for code in found.codes] == ["main:b8"]
    assert "unknown item 'main:b9'" in said(found)[0]


def test_a_file_of_too_many_rows_has_no_codes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guerdon.engine.files.codes.ROWS_MAX", 2)
    two = ("cake,25.00 EUR,A-1", "cake,25.00 EUR,A-2")
    assert len(read(shop, *two).codes) == 2
    found = read(shop, *two, "nothing")
    assert (found.codes, found.lines) == ([], [])
    assert said(found) == [
        "line 4: the file has more than 2 rows  (write the rest into another file; nothing was read)"
    ]
