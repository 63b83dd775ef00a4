"""Invented customers as the CRM knows them, and the files that bring them to the rewards software.

About one in thirty is not yet in the first file: the CRM tells of them later, so what they did before has
to wait.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random

from .names import names_of
from .terms import Terms

FIRST_CONTACT_ID = 51_000_001
EMPLOYEE_SHARE = 0.02
FLEET_SHARE = 0.12
LATE_SHARE = 0.03
SPELLED = str.maketrans({"ß": "ss", "ø": "oe", "æ": "ae", "ł": "l"})
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
# Number ranges that regulators keep for films and books. People of other markets give no number.
INVENTED_PHONES = {"DE": "+4930231250", "FR": "+3319900{:02}", "GB": "+4477009000", "IE": "+353209100"}


@dataclass(frozen=True, slots=True)
class Contact:
    """One row of members.csv; its fields are the header."""

    external_source: str
    external_id: str
    name: str
    email: str
    phone: str
    market: str
    language: str
    location: str
    employee: bool
    segment: str
    contact: str


def invent_contacts(terms: Terms, count: int, seed: int) -> list[Contact]:
    """Make up so many people; the same seed gives the same people."""
    chance = Random(f"contacts:{seed}")
    markets = list(terms.locations)
    weights = [len(terms.locations[market]) for market in markets]
    return [
        _contact(terms, chance, FIRST_CONTACT_ID + 7 * number, chance.choices(markets, weights)[0])
        for number in range(count)
    ]


def is_late(contact: Contact) -> bool:
    """Tell whether the CRM hands this contact over only after its first events; a fixed draw per person."""
    return Random(f"late:{contact.external_id}:{contact.email}").random() < LATE_SHARE


def write_contacts(path: Path, contacts: Iterable[Contact]) -> int:
    """Write a file for `guerdon import members`, and say how many rows it has."""
    rows = [{key: _cell(cell) for key, cell in asdict(contact).items()} for contact in contacts]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(Contact)])
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _contact(terms: Terms, chance: Random, contact_id: int, market: str) -> Contact:
    language = terms.languages[market]
    first_names, family_names = names_of(market, language)
    name = f"{chance.choice(first_names)} {chance.choice(family_names)}"
    return Contact(
        external_source="hubspot",
        external_id=str(contact_id),
        name=name,
        email=f"{_ascii(name)}.{contact_id % 10_000_000}@{chance.choice(MAIL_DOMAINS)}",
        phone=_phone(market, chance),
        market=market,
        language=language,
        location=chance.choice(terms.locations[market]),
        employee=chance.random() < EMPLOYEE_SHARE,
        segment="fleet" if chance.random() < FLEET_SHARE else "private",
        contact=str(contact_id),
    )


def _phone(market: str, chance: Random) -> str:
    digits = chance.randrange(100)
    prefix = INVENTED_PHONES.get(market)
    return f"{prefix.format(chance.randrange(100))}{digits:02}" if prefix else ""


def _ascii(name: str) -> str:
    """Spell a name as the local part of a mail address; scripts without Latin letters become `customer`."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(SPELLED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".") or "customer"


def _cell(cell: str | bool) -> str:  # noqa: FBT001 - a cell is whatever the column holds
    return str(cell).lower() if isinstance(cell, bool) else cell
