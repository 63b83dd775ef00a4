"""A device that holds passkeys, and what a browser would make of its answers: the other side of WebAuthn.

What it signs is put together here, byte by byte (W3C, Web Authentication Level 3, section 6), so that every
part of it can be made wrong.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN, RP_ID = "http://localhost:8710", "localhost"
PRESENT, VERIFIED, MAY_BE_COPIED, COPIED, NEW_KEY = 0x01, 0x04, 0x08, 0x10, 0x40
WHOLE = PRESENT | VERIFIED


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One passkey, and how its device behaves."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    # 0 and not rising: a keychain that copies it from device to device.
    count: int = 0
    rises: bool = True
    handle: bytes = b""
    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = WHOLE
    cross_origin: bool = False

    def make(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer `navigator.credentials.create`."""
        self.handle = to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        said = self._said(NEW_KEY) + attested + cbor2.dumps(cose)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        return self._told(
            clientDataJSON=self._client_data("webauthn.create", options, wrong),
            attestationObject=to_text(made),
            transports=["internal", "hybrid", "by pigeon"],
        )

    def use(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer `navigator.credentials.get`."""
        self.count += self.rises
        said, client_data = self._said(0), self._client_data("webauthn.get", options, wrong)
        signed = said + hashlib.sha256(to_bytes(client_data)).digest()
        return self._told(
            clientDataJSON=client_data,
            authenticatorData=to_text(said),
            signature=to_text(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=to_text(self.handle),
        )

    def _said(self, more: int) -> bytes:
        here = hashlib.sha256(self.rp_id.encode()).digest()
        return here + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any], wrong: dict[str, Any]) -> str:
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return to_text(json.dumps(said | wrong).encode())

    def _told(self, **response: Any) -> str:
        name = to_text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
