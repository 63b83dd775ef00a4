"""Whatever an author writes and whatever a value holds: a text comes out or a mistake, never a traceback.

Nothing comes out that a sink would take for more than text, and a template of twice the length takes twice
the steps: steps are counted, not seconds.
"""

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import FrameType
from typing import Any, SupportsIndex

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.evidence import scaled
from tests.text.templating.vectors import LINKS, VALUES

from guerdon.text.templating import NAMES, Amount, Mistake, Reader, Sink, Template, Value
from guerdon.text.templating.grammar import parse_template
from guerdon.text.templating.render import RENDERED_BYTES_MAX, render_template
from guerdon.text.templating.sinks import HANDS
from guerdon.values.texts import LANGUAGES

EXAMPLES, EXAMPLES_FULL = 1_000, 10_000
STEPS_A_CHARACTER_MAX = 40
# Looking for the nearest of our names, for as many mistakes as are told.
STEPS_BESIDE_MAX = 60_000

asked = st.sampled_from(sorted(NAMES)).map(lambda key: f"{{{{#if {key}}}}}{{{{{key}}}}}{{{{/if}}}} ")
words = st.one_of(
    st.sampled_from(
        ("{{", "}}", "{", "}", "{{#if ", "{{/if}}", "{%", "|", "#", "/", " ", "\n", "\r\n", "\t")
    ),
    st.sampled_from(sorted(NAMES)).map(lambda key: f"{{{{{key}}}}}"),
    asked,
    st.sampled_from(("money", "day", "moment", "number", "{{reward.value|money}}", "{{#if link}}\n")),
    st.sampled_from(
        ("https://www.nordlys.example/", "javascript:x", "://", "www.", ".example", "@", "<b>", "&")
    ),
    st.text(st.characters(), max_size=12),
)
templates = st.lists(words, max_size=14).map("".join)
# Without what would be a mistake, so that more of them are read to the end.
harmless = st.characters(exclude_characters="{}.:", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"))
readable = st.lists(
    st.one_of(
        asked,
        st.text(harmless, max_size=20),
        st.sampled_from(("{{link}} ", "{{reward.value}} ", "{{order.number}}", "{{item.name}}", "\n<b>'\"&")),
    ),
    max_size=14,
).map("".join)
instants = st.datetimes(
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))))
)
hostile = st.sampled_from(
    (
        *(
            "<script>",
            "</bdi>",
            "\r\nBcc: a@b.c",
            "{{link}}",
            '"',
            "\\",
            "\u202e",
            "\u2066",
            "\ud800",
            "\x00",
            "&lt;",
        ),
        *("javascript:alert(1)", "https://evil.example", "https://www.nordlys.example/<", "x" * 40_000),
    )
)
anything: st.SearchStrategy[Value | None] = st.one_of(
    hostile,
    st.text(st.characters()),
    st.lists(hostile, max_size=4).map("".join),
    st.none(),
    st.dates(),
    instants,
    st.datetimes(),
    st.integers(),
    st.decimals(),
    st.booleans(),
    st.builds(
        Amount, st.integers(), st.sampled_from(("EUR", "JPY", "points", "<b>", "")), st.integers(-2, 12)
    ),
)
given_values = st.dictionaries(st.sampled_from(sorted(NAMES)), anything)
readers = st.builds(
    Reader,
    st.sampled_from(LANGUAGES),
    st.sampled_from(("", "DE", "AE", "US", "ID", "ZZ", "-", "../x")),
    st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Kiritimati", "", "../x", "Europe", "\x00")),
)
sinks: st.SearchStrategy[Sink] = st.sampled_from(sorted(HANDS))

TAG = re.compile(r'<bdi>|</bdi>|<a href="https?://[^"<>\s]+"><bdi dir="ltr">[^"<>\s]+</bdi></a>')
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# An author may break lines and put a mark of direction; nothing may turn more than it holds.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066\u2067]")


def check(text: str, values: Mapping[str, Value | None], sink: Sink, reader: Reader) -> None:
    template = parse_template(text, NAMES, LINKS)
    if not isinstance(template, Template):
        lines = text.replace("\r\n", "\n").split("\n")
        for mistake in template:
            assert mistake.what
            assert mistake.hint, mistake
            if mistake.line is not None and mistake.column is not None:
                assert 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1
        return
    came = render_template(template, values, sink, reader, LINKS)
    if isinstance(came, Mistake):
        assert came.what
        return
    assert len(came.encode()) <= RENDERED_BYTES_MAX
    assert came == render_template(template, values, sink, reader, LINKS)
    assert not STEERING.search(json.loads(came) if sink == "json" else came)
    assert came.count("\u2068") == came.count("\u2069")
    if sink == "html":
        outside = TAG.sub("", came)
        assert not set(outside) & set("<>\"'")
        assert not re.search(r"&(?!(?:amp|lt|gt|quot|#x27);)", outside)
        assert came.count("<bdi") == came.count("</bdi>")
    elif sink in ("header", "sms"):
        assert not CONTROL.search(came)
        assert came == " ".join(came.split())
    elif sink == "json":
        assert isinstance(json.loads(came), str)
        assert not set(came) & set("<>&")


