"""A pass for Apple Wallet: what Apple documents, and a signature that OpenSSL believes."""

import hashlib
import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image
from tests.channels.passes.authority import PASS_TYPE, TEAM, Authority, openssl

from guerdon.channels.passes.apple import write_pass
from guerdon.channels.passes.card import Card, Livery, symbology_of
from guerdon.channels.passes.keys import AppleKeys
from guerdon.config import REPOSITORY
from guerdon.values.money import Money
from guerdon.values.texts import LANGUAGES

TOKENS = REPOSITORY / "src/guerdon/web/static/css/tokens.css"
UNTIL = datetime(2027, 3, 1, tzinfo=UTC)
CARD = Card(
    serial="0a1b2c3d4e5f",
    kind="gift_card",
    brand={"en": "Nordlys Circle", "de": "Nordlys-Kreis"},
    name={"en": 'The "Green" Basket', "de": "Der grüne Korb", "ar": "السلة الخضراء"},
    code="GREEN-1234",
    symbology="qr",
    pin="9876",
    link="https://giftly.example/c/1",
    notes=("Bring a friend",),
    use={"en": "Show it at the till.\nThat is all."},
    worth=Money(20_050, "EUR"),
    until=UNTIL,
)
# "key" = "value"; with \" \\ and \n inside, as .strings files have it.
LINE = re.compile(r'"((?:[^"\\]|\\.)*)" = "((?:[^"\\]|\\.)*)";\n')


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def keys(authority: Authority) -> AppleKeys:
    return AppleKeys(PASS_TYPE, TEAM, authority.leaf(), authority.wwdr, authority.key)


