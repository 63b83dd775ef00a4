"""Certificates as Apple gives them, made here: a root, the intermediate under it, and that of a pass type."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

PASS_TYPE, TEAM, ISSUER = "pass.example.circle", "A1B2C3D4E5", "3388000000012345678"
ACCOUNT = "passes@circle-example.iam.gserviceaccount.com"
_BEGAN = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True)
class Files:
    """Where settings find what the authority made, as an environment says it."""

    path: Path

    @property
    def settings(self) -> Mapping[str, str]:
        return {**self.apple, **self.google}

    @property
    def apple(self) -> Mapping[str, str]:
        return {"GUERDON_APPLE_PASS_CERTIFICATE": str(self.path / "pass.pem")}

    @property
    def google(self) -> Mapping[str, str]:
        account = str(self.path / "account.json")
        return {"GUERDON_GOOGLE_WALLET_ACCOUNT": account, "GUERDON_GOOGLE_WALLET_ISSUER": ISSUER}


class Authority:
    """Signs certificates; each one a fresh key."""

    def __init__(self) -> None:
        self.root_key = new_key()
        self.root = certificate(names("Root"), self.root_key, names("Root"), self.root_key, authority=True)
        self.wwdr_key = new_key()
        self.wwdr = certificate(names("WWDR"), self.wwdr_key, names("Root"), self.root_key, authority=True)
        self.key = new_key()

    def leaf(self, days: int = 300, subject: x509.Name | None = None) -> x509.Certificate:
        """The certificate of a pass type, for so many days from yesterday on."""
        own = subject or x509.Name(
            [
                x509.NameAttribute(NameOID.USER_ID, PASS_TYPE),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Pass Type ID: {PASS_TYPE}"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEAM),
            ]
        )
        return certificate(own, self.key, names("WWDR"), self.wwdr_key, days=days)

    def lay_down(self, folder: Path) -> Files:
        """Write the files that a brand has."""
        (folder / "pass.pem").write_bytes(pem(self.leaf()) + pem_key(self.key) + pem(self.wwdr))
        (folder / "root.pem").write_bytes(pem(self.root))
        account = {
            "type": "service_account",
            "client_email": ACCOUNT,
            "private_key": pem_key(self.key).decode(),
        }
        (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "public.pem").write_bytes(public)
        return Files(folder)


def new_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def names(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(
    subject: x509.Name,
    key: RSAPrivateKey,
    issuer: x509.Name,
    by: RSAPrivateKey,
    *,
    authority: bool = False,
    days: int = 300,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGAN)
        .not_valid_after(_BEGAN + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(by, SHA256())
    )


def pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(Encoding.PEM)


def pem_key(key: RSAPrivateKey, passphrase: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


def openssl(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """OpenSSL itself, which knows nothing of ours."""
    return subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True)
