"""The reference of the format: its examples are programs, and it leaves no section, word or type out."""

import re
from pathlib import Path
from typing import get_args

import pytest
from tests.program.programs import SMALL

from guerdon.program import events, rules
from guerdon.program.brand import mending
from guerdon.program.brand import reading as brand
from guerdon.program.catalog import accounts, promises, reading
from guerdon.program.conditions import later
from guerdon.program.conditions.declarations import TYPES
from guerdon.program.conditions.personal import POLICIES
from guerdon.program.conditions.remembered import DERIVED_TYPES
from guerdon.program.lives import ROUNDINGS
from guerdon.program.load import OPTIONAL, REQUIRED, bundle, read_program
from guerdon.program.messages import accounts as carriers
from guerdon.program.messages import contact, nouns, slots, topics
from guerdon.program.messages import reading as messages
from guerdon.program.messages.reading import WRITTEN
from guerdon.program.model import BudgetPeriod, LimitPer, Program
from guerdon.program.policy import approvals, budgets, limits
from guerdon.program.policy.groups import PICKS
from guerdon.program.rules import STEPS
from guerdon.program.steps.reversals import OWED
from guerdon.program.steps.rewards import REWARD_LINES
from guerdon.program.tables.drafts import HITS
from guerdon.program.units import KINDS, LIFE_FIELDS

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "program.md").read_text("utf-8")
OF_MESSAGES = (DOCS / "messages.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)

WORDS = {
    *(
        *REQUIRED,
        *OPTIONAL,
        *later.SECTIONS,
        *TYPES,
        *WRITTEN,
        *KINDS,
        *LIFE_FIELDS,
        *ROUNDINGS,
        *STEPS,
        *OWED,
    ),
    *(*budgets.PERS, *budgets.PERIODS, *budgets.BEYOND, *budgets.FIELDS, budgets.DEFAULT),
    *(*limits.PERS, *limits.PERIODS, *approvals.KINDS),
    *(*REWARD_LINES, *rules.REQUIRED, *rules.OPTIONAL, *later.STEPS, *later.RULE_LINES),
    *(*events.OPTIONAL, *events.CONFIRMED_AT),
    *(*HITS, *PICKS, *POLICIES, *DERIVED_TYPES, "personal", "pick", "hit", "columns", "rows", "file"),
    *("kinds", *reading.OPTIONAL, *reading.LINK_FIELDS),
    *(*accounts.REQUIRED, *accounts.OPTIONAL, *promises.FIELDS),
    *(*topics.REQUIRED, *topics.OPTIONAL, *contact.OPTIONAL, *contact.PERIODS),
    *(*nouns.CHANNELS, *nouns.TOPIC_KINDS, *nouns.CONSENT_RULES, *nouns.PERMISSIONS),
    *(*carriers.KINDS, *carriers.SMS_REQUIRED, *carriers.SMS_OPTIONAL, *carriers.PUSH_FIELDS),
    *(*brand.FIELDS, *mending.THEMES),
    *(role for roles in approvals.SIGNERS.values() for role in roles),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=["small", "rich", "club"])
def test_an_example_of_the_reference_is_a_program(example: str) -> None:
    read = read_program(example)
    assert isinstance(read, Program), "\n".join(map(str, read))
    assert read_program(bundle(read)) == read


def test_every_word_of_the_format_is_in_the_reference() -> None:
    assert {word for word in WORDS if f"`{word}`" not in REFERENCE} == set()


def test_every_word_of_messages_is_in_their_reference() -> None:
    words = {
        *("topic", *messages.OPTIONAL, *messages.REMIND_FIELDS, *WRITTEN, *nouns.CHANNELS, *nouns.ONS),
        *(*slots.FIELDS, *slots.LINKS, *nouns.EXTRA_KINDS),
    }
    assert {word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", OF_MESSAGES)} == set()


def test_an_example_of_messages_is_read() -> None:
    written = re.findall(r"```\n((?:links|messages):.*?)```", OF_MESSAGES, re.DOTALL)
    assert len(written) == 2
    text = 'text: { en: "{{channel}}", de: "{{channel}}" }'
    offers = f"topics:\n  offers: {{ name: Offers, class: marketing, {text} }}\n"
    around = SMALL.replace("      - send: reward_ready\n", "")
    begin, end = around.index("messages:\n"), around.index("items:\n")
    for each in written:
        read = read_program(around[:begin] + offers + each + around[end:])
        assert isinstance(read, Program), "\n".join(map(str, read))
        assert read.messages


def test_every_word_of_the_model_can_be_written() -> None:
    assert set(get_args(LimitPer)) == {*limits.PERS, *limits.BY_FIELD}
    assert set(get_args(BudgetPeriod)) == set(budgets.PERIODS)
