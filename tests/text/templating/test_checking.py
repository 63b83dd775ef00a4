"""A text in all its languages, checked before anybody is written to."""

from dataclasses import replace
from datetime import datetime

import pytest
from tests.text.templating.vectors import LINKS

from guerdon.text.templating import (
    NAMES,
    SLOTS,
    Checked,
    Name,
    SampleMarket,
    Template,
    Terms,
    check_text,
    nouns,
    parse_template,
    sample,
    unused_names,
)
from guerdon.text.templating.filters import is_of
from guerdon.text.templating.names import Amount
from guerdon.text.templating.samples import poorest
from guerdon.values.texts import LANGUAGES

GERMANY = SampleMarket("DE", "de", "Europe/Berlin", {"en": "Germany", "de": "Deutschland"})
BRITAIN = SampleMarket("GB", "en", "Europe/London", unit="GBP")
EMIRATES = SampleMarket("AE", "ar", "Asia/Dubai", unit="AED")
TERMS = Terms(frozenset(NAMES), LINKS, (GERMANY, BRITAIN))


def said(checked: Checked) -> list[str]:
    return [f"{each.language}: {each.mistake}" for each in checked.found]


def test_a_text_that_is_right_comes_out_for_each_language_market_and_place() -> None:
    texts = {"en": "Your {{reward.value}} is ready: {{link}}", "de": "{{reward.value}} warten: {{link}}"}
    checked = check_text(SLOTS["body"], texts, TERMS)
    assert said(checked) == []
    assert set(checked.templates) == {"en", "de"}
    places = [(each.language, each.market, each.sink) for each in checked.shown]
    assert places == [
        (lang, market, sink) for lang in texts for market in ("DE", "GB") for sink in ("html", "text")
    ]
    plain = {
        (each.language, each.market): each.text.partition(":")[0]
        for each in checked.shown
        if each.sink == "text"
    }
    assert plain == {
        ("en", "DE"): "Your €1,250.50 is ready",
        ("en", "GB"): "Your £1,250.50 is ready",
        ("de", "DE"): "1.250,50\xa0€ warten",
        ("de", "GB"): "1.250,50\xa0£ warten",
    }


def test_the_mistakes_of_each_language_are_told_with_their_places() -> None:
    checked = check_text(SLOTS["body"], {"en": "Hi\n{{reward.vale}}", "de": "{{#if link}}"}, TERMS)
    assert said(checked) == [
        "en: line 2, column 1: unknown name reward.vale  (did you mean reward.value?)",
        "de: line 1, column 1: this {{#if}} has no end  (write {{/if}} where its text ends)",
    ]
    assert checked.templates == {}


def test_languages_that_are_missing_or_unknown_are_told() -> None:
    checked = check_text(SLOTS["button"], {"dk": "Se"}, replace(TERMS, markets=(GERMANY, EMIRATES)))
    assert said(checked) == [
        "dk: unknown language dk  (known: ar, de, en, es, fr, id)",
        "en: this text has no en  (add `en:`, whoever reads another language falls back to it)",
        "de: this text has no de  (add `de:`, it is the language of DE)",
        "ar: this text has no ar  (add `ar:`, it is the language of AE)",
    ]


def test_what_one_language_forgot_is_told_on_either_side() -> None:
    texts = {
        "en": "Use {{reward.value}}.",
        "de": "Nutzen Sie {{item.name}}.",
        "fr": "{{reward.value|number}} !",
    }
    assert said(check_text(SLOTS["headline"], texts, TERMS)) == [
        "de: de does not show reward.value, en does  (write {{reward.value}} where it belongs)",
        "de: de shows item.name, en does not  (remove {{item.name}}, or write it in en too)",
    ]


def test_a_subject_that_is_too_long_with_usual_values_is_told_once_with_its_longest() -> None:
    texts = {
        "en": "Ready: {{reward.value}}",
        "de": "Ihre Prämie in Höhe von {{reward.value}} liegt jetzt für Sie bereit",
    }
    (mistake,) = said(check_text(SLOTS["subject"], texts, TERMS))
    assert mistake == (
        "de: a subject of 61 characters in DE with usual values: Ihre Prämie in Höhe von 1.250,50 € liegt "
        "jetzt für Sie bereit  (at most 50 are shown everywhere, so shorten it)"
    )


@pytest.mark.parametrize(("length", "mistakes"), [(50, 0), (51, 1)])
def test_fifty_characters_of_a_subject_are_those_that_people_see(length: int, mistakes: int) -> None:
    texts = {"en": "e\u0301" * length, "de": "x"}
    assert len(said(check_text(SLOTS["subject"], texts, TERMS))) == mistakes


