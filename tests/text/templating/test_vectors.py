"""What templates come to, and what is said of their mistakes."""

import pytest
from tests.text.templating.vectors import DECLARED, LINKS, MISTAKES, RENDERED, Vector

from guerdon.text.templating import NAMES, Amount, Template, parse_template
from guerdon.text.templating.mistakes import MISTAKES_MAX, Mistake
from guerdon.values.problems import Problem


def mistakes_of(text: str, declared: frozenset[str] = DECLARED) -> list[Mistake]:
    found = parse_template(text, declared, LINKS)
    assert not isinstance(found, Template), "it has no mistake"
    return found


def test_there_are_enough_of_them_to_mean_something() -> None:
    assert len(RENDERED) >= 60
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("vector", RENDERED, ids=lambda each: f"{each.sink}:{each.template[:30]!r}")
def test_a_template_comes_to_exactly_this(vector: Vector) -> None:
    assert vector.come() == vector.comes_to


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[repr(text[:30]) for text, _ in MISTAKES])
def test_a_mistake_is_told_with_its_place_and_what_to_write(text: str, said: str) -> None:
    assert str(mistakes_of(text)[0]) == said


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    text = "{{lnk}}\nsee evil.example\n{{reward.value|day}} {{#if link}}"
    assert [(each.line, each.column) for each in mistakes_of(text)] == [(1, 1), (2, 5), (3, 1), (3, 22)]


def test_one_slip_is_told_once() -> None:
    for text in (
        "{{{link}}}",
        "{{#if link}}{{#if link}}x{{/if}}{{/if}}",
        "{{link\n",
        "{{zzz}}",
        "{{link}}xyz",
    ):
        assert len(mistakes_of(text)) == 1, text


def test_nobody_is_told_more_mistakes_than_they_read() -> None:
    for text in ("{{zzz}} " * 1000, "}} " * 2000, "evil.example " * 600, "\x07" * 8000):
        assert len(mistakes_of(text)) <= MISTAKES_MAX


def test_the_first_mistakes_are_told_whoever_finds_them() -> None:
    text = "{{zzz}} " * 3 + "}} " * 100
    assert [each.column for each in mistakes_of(text)][:4] == [1, 9, 17, 25]


def test_a_message_without_names_says_so() -> None:
    assert mistakes_of("{{zzz}}", frozenset())[0].hint == "known: none, this message declares no `data:`"


def test_a_mistake_is_a_problem_of_the_program() -> None:
    found = mistakes_of("Hello,\nsee {{lnk}}")[0].problem("messages.spring.text.body.de", 31)
    said = "unknown name lnk (line 2 of the text, column 5)"
    assert found == Problem("messages.spring.text.body.de", 31, said, "did you mean link?")
    whole = mistakes_of("x" * 9_000)[0].problem("messages.spring.text.body.de", 31)
    assert whole.what == "a text is at most 8 KiB long"


def test_a_template_knows_what_it_shows_and_what_it_asks_for() -> None:
    template = parse_template("{{link}} {{#if reward.ends}}{{reward.value}}{{/if}}", NAMES, LINKS)
    assert isinstance(template, Template)
    assert sorted(template.printed) == ["link", "reward.value"]
    assert sorted(template.asked) == ["reward.ends"]


def test_a_template_of_exactly_8_kib_is_read() -> None:
    assert isinstance(parse_template("é" * 4_096, NAMES, LINKS), Template)


def test_an_amount_is_what_its_unit_says() -> None:
    with pytest.raises(AttributeError):
        Amount(1, "EUR", 2).digits = 3  # type: ignore[misc]