def opened(whole: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(whole)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def document(card: Card, keys: AppleKeys) -> dict[str, Any]:
    found = json.loads(opened(write_pass(card, keys))["pass.json"])
    assert isinstance(found, dict)
    return found


def verified(folder: Path, parts: dict[str, bytes], root: bytes) -> bool:
    """Whether OpenSSL believes the signature over the list, by the root alone."""
    for name in ("manifest.json", "signature"):
        (folder / name).write_bytes(parts[name])
    (folder / "root.pem").write_bytes(root)
    told = openssl(
        *("cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any", "-out", folder / "out"),
        *("-in", folder / "signature", "-content", folder / "manifest.json", "-CAfile", folder / "root.pem"),
    )
    return told.returncode == 0


def test_openssl_believes_the_signature_and_none_of_anything_changed(
    keys: AppleKeys, authority: Authority, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    parts = opened(write_pass(CARD, keys))
    root = authority.root.public_bytes(Encoding.PEM)
    assert verified(tmp_path, parts, root)
    manifest = parts["manifest.json"]
    assert not verified(tmp_path, {**parts, "manifest.json": manifest.replace(b"a", b"b", 1)}, root)
    assert not verified(tmp_path, {**parts, "manifest.json": manifest + b" "}, root)
    # Another authority's root vouches for none of it.
    stranger = Authority().root.public_bytes(Encoding.PEM)
    assert not verified(tmp_path, parts, stranger)


def test_the_signature_is_detached_and_brings_the_time_and_the_intermediate(
    keys: AppleKeys, tmp_path: Path
) -> None:
    parts = opened(write_pass(CARD, keys))
    (tmp_path / "signature").write_bytes(parts["signature"])
    said = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", tmp_path / "signature")
    text = said.stdout.decode()
    assert said.returncode == 0, said.stderr
    assert "signingTime" in text
    assert f"Pass Type ID: {PASS_TYPE}" in text
    assert re.search(r"subject: CN\s*=\s*WWDR", text)
    assert "eContent: <ABSENT>" in text
    assert b"pass.json" not in parts["signature"]


def test_every_file_stands_in_the_list_by_its_sha1(keys: AppleKeys) -> None:
    parts = opened(write_pass(CARD, keys))
    listed = json.loads(parts.pop("manifest.json"))
    parts.pop("signature")
    assert listed == {name: hashlib.sha1(held).hexdigest() for name, held in parts.items()}  # noqa: S324
    assert {f"{language}.lproj/pass.strings" for language in LANGUAGES} < set(listed)


def test_the_icons_are_there_in_three_sizes(keys: AppleKeys) -> None:
    parts = opened(write_pass(CARD, keys))
    sizes = {}
    for name in ("icon.png", "icon@2x.png", "icon@3x.png"):
        with Image.open(BytesIO(parts[name])) as icon:
            assert icon.format == "PNG"
            sizes[name] = icon.size
            # The ground and the line of guerdon.svg are on it.
            seen = {tuple(each[1][:3]) for each in icon.convert("RGB").getcolors(9_999) or ()}  # type: ignore[index]
            assert (0x00, 0x24, 0x2F) in seen
    assert sizes == {"icon.png": (29, 29), "icon@2x.png": (58, 58), "icon@3x.png": (87, 87)}


def test_the_document_has_what_apple_asks_for(keys: AppleKeys) -> None:
    found = document(CARD, keys)
    assert found["formatVersion"] == 1
    assert (found["passTypeIdentifier"], found["teamIdentifier"]) == (PASS_TYPE, TEAM)
    assert found["serialNumber"] == CARD.serial
    assert found["organizationName"] == "Nordlys Circle"
    assert found["description"] == 'The "Green" Basket'
    assert found["expirationDate"] == "2027-03-01T00:00:00+00:00"
    assert found["barcodes"] == [
        {
            "format": "PKBarcodeFormatQR",
            "message": "GREEN-1234",
            "messageEncoding": "iso-8859-1",
            "altText": "GREEN-1234",
        }
    ]
    assert [style for style in ("storeCard", "coupon", "eventTicket", "generic") if style in found] == [
        "storeCard"
    ]
    fields = found["storeCard"]
    worth = {"key": "worth", "label": "Worth", "value": 200.5, "currencyCode": "EUR"}
    assert fields["primaryFields"] == [worth]
    # Its end is the first moment at which it is too late: the day that is shown is the one before.
    assert [each["value"] for each in fields["auxiliaryFields"]] == ["2027-02-28T23:59:59+00:00"]
    back = {each["key"]: each["value"] for each in fields["backFields"]}
    assert back["pin"] == "9876"
    assert back["link"] == CARD.link
    assert back["note0"] == "Bring a friend"
    keys_of_fields = [each["key"] for group in fields.values() for each in group]
    assert len(keys_of_fields) == len(set(keys_of_fields))
    # The PIN is on the back alone.
    assert json.dumps(found).count("9876") == 1


def test_a_ticket_says_when_and_where_and_a_voucher_is_a_coupon(keys: AppleKeys) -> None:
    at = datetime(2027, 1, 9, 19, 30, tzinfo=UTC)
    ticket = Card("1", "ticket", CARD.brand, CARD.name, "T-1", "code128", starts_at=at, venue="Harbour Hall")
    found = document(ticket, keys)
    fields = found["eventTicket"]
    assert fields["primaryFields"][0]["value"] == 'The "Green" Basket'
    assert [each["value"] for each in fields["auxiliaryFields"]] == [
        "2027-01-09T19:30:00+00:00",
        "Harbour Hall",
    ]
    assert found["relevantDate"] == "2027-01-09T19:30:00+00:00"
    assert found["barcodes"][0]["format"] == "PKBarcodeFormatCode128"
    assert "expirationDate" not in found
    assert "coupon" in document(Card("1", "voucher", CARD.brand, CARD.name, "T-1", "qr"), keys)


def test_what_no_scanner_reads_from_here_is_text_on_the_front(keys: AppleKeys) -> None:
    for symbology in ("ean13", ""):
        found = document(Card("1", "gift_card", CARD.brand, CARD.name, "4006381333931", symbology), keys)
        assert "barcodes" not in found
        assert "4006381333931" in [each["value"] for each in found["storeCard"]["secondaryFields"]]
    wide = document(Card("1", "voucher", CARD.brand, CARD.name, "Ω-1", "qr"), keys)
    assert wide["barcodes"][0]["messageEncoding"] == "utf-8"


@pytest.mark.parametrize(
    ("code", "told", "drawn"),
    [
        ("A-1", "", "qr"),
        ("A" * 401, "", ""),
        ("A-1", "code128", "code128"),
        ("A" * 41, "code128", ""),
        ("Ä", "code128", ""),
        ("A-1", "pdf417", "pdf417"),
        ("4006381333931", "ean13", "ean13"),
        ("A-1", "aztec", ""),
    ],
)
def test_a_code_is_drawn_as_its_supplier_says_or_not_at_all(code: str, told: str, drawn: str) -> None:
    assert symbology_of(code, told) == drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_word_of_the_pass(keys: AppleKeys, language: str) -> None:
    parts = opened(write_pass(CARD, keys))
    text = parts[f"{language}.lproj/pass.strings"].decode("utf-8")
    said = dict(LINE.findall(text))
    assert "".join(f'"{key}" = "{value}";\n' for key, value in said.items()) == text
    found = json.loads(parts["pass.json"])
    labels = {each["label"] for group in found["storeCard"].values() for each in group if "label" in each}
    assert labels <= set(said)
    assert said["Nordlys Circle"] == CARD.brand.get(language, "Nordlys Circle")
    name = CARD.name.get(language, CARD.name["en"]).replace('"', '\\"')
    assert said['The \\"Green\\" Basket'] == name
    assert said["Show it at the till.\\nThat is all."] == "Show it at the till.\\nThat is all."
    if language != "en":
        assert said["How to use it"] != "How to use it"


def test_without_a_brand_its_colors_are_those_of_the_pages_card(keys: AppleKeys) -> None:
    said, text = document(CARD, keys), TOKENS.read_text(encoding="utf-8")
    names = {"backgroundColor": "card", "foregroundColor": "card-ink", "labelColor": "foil"}
    for key, name in names.items():
        found = re.search(rf"--{name}: #(\w{{6}});", text)
        assert found is not None
        assert said[key] == f"rgb({', '.join(str(each) for each in bytes.fromhex(found.group(1)))})"
    assert f"--card: {Livery().background};" in text