def test_a_text_of_which_nothing_may_be_left_is_told() -> None:
    texts = {"en": "{{#if member.name}}{{member.name}}{{/if}}", "de": "Hallo"}
    english = [each for each in said(check_text(SLOTS["push_title"], texts, TERMS)) if each.startswith("en:")]
    assert english == [
        "en: nothing is left of this text without member.name  (write some words outside of {{#if}})"
    ]


def test_a_text_of_spaces_is_told() -> None:
    checked = check_text(SLOTS["headline"], {"en": " \n", "de": "x"}, TERMS)
    assert said(checked) == ["en: nothing is written here  (write a text, or leave the line out)"]


def test_a_link_where_nobody_can_follow_it_is_told() -> None:
    texts = {"en": "Go {{link}}", "de": "Los {{link}}"}
    checked = check_text(SLOTS["button"], texts, TERMS)
    assert (
        said(checked)[0]
        == "en: nobody can follow link in a button  (remove it; the message's button leads there)"
    )


def test_a_text_that_grows_too_long_with_usual_values_is_told_once() -> None:
    texts = {"en": "{{link}} " * 800, "de": "{{link}}"}
    checked = check_text(SLOTS["body"], texts, TERMS)
    assert said(checked) == [
        "en: with its values this text is longer than 32 KiB  (shorten it, or name fewer values)"
    ]


def test_a_text_is_shown_without_what_may_be_missing_too() -> None:
    texts = {"en": "Hello{{#if member.name}} {{member.name}}{{/if}}", "de": "Hallo"}
    checked = check_text(SLOTS["sms"], texts, replace(TERMS, markets=(BRITAIN,)))
    shown = {each.text: each.poor for each in checked.shown if each.language == "en"}
    assert shown == {"Hello Alexandra Thompson": False, "Hello": True}


def test_a_declared_name_that_no_text_uses_is_known() -> None:
    one = parse_template("{{link}}", NAMES, LINKS)
    other = parse_template("{{#if reward.ends}}x{{/if}}", NAMES, LINKS)
    assert isinstance(one, Template)
    assert isinstance(other, Template)
    declared = ["link", "reward.ends", "member.name"]
    assert unused_names(declared, [one, other]) == ["member.name"]
    assert unused_names(declared, []) == declared


def test_what_names_are_about_is_known() -> None:
    assert nouns(["reward.value", "reward.ends", "link", "no.such"]) == {"reward", "link"}


@pytest.mark.parametrize("language", [*LANGUAGES, "de-AT", "xx"])
@pytest.mark.parametrize("market", [GERMANY, BRITAIN, EMIRATES], ids=lambda market: market.key)
def test_there_is_a_usual_value_for_every_name(language: str, market: SampleMarket) -> None:
    values = sample(language, market)
    assert list(values) == list(NAMES)
    for key, value in values.items():
        assert is_of(value, NAMES[key].kind), key
        assert value != "", key
    assert not any(NAMES[key].may_miss for key in poorest(values))


def test_usual_values_are_those_of_the_market_and_language() -> None:
    values = sample("de", GERMANY, "Nordlys Kreis")
    assert values["member.market"] == "Deutschland"
    assert values["program.name"] == "Nordlys Kreis"
    assert sample("fr", GERMANY)["member.market"] == "Germany"
    assert sample("ar", EMIRATES)["reward.value"] == Amount(125_050, "AED", 2)
    assert sample("en", BRITAIN)["member.market"] == "GB"


def test_every_name_can_be_written_in_every_language_and_place() -> None:
    def text(name: Name) -> str:
        shown = f"{{{{{name.key}}}}} "
        return f"{{{{#if {name.key}}}}}{shown}{{{{/if}}}}" if name.may_miss else shown

    everything = "".join(map(text, NAMES.values()))
    open_slot = replace(SLOTS["body"], sinks=("html", "text", "sms", "header", "json"))
    markets = (GERMANY, BRITAIN, EMIRATES)
    checked = check_text(open_slot, dict.fromkeys(LANGUAGES, everything), replace(TERMS, markets=markets))
    assert said(checked) == []
    assert len(checked.shown) == len(LANGUAGES) * len(markets) * len(open_slot.sinks) * 2


def test_moments_are_of_a_zone() -> None:
    assert not is_of(datetime(2026, 1, 1), "moment")  # noqa: DTZ001  that it has none is what is tested
