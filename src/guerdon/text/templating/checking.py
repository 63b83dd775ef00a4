"""A text of a program in all its languages, checked before anybody is written to.

Each language is read, compared with English, and written out with sample values for every market and every
place that the text goes to; also with all missing that may be. What comes out is handed on, for those who
count what only they know, such as the parts of an SMS.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from guerdon.text.templating.cleaning import shown_length
from guerdon.text.templating.grammar import Template, parse_template
from guerdon.text.templating.links import Links
from guerdon.text.templating.mistakes import Mistake
from guerdon.text.templating.names import NAMES, Value
from guerdon.text.templating.render import render_template
from guerdon.text.templating.samples import SAMPLE_ADDRESS, SampleMarket, poorest, sample
from guerdon.text.templating.sinks import Sink
from guerdon.text.templating.slots import Slot
from guerdon.values.problems import did_you_mean
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, Text, text_in

_QUOTED_MAX = 80


@dataclass(frozen=True, slots=True)
class Terms:
    """What the texts of one message are checked against: its `data`, where it may lead, who reads it."""

    declared: frozenset[str]
    links: Links
    markets: tuple[SampleMarket, ...]
    program: Text = field(default_factory=lambda: {FALLBACK_LANGUAGE: "Nordlys Circle"})


@dataclass(frozen=True, slots=True)
class Found:
    """A mistake of a text, and the language that has it."""

    language: str
    mistake: Mistake


@dataclass(frozen=True, slots=True)
class Shown:
    """What a text comes to in a language and a market with sample values; `poor`: all missing that may be."""

    language: str
    market: str
    sink: Sink
    text: str
    poor: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A text after checking: its templates by language, its mistakes, and how it reads."""

    templates: Mapping[str, Template]
    found: tuple[Found, ...]
    shown: tuple[Shown, ...]


def check_text(slot: Slot, texts: Text, terms: Terms) -> Checked:
    """Read a text in each language and write it out for each market; at least English is needed."""
    found: list[Found] = []
    templates: dict[str, Template] = {}
    shown: list[Shown] = []
    for language, text in texts.items():
        if language not in LANGUAGES:
            what = f"unknown language {language[:40]}"
            found.append(Found(language, Mistake(None, None, what, did_you_mean(language, LANGUAGES))))
            continue
        template = parse_template(text, terms.declared, terms.links)
        if isinstance(template, Template):
            templates[language] = template
        else:
            found += [Found(language, mistake) for mistake in template]
    found += _languages_missing(texts, terms)
    found += _names_apart(templates)
    for language, template in templates.items():
        found += [Found(language, mistake) for mistake in _out_of_place(slot, template)]
        written = list(_written_out(slot, language, template, terms))
        shown += [each for each in written if isinstance(each, Shown)]
        faults = dict.fromkeys(each for each in written if isinstance(each, Mistake))
        found += [Found(language, each) for each in (*faults, *_faults_shown(slot, template, written))]
    return Checked(templates, tuple(found), tuple(shown))


def unused_names(declared: Collection[str], templates: Collection[Template]) -> list[str]:
    """The names that a message declares and none of its texts uses: it should not be handed them."""
    used = frozenset[str]().union(*(template.printed | template.asked for template in templates))
    return [key for key in declared if key not in used]


def _languages_missing(texts: Text, terms: Terms) -> Iterator[Found]:
    wanted = [FALLBACK_LANGUAGE, *(market.language for market in terms.markets)]
    for language in dict.fromkeys(wanted):
        if language in texts:
            continue
        if language == FALLBACK_LANGUAGE:
            hint = f"add `{language}:`, whoever reads another language falls back to it"
        else:
            markets = ", ".join(market.key for market in terms.markets if market.language == language)
            hint = f"add `{language}:`, it is the language of {markets}"
        yield Found(language, Mistake(None, None, f"this text has no {language}", hint))


def _names_apart(templates: Mapping[str, Template]) -> Iterator[Found]:
    """What one language shows and English does not, or the other way round: one of them was forgotten."""
    english = templates.get(FALLBACK_LANGUAGE)
    if english is None:
        return
    for language, template in templates.items():
        for key in sorted(english.printed - template.printed):
            what = f"{language} does not show {key}, {FALLBACK_LANGUAGE} does"
            yield Found(language, Mistake(None, None, what, f"write {{{{{key}}}}} where it belongs"))
        for key in sorted(template.printed - english.printed):
            what = f"{language} shows {key}, {FALLBACK_LANGUAGE} does not"
            hint = f"remove {{{{{key}}}}}, or write it in {FALLBACK_LANGUAGE} too"
            yield Found(language, Mistake(None, None, what, hint))


def _out_of_place(slot: Slot, template: Template) -> Iterator[Mistake]:
    for key in sorted(template.printed):
        if NAMES[key].kind == "link" and not slot.links:
            hint = "remove it; the message's button leads there"
            yield Mistake(None, None, f"nobody can follow {key} in a {slot.key}", hint)


def _written_out(slot: Slot, language: str, template: Template, terms: Terms) -> Iterator[Shown | Mistake]:
    links = replace(terms.links, own=SAMPLE_ADDRESS)
    may_be_poor = any(NAMES[key].may_miss for key in template.asked)
    for market in terms.markets:
        full: dict[str, Value] = sample(language, market, text_in(terms.program, language))
        for sink in slot.sinks:
            for values in (full, poorest(full)) if may_be_poor else (full,):
                came = render_template(template, values, sink, market.reader(language), links)
                if isinstance(came, str):
                    yield Shown(language, market.key, sink, came, poor=values is not full)
                else:
                    yield came


def _faults_shown(slot: Slot, template: Template, written: list[Shown | Mistake]) -> Iterator[Mistake]:
    shown = [each for each in written if isinstance(each, Shown)]
    # In JSON nothing is two quotes.
    empty = next((each for each in shown if each.text in ("", '""')), None)
    if empty is not None and empty.poor:
        names = ", ".join(sorted(key for key in template.asked if NAMES[key].may_miss))
        hint = "write some words outside of {{#if}}"
        yield Mistake(None, None, f"nothing is left of this text without {names}", hint)
    elif empty is not None:
        yield Mistake(None, None, "nothing is written here", "write a text, or leave the line out")
    longest = max(shown, key=lambda each: shown_length(each.text), default=None)
    if slot.shown_max is not None and longest is not None and shown_length(longest.text) > slot.shown_max:
        quoted = longest.text if len(longest.text) <= _QUOTED_MAX else f"{longest.text[:_QUOTED_MAX]}..."
        length, market = shown_length(longest.text), longest.market
        what = f"a {slot.key} of {length} characters in {market} with usual values: {quoted}"
        hint = f"at most {slot.shown_max} are shown everywhere, so shorten it"
        yield Mistake(None, None, what, hint)
