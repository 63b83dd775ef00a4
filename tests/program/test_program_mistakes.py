"""One change, one mistake: where it is said to stand, what is said to be wrong, and what to do about it.

Each row of a table changes the small program of conftest.py in one place and names the line, the place, a
part of what is said and a part of the hint.
"""

from collections.abc import Callable

import pytest

from guerdon.values.problems import Problem

Mistakes = Callable[[str, str], list[Problem]]
Case = tuple[str, str, int, str, str, str]

WHOLE: list[Case] = [
    ("messages:\n", "mesages:\n", 49, "mesages", "unknown key mesages", "did you mean messages?"),
    ("time_zone: Europe/Oslo\nunits", "units", 1, "", "time_zone is missing", "add `time_zone:` here"),
    ("name: Corner Garage\n", "name: A\nname: B\n", 3, "name", "stands here twice", "line 2 already"),
    ("messages:\n", "tiers: {}\nmessages:\n", 49, "tiers", "tiers are not yet supported", "remove"),
    ("messages:\n", "experiments:\nmessages:\n", 49, "experiments", "not yet supported", "remove"),
    ("corner_garage", "Corner Garage", 1, "program", "Corner Garage cannot be a key", "nordlys"),
    ("Corner Garage", "[a]", 2, "name", "a single value is needed here, not a list", ""),
    (
        "time_zone: Europe/Oslo\nunits",
        "time_zone: Oslo\nunits",
        3,
        "time_zone",
        "unknown time zone Oslo",
        "Europe/B",
    ),
    ("time_zone: Europe/Oslo\nunits", "time_zone: ../x\nunits", 3, "time_zone", "unknown time zone ../x", ""),
    (
        "time_zone: Europe/Oslo\nunits",
        "time_zone: Europe\nunits",
        3,
        "time_zone",
        "unknown time zone Europe",
        "",
    ),
]

