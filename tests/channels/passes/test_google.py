"""A link for Google Wallet: claims that Google documents, in an address short enough, signed for OpenSSL."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.channels.passes.authority import ACCOUNT, ISSUER, Authority, Files, openssl
from tests.channels.passes.test_apple import CARD, UNTIL

from guerdon.channels.passes.card import Card
from guerdon.channels.passes.google import ADDRESS, CHARACTERS_MAX, Saved, is_savable, save_link
from guerdon.channels.passes.keys import GoogleKeys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READER = Saved("de-AT", "https://rewards.example.com", NOW)
MUCH = {"en": "Show it. " * 400}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def keys(authority: Authority) -> GoogleKeys:
    return GoogleKeys(ISSUER, ACCOUNT, authority.key)


def read(part: str) -> Any:
    return json.loads(bytes_of(part))


def bytes_of(part: str) -> bytes:
    assert "=" not in part
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def parts_of(card: Card, keys: GoogleKeys, reader: Saved = READER) -> list[str]:
    link = save_link(card, keys, reader)
    assert link is not None
    assert link.startswith("https://pay.google.com/gp/v/save/")
    assert len(link) <= CHARACTERS_MAX
    return link.removeprefix(ADDRESS).split(".")


def payload(card: Card, keys: GoogleKeys, reader: Saved = READER) -> Any:
    return read(parts_of(card, keys, reader)[1])["payload"]


def believed(files: Files, text: str, signature: bytes) -> bool:
    (files.path / "text").write_text(text, encoding="ascii")
    (files.path / "signature").write_bytes(signature)
    told = openssl(
        *("dgst", "-sha256", "-verify", files.path / "public.pem"),
        *("-signature", files.path / "signature", files.path / "text"),
    )
    return told.returncode == 0


def test_openssl_believes_what_is_signed_and_nothing_else(
    authority: Authority, keys: GoogleKeys, tmp_path: Path
) -> None:
    files = authority.lay_down(tmp_path)
    header, claims, signature = parts_of(CARD, keys)
    assert read(header) == {"alg": "RS256", "typ": "JWT"}
    assert believed(files, f"{header}.{claims}", bytes_of(signature))
    assert not believed(files, f"{header}.{claims[:-1]}A", bytes_of(signature))
    assert not believed(Authority().lay_down(tmp_path), f"{header}.{claims}", bytes_of(signature))


def test_the_claims_are_those_that_google_reads(keys: GoogleKeys) -> None:
    claims = read(parts_of(CARD, keys)[1])
    assert {key: claims[key] for key in ("iss", "aud", "typ", "iat", "origins")} == {
        "iss": ACCOUNT,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(NOW.timestamp()),
        "origins": ["https://rewards.example.com"],
    }
    ((described,), (held,)) = (claims["payload"][name] for name in ("giftCardClasses", "giftCardObjects"))
    assert described["id"] == held["classId"]
    assert described["id"].startswith(f"{ISSUER}.")
    assert held["id"] == f"{ISSUER}.{CARD.serial}"
    assert described["issuerName"] == "Nordlys-Kreis"
    assert described["merchantName"] == "Der grüne Korb"
    assert described["reviewStatus"] == "UNDER_REVIEW"
    assert (held["state"], held["cardNumber"], held["pin"]) == ("ACTIVE", "GREEN-1234", "9876")
    assert held["balance"] == {"micros": 200_500_000, "currencyCode": "EUR"}
    assert held["barcode"] == {"type": "QR_CODE", "value": "GREEN-1234", "alternateText": "GREEN-1234"}
    assert held["validTimeInterval"] == {"end": {"date": UNTIL.isoformat()}}
    assert held["linksModuleData"]["uris"][0]["uri"] == CARD.link


def test_another_name_is_another_class_and_the_same_one_is_the_same(keys: GoogleKeys) -> None:
    def class_of(card: Card) -> str:
        return str(payload(card, keys)["giftCardObjects"][0]["classId"])

    assert class_of(CARD) == class_of(replace(CARD, serial="ff", code="OTHER", pin=""))
    assert class_of(CARD) != class_of(replace(CARD, name={"en": "The Blue Basket"}))


def test_a_ticket_an_offer_and_a_card_that_is_a_link_alone(keys: GoogleKeys) -> None:
    ticket = Card("1", "ticket", CARD.brand, CARD.name, "T-1", "ean13", starts_at=NOW, venue="Harbour Hall")
    found = payload(ticket, keys)
    event = found["eventTicketClasses"][0]
    assert event["eventName"] == {"defaultValue": {"language": "de-AT", "value": "Der grüne Korb"}}
    assert event["dateTime"] == {"start": "2026-11-22T12:00:00+00:00"}
    held = found["eventTicketObjects"][0]
    assert held["barcode"]["type"] == "EAN_13"
    assert held["textModulesData"] == [{"header": "Wo", "body": "Harbour Hall"}]
    offer = payload(replace(ticket, kind="voucher", symbology="", pin="77"), keys)
    assert offer["offerClasses"][0]["redemptionChannel"] == "BOTH"
    assert offer["offerClasses"][0]["title"] == "Der grüne Korb"
    # There, what cannot be drawn has no other text beside it.
    assert offer["offerObjects"][0]["barcode"] == {"type": "TEXT_ONLY", "value": "T-1"}
    assert {"header": "PIN", "body": "77"} in offer["offerObjects"][0]["textModulesData"]
    alone = payload(Card("1", "gift_card", CARD.brand, CARD.name, link="https://a.example/1"), keys)
    assert "barcode" not in alone["offerObjects"][0]


def test_what_is_too_long_goes_without_what_matters_least(keys: GoogleKeys) -> None:
    told = payload(replace(CARD, use=MUCH), keys)["giftCardObjects"][0]
    assert "textModulesData" in told
    assert "Show it" not in json.dumps(told)
    assert told["balance"]
    less = payload(replace(CARD, use=MUCH, notes=("n" * 900,)), keys)["giftCardObjects"][0]
    assert "textModulesData" not in less
    assert (less["cardNumber"], less["pin"]) == ("GREEN-1234", "9876")
    endless = replace(CARD, name={"en": "x" * 2000})
    assert save_link(endless, keys, READER) is None
    assert not is_savable(endless, keys, READER)
    assert is_savable(CARD, keys, READER)


def test_arabic_fits_too(keys: GoogleKeys) -> None:
    found = payload(CARD, keys, replace(READER, locale="ar-AE"))
    assert found["giftCardClasses"][0]["merchantName"] == "السلة الخضراء"
