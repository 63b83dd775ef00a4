"""A connection's declaration as a form: written back it is the same, and what changes is written alone."""

from dataclasses import replace

import pytest

from guerdon.program.editing.connection_forms import (
    VALUE,
    ActionForm,
    Change,
    Placed,
    Section,
    read_connection,
    write_connection,
)
from guerdon.program.editing.rewriting import rewritten
from guerdon.program.editing.spans import Plain, plain, spans_of

TEXT = """\
hub:
  vendor: hubspot
  portal: 4242  # the big one
  secret: HUBSPOT_SECRET
  subject: crm
  map:
    - { property: drive_status, value: done, event: drive.done }  # as sales agreed
    - property: score
      event: score.changed
      fields: { points: value }
    - { property: odd, value: [1, 2], event: drive.done }
  ignore: [lifecyclestage, drive_status=open]
  contacts:
    market: { property: country, values: { Germany: DE, "Norge": "NO" } }
    attributes: { visits: n_visits }
    name: [nickname]
    phone: mobilephone
  deals:
    - { property: dealstage, value: won, event: order.placed, fields: { order_no: number }, contact: Buyer }
  action: { event: order.placed, fields: { order_no: order } }
  write:
    properties: { balance: loyalty }
"""

MANY = ", ".join(f"v{n}: DE" for n in range(101))


def said(text: str) -> dict[str, Plain]:
    root = spans_of(text)
    assert root is not None
    found = plain(root)
    assert isinstance(found, dict)
    hub = found["hub"]
    assert isinstance(hub, dict)
    return hub


def changed(text: str, made: Plain) -> str:
    done = rewritten(text, ("hub",), made)
    assert done is not None
    return done


def test_a_declaration_read_and_written_back_is_the_same_to_the_letter() -> None:
    declared = said(TEXT)
    form = read_connection(declared)
    assert write_connection(form, declared) == declared
    assert changed(TEXT, write_connection(form, declared)) == TEXT
    assert form.map[0] == Change("drive_status", "done", "drive.done")
    assert form.map[1].fields == (("points", VALUE),)
    assert form.map[2].text.startswith("{ property: odd")
    assert form.contacts.market == Placed("country", (("Germany", "DE"), ("Norge", "NO")))
    assert (form.contacts.name, form.contacts.email, form.contacts.phone) == (
        ("nickname",),
        "",
        "mobilephone",
    )
    assert form.deals[0].contact == "Buyer"
    assert form.hidden == frozenset()


def test_what_changes_is_written_and_every_other_letter_stays() -> None:
    declared = said(TEXT)
    form = read_connection(declared)
    rows = [*form.map, Change("visit", "", "drive.done"), Change()]
    rows[1] = replace(rows[1], value="high")
    made = changed(TEXT, write_connection(form.with_rows("map", rows), declared))
    before, after = TEXT.splitlines(), made.splitlines()
    assert [line for line in before if line not in after] == []
    assert [line.strip() for line in after if line not in before] == [
        "value: high",
        "- { property: visit, event: drive.done }",
    ]
    # A row that was only begun is none yet.
    assert form.with_rows("map", rows).written_rows("map") == [0, 1, 2, 3]


def test_rows_and_parts_go_and_an_empty_form_is_no_part() -> None:
    declared = said(TEXT)
    form = read_connection(declared)
    contacts = replace(form.contacts, market=Placed(), attributes=(), name=(), phone="")
    gone = replace(form, deals=(), ignore=(), contacts=contacts, action=ActionForm())
    made = write_connection(gone.with_rows("map", form.map[:1]), declared)
    assert set(declared) - set(made) == {"deals", "ignore", "contacts", "action"}
    text = changed(TEXT, made)
    assert "# as sales agreed" in text
    assert "score" not in text
    again = write_connection(replace(read_connection(made), contacts=form.contacts), made)
    assert again["contacts"] == declared["contacts"]
    assert list(again).index("contacts") == list(again).index("map") + 1


@pytest.mark.parametrize("value", ["Haus\\u00a0A", "a\\nb", " a", "a\\u200db", "soft\\u00adly"])
def test_a_row_with_letters_that_nobody_sees_is_text(value: str) -> None:
    declared = said(TEXT.replace("value: done", f'value: "{value}"'))
    form = read_connection(declared)
    assert form.map[0].text.startswith("{ property: drive_status")
    assert not form.map[1].text
    made = write_connection(form.with_rows("map", [form.map[0], replace(form.map[1], value="7")]), declared)
    was, now = declared["map"], made["map"]
    assert isinstance(was, list)
    assert isinstance(now, list)
    assert now[0] == was[0]


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("contacts", "  contacts: { market: country }"),
        ("contacts", "  contacts: { market: { property: country }, since: then }"),
        ("contacts", "  contacts: { market: { property: country }, name: [] }"),
        ("action", "  action: { event: order.placed, if: x }"),
        ("ignore", "  ignore: { a: b }"),
        ("map", "  map: { a: b }"),
        ("deals", "  deals: nothing"),
        ("map", f"  map: [{', '.join(['{ property: x }'] * 61)}]"),
        ("contacts", f"  contacts: {{ market: {{ property: x, values: {{ {MANY} }} }} }}"),
        # What a browser or a form would not give back to the letter.
        ("contacts", '  contacts: { market: { property: x, values: { "Haus\\u00a0A": DE } } }'),
        ("contacts", '  contacts: { market: { property: x, values: { " Haus": DE } } }'),
        ("contacts", '  contacts: { market: { property: x }, attributes: { a: "" } }'),
        ("contacts", '  contacts: { market: { property: "x\\u200dy" } }'),
        ("action", '  action: { event: order.placed, fields: { a: "b\\u00ad" } }'),
        ("ignore", '  ignore: ["shoe=4\\u00a04"]'),
    ],
)
def test_what_a_form_cannot_show_is_kept_as_it_is_written(part: str, line: str) -> None:
    declared = said(f"hub:\n  vendor: hubspot\n{line}\n")
    form = read_connection(declared)
    assert form.hidden == {part}
    other: Section = "deals" if part == "map" else "map"
    made = write_connection(form.with_rows(other, [Change("a", "b", "c.d")]), declared)
    assert made[part] == declared[part]
    assert made[other] == [{"property": "a", "value": "b", "event": "c.d"}]
