"""One change, one mistake: where it is said to stand, what is wrong, and what to do about it.

Each row of a table changes the small program of small.yaml in one place and names the line, the place, a
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


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case[1])
def test_a_mistake_of_the_whole_is_said_with_its_line_and_a_hint(
    is_said: Callable[[Case], bool], case: Case
) -> None:
    assert is_said(case)


def test_all_mistakes_are_found_in_one_go(mistakes: Mistakes) -> None:
    found = mistakes(
        "rules:\n  visit:\n",
        'rules:\n  bonus: { name: Bonus, when: visit.done, if: "1 +", promise: public, then: [] }\n'
        "  visit:\n    then2: x\n",
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
    assert found.hint == "it stands in line 41 already"


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
    "secret", ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "ABCDEF0123456789", "pat-eu1-abc", '"two words"']
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
    keys = "".join(f"word{number}: x\n" for number in range(900))
    assert len(mistakes("program: corner_garage\n", "program: corner_garage\n" + keys)) == 500


def test_a_list_of_thousands_of_words_is_one_mistake(mistakes: Mistakes) -> None:
    words = ", ".join(f"word{number}" for number in range(20_000))
    (found,) = mistakes("[lifecyclestage]", f"[{words}]")
    assert (found.line, found.where, found.what) == (34, "connections.crm.ignore", "more than 1000 entries")


@pytest.mark.parametrize(
    "condition", ["(" * 1900, "!" * 1900 + "true", "1 + " * 450 + "1 == 1", "'" + "x" * 1900]
)
def test_a_monstrous_condition_is_at_most_a_mistake(mistakes: Mistakes, condition: str) -> None:
    found = mistakes(
        "if: \"!member.employee && event.order_type == 'retail'\"", f'if: "{condition}"\n    x: 1'
    )
    assert {problem.where for problem in found} <= {"rules.visit.if", "rules.visit.x"}


def test_a_message_without_a_text_of_guerdon_s_is_a_mistake(mistakes: Mistakes) -> None:
    (found,) = mistakes("items:\n", "  reward_redy: { channel: email, topic: service }\nitems:\n")
    assert (found.line, found.where) == (51, "messages.reward_redy")
    assert found.hint == "did you mean reward_ready?"


def test_a_message_without_a_reward_to_speak_of_is_a_mistake(mistakes: Mistakes) -> None:
    second = "  other: { name: A, when: visit.completed, promise: public, then: [{ send: reward_ready }] }\n"
    (found,) = mistakes("messages:\n", second + "messages:\n")
    assert (found.line, found.where) == (49, "rules.other.then")
    assert "this rule gives none" in found.what
