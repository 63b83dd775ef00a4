"""Conditions in words: each kind of term has a sentence in every language, and so has its opposite."""

# ruff: noqa: RUF001  (signs of arithmetic, as they are printed)

from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest

from guerdon.expressions import Condition, compile_condition, terms
from guerdon.expressions.terms import walk
from guerdon.program.conditions.vocabulary import Vocabulary
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.sentences import Naming, condition_words, seen_words
from guerdon.values.texts import LANGUAGES

TEXT = """
program: sentences
name: Sentences
time_zone: Europe/Berlin
units: { EUR: { kind: money, digits: 2 } }
markets:
  DE: { name: { en: Germany, de: Deutschland }, language: de, time_zone: Europe/Berlin }
  FR: { name: { en: France, de: Frankreich }, language: fr, time_zone: Europe/Paris }
locations: { de-kiel: { name: Kiel Harbor, market: DE } }
members:
  sources: [crm]
  attributes:
    employee: { type: bool, name: { en: works here, de: arbeitet hier } }
    born_on: { type: date, name: { en: birthday, de: Geburtstag } }
    nick_name: { type: string }
    badge: { type: string, personal: true }
policy: { personal_data: allowed }
segments: { keen: { if: "count(order.paid, '90d') >= 2" } }
derived: { visits: { type: int, is: "count(order.paid, 'ever')" } }
holdings:
  car:
    name: { en: Car, de: Auto }
    fields: { class: { type: string, one_of: [suv, small_car] }, bought_on: { type: date } }
    from: { event: car.bought, key: plate, fields: { bought_on: happened_at } }
events:
  order.paid:
    name: { en: Order, de: Bestellung }
    fields:
      amount: { type: money, name: { en: amount, de: Betrag } }
      units: { type: int }
      number: { type: int, personal: true }
      note: { type: string }
      shipped_at: { type: timestamp, name: { en: shipping, de: Versand } }
  car.bought:
    fields: { plate: { type: string, required: true }, class: { type: string, one_of: [suv, small_car] } }
budgets: { pot: { per: one, unit: EUR, amount: 100.00 } }
rules:
  order:
    name: Order
    when: order.paid
    promise: public
    segments: [keen]
    then: [{ reward: { value: 5.00 EUR, pay_from: pot } }]
items:
  bell: { name: Bell, category: parts, values: [5.00 EUR], about: A bell., use: Ring it. }
"""
# A condition, how it reads in English, and how its opposite does.
SAID = {
    "event.amount >= 15000": ("amount is at least €150", "amount is less than €150"),
    "event.amount == 15050": ("amount is €150.50", "amount is not €150.50"),
    "100 < event.units": ("units is more than 100", "units is at most 100"),
    "event.units <= 3": ("units is at most 3", "units is more than 3"),
    "event.units != 3": ("units is not 3", "units is 3"),
    "member.employee": ("works here is “yes”", "works here is “no”"),
    "!member.employee": ("works here is “no”", "works here is “yes”"),
    "member.employee == false": ("works here is “no”", "works here is “yes”"),
    "member.market == 'DE'": ("country is Germany", "country is not Germany"),
    "member.location == 'de-kiel'": ("location is Kiel Harbor", "location is not Kiel Harbor"),
    "member.language == 'fr'": ("language is French", "language is not French"),
    "member.market in ['DE', 'FR']": (
        "country is one of these: Germany, France",
        "country is none of these: Germany, France",
    ),
    "event.note == 'gift'": ("note is “gift”", "note is not “gift”"),
    "event.note < 'm'": (
        "note stands before “m” by its letters",
        "note does not stand before “m” by its letters",
    ),
    "event.note >= 'm'": (
        "note does not stand before “m” by its letters",
        "note stands before “m” by its letters",
    ),
    "event.note > 'm'": (
        "note stands after “m” by its letters",
        "note does not stand after “m” by its letters",
    ),
    "event.note.startsWith('x')": ("note begins with “x”", "note does not begin with “x”"),
    "event.note.endsWith('x')": ("note ends with “x”", "note does not end with “x”"),
    "event.note.contains('x')": ("note contains “x”", "note does not contain “x”"),
    "size(event.note) > 4": (
        "number of letters of note is more than 4",
        "number of letters of note is at most 4",
    ),
    "event.note + '!' == 'x!'": ("note followed by “!” is “x!”", "note followed by “!” is not “x!”"),
    "has(event.note)": ("note is known", "note is not known"),
    "has(member.visits)": (
        "number of “Order” since the beginning is known",
        "number of “Order” since the beginning is not known",
    ),
    "event.shipped_at < timestamp('2026-03-04T10:00:00Z')": (
        "shipping is before 4 Mar 2026, 11:00",
        "shipping is not before 4 Mar 2026, 11:00",
    ),
    "event.shipped_at >= event.happened_at": (
        "shipping is not before time of the event",
        "shipping is before time of the event",
    ),
    "member.born_on > timestamp('1990-01-02T00:00:00Z')": (
        "birthday is after 2 Jan 1990",
        "birthday is not after 2 Jan 1990",
    ),
    "between(event.units, 1, 5)": (
        "units is at least 1 and less than 5",
        "units is less than 1 or at least 5",
    ),
    "between(event.shipped_at, timestamp('2026-03-01T00:00:00Z'), timestamp('2026-04-01T00:00:00Z'))": (
        "shipping is not before 1 Mar 2026, 01:00, and before 1 Apr 2026, 02:00",
        "shipping is before 1 Mar 2026, 01:00, or not before 1 Apr 2026, 02:00",
    ),
    "count(order.paid, '90d') >= 3": (
        "number of “Order” in the last 90 days is at least 3",
        "number of “Order” in the last 90 days is less than 3",
    ),
    "count(order.paid, 'month') == 1": (
        "number of “Order” in the same month is 1",
        "number of “Order” in the same month is not 1",
    ),
    "sum(order.paid.amount, '12m') > 99900": (
        "sum of “amount” of “Order” in the last 12 months is more than €999",
        "sum of “amount” of “Order” in the last 12 months is at most €999",
    ),
    "segment(keen)": (
        "number of “Order” in the last 90 days is at least 2",
        "number of “Order” in the last 90 days is less than 2",
    ),
    "holds(car)": ("there is one of these: Car", "there is none of these: Car"),
    "holds(car, car.class == 'small_car' && days_since(car.bought_on) < 30)": (
        "there is one of these: Car, for which class is small car and days since bought on is less than 30",
        "there is none of these: Car, for which class is small car and days since bought on is less than 30",
    ),
    "event.amount * 2 - 100 > 500": ("(amount × 2) − €1 is more than €5", "(amount × 2) − €1 is at most €5"),
    "-event.units < 3": ("−units is less than 3", "−units is at least 3"),
    "event.units / 2 == 1": ("units ÷ 2 is 1", "units ÷ 2 is not 1"),
    "event.units % 2 == 1": (
        "remainder of units divided by 2 is 1",
        "remainder of units divided by 2 is not 1",
    ),
    "rate(event.amount, '1.25', 'half_up') >= 200": (
        "amount × 1.25 is at least €2",
        "amount × 1.25 is less than €2",
    ),
    "event.shipped_at - event.happened_at > duration('48h')": (
        "time from time of the event to shipping is more than 2 d",
        "time from time of the event to shipping is at most 2 d",
    ),
    "event.happened_at + duration('1h') < event.shipped_at": (
        "time of the event + 1 h is before shipping",
        "time of the event + 1 h is not before shipping",
    ),
    "event.happened_at.getDayOfWeek('Europe/Berlin') in [0, 6]": (
        "weekday of time of the event is one of these: Sunday, Saturday",
        "weekday of time of the event is none of these: Sunday, Saturday",
    ),
    "event.happened_at.getMonth() == 11": (
        "month of time of the event is December",
        "month of time of the event is not December",
    ),
    "event.happened_at.getDayOfMonth() == 0": (
        "day of the month of time of the event is 1",
        "day of the month of time of the event is not 1",
    ),
    "event.happened_at.getHours() < 9": (
        "hour of time of the event is less than 9",
        "hour of time of the event is at least 9",
    ),
    "(event.shipped_at - event.happened_at).getHours() < 9": (
        "whole hours of time from time of the event to shipping is less than 9",
        "whole hours of time from time of the event to shipping is at least 9",
    ),
    "member.employee && (event.units > 1 || event.note == 'a')": (
        "works here is “yes” and (units is more than 1 or note is “a”)",
        "works here is “no” or (units is at most 1 and note is not “a”)",
    ),
    "member.employee ? event.units > 1 : event.units > 5": (
        "if works here is “yes”: units is more than 1; otherwise: units is more than 5",
        "if works here is “yes”: units is at most 1; otherwise: units is at most 5",
    ),
    "(member.employee ? 1 : 2) == event.units": (
        "1 if works here is “yes”, otherwise 2 is units",
        "1 if works here is “yes”, otherwise 2 is not units",
    ),
    "has(event.note) == member.employee": (
        "(note is known) is works here",
        "(note is known) is not works here",
    ),
    "true": ("always", "never"),
}


