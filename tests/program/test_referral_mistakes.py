"""Mistakes in referrals, each where it stands, in words one can act on."""

from pathlib import Path

import pytest

from guerdon.program.load import bundle, read_program
from guerdon.program.model import Program

PROGRAM = (Path(__file__).parents[1] / "referrals" / "program.yaml").read_text(encoding="utf-8")


def test_a_scheme_is_read_and_stored_as_it_is() -> None:
    program = read_program(PROGRAM)
    assert isinstance(program, Program), program
    assert read_program(bundle(program)) == program
    scheme = program.referrals["friends"]
    assert (scheme.claim_event, scheme.claim_field, scheme.on) == ("code.used", "code", ("boat.bought",))
    assert (scheme.months, scheme.days, scheme.guards.claims, scheme.guards.successes) == (6, 0, 10, 5)
    assert scheme.tells["referrer"].fields == {"pair": "pair", "price": "event.price", "who": "other.crm"}
    assert scheme.undo is not None
    assert scheme.undo.days == 14


@pytest.mark.parametrize(
    ("right", "wrong", "where", "what"),
    [
        ("field: code }", "field: cod }", "claims.field", "unknown code.used field cod"),
        (
            "{ event: code.used, field: code }",
            "{ event: boat.bought, field: kind }",
            "claims",
            "boat.bought needs the field price too",
        ),
        ("on: [boat.bought]\n", "on: [boat.sold]\n", "on[0]", "unknown event boat.sold"),
        ("on: [boat.bought]\n", "on: [code.used]\n", "on", "code.used is the claim itself"),
        (
            'when: "event.price >= 100000"',
            "when: \"count(boat.bought, '30d') > 1\"",
            "when",
            "a referral asks its own event and the member",
        ),
        ("within: 6 months", "within: a while", "within", "a while is no length of time"),
        (
            "price: event.price",
            "price: event.prize",
            "tells.referrer.fields.price",
            "unknown boat.bought field",
        ),
        (
            "price: event.price",
            "price: event.kind",
            "tells.referrer.fields.price",
            "kind of boat.bought is of",
        ),
        ("price: event.price", "price: pair", "tells.referrer.fields.price", "price is a money"),
        (
            "who: other.crm",
            "who: other.hubspot",
            "tells.referrer.fields.who",
            "unknown filling other.hubspot",
        ),
        (
            "friend: { event: welcome.given, fields: { pair: pair, code: code } }",
            "friend: welcome.given",
            "tells.friend",
            "welcome.given needs the field pair",
        ),
        (
            "friend: { event: welcome.given, fields: { pair: pair, code: code } }",
            "friend: { event: boat.bought, fields: { price: event.price } }",
            "tells.friend",
            "boat.bought qualifies a friend and is told of it",
        ),
        ("on: [boat.returned]", "on: [boat.bought]", "undo.on", "cannot qualify a friend and undo that"),
        (
            "https://slipway.example",
            "http://slipway.example",
            "landing",
            "no address that a link may lead to",
        ),
        ("https://slipway.example", "https://a@b", "landing", "no address that a link may lead to"),
        ("payment: card,", "payment: cart,", "guards.shared.payment", "unknown attribute cart"),
        (
            "{ payment: card, address: street, vehicle: hull }",
            "{ payment: card }",
            "guards.household",
            "what an address is",
        ),
        ("household: held", "successes: 0", "guards.successes", "0 is not a whole number"),
        ("      friend: { en: 200 euros", "      other: { en: 200 euros", "promise", "friend is missing"),
    ],
)
def test_a_mistake_is_named_where_it_stands(right: str, wrong: str, where: str, what: str) -> None:
    assert right in PROGRAM
    read = read_program(PROGRAM.replace(right, wrong, 1))
    assert isinstance(read, list)
    assert [p for p in read if p.where == f"referrals.friends.{where}" and what in p.what], read


def test_two_schemes_do_not_read_the_same_field() -> None:
    _, _, scheme = PROGRAM.partition("  friends:\n")
    again = "  others:\n" + scheme.partition("rules:\n")[0]
    read = read_program(PROGRAM.replace("rules:\n", again + "rules:\n", 1))
    assert isinstance(read, list)
    assert [p.what for p in read] == ["two schemes read their code from the same field"]


def test_a_connection_cannot_be_called_as_ours() -> None:
    connection = (
        "connections:\n  referrals: { vendor: hubspot, portal: 1, secret: MY_SECRET, subject: crm,"
        " map: [{ property: p, value: v, event: boat.returned }] }\nrules:\n"
    )
    read = read_program(PROGRAM.replace("rules:\n", connection, 1))
    assert isinstance(read, list)
    assert [p.what for p in read] == ["referrals is a connection of Guerdon itself"]
