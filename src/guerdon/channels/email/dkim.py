"""DKIM: a mail signed so that its readers know who answers for it, and that nobody changed it on the way.

As RFC 6376 has it, relaxed on both sides, by RSA or by Ed25519 (RFC 8463), or by both at once. Every header
that a reader sees or a mail program acts on is signed, and named once more than it is there: whoever adds a
second `From`, or another address to unsubscribe at, breaks the signature.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from guerdon.values.mail import read_sender

# Signed where they are there, and nobody may add one, whether or not there is one. `Sender` is for those who
# pass a mail on, and none of ours.
SIGNED = (
    *(b"from", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id"),
    *(b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted", b"content-language"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition"),
)
# Less is forged in a while (RFC 8301); more does not fit what verifiers must take.
RSA_BITS = range(2048, 4097)
LINE_MAX = 72

_SPACES = re.compile(rb"[ \t]+")
_LABELS = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_ASKED = "one private key as PEM: RSA of 2,048 to 4,096 bits, or Ed25519"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key; its public half stands at `selector` below `domain`, which answers for the mail."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """Its algorithm, as a signature names it."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record_name(self) -> str:
        """Where the public half has to stand in the DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record that has to stand there."""
        if isinstance(self.key, RSAPrivateKey):
            public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
        return f"v=DKIM1; k=ed25519; p={b64encode(self.key.public_key().public_bytes_raw()).decode()}"

    def sign(self, signed: bytes) -> bytes:
        """The signature of these bytes."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, PKCS1v15(), SHA256())
        return self.key.sign(sha256(signed).digest())


def read_dkim_key(pem: str, domain: str, selector: str) -> DkimKey:
    """Read a key; raises ValueError in words for whoever set it, which never hold anything of the key."""
    for name in (domain, selector):
        if not _LABELS.fullmatch(name) or len(name) > 253:
            raise ValueError(f"{name!r} is no name that a DNS record could have, in small letters")
    try:
        key = load_pem_private_key(pem.encode("ascii"), None)
    except TypeError:
        raise ValueError("the key is locked by a passphrase: openssl pkey writes it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"the key cannot be read: give {_ASKED}") from None
    if isinstance(key, RSAPrivateKey):
        if key.key_size not in RSA_BITS:
            raise ValueError(f"the key has {key.key_size} bits: give {_ASKED}")
    elif not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"the key is of another kind: give {_ASKED}")  # noqa: TRY004  a wrong setting
    return DkimKey(domain, selector, key)


def read_keys(path: Path | None, selector: str, mail_from: str) -> tuple[DkimKey, ...]:
    """The key of a file, for the domain of a sender; none where no file is set.

    Raises ValueError in words for whoever set it: a file that cannot be read, a key of another kind.
    """
    if path is None:
        return ()
    sender = read_sender(mail_from)
    if sender is None:
        raise ValueError("a key signs for a sender, and the one that is set is none")
    try:
        pem = path.read_text(encoding="ascii")
    except OSError as fault:
        raise ValueError(f"{path} cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no PEM file: give {_ASKED}") from None
    return (read_dkim_key(pem, sender.address.rpartition("@")[2].lower(), selector),)


def sign_message(message: bytes, keys: Sequence[DkimKey], at: datetime) -> bytes:
    """The message with a signature of each key before it; its lines end in CRLF, and only there."""
    head, found, body = message.partition(b"\r\n\r\n")
    assert found, "a message has an empty line between its headers and what it says"
    assert message.endswith(b"\r\n"), (
        "a message ends where a line does, or whoever passes it on ends it there"
    )
    assert message.count(b"\n") == message.count(b"\r\n"), "a bare line feed is changed on the way"
    fields = _fields(head)
    named, signed = _chosen(fields)
    body_hash = b64encode(sha256(relaxed_body(body)).digest())
    written = [_signature(key, named, signed, body_hash, int(at.timestamp())) for key in keys]
    return b"".join((*written, message))


def relaxed_body(body: bytes) -> bytes:
    """A body as it is hashed: runs of blanks are one, none ends a line, and no empty lines end it.

    By whole replacements, which most bodies need none of: line by line it takes longer than signing.
    """
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    end = len(body)
    while body.endswith(b"\r\n\r\n", 0, end):
        end -= 2
    return b"" if body[:end] == b"\r\n" else body[:end]


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """A header as it is signed, without the end of its line."""
    unfolded = value.replace(b"\r\n", b"")
    return name.rstrip(b" \t").lower() + b":" + _SPACES.sub(b" ", unfolded).strip(b" ")


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    fields: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            assert fields, "the first line of a message begins a header"
            fields[-1] = (fields[-1][0], fields[-1][1] + b"\r\n" + line)
        else:
            name, _, value = line.partition(b":")
            fields.append((name, value))
    return fields


def _chosen(fields: Sequence[tuple[bytes, bytes]]) -> tuple[list[bytes], bytes]:
    """The names as the signature lists them, and what is signed of those that are there."""
    there: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        lowered = name.rstrip(b" \t").lower()
        if lowered in SIGNED:
            there.setdefault(lowered, []).append(relaxed_header(name, value))
    assert len(there.get(b"from", ())) == 1, "a message has one sender"
    named, signed = [], []
    for name in SIGNED:
        # Of several, verifiers take the lowest first.
        values = there.get(name, [])[::-1]
        named += [name] * (len(values) + 1)
        signed += values
    return named, b"".join(each + b"\r\n" for each in signed)


def _signature(key: DkimKey, named: Sequence[bytes], signed: bytes, body_hash: bytes, at_s: int) -> bytes:
    value = (
        f" v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n d={key.domain};\r\n s={key.selector};\r\n"
        f" t={at_s}; h="
    ).encode() + _listed(named)
    value += b";\r\n bh=" + body_hash + b";\r\n b="
    made = b64encode(key.sign(signed + relaxed_header(b"dkim-signature", value)))
    lines = [made[began : began + LINE_MAX] for began in range(0, len(made), LINE_MAX)]
    return b"DKIM-Signature:" + value + b"\r\n ".join(lines) + b"\r\n"


def _listed(named: Sequence[bytes]) -> bytes:
    lines, line = [], b""
    for name in named:
        if line and len(line) + len(name) > LINE_MAX - 16:
            lines.append(line)
            line = b""
        line += name + b":"
    return b"\r\n ".join((*lines, line.removesuffix(b":")))
