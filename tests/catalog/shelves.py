"""A house whose program has a catalog, rows of a feed for it, and the form by which one is sent."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tests.approvals.doors import Visitor, plain
from tests.approvals.house import PROGRAM, House

from guerdon.program.load import read_program
from guerdon.program.model import Program

if TYPE_CHECKING:
    from django.http import HttpResponse

CATALOG = """
catalog:
  kinds:
    gift_card: { name: { en: Gift cards, de: Gutscheine }, icon: gift }
    concerts: { name: { en: Concerts }, icon: ticket }
suppliers:
  cards: { kind: tremendous, secret: CARDS_KEY }
"""
LAMP = {
    "id": "lamp",
    "kind": "gift_card",
    "category": "gift_card",
    "brand": "Lamp & Vole",
    "name": {"en": "Lamp & Vole gift card", "de": "Gutschein Lamp & Vole"},
    "about": {"en": "Light for <b>long</b> evenings."},
    "markets": ["DE", "NO"],
    "currency": "EUR",
    "amounts": ["25.00", "50.00"],
    "popularity": 900,
    "offers": [
        {"supplier": "cards", "sku": "LMP1", "cost": "0.97", "needs": ["email"]},
        {"supplier": "pool"},
    ],
}
JAZZ = {
    "id": "jazz",
    "kind": "experience",
    "category": "concerts",
    "brand": "Blue Barn",
    "name": "Jazz night in Kiel",
    "markets": ["DE"],
    "currency": "EUR",
    "amounts": ["65.00"],
    "popularity": 40,
    "visible_to": "2026-01-01",
    "offers": [{"supplier": "manual"}],
    "slots": [
        {"id": "d1", "starts_at": "2027-03-01T19:00:00+01:00", "venue": "Old Mill, Kiel", "capacity": 30}
    ],
}
MUG = {
    "id": "mug",
    "kind": "product",
    "category": "gift_card",
    "name": "Mug of the year",
    "markets": ["NO"],
    "currency": "NOK",
    "amounts": ["100.00"],
    "prices": {"PTS": 700},
    "limited_to": 50,
    "offers": [{"supplier": "manual", "stock": False, "needs": ["address"]}],
}
ROWS = [LAMP, JAZZ, MUG]
Rows = str | Sequence[Mapping[str, object]]
# An item in a list: where it is, and its name.
LINK = re.compile(r'<tr><th[^>]*><a href="/console/harbor_motors/([^"]+)"><bdi>([^<]+)')


def opened_house(url: str, secret: str) -> House:
    """A house with the program of the approvals, and a catalog."""
    program = read_program(PROGRAM.read_text(encoding="utf-8") + CATALOG, None)
    assert isinstance(program, Program), program
    house = House(url, secret)
    house.open(program)
    return house


def sent(
    visitor: Visitor, feed: str, rows: str | Sequence[Mapping[str, object]], **fields: str
) -> "HttpResponse":
    """Send a feed by the form."""
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    text = rows if isinstance(rows, str) else "\n".join(json.dumps(row) for row in rows)
    file = SimpleUploadedFile("feed.jsonl", text.encode())
    return visitor.send(
        "catalog/feeds", act="read", feed=feed, file=file, **{"supplier": "cards", "kind": "full"} | fields
    )


def where(answer: "HttpResponse") -> str:
    """The page of the reading that an answer leads to."""
    assert answer.status_code == 303, plain(answer.content.decode())
    return "catalog/" + answer.headers["Location"].partition("/catalog/")[2]
