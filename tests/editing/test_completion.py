"""What may be written at a place: keys, names and parts of conditions, also while the text is not right."""

from pathlib import Path

import pytest
from tests.program.programs import SPOKEN

from guerdon.program.editing.completion import OPTIONS_MAX, complete
from guerdon.program.editing.writable import KEYS
from guerdon.program.load import OPTIONAL, REQUIRED, read_program

TEXT = (Path(__file__).parents[1] / "program" / "club.yaml").read_text(encoding="utf-8")
BIKE = "    group: welcome\n    then:\n"
RIDE = "    name: Ride\n"


def offered(behind: str, typed: str, text: str = TEXT) -> tuple[str, tuple[str, ...]]:
    """What stands in place of which letters, when this was typed in a line of its own behind a text."""
    at = text.index(behind) + len(behind)
    line = text[:at].count("\n") + 1 + typed.count("\n")
    column = len(typed) - typed.rfind("\n") - 1
    if "\n" not in typed:
        column += at - text.rfind("\n", 0, at) - 1
    end = "\n" if behind.endswith("\n") else ""
    found = complete(text[:at] + typed + end + text[at:], line, column)
    own = (text[:at] + typed).split("\n")[-1]
    return own[found.start :], found.options


@pytest.mark.parametrize(
    ("behind", "typed", "word", "first"),
    [
        (BIKE, "      - re", "re", ("reward: ", "reverse: ", "release: ")),
        (BIKE, "      - reward: { v", "v", ("value: ", "valid_days: ")),
        (BIKE, "      - reward: { value: 1 EUR, pay_from: ", "", ("by_market",)),
        (BIKE, "      - reward:\n          val", "val", ("value: ", "valid_days: ")),
        (BIKE, "      - reward: { table: ", "", ("bike_value",)),
        (BIKE, "      - reverse: { rule: r", "r", ("ride", "first_bike", "loyal_ride")),
        (RIDE, "    wh", "wh", ()),
        (RIDE, "    because: { d", "d", ("de: ", "id: ")),
        (RIDE, "    campaign: ", "", ()),
        (RIDE, "    markets: [", "", ("DE", "NO")),
        (RIDE, "    markets: [DE, ", "", ("DE", "NO")),
        (RIDE, "    promise: c", "c", ("campaign", "public")),
        (RIDE, "    segments:\n      - l", "l", ("loyal",)),
        (RIDE, "    segments:\n    - ", "", ("racer", "loyal")),
        (RIDE, "    if: event.", "event.", ("event.happened_at", "event.km", "event.note")),
        (RIDE, '    if: "member.level == \'', "", ("basic", "plus")),
        (RIDE, '    if: "segment(', "", ("racer", "loyal")),
        (RIDE, '    if: "holds(', "", ("bike",)),
        (RIDE, '    if: "member.employee && count(ri', "ri", ("ride.finished",)),
        (RIDE, '    if: "sum(', "", ("bike.purchased.price", "ride.finished.km")),
        (RIDE, "    if: \"count(ride.finished, '3", "3", ("30d",)),
        ("columns: [", "event.k", "event.k", ("event.kind",)),
        ("segments:\n", "  new: { if: member.km", "member.km", ("member.km_year",)),
        ("policy:\n", "  ", "", ("allow: ",)),
        ("groups:\n", "  extra: { pick: ", "", ("first", "best")),
        ("units:\n", "  X: { kind: po", "po", ("points",)),
        ("events:\n", "  a.b: { fields: { c: { type: ", "", ("bool", "int", "string", "timestamp")),
        ("personal_data: forbidden\n", "lim", "lim", ("limits: ",)),
    ],
)  # fmt: skip
def test_what_fits_is_offered(behind: str, typed: str, word: str, first: tuple[str, ...]) -> None:
    assert offered(behind, typed) == (word, first) or offered(behind, typed)[1][: len(first)] == first
    assert offered(behind, typed)[0] == word


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        (
            "    ",
            ("vendor: ", "portal: ", "secret: ", "subject: ", "map: ", "ignore: ", "api: ", "journal: "),
        ),
        ("    api: ", ("2026-09", "2026-03")),
        ("    journal: ", ("true", "false")),
        ("    contacts:\n      ", ("market: ", "language: ", "location: ", "attributes: ", "name: ")),
        ("    contacts:\n      market: { ", ("property: ", "values: ")),
        ("    deals:\n      - { ", ("property: ", "value: ", "event: ", "fields: ", "contact: ")),
        ("    deals:\n      - { event: ri", ("ride.finished",)),
    ],
)
def test_what_fits_a_connection_is_offered(typed: str, first: tuple[str, ...]) -> None:
    found = offered("connections:\n  crm:\n", typed, "connections:\n  crm:\n" + TEXT)[1]
    assert found[: len(first)] == first


