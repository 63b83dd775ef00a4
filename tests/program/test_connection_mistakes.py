"""Mistakes in what is read at a CRM: contacts, deals, its version; and what a right one means."""

from collections.abc import Callable

import pytest
from tests.program.programs import SMALL, Case, read_changed, read_whole

from guerdon.connectors.hubspot.api.versions import NEWEST, VERSIONS
from guerdon.program.declared import API_VERSIONS, ContactMapping, DealMapping, Translated

LAST = "    ignore: [lifecyclestage]\n"
CONTACTS = """    contacts:
      market: { property: country, values: { Germany: DE } }
      attributes: { employee: is_employee }
"""
DEALS = """    deals:
      - { property: dealstage, value: won, event: visit.completed, fields: { paid: amount } }
"""


def declared(text: str) -> str:
    return SMALL.replace(LAST, LAST + text)


MISTAKES: list[Case] = [
    ("property: country", "property: c c", 36, "contacts.market.property", "cannot be a key", ""),
    ("Germany: DE", "Germany: GR", 36, "contacts.market.values.Germany", "unknown market GR", ""),
    ("{ Germany: DE }", "{}", 36, "contacts.market.values", "no value is translated", "leave the line out"),
    (
        "market: { property: country, values: { Germany: DE } }",
        "market: country",
        36,
        "contacts.market",
        "mapping",
        "",
    ),
    ("      market:", "      place:", 36, "contacts.place", "unknown key place", ""),
    (
        "employee: is_employee",
        "employe: x",
        37,
        "contacts.attributes.employe",
        "unknown attribute",
        "employee?",
    ),
    ("employee: is_employee", "market: x", 37, "contacts.attributes.market", "not an attribute", "beside"),
    ("is_employee", "visit_status", 35, "contacts", "visit_status is mapped and read of the contact", ""),
    (
        "      attributes",
        "      name: []\n      attributes",
        37,
        "contacts.name",
        "no property is listed",
        "",
    ),
    ("[lifecyclestage]", "[email]", 34, "ignore[0]", "email is read and ignored at once", "remove"),
    (
        "event: visit.completed, fields: { paid",
        "event: visit.com, fields: { paid",
        39,
        "deals[0].event",
        "visit.com",
        "?",
    ),
    (
        "{ paid: amount }",
        "{ price: amount }",
        39,
        "deals[0].fields.price",
        "unknown visit.completed field",
        "paid",
    ),
    ("{ paid: amount }", "{ paid: 'a b' }", 39, "deals[0].fields.paid", "cannot be a key", "amount"),
    ("amount } }\n", 'amount }, contact: "\\t" }\n', 39, "deals[0].contact", "nothing is written", ""),
    (
        "amount } }\n",
        "amount } }\n      - { property: dealstage, value: won, event: visit.completed }\n",
        40,
        "deals[1]",
        "dealstage with the value won is mapped already",
        "see deals[0]",
    ),
    (
        "event: visit.completed, fields: { paid: amount }",
        "event: referral.succeeded",
        39,
        "deals[0]",
        "referral.succeeded needs the field referred_contact",
        "amount",
    ),
    ("    deals:\n", "    api: 2026-01\n    deals:\n", 38, "api", "unknown API version 2026-01", "2026-09?"),
    ("    deals:\n", "    journal: yes\n    deals:\n", 38, "journal", "unknown answer yes", ""),
]


@pytest.mark.parametrize(("old", "new", "line", "where", "what", "hint"), MISTAKES)
def test_a_mistake_is_said_with_its_line(
    old: str, new: str, line: int, where: str, what: str, hint: str
) -> None:
    found = read_changed(declared(CONTACTS + DEALS), old, new)
    print(*found, sep="\n")  # noqa: T201 - shown when the test fails
    assert any(
        (p.line, p.where) == (line, f"connections.crm.{where}") and what in p.what and hint in p.hint
        for p in found
    )


def test_two_accounts_whose_contacts_are_read_do_not_share_a_source() -> None:
    other = (
        "  other:\n    vendor: hubspot\n    portal: 7\n    secret: OTHER_SECRET\n    subject: hubspot\n"
        + DEALS
    )
    (found,) = read_changed(declared(""), LAST, LAST + other)
    assert (found.where, found.line) == ("connections.other.subject", 39)
    assert "crm names its contacts by this source too" in found.what


def test_a_connection_without_anything_mapped_is_a_mistake() -> None:
    mapped = SMALL[SMALL.index("    map:\n") : SMALL.index(LAST)]
    (found, *_) = read_changed(SMALL, mapped, "")
    assert (found.where, found.what) == ("connections.crm", "map is missing")
    read_whole(SMALL.replace(mapped + LAST, DEALS))


def test_what_is_declared_is_read_and_the_rest_is_as_it_is_at_hubspot() -> None:
    crm = read_whole(declared(CONTACTS + DEALS + "    api: '2026-03'\n    journal: true\n")).connections[
        "crm"
    ]
    assert (crm.api, crm.journal) == ("2026-03", True)
    assert crm.contacts == ContactMapping(
        Translated("country", {"Germany": "DE"}),
        None,
        None,
        {"employee": "is_employee"},
        ("firstname", "lastname"),
        "email",
        "phone",
    )
    assert crm.contacts.properties == ("country", "is_employee", "firstname", "lastname", "email", "phone")
    assert crm.deals == (DealMapping("dealstage", "won", "visit.completed", {"paid": "amount"}, None),)
    bare = read_whole(SMALL).connections["crm"]
    assert (bare.api, bare.journal, bare.contacts, bare.deals) == (NEWEST, False, None, ())


def test_the_versions_that_a_program_may_name_are_those_that_can_be_asked() -> None:
    assert API_VERSIONS == VERSIONS


def test_reading_is_used(is_said: Callable[[Case], bool]) -> None:
    assert is_said(("    subject: hubspot\n", "", 26, "connections.crm", "subject is missing", "subject:"))
