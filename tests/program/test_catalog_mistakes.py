"""What a program says of its catalog, suppliers and promises: read as meant, and every mistake named."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.program.programs import CLUB, SMALL, Case, found_in, read_changed, read_whole

from guerdon.program.catalog.nouns import ClaimLinks, Deliveries, Kind, Promise, SupplierAccount
from guerdon.program.diff.words import summary
from guerdon.values.money import Money

SECTIONS = """catalog:
  kinds:
    charging: { name: Charging, icon: plug-zap }
    gift_card: { name: { en: Gift cards, de: Gutscheine } }
  split: true
  second_factor_above: 100.00 EUR
  gift_days: 7
suppliers:
  cards:
    kind: tremendous
    secret: CARDS_API_KEY
    hook_secret: CARDS_HOOK_KEY
    prefer: 5
    per_minute: 60
    options: { campaign: spring }
  second: { kind: runa, secret: SECOND_API_KEY }
deliveries:
  within: 90 seconds
  rules:
    visit: { at_most: 1 day }
"""
TEXT = SMALL + SECTIONS
FIRST = SMALL.count("\n") + 1
MISTAKES: list[Case] = [
    ("  kinds:\n    charging", "  kind:\n    charging", 1, "catalog.kind", "unknown key kind", "kinds"),
    ("icon: plug-zap", "icon: ../x", 2, "catalog.kinds.charging.icon", "cannot be the name", "coffee-cup"),
    ("  split: true", "  split: maybe", 4, "catalog.split", "unknown answer", ""),
    ("above: 100.00 EUR", "above: 100.0 EUR", 5, "catalog.second_factor_above", "digits", "25.00"),
    (
        "above: 100.00 EUR",
        "above: [100.00 EUR, 90.00 EUR]",
        5,
        "catalog.second_factor_above[1]",
        "has a bound already",
        "one amount a unit",
    ),
    ("gift_days: 7", "gift_days: 91", 6, "catalog.gift_days", "not a whole number from 1 to 90", ""),
    ("  cards:", "  pool:", 8, "suppliers.pool", "a word of Guerdon", "otherwise"),
    ("kind: tremendous", "kind: Tremendous!", 9, "suppliers.cards.kind", "cannot be a key", ""),
    (
        "secret: CARDS_API_KEY",
        "secret: sk_live_1",
        10,
        "suppliers.cards.secret",
        "not the name",
        "never write",
    ),
    ("CARDS_API_KEY", "GUERDON_SECRET", 10, "suppliers.cards.secret", "setting of Guerdon itself", "account"),
    ("prefer: 5", "prefer: -1", 12, "suppliers.cards.prefer", "not a whole number", ""),
    ("per_minute: 60", "per_minute: 0", 13, "suppliers.cards.per_minute", "not a whole number", ""),
    ("per_minute: 60", "per_second: 1001", 13, "suppliers.cards.per_second", "not a whole number", ""),
    ("{ campaign: spring }", "{ campaign: [a] }", 14, "suppliers.cards.options.campaign", "single value", ""),
    (", secret: SECOND_API_KEY", "", 15, "suppliers.second", "secret is missing", "add"),
    ("within: 90 seconds", "within: soon", 17, "deliveries.within", "no length of time", "2 minutes"),
    ("within: 90 seconds", "within: 91 days", 17, "deliveries.within", "no length of time", ""),
    ("within: 90 seconds", "within: 3 hours", 17, "deliveries.within", "comes before the promise", "at_most"),
    ("    visit:", "    visits:", 19, "deliveries.rules.visits", "unknown rule visits", "visit"),
]


def test_the_sections_are_read_as_they_are_meant() -> None:
    program = read_whole(TEXT)
    assert program.catalog.kinds["charging"] == Kind("charging", {"en": "Charging"}, "plug-zap")
    assert program.catalog.kinds["gift_card"].icon == "gift"
    assert (program.catalog.split, program.catalog.combine, program.catalog.gift_days) == (True, False, 7)
    assert program.catalog.second_factor_above == {"EUR": Money(10000, "EUR")}
    assert program.suppliers["cards"] == SupplierAccount(
        "cards", "tremendous", "CARDS_API_KEY", "CARDS_HOOK_KEY", 5, 60, {"campaign": "spring"}
    )
    assert program.suppliers["second"] == SupplierAccount("second", "runa", "SECOND_API_KEY")
    general = Promise(timedelta(seconds=90), timedelta(hours=2))
    assert program.deliveries.of("another") == general
    assert program.deliveries.of("visit") == Promise(timedelta(seconds=90), timedelta(days=1))


def test_accounts_of_two_kinds_may_share_a_setting_and_no_secret_is_repeated() -> None:
    shared = read_whole(TEXT.replace("SECOND_API_KEY", "CARDS_API_KEY"))
    assert shared.suppliers["second"].secret == shared.suppliers["cards"].secret
    # Two names may stand for one account: say, for two campaigns of it.
    one_kind = TEXT.replace("kind: runa", "kind: tremendous")
    assert read_whole(one_kind.replace("SECOND_API_KEY", "CARDS_API_KEY")).suppliers["second"].secret
    written = one_kind.replace("CARDS_API_KEY", "sk_live_1")
    found = read_changed(written, "SECOND_API_KEY", "sk_live_1")
    assert [problem.where for problem in found] == ["suppliers.cards.secret", "suppliers.second.secret"]
    assert not any("sk_live_1" in str(problem) for problem in found)


def test_without_the_sections_nothing_changes() -> None:
    program = read_whole(SMALL)
    assert not program.catalog.kinds
    assert program.suppliers == {}
    assert program.deliveries == Deliveries()


@pytest.mark.parametrize("case", MISTAKES, ids=[case[3] + case[4][:12] for case in MISTAKES])
def test_a_mistake_is_named_where_it_stands(case: Case) -> None:
    old, new, line, where, what, hint = case
    assert found_in(TEXT, (old, new, FIRST + line, where, what, hint))


def test_a_category_that_the_catalog_does_not_have_is_a_mistake_of_its_item() -> None:
    found = read_changed(TEXT, "    gift_card: {", "    gift_cards: {")
    assert [(problem.where, problem.line) for problem in found] == [
        ("items.cake.category", SMALL[: SMALL.index("category: gift_card")].count("\n") + 1)
    ]


def test_what_feeds_may_bring_needs_no_item_of_the_program() -> None:
    nothing = "values: [1.00 EUR]"
    sold = SMALL[SMALL.index("values: [") : SMALL.index("]", SMALL.index("values: [")) + 1]
    assert [problem.where for problem in read_changed(SMALL, sold, nothing)] == ["items"]
    read_whole(TEXT.replace(sold, nothing))


def test_worth_is_of_one_point_in_money_of_the_program() -> None:
    catalog = "catalog:\n  kinds: { gear: { name: Gear } }\n  worth: { KM: 0.005 EUR }\n"
    text = CLUB + catalog if "catalog:" not in CLUB else CLUB
    kinds = {item.category for item in read_whole(CLUB).items.values()}
    text = text.replace("gear: { name: Gear }", ", ".join(f"{kind}: {{ icon: gift }}" for kind in kinds))
    assert read_whole(text).catalog.worth == {"KM": (Decimal("0.005"), "EUR")}
    for said, what in (
        ("0 EUR", "worth nothing"),
        ("0.005 KM", "KM is no money"),
        ("much", "no worth of one"),
    ):
        assert [what in problem.what for problem in read_changed(text, "0.005 EUR", said)] == [True]
    assert "not spent" in read_changed(text, "{ KM: 0.005", "{ EUR: 0.005")[0].what


def test_what_pays_the_rest_is_a_balance_that_has_a_worth() -> None:
    kinds = {item.category for item in read_whole(CLUB).items.values()}
    listed = ", ".join(f"{kind}: {{ icon: gift }}" for kind in kinds)
    worth = "  worth: { KM: 0.005 EUR }\n"
    text = f"{CLUB}catalog:\n  kinds: {{ {listed} }}\n{worth}  pay_rest_with: KM\n"
    assert read_whole(text).catalog.pay_rest_with == "KM"
    for old, new, what in (
        ("pay_rest_with: KM", "pay_rest_with: EUR", "EUR is not spent from a balance"),
        ("pay_rest_with: KM", "pay_rest_with: MILES", "unknown unit MILES"),
        (worth, "", "KM has no worth"),
    ):
        (problem,) = read_changed(text, old, new)
        assert (problem.where, what in problem.what) == ("catalog.pay_rest_with", True), problem


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_change_is_told_in_words(language: str) -> None:
    old = read_whole(TEXT)
    new = read_whole(
        TEXT.replace("prefer: 5", "prefer: 6")
        .replace("90 seconds", "2 minutes")
        .replace("split: true", "split: false")
    )
    told = summary(old, new, language)
    assert len(told) == 4
    if language == "en":
        assert told[:3] == [
            "Catalog, used in parts: yes → no",
            "Account with a supplier cards, order of preference: 5 → 6",
            "Promise of delivery, promise promised within: 0:01:30 → 0:02:00",
        ]


def test_how_links_open_is_said_in_days_and_in_browsers() -> None:
    text = TEXT.replace(
        "  gift_days: 7\n", "  gift_days: 7\n  claim_links: { open_days: 60, one_time: true }\n"
    )
    program = read_whole(text)
    assert program.catalog.claim_links == ClaimLinks(60, one_time=True)
    assert read_whole(TEXT).catalog.claim_links == ClaimLinks(None, one_time=False)
    for old, new, where, what in (
        ("open_days: 60", "open_days: 0", "open_days", "not a whole number from 1 to 3650"),
        ("open_days: 60", "open_days: 3651", "open_days", "not a whole number from 1 to 3650"),
        ("one_time: true", "one_time: once", "one_time", "unknown answer"),
    ):
        (problem,) = read_changed(text, old, new)
        assert (problem.where, what in problem.what) == (f"catalog.claim_links.{where}", True), problem
    told = summary(program, read_whole(text.replace("60, one_time: true", "30")), "en")
    assert told == [
        "Catalog, claim links days for which a link opens: 60 → 30",
        "Catalog, claim links opens in one browser: yes → no",
    ]
