"""Half, 95 and 99 percent of known marks by rule, supplier and market: on the page, its sheet and the API."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from tests.api.house import ApiHouse
from tests.deliveries.conftest import EVERYTHING, Doors
from tests.deliveries.house import ClockHouse
from tests.deliveries.test_sheets import of, sheet
from tests.wallet.house import House

from guerdon.text import formats
from guerdon.values.clock import utc_now
from guerdon.values.waits import ERROR, class_of, middle_of
from guerdon.web.console.deliveries.saying import NONE

# Rule, market and supplier, and how many took so many seconds; a set of dimensions has twenty.
MARKS = {
    ("gift", "DE", "fast"): ((10, 10), (9, 60), (1, 600)),
    ("gift", "NO", "slow"): ((10, 20), (9, 120), (1, 1_200)),
    ("order", "DE", "slow"): ((10, 40), (9, 45), (1, 900)),
    ("order", "NO", "slow"): ((10, 15), (9, 200), (1, 300)),
}
# By hand, the nearest rank: of twenty the 10th, 19th and 20th, of forty the 20th, 38th and 40th, of sixty the
# 30th, 57th and 60th.
MEANT = {
    ("rule", "gift"): (40, 20, 120, 1_200),
    ("rule", "order"): (40, 40, 200, 900),
    ("market", "DE"): (40, 40, 60, 900),
    ("market", "NO"): (40, 20, 200, 1_200),
    ("supplier", "fast"): (20, 10, 60, 600),
    ("supplier", "slow"): (60, 40, 200, 1_200),
}
SHARES = ("p50_ms", "p95_ms", "p99_ms")


@pytest.fixture
def marked(doors: Doors) -> Doors:
    """Give a console of a house in which these were delivered yesterday."""
    house = doors.house
    house.now = utc_now()
    began = house.now - timedelta(days=1)
    for (rule, market, supplier), lengths in MARKS.items():
        for many, took in lengths:
            for _ in range(many):
                reward = house.reward(1, received=began, rule=rule, market=market, location=None)
                house.order(reward, began + timedelta(minutes=1), took - 1, supplier=supplier)
    house.follow()
    doors.sign_in(EVERYTHING)
    return doors


def near(found: list[int], meant: tuple[int, ...]) -> bool:
    return all(
        abs(each - 1_000 * known) <= ERROR * 1_000 * known for each, known in zip(found, meant, strict=True)
    )


def test_the_sheet_has_them_by_each(marked: Doors) -> None:
    rows = sheet(marked, "delivery/table")
    assert {(row["by"], row["key"]) for row in rows} == set(MEANT)
    for (by, key), (number, *meant) in MEANT.items():
        line = of(rows, by)[key]
        assert (int(line["number"]), int(line["came"])) == (number, number), (by, key)
        assert near([int(line[share]) for share in SHARES], tuple(meant)), (by, key, line)


def test_a_part_has_those_of_its_own_marks(marked: Doors) -> None:
    for part, dimensions in (
        ("supplier=slow&rule=gift", ("gift", "NO", "slow")),
        ("supplier=slow&market=DE", ("order", "DE", "slow")),
        ("rule=order&market=NO", ("order", "NO", "slow")),
    ):
        rows = sheet(marked, f"delivery/table?{part}")
        assert [row["key"] for row in rows] == [dimensions[0], dimensions[2], dimensions[1]], part
        for row in rows:
            meant = tuple(took for _, took in MARKS[dimensions])
            assert near([int(row[share]) for share in SHARES], meant), (part, row)


def said(seconds: int) -> str:
    """A length as the page says it: that of its class."""
    return formats.duration(middle_of(class_of(1_000 * seconds)), "en")


def test_the_page_has_them_by_each_too(marked: Doors) -> None:
    page = marked.page("delivery")
    for by in ("rule", "supplier", "market"):
        table = page.partition(f"<h2>By {by}</h2>")[2].partition("</table>")[0]
        lines = [
            [unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in re.findall(r"<td.*?</td>", line)]
            for line in re.findall(r"<tr><th.*?</tr>", table.replace("\n", ""))[1:]
        ]
        meant = [figures for (of_by, _), figures in MEANT.items() if of_by == by]
        # The slowest first.
        meant.sort(key=lambda figures: -figures[2])
        wanted = [[str(figures[0]), *map(said, figures[1:]), NONE] for figures in meant]
        assert lines == wanted, by


def asked(house: ClockHouse) -> ApiHouse:
    """The API of the same process."""
    from guerdon.web.rooms import room  # noqa: PLC0415  it is open by then

    inner = House(house.url, house.secret, house.program, house.program_id)
    return ApiHouse(inner, room().settings, room())


def took(found: dict[str, Any]) -> tuple[list[int], int]:
    return [found[share] for share in SHARES], found["n"]


def test_the_api_has_them_by_rule_and_of_a_supplier_and_a_market(marked: Doors) -> None:
    api = asked(marked.house)
    rules = {rule["rule"]: rule["took"] for rule in api.get("/deliveries").body["rules"]}
    assert set(rules) == {"gift", "order"}
    parts = {("rule", rule): found for rule, found in rules.items()}
    for by, key in MEANT:
        if by != "rule":
            answer = api.get(f"/deliveries?{by}={key}")
            assert answer.status == 200, answer.body
            parts[by, key] = answer.body["took"]
    for whose, (number, *meant) in MEANT.items():
        lengths, n = took(parts[whose])
        assert n == number, whose
        assert near(lengths, tuple(meant)), (whose, lengths)
    # A rule of a supplier in a market.
    body = api.get("/deliveries?supplier=slow&market=DE").body
    ((rule, found),) = [(each["rule"], each["took"]) for each in body["rules"]]
    assert rule == "order"
    assert near(took(found)[0], (40, 45, 900))
    assert body["took"] == found