@pytest.fixture(scope="module")
def program() -> Program:
    made = read_program(TEXT)
    assert isinstance(made, Program), "\n".join(map(str, made))
    return made


def compiled(program: Program, text: str) -> Condition:
    known = Vocabulary(
        program.events,
        program.attributes,
        program.markets,
        program.locations,
        program.time_zone,
        personal=True,
        holdings=program.holdings,
        derived=program.derived,
        segments={key: each.condition_text for key, each in program.segments.items()},
    )
    made = compile_condition(text, known.declarations(program.events["order.paid"]))
    assert isinstance(made, Condition), (text, made)
    return made


def naming(program: Program, language: str = "en") -> Naming:
    return Naming(program, "order.paid", language)


@pytest.mark.parametrize("text", SAID)
def test_a_condition_and_its_opposite_in_words(program: Program, text: str) -> None:
    term = compiled(program, text).term
    said = (condition_words(term, naming(program)), condition_words(term, naming(program), holds=False))
    assert said == SAID[text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_term_has_words_of_its_own_in_every_language(program: Program, language: str) -> None:
    assert isinstance(terms.Term, UnionType)
    met: set[type] = set()
    spoken, english = naming(program, language), naming(program)
    for text in SAID:
        term = compiled(program, text).term
        met |= {type(part) for part in walk(term)}
        for holds in (True, False):
            said = condition_words(term, spoken, holds=holds)
            assert said
            # Neither code nor a place that nobody filled.
            for sign in ("==", "&&", "||", "%(", "event.", "member.", "('", "has(", "something else"):
                assert sign not in said, (text, said)
            if language != "en":
                assert said != condition_words(term, english, holds=holds), text
    assert met == set(get_args(terms.Term)) - {terms.Broken}


def test_what_cannot_be_one_sentence_is_none(program: Program) -> None:
    long = " || ".join(f"event.units == {number}" for number in range(40))
    assert condition_words(compiled(program, long).term, naming(program)) is None


def test_values_that_were_seen_are_named_and_personal_ones_hidden(program: Program) -> None:
    condition = compiled(
        program, "event.amount > 100 && member.badge != 'x' && count(order.paid, '1d') < 5 && holds(car)"
    )
    seen = {
        "event.amount": 25000,
        "member.badge": "secret",
        "count(order.paid, 1d)": 2,
        "holds(car)": ({"class": "suv"},),
    }
    assert [
        (each.key, each.name, each.value) for each in seen_words(condition.term, seen, naming(program))
    ] == [
        ("count(order.paid, 1d)", "number of “Order” in the last 1 day", "2"),
        ("event.amount", "amount", "€250"),
        ("holds(car)", "Car", "1"),
        ("member.badge", "badge", "•••"),
    ]
    none = seen_words(condition.term, {}, naming(program, "de"))
    assert [each.value for each in none if each.key == "event.amount"] == ["nicht bekannt"]


def test_a_sum_of_what_is_personal_is_hidden_too(program: Program) -> None:
    condition = compiled(program, "sum(order.paid.number, 'ever') == 7")
    (seen,) = seen_words(condition.term, {"sum(order.paid.number, ever)": 7}, naming(program))
    assert seen.value == "•••"


def test_days_and_instants_are_read_in_their_own_way(program: Program) -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    condition = compiled(program, "member.born_on < event.shipped_at")
    found = seen_words(condition.term, {"member.born_on": at, "event.shipped_at": at}, naming(program))
    assert {each.key: each.value for each in found} == {
        "event.shipped_at": "2 Mar 2026, 00:30",
        "member.born_on": "1 Mar 2026",
    }


def test_the_example_reads_in_words() -> None:
    example = Path(__file__).parents[2] / "examples" / "ev_maker" / "program.yaml"
    made = read_program(example.read_text(encoding="utf-8"), example.parent)
    assert isinstance(made, Program)
    booking = made.rules["booking"].condition
    assert booking is not None
    said = condition_words(booking.term, Naming(made, "booking.confirmed", "en"))
    assert said == "employee is “no” and (order type is not known or order type is retail)"
