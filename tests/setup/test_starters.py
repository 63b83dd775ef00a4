"""Every starter is a program without a mistake, whatever somebody may say in its form."""

from dataclasses import replace
from pathlib import Path

import pytest

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.starters.countries import COUNTRIES, CURRENCIES, ZONES
from guerdon.program.starters.filling import (
    BRAND_LETTERS_MAX,
    KEY_LETTERS_MAX,
    SAMPLE,
    SAMPLE_REMOVED,
    STARTERS,
    Inputs,
    Starter,
    check_inputs,
    fill,
)
from guerdon.values.texts import LANGUAGES

EACH = pytest.mark.parametrize("starter", STARTERS.values(), ids=lambda each: each.key)
# What a text of YAML, of a template or of a page could stumble over.
BRANDS = (
    *(
        "A",
        "Ø" * BRAND_LETTERS_MAX,
        "نورديلس",
        'He said "go": {x} [y] # z',
        "a\\b 'c' \\n",
        "$key ${brand} $$",
    ),
    *("yes", "null", "1.50", "- x", "<script>alert(1)</script>", "%(n)s {{ n }}", "&a *b !c @d `e | f > g"),
)


def usual(starter: Starter) -> Inputs:
    amounts = {amount.name: amount.usual for amount in starter.amounts}
    return Inputs("Nordlys", "nordlys", ("DE",), "EUR", "Europe/Berlin", "", amounts)


def filled(starter: Starter, inputs: Inputs) -> Program:
    assert check_inputs(starter, inputs) == []
    program = read_program(fill(starter, inputs))
    assert isinstance(program, Program), program
    return program


@EACH
def test_it_loads_for_every_country_currency_zone_and_language(starter: Starter) -> None:
    inputs = usual(starter)
    every = [
        *(replace(inputs, countries=(key,)) for key in COUNTRIES),
        replace(inputs, countries=tuple(COUNTRIES)),
        *(replace(inputs, currency=currency) for currency in CURRENCIES),
        *(replace(inputs, time_zone=zone) for zone in ZONES),
        *(replace(inputs, language=language) for language in LANGUAGES),
    ]
    for each in every:
        program = filled(starter, each)
        assert set(program.markets) == set(each.countries)
        assert (next(iter(program.units)), program.time_zone) == (each.currency, each.time_zone)
        wanted = {key: each.language or COUNTRIES[key].language for key in each.countries}
        assert {key: market.language for key, market in program.markets.items()} == wanted


@EACH
def test_a_brand_is_what_was_typed_and_nothing_else(starter: Starter) -> None:
    plain = filled(starter, usual(starter))
    for brand in BRANDS:
        program = filled(starter, replace(usual(starter), brand=brand))
        assert program.name == {"en": brand}
        assert (list(program.rules), list(program.budgets)) == (list(plain.rules), list(plain.budgets))


@EACH
def test_keys_and_amounts_to_their_bounds(starter: Starter) -> None:
    for key in ("a", "z_9", "k" * KEY_LETTERS_MAX):
        assert filled(starter, replace(usual(starter), key=key)).key == key
    for money, count in (("0.01", "1"), ("9999999", "999999"), ("7", "007")):
        amounts = {each.name: money if each.money else count for each in starter.amounts}
        filled(starter, replace(usual(starter), amounts=amounts))


@EACH
def test_a_file_of_it_is_the_program_too(starter: Starter, tmp_path: Path) -> None:
    text = fill(starter, usual(starter))
    read = read_program(text, tmp_path)
    assert isinstance(read, Program)
    assert read.sha == filled(starter, usual(starter)).sha


@EACH
def test_samples_can_be_tried_and_lose_all_they_were_given(starter: Starter) -> None:
    program = filled(starter, usual(starter))
    assert SAMPLE in program.sources
    taken = {
        step.rule for rule in program.rules.values() if rule.when == SAMPLE_REMOVED for step in rule.reversals
    }
    assert taken == {rule.key for rule in program.rules.values() if rule.reward is not None}


@EACH
@pytest.mark.parametrize(
    ("field", "said"),
    [
        *(("brand", brand) for brand in ("", " x", "x\n  y: z", "x\u2028y", "Ø" * (BRAND_LETTERS_MAX + 1))),
        *(("key", key) for key in ("", "Nordlys", "9a", "a-b", "a b", "a\n", "k" * (KEY_LETTERS_MAX + 1))),
        *(("countries", countries) for countries in ((), ("XX",), ("DE", "de"), ("DE:\n  x",))),
        *(("currency", currency) for currency in ("", "eur", "JPY", "EUR: {}")),
        *(("time_zone", zone) for zone in ("", "Europe/Nowhere", "../etc")),
        ("language", "it"),
    ],
)
def test_what_may_not_be_said_is_named(starter: Starter, field: str, said: object) -> None:
    wrong: dict[str, object] = {field: said}
    assert check_inputs(starter, replace(usual(starter), **wrong)) == [field]  # type: ignore[arg-type]


@EACH
def test_an_amount_that_is_none_is_named(starter: Starter) -> None:
    for amount in starter.amounts:
        for said in ("", "0", "0.00", "-1", "1e3", "٣", "1.5", "1,50", "99999999", " 1", "1 EUR", "nan"):
            amounts = {**usual(starter).amounts, amount.name: said}
            assert check_inputs(starter, replace(usual(starter), amounts=amounts)) == [amount.name], said