VALUE: list[Case] = [
    ("kind: money,", "kind: cash,", 5, "units.EUR.kind", "unknown kind cash", "known: money, points"),
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

FACTS: list[Case] = [
    (
        "sources: [hubspot]",
        "sources: [Hub Spot, hubspot]",
        14,
        "members.sources",
        "Hub Spot cannot be",
        "hubspot",
    ),
    ("type: bool", "type: boolean", 16, "members.attributes.employee.type", "unknown type boolean", "bool?"),
    (
        "type: bool",
        "type: bool, required: true",
        16,
        "members.attributes.employee",
        "cannot be required",
        "has(...)",
    ),
    (
        "employee: {",
        "employee: { type: bool }\n    market: {",
        17,
        "members.attributes.market",
        "always there",
        "",
    ),
    (
        "type: money",
        "type: money, unit: USD",
        21,
        "events.visit.completed.fields.paid.unit",
        "unknown unit USD",
        "",
    ),
    (
        "type: money",
        "type: int, unit: EUR",
        21,
        "events.visit.completed.fields.paid.unit",
        "not int",
        "remove",
    ),
    (
        "type: money",
        "type: int, one_of: [a]",
        21,
        "events.visit.completed.fields.paid.one_of",
        "not int",
        "rem",
    ),
    (
        "[retail, fleet]",
        "[retail, retail]",
        20,
        "events.visit.completed.fields.order_type.one_of[1]",
        "twice",
        "",
    ),
    (
        "[retail, fleet]",
        "[]",
        20,
        "events.visit.completed.fields.order_type.one_of",
        "no value is allowed",
        "like",
    ),
    ("      paid: {", "      in: {", 21, "events.visit.completed.fields.in", "condition language", "another"),
    (
        "      paid: {",
        "      happened_at: {",
        21,
        "events.visit.completed.fields.happened_at",
        "always there",
        "",
    ),
    (
        "required: true",
        "required: yes",
        24,
        "events.referral.succeeded.fields.referred_contact.required",
        "yes",
        "tr",
    ),
]

CONNECTIONS: list[Case] = [
    ("vendor: hubspot", "vendor: hubspt", 27, "connections.crm.vendor", "unknown vendor hubspt", "hubspot?"),
    (
        "portal: 12345",
        "portal: eu1",
        28,
        "connections.crm.portal",
        "eu1 is not a whole number",
        "digits only",
    ),
    (
        "CRM_CLIENT_SECRET",
        "GUERDON_SECRET",
        29,
        "connections.crm.secret",
        "a setting of Guerdon itself",
        "its own",
    ),
    (
        "subject: hubspot",
        "subject: crm",
        30,
        "connections.crm.subject",
        "unknown source of members crm",
        "hubspot",
    ),
    (
        "event: visit.completed }",
        "event: visit.complete }",
        32,
        "connections.crm.map[0].event",
        "visit.complete",
        "?",
    ),
    (
        "{ property: referred, event",
        "{ property: visit_status, value: done, event",
        33,
        "connections.crm.map[1]",
        "visit_status with the value done is mapped already",
        "see map[0]",
    ),
    (
        ", fields: { referred_contact: value }",
        "",
        33,
        "connections.crm.map[1]",
        "needs the field referred_c",
        "add",
    ),
    (
        "referred_contact: value }",
        "referred_contact: id }",
        33,
        "connections.crm.map[1].fields.referred_contact",
        "id",
        "",
    ),
    (
        "referred_contact: value }",
        "referred_contact: value, contact: value }",
        33,
        "connections.crm.map[1].fields.contact",
        "referral.succeeded has no field contact",
        "did you mean referred_contact?",
    ),
    (
        "[lifecyclestage]",
        "[visit_status]",
        34,
        "connections.crm.ignore[0]",
        "mapped and ignored at once",
        "remove",
    ),
    ("[lifecyclestage]", "[a, a]", 34, "connections.crm.ignore[1]", "a stands here twice", ""),
]

RULES: list[Case] = [
    (
        "when: visit.completed",
        "when: visit.completd",
        43,
        "rules.visit.when",
        "unknown event",
        "visit.completed?",
    ),
    (
        "promise: public",
        "promise: privat",
        45,
        "rules.visit.promise",
        "unknown promise privat",
        "known: campaign",
    ),
    (
        "pay_from: by_market",
        "pay_from: by_markt",
        47,
        "rules.visit.then[0].reward.pay_from",
        "budget by_markt",
        "by_market?",
    ),
    (
        "- send: reward_ready",
        "- send: reward_redy",
        48,
        "rules.visit.then[1].send",
        "message",
        "reward_ready?",
    ),
    (
        "- send: reward_ready",
        "- sent: reward_ready",
        48,
        "rules.visit.then[1].sent",
        "unknown key sent",
        "send?",
    ),
    (
        "- send: reward_ready",
        "- send: reward_ready\n      - send: reward_ready",
        49,
        "rules.visit.then[2]",
        "already",
        "",
    ),
    ("!member.employee", "!member.employe", 44, "rules.visit.if", "employe", "employee"),
    ("event.order_type == 'retail'", "event.paid == 'retail'", 44, "rules.visit.if", "(column ", ""),
    ("event.order_type == 'retail'", "event.paid", 44, "rules.visit.if", "(column ", ""),
    ("event.order_type == 'retail'", "(event.paid > 1", 44, "rules.visit.if", "", ""),
    ("channel: email", "channel: fax", 50, "messages.reward_ready.channel", "unknown channel fax", "email"),
    (
        "topic: service",
        "topic: services",
        50,
        "messages.reward_ready.topic",
        "unknown topic services",
        "service?",
    ),
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


@pytest.mark.parametrize(
    "case", [*WHOLE, *VALUE, *PLACES, *FACTS, *CONNECTIONS, *RULES, *ITEMS], ids=lambda c: c[1]
)
def test_a_mistake_is_said_with_its_line_and_a_hint(mistakes: Mistakes, case: Case) -> None:
    old, new, line, where, what, hint = case
    found = mistakes(old, new)
    said = "\n".join(map(str, found))
    assert any((p.line, p.where) == (line, where) and what in p.what and hint in p.hint for p in found), said


def test_all_mistakes_are_found_in_one_go(mistakes: Mistakes) -> None:
    found = mistakes(
        "rules:\n  visit:\n",
        'rules:\n  bonus: { name: Bonus, when: visit.done, if: "1 +", promise: public, then: [] }\n  visit:\n    then2: x\n',
    )
    assert [problem.where for problem in found] == [
        "rules.bonus.when",
        "rules.bonus.then",
        "rules.visit.then2",
    ]


def test_a_budget_that_no_rule_pays_from_is_a_mistake(mistakes: Mistakes) -> None:
    (found,) = mistakes(
        "limits:\n", "  spare: { per: market, unit: EUR, amounts: { DE: 1.00, NO: 1.00 } }\nlimits:\n"
    )
    assert (found.line, found.where) == (37, "budgets.spare")
    assert found.what == "no rule pays from this budget"


def test_an_unknown_budget_is_not_said_to_be_unused_as_well(mistakes: Mistakes) -> None:
    assert len(mistakes("pay_from: by_market", "pay_from: by_markt")) == 1


def test_a_badly_declared_field_is_not_said_to_be_unknown_as_well(mistakes: Mistakes) -> None:
    (found,) = mistakes("type: bool", "type: boolean")
    assert found.where == "members.attributes.employee.type"


def test_one_key_for_two_rules_is_a_mistake(mistakes: Mistakes) -> None:
    second = "  visit: { name: A, when: visit.completed, promise: public, then: [{ send: reward_ready }] }\n"
    (found,) = mistakes("messages:\n", second + "messages:\n")
    assert (found.line, found.where) == (49, "rules.visit")
    assert found.hint == "it stands in line 42 already"


def test_a_rule_gives_one_reward(mistakes: Mistakes) -> None:
    second = "- reward: { value: 25.00 EUR, pay_from: by_market, valid_days: 90 }\n      - send"
    (found,) = mistakes("- send", second)
    assert (found.line, found.where, found.what) == (48, "rules.visit.then[1]", "a rule gives one reward")


def test_one_portal_for_two_connections_is_a_mistake(mistakes: Mistakes) -> None:
    second = (
        "  other: { vendor: hubspot, portal: 12345, secret: OTHER_SECRET, subject: hubspot,"
        " map: [{ property: a, event: visit.completed }] }\n"
    )
    (found,) = mistakes("budgets:\n", second + "budgets:\n")
    assert (found.line, found.where) == (35, "connections.other.portal")
    assert "crm" in found.what


@pytest.mark.parametrize(
    "secret", ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "ABCDEF0123456789", "pat-eu1-abc", '"a secret"']
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(mistakes: Mistakes, secret: str) -> None:
    (found,) = mistakes("CRM_CLIENT_SECRET", secret)
    assert (found.line, found.where) == (29, "connections.crm.secret")
    assert secret.strip('"') not in str(found)
    assert "never write a secret here" in found.hint


def test_a_mistake_in_a_condition_names_its_column(mistakes: Mistakes) -> None:
    (found,) = mistakes("event.order_type == 'retail'", "event.ordertype == 'retail'")
    assert (found.line, found.where) == (44, "rules.visit.if")
    assert "ordertype" in found.what
    assert "(column 21)" in found.what
    assert "order_type" in found.hint


def test_very_long_words_are_cut(mistakes: Mistakes) -> None:
    for old in (
        "corner_garage",
        "when: visit.completed",
        "lifecyclestage",
        "subject: hubspot",
        "EUR, amounts",
    ):
        for problem in mistakes(old, old + "x" * 1500):
            assert len(str(problem)) < 500


def test_a_text_of_thousands_of_characters_is_a_mistake(mistakes: Mistakes) -> None:
    (found,) = mistakes("Corner Garage", "x" * 2001)
    assert found.what == "longer than 2000 characters"


def test_a_file_full_of_mistakes_gives_the_first_five_hundred(mistakes: Mistakes) -> None:
    keys = "".join(f"word{number}: x\n" for number in range(2000))
    assert len(mistakes("program: corner_garage\n", "program: corner_garage\n" + keys)) == 500
