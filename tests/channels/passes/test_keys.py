"""Files that settings name: read once, and each mistake said with what to do, never with what is secret."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.channels.passes.authority import (
    ACCOUNT,
    ISSUER,
    PASS_TYPE,
    TEAM,
    Authority,
    names,
    new_key,
    pem,
    pem_key,
)

from guerdon.channels.passes.keys import APPLE, GOOGLE, PassKeys, read_pass_keys
from guerdon.cli.installation import Refused
from guerdon.cli.up import check_pass_keys
from guerdon.config import Settings, read_settings
from guerdon.values.clock import utc_now


@dataclass(frozen=True)
class Ours:
    apple_pass_certificate: Path | None = None
    google_wallet_account: Path | None = None
    google_wallet_issuer: str = ISSUER


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def apple(tmp_path: Path, *held: bytes) -> Ours:
    (tmp_path / "pass.pem").write_bytes(b"Bag Attributes\n".join(held))
    return Ours(tmp_path / "pass.pem")


def read(ours: Ours) -> PassKeys:
    found = read_pass_keys(ours)
    assert isinstance(found, PassKeys), found
    return found


def said(ours: Ours) -> str:
    found = read_pass_keys(ours)
    assert isinstance(found, list)
    (problem,) = found
    assert "PRIVATE KEY" not in str(problem)
    return f"{problem.where} {problem.what}"


def test_nothing_is_set_and_nothing_can_be_signed() -> None:
    assert read(Ours()) == PassKeys()


def test_in_any_order_and_with_the_root_beside_it(authority: Authority, tmp_path: Path) -> None:
    parts = [pem(authority.root), pem_key(authority.key), pem(authority.wwdr), pem(authority.leaf())]
    for held in (parts, parts[::-1]):
        found = read(apple(tmp_path, *held)).apple
        assert found is not None
        assert (found.pass_type, found.team) == (PASS_TYPE, TEAM)
        assert found.intermediate == authority.wwdr
        assert found.is_valid(utc_now())
        assert "key" not in repr(found)


def test_an_account_of_google(authority: Authority, tmp_path: Path) -> None:
    authority.lay_down(tmp_path)
    found = read(Ours(google_wallet_account=tmp_path / "account.json")).google
    assert found is not None
    assert (found.account, found.issuer) == (ACCOUNT, ISSUER)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    found = read_pass_keys(Ours(tmp_path / "none.pem", tmp_path))
    assert isinstance(found, list)
    assert [problem.where for problem in found] == [APPLE, GOOGLE]
    assert "No such file" in found[0].what
    assert "cannot be read" in found[1].what


def test_what_does_not_fit_together(authority: Authority, tmp_path: Path) -> None:
    leaf, wwdr, key = pem(authority.leaf()), pem(authority.wwdr), pem_key(authority.key)
    assert "key does not match its certificate" in said(apple(tmp_path, leaf, wwdr, pem_key(new_key())))
    assert "lacks the certificate of Apple's" in said(apple(tmp_path, leaf, key))
    # One of the same name that did not sign it.
    assert "lacks the certificate of Apple's" in said(apple(tmp_path, leaf, key, pem(Authority().wwdr)))
    assert "lacks a certificate or its one key" in said(apple(tmp_path, leaf, wwdr))
    assert "lacks a certificate or its one key" in said(apple(tmp_path, key))
    assert "lacks a certificate or its one key" in said(apple(tmp_path, b"hello"))
    assert "passphrase" in said(apple(tmp_path, leaf, wwdr, pem_key(authority.key, b"open sesame")))
    broken = b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"
    assert "cannot be read" in said(apple(tmp_path, broken, key))


@pytest.mark.parametrize("type_", ["", "com.example.app"])
def test_another_certificate_of_apple_s_is_none_of_a_pass_type(
    authority: Authority, tmp_path: Path, type_: str
) -> None:
    subject = names("Apple Push Services")
    if type_:
        team = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEAM)
        subject = x509.Name([x509.NameAttribute(NameOID.USER_ID, type_), team])
    own = pem(authority.leaf(subject=subject))
    assert "none of a pass type" in said(apple(tmp_path, own, pem(authority.wwdr), pem_key(authority.key)))


def test_what_ends_is_said_at_each_start_and_stops_nothing(authority: Authority, tmp_path: Path) -> None:
    def found(days: int) -> PassKeys:
        return read(apple(tmp_path, pem(authority.leaf(days)), pem(authority.wwdr), pem_key(authority.key)))

    now = utc_now()
    assert found(60).warnings(now) == []
    (soon,) = found(20).warnings(now)
    assert "ends on" in soon
    (over,) = found(20).warnings(now + timedelta(days=25))
    assert "ended on" in over
    (early,) = found(20).warnings(now - timedelta(days=9))
    assert "not valid yet" in early


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"client_email": "a@b", "private_key": 7}', '{"private_key": "x"}']
)
def test_what_is_no_service_account(tmp_path: Path, text: str) -> None:
    (tmp_path / "account.json").write_text(text, encoding="utf-8")
    assert "no service account" in said(Ours(google_wallet_account=tmp_path / "account.json"))


def test_an_account_without_an_address(authority: Authority, tmp_path: Path) -> None:
    held = {"client_email": 7, "private_key": pem_key(authority.key).decode()}
    (tmp_path / "account.json").write_text(json.dumps(held), encoding="utf-8")
    assert "no service account" in said(Ours(google_wallet_account=tmp_path / "account.json"))


def test_up_starts_nothing_with_a_file_that_cannot_sign(authority: Authority, tmp_path: Path) -> None:
    made = authority.lay_down(tmp_path)
    settings = read_settings({"GUERDON_SECRET": "0123456789abcdef" * 2, **made.settings})
    assert isinstance(settings, Settings)
    check_pass_keys(settings)
    with pytest.raises(Refused, match=r"cannot be read: No such file.*nothing was started"):
        check_pass_keys(replace(settings, apple_pass_certificate=tmp_path / "none.pem"))