@settings(max_examples=scaled(EXAMPLES, EXAMPLES_FULL), deadline=None)
@given(templates, given_values, sinks, readers)
@example(
    "{{#if reward.days_left}}{{reward.days_left}}{{/if}}",
    {"reward.days_left": Decimal("sNaN")},
    "text",
    Reader("en"),
)
@example("{{order.number}}" * 500, {"order.number": "x" * 500}, "text", Reader("en"))
@example("{{order.number}}" * 40, {"order.number": "<" * 500}, "json", Reader("en"))
@example("{{reward.value}}", {"reward.value": Amount(1, "<b>", 0)}, "html", Reader("en"))
def test_any_template_and_any_values(
    text: str, values: dict[str, Value | None], sink: Sink, reader: Reader
) -> None:
    check(text, values, sink, reader)


@settings(max_examples=scaled(EXAMPLES, EXAMPLES_FULL), deadline=None)
@given(readable, given_values, sinks, readers)
def test_templates_that_are_read_to_the_end(
    text: str, values: dict[str, Value | None], sink: Sink, reader: Reader
) -> None:
    check(text, {**VALUES, **values}, sink, reader)


@settings(max_examples=scaled(EXAMPLES, EXAMPLES_FULL), deadline=None)
@given(st.text(st.characters(), max_size=3_000), sinks, st.sampled_from(("ar", "en")))
def test_any_value_where_a_name_stands(value: str, sink: Sink, language: str) -> None:
    named = {"member.name": value, "order.number": value}
    check("a {{#if member.name}}b {{member.name}}{{/if}}\n{{order.number}}", named, sink, Reader(language))


@pytest.mark.parametrize("value", [date.min, date.max])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_are_no_accident(value: date, zone: str) -> None:
    moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    for text in ("{{place.kept}}", "{{place.kept|day}}", "{{reward.earned}}"):
        check(text, {"place.kept": moment, "reward.earned": value}, "text", Reader("ar", "AE", zone))


class Counted(str):
    """A text that counts the characters copied out of it."""

    __slots__ = ()
    copied = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        part = super().__getitem__(key)
        Counted.copied += len(part)
        return part

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> "Counted":
        Counted.copied += len(self)
        return Counted(super().replace(old, new, count))


def steps_of(text: str, most: int | None = None) -> int:
    """Lines of ours that were walked, and characters that were copied, reading and filling a template."""
    walked = 0
    most = most or STEPS_A_CHARACTER_MAX * len(text) + STEPS_BESIDE_MAX

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal walked
        # Looking for the nearest name is the one thing of another's that takes steps.
        if not any(part in frame.f_code.co_filename for part in ("guerdon", "difflib")):
            return None
        walked += event == "line"
        # What takes far too many is not waited for.
        assert walked <= most, "more steps than a template may take"
        return trace

    Counted.copied = 0
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        template = parse_template(Counted(text), NAMES, LINKS)
        if isinstance(template, Template):
            render_template(template, VALUES, "html", Reader("en"), LINKS)
    finally:
        sys.settrace(before)
    return walked + Counted.copied


SHAPES = (
    *(
        "{{",
        "}}",
        "{",
        "{{{",
        "{{}}",
        "{{a",
        "{{x}} ",
        "{{reward.vale.ends}} ",
        "{{#if ",
        "{{#if link}}",
        "{{/if}}",
        "\n",
        "\n ",
        "\r\n",
    ),
    *(
        "{{link}} ",
        "{{#if link}}\n{{/if}}\n",
        "{{#if link}}x{{/if}}",
        "{{order.number}}",
        "{{reward.value|day}}",
    ),
    *(
        "a",
        ".",
        "a.",
        "a:",
        "://",
        "https://",
        "www.a.",
        "(",
        "a/",
        "@a.bb",
        "evil.example ",
        "#",
        "javascript:",
    ),
    *("<", "\x07", "é", "{%", "{{link}}a", " \t", "{{ ", "|", "a.bb/", "a.bb,"),
)


@pytest.mark.parametrize("shape", SHAPES, ids=map(repr, SHAPES))
def test_a_template_of_twice_the_length_takes_twice_the_steps(shape: str) -> None:
    text = shape * (8_000 // len(shape.encode()))
    half = text[: len(text) // 2]
    # The first run reads tables that later ones find read.
    steps_of(half)
    short, long = steps_of(half), steps_of(text)
    assert long <= 2.1 * short + 2_000


def test_a_template_that_is_too_long_is_not_walked_at_all() -> None:
    # Its line ends are made one kind, and that is all.
    assert steps_of("{{" * 500_000, most=500) <= 1_000_000 + 500
