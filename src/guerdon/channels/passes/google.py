"""Links that save a pass to Google Wallet: all of it signed into the address, so Google is never asked.

As Google's reference of the JWT has it: RS256 by the service account, with the class beside the object. The
class is named by a hash of what it says, so that another name is another class. Google calls 1,800 characters
safe in all browsers: a card goes without what matters least until it fits, or has no link.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from guerdon.channels.passes.card import LINK, PIN, USE, WHERE, Card
from guerdon.channels.passes.keys import GoogleKeys
from guerdon.text.catalogs import words
from guerdon.values.texts import text_in

ORIGIN = "https://pay.google.com"
ADDRESS = f"{ORIGIN}/gp/v/save/"
CHARACTERS_MAX = 1800
# What is left out, one after the other, until the rest fits.
LEAST_FIRST = ("use", "notes", "color", "worth")
BARCODES = {"qr": "QR_CODE", "code128": "CODE_128", "ean13": "EAN_13", "pdf417": "PDF_417", "": "TEXT_ONLY"}

_Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """For whom a link is: the locale of whoever reads it, and the address of the pages it stands on."""

    locale: str
    origin: str
    at: datetime


def save_link(card: Card, keys: GoogleKeys, reader: Saved) -> str | None:
    """The address that saves a card; None when not even the least of it fits."""
    text = _fitting(card, keys, reader)
    if text is None:
        return None
    signature = keys.key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{ADDRESS}{text}.{_coded(signature)}"


def is_savable(card: Card, keys: GoogleKeys, reader: Saved) -> bool:
    """Whether a card has a link, without signing it."""
    return _fitting(card, keys, reader) is not None


def _fitting(card: Card, keys: GoogleKeys, reader: Saved) -> str | None:
    """What is signed: header and claims, of as much as fits."""
    signature = len(_coded(bytes(keys.key.key_size // 8)))
    most = CHARACTERS_MAX - len(ADDRESS) - signature - 1
    for left_out in range(len(LEAST_FIRST) + 1):
        claims = _claims(card, keys, reader, frozenset(LEAST_FIRST[left_out:]))
        text = f"{_coded(_json({'alg': 'RS256', 'typ': 'JWT'}))}.{_coded(_json(claims))}"
        if len(text) <= most:
            return text
    return None


def _claims(card: Card, keys: GoogleKeys, reader: Saved, with_: Collection[str]) -> _Fields:
    kind, described, held = _by_kind(card, reader.locale, with_)
    described |= {"issuerName": text_in(card.brand, reader.locale), "reviewStatus": "UNDER_REVIEW"}
    if "color" in with_:
        described["hexBackgroundColor"] = card.livery.background
    named = f"{keys.issuer}.{hashlib.sha256(_json([kind, described])).hexdigest()[:16]}"
    held |= {"id": f"{keys.issuer}.{card.serial}", "classId": named, "state": "ACTIVE"}
    held |= _shared(card, reader.locale, with_)
    return {
        "iss": keys.account,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(reader.at.timestamp()),
        "origins": [reader.origin],
        "payload": {f"{kind}Classes": [{"id": named, **described}], f"{kind}Objects": [held]},
    }


def _by_kind(card: Card, locale: str, with_: Collection[str]) -> tuple[str, _Fields, _Fields]:
    """Which of Google's kinds it is, and what only that has: of the class, and of the object."""
    name = text_in(card.name, locale)
    if card.kind == "ticket":
        event: _Fields = {"eventName": _said(name, locale)}
        if card.starts_at is not None:
            event["dateTime"] = {"start": card.starts_at.isoformat(timespec="seconds")}
            if card.ends_at is not None:
                event["dateTime"]["end"] = card.ends_at.isoformat(timespec="seconds")
        return "eventTicket", event, {}
    # A gift card has a number; one that is a link alone is an offer.
    if card.kind == "gift_card" and card.code:
        held: _Fields = {"cardNumber": card.code}
        if card.pin:
            held["pin"] = card.pin
        if card.worth is not None and "worth" in with_:
            micros = card.worth.amount_minor * 1_000_000 // 10**card.digits
            held["balance"] = {"micros": micros, "currencyCode": card.worth.unit}
        return "giftCard", {"merchantName": name}, held
    offer = {"title": name, "provider": text_in(card.brand, locale), "redemptionChannel": "BOTH"}
    return "offer", offer, {}


def _shared(card: Card, locale: str, with_: Collection[str]) -> _Fields:
    """What an object of each kind may have."""
    said = words(locale, "member").gettext
    found: _Fields = {}
    if card.code:
        found["barcode"] = {"type": BARCODES[card.symbology], "value": card.code}
        if card.symbology:
            found["barcode"]["alternateText"] = card.code
    if card.until is not None:
        found["validTimeInterval"] = {"end": {"date": card.until.isoformat(timespec="seconds")}}
    if card.link:
        found["linksModuleData"] = {"uris": [{"uri": card.link, "description": said(LINK)}]}
    modules = []
    if card.pin and (card.kind != "gift_card" or not card.code):
        modules.append((said(PIN), card.pin))
    if card.venue:
        modules.append((said(WHERE), card.venue))
    if card.use and "use" in with_:
        modules.append((said(USE), text_in(card.use, locale)))
    if "notes" in with_:
        modules += [("", note) for note in card.notes]
    if modules:
        found["textModulesData"] = [
            {**({"header": header} if header else {}), "body": body} for header, body in modules
        ]
    return found


def _said(text: str, locale: str) -> Mapping[str, Any]:
    return {"defaultValue": {"language": locale, "value": text}}


def _json(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _coded(held: bytes) -> str:
    return urlsafe_b64encode(held).rstrip(b"=").decode()
