"""Passes for Apple Wallet: a zip of the pass, its words and icons, and a signature over the list of them.

As Apple's "Wallet Passes" has it: each file's SHA-1 stands in manifest.json, and `signature` is a detached
PKCS#7 signature of that, with the time, the pass certificate and Apple's intermediate. Labels are their own
English text, so that a phone of a seventh language shows English.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from guerdon.channels.passes.card import CODE, LABELS, LINK, PIN, UNTIL, USE, WHEN, WHERE, WORTH, Card, Livery
from guerdon.channels.passes.keys import AppleKeys
from guerdon.text.catalogs import words
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, Text, text_in

CONTENT_TYPE = "application/vnd.apple.pkpass"
ICONS = ("icon.png", "icon@2x.png", "icon@3x.png")
STYLES = {"gift_card": "storeCard", "ticket": "eventTicket", "voucher": "coupon"}
# EAN-13 is none that it draws.
FORMATS = {
    "qr": "PKBarcodeFormatQR",
    "code128": "PKBarcodeFormatCode128",
    "pdf417": "PKBarcodeFormatPDF417",
}
# The logo stands beside the name, and phones make it as small as they need it.
OWN_ICONS = ("icon.png", "logo.png")

_Field = dict[str, Any]


def write_pass(card: Card, keys: AppleKeys) -> bytes:
    """A signed pass, as a .pkpass file holds it."""
    parts = {"pass.json": _json(_document(card, keys))}
    for language in LANGUAGES:
        parts[f"{language}.lproj/pass.strings"] = _strings(card, language)
    parts |= _icons(card.livery)
    manifest = _json(
        {name: hashlib.sha1(held, usedforsecurity=False).hexdigest() for name, held in parts.items()}
    )
    parts |= {"manifest.json": manifest, "signature": _sign(manifest, keys)}
    whole = BytesIO()
    with ZipFile(whole, "w") as archive:
        for name, held in parts.items():
            archive.writestr(ZipInfo(name), held, ZIP_DEFLATED)
    return whole.getvalue()


def _icons(livery: Livery) -> dict[str, bytes]:
    if livery.icon:
        return dict.fromkeys(OWN_ICONS, livery.icon)
    return {name: files("guerdon.channels.passes").joinpath(name).read_bytes() for name in ICONS}


def _rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"


def _sign(manifest: bytes, keys: AppleKeys) -> bytes:
    return (
        PKCS7SignatureBuilder()
        .set_data(manifest)
        .add_signer(keys.certificate, keys.key, SHA256())
        .add_certificate(keys.intermediate)
        # The time of signing is one of its attributes.
        .sign(
            Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary, PKCS7Options.NoCapabilities]
        )
    )


def _document(card: Card, keys: AppleKeys) -> dict[str, Any]:
    name = _english(card.name)
    document: dict[str, Any] = {
        "formatVersion": 1,
        "passTypeIdentifier": keys.pass_type,
        "teamIdentifier": keys.team,
        "serialNumber": card.serial,
        "organizationName": _english(card.brand),
        "logoText": _english(card.brand),
        "description": name,
        # The code is its holder's, and passes that were handed on count for nobody.
        "sharingProhibited": True,
        "backgroundColor": _rgb(card.livery.background),
        "foregroundColor": _rgb(card.livery.ink),
        "labelColor": _rgb(card.livery.label),
        STYLES[card.kind]: _fields(card),
    }
    if card.symbology in FORMATS:
        latin = all(ord(each) < 256 for each in card.code)
        barcode = {
            "format": FORMATS[card.symbology],
            "message": card.code,
            "messageEncoding": "iso-8859-1" if latin else "utf-8",
            "altText": card.code,
        }
        document["barcodes"] = [barcode]
    if card.until is not None:
        document["expirationDate"] = _instant(card.until)
    if card.starts_at is not None:
        document["relevantDate"] = _instant(card.starts_at)
    return document


def _fields(card: Card) -> dict[str, list[_Field]]:
    name: _Field = {"key": "name", "value": _english(card.name)}
    worth = _worth(card)
    first = worth if worth is not None and card.kind != "ticket" else name
    second = [each for each in (name, worth) if each is not None and each is not first]
    if card.code and card.symbology not in FORMATS:
        # No scanner reads it from here, so it is there to be read out.
        second.append(_text("number", CODE, card.code))
    third: list[_Field] = []
    if card.starts_at is not None:
        third.append(_moment("when", WHEN, card.starts_at, "PKDateStyleShort"))
    if card.venue:
        third.append(_text("where", WHERE, card.venue))
    if card.until is not None:
        # Its end is the first moment at which it is too late.
        third.append(_moment("until", UNTIL, card.until - timedelta(seconds=1), "PKDateStyleNone"))
    back = [_text("code", CODE, card.code), _text("pin", PIN, card.pin), _text("link", LINK, card.link)]
    back.append(_text("use", USE, _english(card.use) if card.use else ""))
    back += [{"key": f"note{place}", "value": note} for place, note in enumerate(card.notes)]
    found = {
        "primaryFields": [first],
        "secondaryFields": second,
        "auxiliaryFields": third,
        "backFields": [each for each in back if each["value"]],
    }
    return {place: fields for place, fields in found.items() if fields}


def _worth(card: Card) -> _Field | None:
    if card.worth is None:
        return None
    amount = card.worth.amount_minor / 10**card.digits
    return {"key": "worth", "label": WORTH, "value": amount, "currencyCode": card.worth.unit}


def _text(key: str, label: str, value: str) -> _Field:
    return {"key": key, "label": label, "value": value}


def _moment(key: str, label: str, at: datetime, time_style: str) -> _Field:
    styles = {"dateStyle": "PKDateStyleMedium", "timeStyle": time_style}
    return {"key": key, "label": label, "value": _instant(at), **styles}


def _strings(card: Card, language: str) -> bytes:
    """The words of a language, as `.strings` files have them."""
    said = words(language, "member")
    found = {label: said.gettext(label) for label in LABELS}
    for text in (card.brand, card.name, card.use):
        if text:
            found[_english(text)] = text_in(text, language)
    return "".join(f"{_quoted(key)} = {_quoted(text)};\n" for key, text in found.items()).encode()


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{plain}"'


def _english(text: Text) -> str:
    return text_in(text, FALLBACK_LANGUAGE)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _json(found: Mapping[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode()
