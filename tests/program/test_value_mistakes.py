"""Mistakes in what is given, out of what, how often and where: units, budgets, limits, items, markets.

Each row of a table changes the small program of small.yaml in one place and names the line, the place, a
part of what is said and a part of the hint.
"""

from collections.abc import Callable

import pytest

Case = tuple[str, str, int, str, str, str]

VALUE: list[Case] = [
    ("kind: money,", "kind: cash,", 5, "units.EUR.kind", "unknown kind cash", "known: credits, money"),
    ("stars: { kind: points,", "stars: { kind: money,", 6, "units.stars", "stars is no currency", "EUR"),
    ("digits: 0", "digits: 1.5", 6, "units.stars.digits", "1.5 is not a whole number from 0 to 6", "digits"),
    (
        "25.00 EUR, pay",
        "25.0 EUR, pay",
        47,
        "rules.visit.then[0].reward.value",
        "25.0 has 1, EUR has 2",
        "25.00",
    ),
    ("25.00 EUR, pay", "25.005 EUR, pay", 47, "rules.visit.then[0].reward.value", "25.005 has 3", "25.00"),
    ("25.00 EUR, pay", "25.00 USD, pay", 47, "rules.visit.then[0].reward.value", "unknown unit USD", "EUR"),
    (
        "25.00 EUR, pay",
        "25.00, pay",
        47,
        "rules.visit.then[0].reward.value",
        "not an amount with its unit",
        "EUR",
    ),
    ("25.00 EUR, pay", "-25.00 EUR, pay", 47, "rules.visit.then[0].reward.value", "not more than zero", ""),
    ("25.00 EUR, pay", "0 EUR, pay", 47, "rules.visit.then[0].reward.value", "not more than zero", ""),
    (
        "25.00 EUR, pay",
        "1e3 EUR, pay",
        47,
        "rules.visit.then[0].reward.value",
        "1e3 is not an amount",
        "point",
    ),
    (
        "25.00 EUR, pay",
        "92233720368547758.08 EUR, pay",
        47,
        "rules.visit.then[0].reward.value",
        "larger than",
        "",
    ),
    (
        "25.00 EUR, pay",
        "5 stars, pay",
        47,
        "rules.visit.then[0].reward.value",
        "stars cannot be paid",
        "in EUR",
    ),
    ("DE: 1000.00,", "DE: -1.00,", 36, "budgets.by_market.amounts.DE", "less than zero", "zero or more"),
    ("DE: 1000.00,", "DE: 1 000,", 36, "budgets.by_market.amounts.DE", "1 000 is not an amount", "25.00"),
    ("DE: 1000.00,", "", 36, "budgets.by_market.amounts", "no amount for the market DE", "write 0"),
    (
        "DE: 1000.00,",
        "DE: 1.00, SE: 1.00,",
        36,
        "budgets.by_market.amounts.SE",
        "unknown market SE",
        "DE, NO",
    ),
    ("DE: 1000.00,", "DE: 92233720368547758.07,", 36, "budgets.by_market.amounts", "together", "63 bits"),
    ("per: market", "per: dealer", 36, "budgets.by_market.per", "unknown division dealer", "market"),
    ("unit: EUR", "unit: EURO", 36, "budgets.by_market.unit", "unknown unit EURO", "did you mean EUR?"),
    (
        "60.00 EUR",
        "10.00 EUR",
        38,
        "limits.member_month",
        "visit gives 25.00 EUR and can never fire",
        "raise",
    ),
    ("60.00 EUR", "60 stars", 38, "limits.member_month", "no rule that it counts gives stars", "unit of its"),
    ("times: 2,", "times: 0,", 39, "limits.visit_month.times", "0 is not a whole number from 1", "digits"),
    (
        "times: 2,",
        "times: 2, amount: 90.00 EUR,",
        39,
        "limits.visit_month",
        "either an amount or times",
        "2`",
    ),
    ("times: 2, ", "", 39, "limits.visit_month", "either an amount or times", "times: 2"),
    ("[visit]", "[visits]", 39, "limits.visit_month.rules[0]", "unknown rule visits", "did you mean visit?"),
    ("[visit]", "[]", 39, "limits.visit_month.rules", "no rule is listed", "leave the line out"),
    (
        "per: member, period: month, times",
        "per: member, period: week, times",
        39,
        "limits.visit_month.period",
        "week",
        "",
    ),
    (
        "valid_days: 90",
        "valid_days: 9999",
        47,
        "rules.visit.then[0].reward.valid_days",
        "from 1 to 3650",
        "digits",
    ),
]

PLACES: list[Case] = [
    ("{ en: Germany, de: Deutschland }", "{ de: A }", 8, "markets.DE.name", "no English", "add `en:`"),
    (
        "{ en: Germany, de: Deutschland }",
        "{ en: A, da: B }",
        8,
        "markets.DE.name.da",
        "unknown key da",
        "known: ar, de",
    ),
    ("language: de", "language: dk", 8, "markets.DE.language", "unknown language dk", "known: ar, de, en"),
    (
        "time_zone: Europe/Berlin",
        "time_zone: CEST",
        8,
        "markets.DE.time_zone",
        "unknown time zone CEST",
        "Europe",
    ),
    ("name: Norway,", "", 9, "markets.NO", "name is missing", "add `name:`"),
    ("Kiel, market: DE", "Kiel, market: de", 11, "locations.de-kiel.market", "unknown market de", "mean DE?"),
    ("no-oslo: {", "de-kiel: {", 12, "locations.de-kiel", "stands here twice", "line 11"),
    ("no-oslo: {", "No Oslo: {", 12, "locations.No Oslo", "cannot be a key", "de-hamburg-hafencity"),
]

ITEMS: list[Case] = [
    (
        "category: gift_card",
        "category: Gift Card",
        52,
        "items.cake.category",
        "Gift Card cannot be a key",
        "",
    ),
    (
        "category: gift_card",
        "category: a, markets: [SE, DE, NO]",
        52,
        "items.cake.markets[0]",
        "market SE",
        "DE",
    ),
    (
        "category: gift_card",
        "category: a, markets: []",
        52,
        "items.cake.markets",
        "no market is listed",
        "leave",
    ),
    ("[25.00 EUR]", "[25.00 EUR, 25.00 EUR]", 52, "items.cake.values[1]", "stands here twice", ""),
    ("[25.00 EUR]", "25.00 EUR", 52, "items.cake.values", "a list is needed", "[one, two]"),
    (
        "[25.00 EUR]",
        "[30.00 EUR]",
        51,
        "items",
        "no item for a reward of 25.00 EUR (rule visit) in DE, NO",
        "list",
    ),
    ("category: gift_card", "category: a, markets: [DE]", 51, "items", "(rule visit) in NO", "25.00 EUR"),
]


@pytest.mark.parametrize("case", [*VALUE, *PLACES, *ITEMS], ids=lambda case: case[1])
def test_a_mistake_about_value_is_said_with_its_line_and_a_hint(
    is_said: Callable[[Case], bool], case: Case
) -> None:
    assert is_said(case)
