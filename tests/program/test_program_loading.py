"""Programs that are right: what is read from them, and that their stored copy is whole."""

from pathlib import Path

import pytest

from guerdon.program.load import bundle, load_program, read_program
from guerdon.program.model import Field, Limit, Program, PropertyMapping, Reward, Send
from guerdon.values.money import Money, Unit

EXAMPLE = Path(__file__).parents[2] / "examples" / "ev_maker" / "program.yaml"


def test_reads_every_noun(program: Program) -> None:
    assert program.key == "corner_garage"
    assert program.units["stars"] == Unit("stars", "points", 0)
    assert program.sources == ("hubspot",)
    assert program.events["visit.completed"].fields["paid"] == Field("paid", "money", unit="EUR")
    assert program.events["referral.succeeded"].fields["referred_contact"].required
    assert program.connections["crm"].mappings[1] == PropertyMapping(
        "referred", None, "referral.succeeded", {"referred_contact": "value"}
    )
    assert program.budgets["by_market"].amounts_minor == {"DE": 100_000, "NO": 50_000}
    assert program.rules["visit"].then == (
        Reward(dict.fromkeys(("DE", "NO"), Money(2500, "EUR")), pay_from="by_market", valid_days=90),
        Send("reward_ready"),
    )
    assert program.rules["visit"].reward == program.rules["visit"].then[0]
    assert program.rules["visit"].messages == ("reward_ready",)


def test_norway_is_a_market_and_not_a_boolean(program: Program) -> None:
    assert list(program.markets) == ["DE", "NO"]
    assert program.locations["no-oslo"].market == "NO"


def test_a_limit_without_rules_counts_all_of_them(program: Program) -> None:
    assert program.limits["member_month"] == Limit(
        "member_month",
        {"en": "Member month"},
        "member",
        "month",
        Money(6000, "EUR"),
        None,
        ("visit",),
        ("DE", "NO"),
    )


def test_an_item_without_markets_is_in_all_of_them(program: Program) -> None:
    assert program.items["cake"].markets == ("DE", "NO")
    assert [item.key for item in program.choices(Money(2500, "EUR"), "NO")] == ["cake"]
    assert program.choices(Money(2600, "EUR"), "NO") == []


def test_a_text_without_a_language_is_no_mistake(program: Program) -> None:
    assert program.markets["NO"].name == {"en": "Norway"}


def test_a_location_word_stands_ready_in_six_languages(program: Program) -> None:
    assert set(program.location_word) == {"en", "es", "de", "fr", "ar", "id"}


def test_conditions_are_kept_compiled(program: Program) -> None:
    assert program.rules["visit"].condition is not None
    assert program.rules["visit"].condition_text == "!member.employee && event.order_type == 'retail'"


def test_a_property_may_have_mappings_with_and_without_a_value(small: str) -> None:
    more = small.replace(
        "    ignore:", "      - { property: visit_status, event: visit.completed }\n    ignore:"
    )
    assert isinstance(read_program(more), Program)


def test_a_budget_may_be_closed_with_zero(small: str) -> None:
    read = read_program(small.replace("NO: 500.00", "NO: 0"))
    assert isinstance(read, Program)
    assert read.budgets["by_market"].amounts_minor["NO"] == 0


def test_the_stored_copy_makes_an_equal_program(program: Program) -> None:
    again = read_program(bundle(program))
    assert again == program
    assert isinstance(again, Program)
    assert again.sha == program.sha


def test_comments_and_line_ends_do_not_change_the_version(small: str, program: Program) -> None:
    read = read_program("# a comment\n" + small.replace("\n", "\r\n"))
    assert isinstance(read, Program)
    assert read.sha == program.sha


def test_another_amount_is_another_version(small: str, program: Program) -> None:
    read = read_program(small.replace("NO: 500.00", "NO: 500.01"))
    assert isinstance(read, Program)
    assert read.sha != program.sha


@pytest.fixture(scope="module")
def example() -> Program:
    read = load_program(EXAMPLE)
    assert isinstance(read, Program), "\n".join(map(str, read))
    return read


def test_the_example_has_no_mistakes(example: Program) -> None:
    assert len(example.locations) == 214
    assert len(example.markets) == 12
    assert len(example.items) == 24


def test_the_example_is_stored_whole(example: Program) -> None:
    assert read_program(bundle(example)) == example


def test_every_reward_of_the_example_leaves_a_choice_of_kinds_in_every_market(example: Program) -> None:
    rewards = {rule.key: rule.reward for rule in example.rules.values() if rule.reward is not None}
    assert len(rewards) == 6
    for key, reward in rewards.items():
        for market in example.markets:
            choices = example.choices(reward.value, market)
            assert len({item.category for item in choices}) >= 4, (key, market)


def test_every_market_of_the_example_has_locations(example: Program) -> None:
    assert {location.market for location in example.locations.values()} == set(example.markets)


def test_the_texts_of_the_example_are_there_in_six_languages(example: Program) -> None:
    texts = [item.name for item in example.items.values()]
    texts += [item.about for item in example.items.values()]
    texts += [item.use for item in example.items.values()]
    texts += [rule.name for rule in example.rules.values()]
    texts += [market.name for market in example.markets.values()]
    for text in texts:
        assert set(text) == {"en", "es", "de", "fr", "ar", "id"}, text
