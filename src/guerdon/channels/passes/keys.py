"""By what passes for phones are signed: a certificate of Apple's, and a service account of Google's.

Both are files that settings name, read once when the web process starts. What cannot sign is told there, with
what to do; what has merely ended lets everything else go on, and its button is not shown.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificate
from cryptography.x509.oid import NameOID, ObjectIdentifier

from guerdon.values.problems import Problem

APPLE = "GUERDON_APPLE_PASS_CERTIFICATE"
GOOGLE = "GUERDON_GOOGLE_WALLET_ACCOUNT"
BYTES_MAX = 256 * 1024
# So long before a certificate ends, each start says so.
WARNED = timedelta(days=30)

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_PARTS = "the file holds the pass certificate, its key, and Apple's certificate that issued it, all as PEM"


@dataclass(frozen=True, slots=True)
class AppleKeys:
    """A pass certificate with its key, and the intermediate of Apple's (WWDR) that issued it."""

    pass_type: str
    team: str
    certificate: Certificate
    intermediate: Certificate
    key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)

    @property
    def ends_at(self) -> datetime:
        """When the first of the two certificates ends."""
        return min(each.not_valid_after_utc for each in (self.certificate, self.intermediate))

    def is_valid(self, at: datetime) -> bool:
        """Whether what is signed now is believed."""
        began = max(each.not_valid_before_utc for each in (self.certificate, self.intermediate))
        return began <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class GoogleKeys:
    """A service account that may issue passes, and the number of the issuer it does so for."""

    issuer: str
    account: str
    key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassKeys:
    """What this installation can sign passes by."""

    apple: AppleKeys | None = None
    google: GoogleKeys | None = None

    def warnings(self, at: datetime) -> list[str]:
        """What will soon end, or did, each a sentence."""
        if self.apple is None or self.apple.is_valid(at + WARNED):
            return []
        day = self.apple.ends_at.date().isoformat()
        if self.apple.is_valid(at):
            return [f"{APPLE}: the certificate ends on {day}; make a new one in time"]
        said = f"ended on {day}" if self.apple.ends_at <= at else "is not valid yet"
        return [f"{APPLE}: the certificate {said}; no pass is offered for Apple Wallet"]


class Ours(Protocol):
    """The settings of an installation, as far as passes are concerned."""

    @property
    def apple_pass_certificate(self) -> Path | None:
        """The file of the pass certificate."""

    @property
    def google_wallet_account(self) -> Path | None:
        """The file of the service account."""

    @property
    def google_wallet_issuer(self) -> str:
        """The issuer's number."""


class _Unfit(Exception):  # noqa: N818  becomes a problem of a setting
    """What is wrong with a file, and what to do."""


def read_pass_keys(ours: Ours) -> PassKeys | list[Problem]:
    """Read what the settings name; every mistake at once."""
    apple, google, problems = None, None, []
    try:
        apple = _apple(_read(ours.apple_pass_certificate)) if ours.apple_pass_certificate else None
    except _Unfit as fault:
        problems.append(Problem(APPLE, None, *fault.args))
    try:
        if ours.google_wallet_account:
            google = _google(_read(ours.google_wallet_account), ours.google_wallet_issuer)
    except _Unfit as fault:
        problems.append(Problem(GOOGLE, None, *fault.args))
    return problems or PassKeys(apple, google)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX)
    except OSError as fault:
        raise _Unfit(f"{path} cannot be read: {fault.strerror}", "a file that this user may read") from fault


def _apple(held: bytes) -> AppleKeys:
    certificates, key = _blocks(held)
    own = next((each for each in certificates if each.public_key() == key.public_key()), None)
    if own is None:
        raise _Unfit("its key does not match its certificate", _PARTS)
    pass_type, team = _name(own, NameOID.USER_ID), _name(own, NameOID.ORGANIZATIONAL_UNIT_NAME)
    if not pass_type.startswith("pass.") or not team:
        raise _Unfit("its certificate is none of a pass type", "that of a Pass Type ID, from Apple's pages")
    issuer = next((each for each in certificates if _issued(each, own)), None)
    if issuer is None:
        raise _Unfit("lacks the certificate of Apple's that issued the other (WWDR)", _PARTS)
    return AppleKeys(pass_type, team, own, issuer, key)


def _blocks(held: bytes) -> tuple[list[Certificate], RSAPrivateKey | EllipticCurvePrivateKey]:
    blocks = [(found.group(1), found.group(0) + b"\n") for found in _BLOCK.finditer(held)]
    try:
        certificates = [load_pem_x509_certificate(text) for name, text in blocks if name == b"CERTIFICATE"]
        keys = [load_pem_private_key(text, None) for name, text in blocks if name.endswith(b"PRIVATE KEY")]
    except TypeError as fault:
        raise _Unfit("its key is locked by a passphrase", "openssl pkey writes it without one") from fault
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _Unfit("what it holds cannot be read", _PARTS) from fault
    if len(keys) != 1 or not certificates:
        raise _Unfit("lacks a certificate or its one key", _PARTS)
    (key,) = keys
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise _Unfit("its key is of a kind that signs no pass", "RSA, as Apple's pages have it")
    return certificates, key


def _google(held: bytes, issuer: str) -> GoogleKeys:
    try:
        read: Any = msgspec.json.decode(held)
        account, text = read["client_email"], read["private_key"]
        key = load_pem_private_key(text.encode(), None)
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError, ValueError, UnsupportedAlgorithm):
        account = key = None
    if not isinstance(key, RSAPrivateKey) or not isinstance(account, str) or "@" not in account:
        hint = "the JSON file of a service account's key, as Google Cloud gives it"
        raise _Unfit("is no service account with its key", hint)
    return GoogleKeys(issuer, account, key)


def _name(certificate: Certificate, of: ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(of)
    return str(found[0].value) if found else ""


def _issued(by: Certificate, own: Certificate) -> bool:
    if by == own:
        return False
    try:
        own.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
