"""What a program says about messages is read as it is meant; what was written before, as it was before."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from tests.program.programs import SMALL, SPOKEN, read_changed, read_whole

from guerdon.program.diff import summary
from guerdon.program.load import bundle, read_program
from guerdon.program.messages.nouns import (
    MARKETING,
    NEVER_QUIET,
    SERVICE,
    Caps,
    Contact,
    Extra,
    Message,
    Push,
    Quiet,
    Remind,
    SilentDays,
)
from guerdon.program.messages.reading import WRITTEN
from guerdon.program.model import Program
from guerdon.values.texts import LANGUAGES

EXAMPLES = Path(__file__).parents[2] / "examples"
OLD = "reward_ready: { channel: email, topic: service }"
# As programs were stored before there was more to say.
STORED = (
    '{"program":"club","name":"Club","time_zone":"Europe/Berlin","units":{"EUR":{"kind":"money","digits":"2"}},'
    '"markets":{"DE":{"name":"Germany","language":"de","time_zone":"Europe/Berlin"}},'
    '"events":{"order.paid":{"fields":{}}},"budgets":{"all":{"per":"one","unit":"EUR","amount":"100.00"}},'
    '"rules":{"order":{"name":"Order","when":"order.paid","promise":"public","then":['
    '{"reward":{"value":"5.00 EUR","pay_from":"all"}},{"send":"reward_ready"}]}},'
    '"messages":{"reward_ready":{"channel":"email","topic":"TOPIC"}},'
    '"items":{"cake":{"name":"Cake","category":"gift_card","values":["5.00 EUR"]}}}'
)


@pytest.mark.parametrize("topic", ["service", "marketing"])
def test_a_stored_program_of_before_means_what_it_meant(topic: str) -> None:
    program = read_program(STORED.replace("TOPIC", topic))
    assert isinstance(program, Program), program
    message = program.messages["reward_ready"]
    assert message == Message("reward_ready", ("email",), topic, on="ready")
    assert (message.channel, message.own, message.remind, message.beside) == ("email", None, None, ())
    assert program.topics[topic].kind == topic
    assert not program.topics[topic].urgent
    assert program.contact == Contact()
    assert read_program(program.text) == program


def test_nothing_is_held_back_where_nobody_said_so() -> None:
    said = Contact().in_market("DE")
    assert (said.quiet, said.silent_days, said.caps, said.caps_service) == (
        NEVER_QUIET,
        SilentDays(),
        Caps(),
        Caps(),
    )
    assert (said.consent, said.double_opt_in, said.service_with_marketing) == ("opt_in", (), "forbidden")


def test_the_short_form_and_the_long_one_are_one() -> None:
    long = SMALL.replace(OLD, "reward_ready: { channels: [email], topic: service, on: ready }")
    assert read_whole(long).messages == read_whole(SMALL).messages
    assert summary(read_whole(SMALL), read_whole(long), "en") == []


@pytest.mark.parametrize("topic", ["service", "marketing"])
def test_two_topics_need_no_declaration(topic: str) -> None:
    program = read_whole(SMALL.replace("topic: service", f"topic: {topic}"))
    shall = {SERVICE.key: SERVICE} if topic == "service" else {"marketing": MARKETING, "service": SERVICE}
    assert program.topics == shall
    assert all(set(each.name) == set(LANGUAGES) for each in shall.values())


def test_a_program_calls_them_as_it_likes() -> None:
    text = SMALL + "topics:\n  service: { name: Your stars, class: service, urgent: true }\n"
    program = read_whole(text)
    assert program.topics["service"].name == {"en": "Your stars"}
    assert program.topics["service"].urgent


@pytest.mark.parametrize("name", ["ev_maker", "gym", "coffee_roaster"])
def test_the_examples_send_what_they_sent(name: str) -> None:
    text = (EXAMPLES / name / "program.yaml").read_text("utf-8")
    program = read_program(text, EXAMPLES / name)
    assert isinstance(program, Program), program
    assert program.messages["reward_ready"] == Message("reward_ready", ("email",), "service")
    assert {each.channels for each in program.messages.values()} == {("email",)}


def test_topics_are_read_as_they_are_meant() -> None:
    topics = read_whole(SPOKEN).topics
    assert list(topics) == ["account", "codes", "offers", "service"]
    assert (topics["codes"].urgent, topics["account"].urgent) == (True, False)
    assert topics["account"].channels == ("email", "sms", "push", "inapp")
    offers = topics["offers"]
    assert (offers.kind, offers.similar_goods) == ("marketing", True)
    assert offers.asked("E-Mail", "de-AT") == "Ich möchte Angebote per E-Mail."
    assert offers.asked("e-mail", "fr") == "I want offers by e-mail."
    assert topics["codes"].asked("SMS", "en") is None


def test_a_text_to_agree_to_may_hold_any_sign() -> None:
    text = SPOKEN.replace("I want offers by {{channel}}.", "I want 20 % off {by} %(channel)s by {{channel}}.")
    assert read_whole(text).topics["offers"].asked("SMS", "en") == "I want 20 % off {by} %(channel)s by SMS."


def test_a_market_says_what_is_otherwise_there() -> None:
    contact = read_whole(SPOKEN).contact
    assert (contact.zone_attribute, contact.sales) == ("zone", ("order.paid",))
    germany, norway, other = (contact.in_market(market) for market in ("DE", "NO", "XX"))
    assert other == contact.everywhere
    assert other.quiet == Quiet(time(20), time(8), ("email", "sms", "push", "whatsapp"))
    assert other.silent_days == SilentDays(("sunday", "holiday"), ("sms", "push"))
    assert (other.caps, other.caps_service) == (Caps(3, 5, 8), Caps(day=6))
    assert (germany.quiet, germany.caps, germany.double_opt_in) == (other.quiet, Caps(), ("email", "sms"))
    assert (norway.quiet, norway.consent) == (Quiet(time(21), time(7, 30), ("sms",)), "soft")
    assert (norway.caps, germany.consent) == (Caps(3, 5, 8), "opt_in")


@pytest.mark.parametrize(
    "line", ["quiet", "silent_days", "caps", "caps_service", "double_opt_in", "holidays"]
)
def test_a_market_may_take_a_line_back(line: str) -> None:
    text = SPOKEN.replace("[email, sms], caps: none }", f"[email], {line}: none }}").replace(
        "double_opt_in: [email], double_opt_in: none", "double_opt_in: none"
    )
    contact = read_whole(text).contact
    plain = Contact().in_market("DE")
    assert getattr(contact.everywhere, line) != getattr(plain, line)
    own = getattr(contact.in_market("DE"), line)
    assert own == getattr(plain, line)


def test_messages_are_read_as_they_are_meant() -> None:
    messages = read_whole(SPOKEN).messages
    assert messages["reward_ready"] == Message(
        "reward_ready",
        ("push", "sms", "email"),
        "account",
        beside=("inapp",),
        fall_back_after=timedelta(minutes=10),
    )
    assert {key: each.on for key, each in messages.items()} == {
        "reward_ready": "ready",
        "reward_earned": "earned",
        "reward_taken_back": "reversed",
        "reward_waiting": None,
        "reward_expiring": None,
        "thanks": "ready",
    }
    assert messages["reward_expiring"].remind == Remind((300,), (60, 30, 7))
    assert set(WRITTEN) == set(messages) - {"thanks"}


def test_a_text_of_its_own_is_read_by_its_slots() -> None:
    thanks = read_whole(SPOKEN).messages["thanks"]
    assert thanks.facts == ("member.name", "reward.value", "reward.ends")
    own = thanks.own
    assert own is not None
    assert own.headline["de"] == "Du hast {{reward.value}} verdient"
    assert own.subject_line == {"en": "Thank you", "de": "Danke"}
    assert (own.link, own.button) == ("https://www.harbor.example/sea", {"en": "Look", "de": "Ansehen"})
    assert own.push == Push({"en": "Thank you", "de": "Danke"}, {"en": "Look inside", "de": "Sieh nach"})
    assert own.extra == (Extra("offer", {"en": "A trip to sea", "de": "Eine Fahrt zur See"}),)


def test_what_is_stored_is_read_again_as_the_same() -> None:
    program = read_whole(SPOKEN)
    assert read_program(bundle(program)) == program


def test_a_block_of_marketing_in_service_is_allowed_where_every_market_allows_it() -> None:
    service = SPOKEN.replace("topic: offers\n    data", "topic: codes\n    data")
    assert isinstance(read_program(service), list)
    allowed = service.replace("service_with_marketing: forbidden", "service_with_marketing: allowed")
    assert read_whole(allowed).messages["thanks"].topic == "codes"
    strict = allowed.replace("    NO: {", "    NO: { service_with_marketing: forbidden,")
    (found,) = [each for each in _problems(strict) if each.startswith("messages.thanks.text")]
    assert "in NO no service message" in found


def test_a_plea_to_bring_friends_is_marketing_whatever_it_is_called() -> None:
    service = SPOKEN.replace("topic: offers\n    data: [", "topic: codes\n    data: [member.referral_link, ")
    service = service.replace("kind: offer", "kind: text")
    service = service.replace(
        "thank you.", "thank you.{{#if member.referral_link}} {{member.referral_link}}{{/if}}"
    )
    service = service.replace("danke.", "danke.{{#if member.referral_link}} {{member.referral_link}}{{/if}}")
    (found,) = _problems(service)
    assert found.startswith("messages.thanks.data: a text with member.referral_link is marketing")


def _problems(text: str) -> list[str]:
    read = read_program(text)
    assert isinstance(read, list)
    return [f"{each.where}: {each.what}" for each in read]


@pytest.mark.parametrize(
    "condition",
    ["consent.offers", "has(consent.offers)", "member.consent == 'yes'", "consent('offers', 'email')"],
)
def test_no_reward_hangs_on_a_consent(condition: str) -> None:
    (found,) = read_changed(SMALL, "!member.employee && event.order_type == 'retail'", condition)
    assert (found.line, found.where) == (44, "rules.visit.if")
    assert "no reward may hang on a consent (GDPR, art. 7(4))" in found.what
    assert found.hint == "remove it: whoever agrees to nothing gets the same"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'to: "08:00" }',
            'to: "09:00" }',
            ["Contact with members, quiet hours until: 08:00 → 09:00"],
        ),
        (
            "caps: { day: 3, week: 5, month: 8 }",
            "caps: { day: 2, week: 5, month: 8 }",
            ["Contact with members, most marketing messages day: 3 → 2"],
        ),
        (
            "NO: { consent: soft",
            "NO: { consent: opt_in",
            ["Contact with members, markets consent to marketing in Norway: soft → opt_in"],
        ),
        (
            "name: Codes",
            "name: Sums",
            ["Topic Sums, name en: Codes → Sums"],
        ),
        (
            "reward_earned: { channel: email, topic: account }",
            "reward_earned: { channels: [push, email], topic: account }",
            ["Message reward_earned, channels: email → push, email"],
        ),
        (
            "button: { en: Look, de: Ansehen }",
            "button: { en: Look, de: Hinsehen }",
            ["Message thanks, own text button de: Ansehen → Hinsehen; 1 rule uses it"],
        ),
        ("links: [www.harbor.example]", "links: [www.harbor.example, a.example]", None),
    ],
)
def test_what_changed_is_told(old: str, new: str, said: list[str] | None) -> None:
    assert SPOKEN.count(old) == 1
    found = summary(read_whole(SPOKEN), read_whole(SPOKEN.replace(old, new)), "en")
    assert found == (said or ["Hosts of links: www.harbor.example → www.harbor.example, a.example"])
