"""A message's own text: which slots it fills, and each of them checked in every language before it is sent.

A slot is a template in each language of the program's markets. Which slots a message needs follows from its
channels; the layout, with the program's mark and the way out, is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from guerdon.program.messages.nouns import EXTRA_KINDS, ChannelKind, Extra, OwnText, Push
from guerdon.program.places import Place
from guerdon.program.texts import read_text
from guerdon.text.letters import WayOut, says_stop, with_way_out
from guerdon.text.templating import SLOTS, Checked, Template, Terms, check_text
from guerdon.values.sms import clean, segments
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

TEXTS = ("subject", "preheader", "headline", "body", "button", "sms")
FIELDS = (*TEXTS, "link", "push", "extra")
PUSH_FIELDS = ("title", "body")
EXTRA_FIELDS = ("kind", "text")
LINKS = ("claim", "catalog", "inbox", "preferences")
EXTRAS_MAX = 5
SMS_PARTS_MAX = 3
# The way out of marketing may take one more: as a link it is longer than a part of 67 letters.
SMS_PARTS_WITH_OUT_MAX = 4
# In headers, on buttons and on a locked phone there is one line.
ONE_LINE = frozenset({"subject", "preheader", "headline", "button", "push_title"})

_QUOTED_MAX = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """By what slots are read: who reads them and what they may name, and over which channels they go.

    `outs`: the ways out that marketing by SMS gets where its text has none, by what its senders are.
    `templates` are those that were read, to see which names none of them uses.
    """

    terms: Terms
    channels: tuple[ChannelKind, ...]
    outs: tuple[WayOut, ...] = ()
    templates: list[Template] = field(default_factory=list)


def read_own_text(place: Place, sheet: Sheet) -> OwnText:
    """Read `text`."""
    fields = place.fields(required=["headline"], optional=[each for each in FIELDS if each != "headline"])
    said = {slot: _read_slot(fields[slot], slot, sheet) for slot in TEXTS if slot in fields}
    _check_channels(place, fields, sheet)
    if "sms" in sheet.channels and "sms" not in fields and "headline" in fields:
        _check_short(fields["headline"], said["headline"], sheet)
    if ("button" in fields) != ("link" in fields):
        place.wrong("a button leads somewhere, and a link is a button", "write both `button` and `link`")
    return OwnText(
        headline=said.get("headline", read_text(None)),
        subject_line=said.get("subject"),
        preheader=said.get("preheader"),
        body=said.get("body"),
        button=said.get("button"),
        link=_read_link(fields["link"], sheet) if "link" in fields else None,
        sms=said.get("sms"),
        push=_read_push(fields["push"], sheet) if "push" in fields else None,
        extra=_read_extras(fields["extra"], sheet) if "extra" in fields else (),
    )


def _check_channels(place: Place, fields: Mapping[str, Place], sheet: Sheet) -> None:
    """Each channel has what it needs, and nothing is written for one that the message does not take."""
    needs = {"email": ("subject", "body"), "inapp": ("body",)}
    for channel in sheet.channels:
        for slot in needs.get(channel, ()):
            if slot not in fields:
                place.wrong(f"a message by {channel} needs a {slot}", f"add `{slot}:` here")
    for slot, channel in (("subject", "email"), ("preheader", "email"), ("sms", "sms"), ("push", "push")):
        if slot in fields and channel not in sheet.channels:
            fields[slot].wrong(f"this message does not go by {channel}", "remove it, or add the channel")


def _read_push(place: Place, sheet: Sheet) -> Push:
    fields = place.fields(required=PUSH_FIELDS)
    title, body = (
        _read_slot(fields[name], f"push_{name}", sheet) if name in fields else read_text(None)
        for name in PUSH_FIELDS
    )
    return Push(title, body)


def _read_extras(place: Place, sheet: Sheet) -> tuple[Extra, ...]:
    found = []
    items = place.listing("no block is written", "write it like `- { kind: offer, text: { en: ... } }`")
    if len(items) > EXTRAS_MAX:
        place.wrong(f"more than {EXTRAS_MAX} blocks", "a message says one thing: leave some out")
    for item in items[:EXTRAS_MAX]:
        fields = item.fields(required=EXTRA_FIELDS)
        kind = fields["kind"].one_of(EXTRA_KINDS, "kind") if "kind" in fields else None
        text = _read_slot(fields["text"], "body", sheet) if "text" in fields else read_text(None)
        found.append(Extra(kind or "text", text))
    return tuple(found)


def _read_slot(place: Place, slot: str, sheet: Sheet) -> Text:
    text = read_text(place)
    # What has no English or is empty in some language has its mistake already.
    if FALLBACK_LANGUAGE in text and all(text.values()):
        checked = check_template(place, text, slot, sheet.terms)
        sheet.templates.extend(checked.templates.values())
        if slot == "sms":
            _check_stop(place, checked, sheet)
            _check_parts(place, checked, sheet)
    return text


def check_template(place: Place, text: Text, slot: str, terms: Terms) -> Checked:
    """Look at what one slot says in all its languages: the one place where templates are judged."""
    checked = check_text(SLOTS[slot], text, terms)
    lines = place.table() if place.is_table() else {}
    for found in checked.found:
        problem = found.mistake.problem("", None)
        lines.get(found.language, place).wrong(problem.what, problem.hint)
    for language, said in text.items():
        # Most people end a text of a block with a line feed, and mean nothing by it.
        if slot in ONE_LINE and len(said.rstrip("\n").splitlines()) > 1:
            lines.get(language, place).wrong("this is more than one line", "write it in one line")
    return checked


def _check_short(place: Place, headline: Text, sheet: Sheet) -> None:
    """Without a text of its own an SMS is the headline and the link; the rest was told of the headline."""
    written = {language: f"{said.strip()} {{{{link}}}}" for language, said in headline.items()}
    terms = replace(sheet.terms, declared=sheet.terms.declared | {"link"})
    checked = check_text(SLOTS["sms"], written, terms)
    _check_stop(place, checked, sheet)
    _check_parts(place, checked, sheet)


def _check_stop(place: Place, checked: Checked, sheet: Sheet) -> None:
    """Nobody is told to answer a sender that takes no answer."""
    deaf = any(not out.answers for out in sheet.outs)
    if deaf and any(says_stop(shown.text) for shown in checked.shown):
        place.wrong(
            "STOP reaches nobody where the sender is a name or a messaging service",
            "leave it out: each text gets the way out that its sender takes; or write {{preferences.link}}",
        )


def _check_parts(place: Place, checked: Checked, sheet: Sheet) -> None:
    """Count the parts of an SMS in each language, as the network counts them, also with its way out."""
    told: set[str] = set()
    for shown in checked.shown:
        text = clean(shown.text)
        bounds = {text: SMS_PARTS_MAX}
        for out in sheet.outs:
            bounds.setdefault(with_way_out(text, out, shown.language), SMS_PARTS_WITH_OUT_MAX)
        over = [each for each, bound in bounds.items() if segments(each).count > bound]
        if not over or shown.language in told:
            continue
        told.add(shown.language)
        counted, bound = segments(over[0]), bounds[over[0]]
        why = f", by {counted.foreign[:_QUOTED_MAX]}" if counted.foreign else ""
        out_too = " with its way out" if over[0] != text else ""
        place.wrong(
            f"in {shown.language} this is an SMS of {counted.count} parts{out_too} ({counted.encoding}{why})",
            f"at most {bound} parts{out_too}: write a shorter `sms`, or plainer letters",
        )


def _read_link(place: Place, sheet: Sheet) -> str | None:
    """Read where the button leads: a page of the member's, or an address of one of the program's hosts."""
    word = place.word()
    if word is None or word in LINKS:
        return word
    if "://" not in word:
        place.unknown("page", word, LINKS)
        return None
    mistake = sheet.terms.links.fault(word)
    if mistake is not None:
        place.wrong(mistake.what, mistake.hint)
    return word