@pytest.mark.parametrize(
    ("behind", "typed", "first"),
    [
        ("messages:\n", "  new: { channels: [em", ("email",)),
        ("messages:\n", "  new: { topic: ", ("account", "codes", "offers", "service", "marketing")),
        ("messages:\n", "  new: { fal", ("fall_back_after: ",)),
        ("messages:\n", "  new: { on: ", ("earned", "ready", "reversed")),
        ("messages:\n", "  new:\n    data: [member.na", ("member.name",)),
        ("messages:\n", "  new:\n    remind: { be", ("before_days: ",)),
        ("messages:\n", "  new:\n    text:\n      sub", ("subject: ",)),
        ("messages:\n", "  new:\n    text:\n      subject: { d", ("de: ", "id: ")),
        ("messages:\n", "  new:\n    text:\n      link: in", ("inbox",)),
        ("topics:\n", "  new: { class: ", ("service", "marketing")),
        ("topics:\n", "  new: { text: { a", ("ar: ",)),
        ("contact:\n", "  qui", ()),
        ("contact:\n", "  markets: { N", ("NO: ",)),
        ("    DE: { ", "si", ("silent_days: ",)),
        ("  silent_days: { ", "on: [", ("monday", "tuesday")),
        ("  time_zone: { ", "attribute: ", ("zone",)),
        ("  sales: [", "", ("order.paid",)),
    ],
)
def test_what_fits_messages_is_offered(behind: str, typed: str, first: tuple[str, ...]) -> None:
    found = offered(behind, typed, SPOKEN)[1]
    assert found[: len(first)] == first
    assert first or not found


def test_what_stands_there_already_is_not_offered_again() -> None:
    options = offered(RIDE, "    ")[1]
    assert "if: " in options
    assert not {"name: ", "when: ", "promise: ", "group: ", "then: "} & set(options)


def test_a_text_that_cannot_be_read_still_has_keys() -> None:
    assert complete("rules:\n  a:\n    if: [\n    pro", 4, 7).options == ("promise: ",)
    assert complete("", 1, 0).options[0] == "program: "
    assert complete("\x00", 7, 99).start >= 0


@pytest.mark.parametrize("letters", ["a_.", "a.b in [", "' ", " "])
def test_a_line_of_a_megabyte_is_not_searched(letters: str) -> None:
    line = "    if: " + letters * (1_000_000 // len(letters))
    assert complete(f"rules:\n  a:\n{line}\n", 3, len(line)).options == ()


def test_no_place_costs_much_or_breaks() -> None:
    lines = TEXT.split("\n")
    for number, line in enumerate(lines, 1):
        for column in range(0, len(line) + 1, 3):
            assert len(complete(TEXT, number, column).options) <= OPTIONS_MAX


@pytest.mark.parametrize("path", [path for path in KEYS if path.count(".") <= 1 and path and path[0] != "."])
def test_the_check_knows_every_key_that_is_offered(path: str) -> None:
    section, _, any_ = path.partition(".")
    if section not in (*REQUIRED, *OPTIONAL):
        pytest.skip("stands deeper")
    for key in KEYS[path]:
        below = "x" if any_ == "*" else any_
        inner = f"{section}: {{ {below}: {{ {key}: a }} }}" if any_ else f"{section}: {{ {key}: a }}"
        found = read_program(f"program: x\n{inner}\n")
        assert isinstance(found, list)
        assert not [problem for problem in found if problem.what == f"unknown key {key}"], key
