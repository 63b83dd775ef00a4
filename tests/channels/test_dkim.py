"""DKIM: believed by other people's verifiers, and only as long as nobody changed anything."""

import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import Relaxed  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as some
from tests.channels.letters import letter

from guerdon.channels.email.dkim import (
    DkimKey,
    read_dkim_key,
    relaxed_body,
    relaxed_header,
    sign_message,
)
from guerdon.channels.email.message import write_message
from guerdon.channels.email.unsubscribing import unsubscribe_headers
from guerdon.values.mail import Sender
from guerdon.values.texts import LANGUAGES

DOMAIN = "brand.example"
AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RSA = DkimKey(DOMAIN, "s1", generate_private_key(65537, 2048))
ED25519 = DkimKey(DOMAIN, "s2", Ed25519PrivateKey.generate())
UNSUBSCRIBE = unsubscribe_headers("https://brand.example/u/0123456789ABCDEF", "u+0123@brand.example").encode()


def a_mail(language: str = "en", name: str = "Zoë Müller") -> bytes:
    """A mail of ours as it would go out, with both headers to unsubscribe."""
    sender = Sender("Nordlys Circle & Söhne", f"rewards@{DOMAIN}")
    written = write_message(letter(name, language=language), sender, "zoe@reader.example")
    return UNSUBSCRIBE + written


def is_believed(message: bytes, key: DkimKey = RSA, index: int = 0) -> bool:
    """What dkimpy says of one of the signatures."""

    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert timeout > 0
        assert name.decode().rstrip(".") == key.record_name
        return key.record.encode()

    try:
        return bool(dkim.DKIM(message).verify(index, dnsfunc=dns))
    except dkim.DKIMException:
        return False


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_mails_are_believed(language: str) -> None:
    message = a_mail(language)
    signed = sign_message(message, [RSA], AT)
    assert signed.endswith(message)
    assert is_believed(signed)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\r\n", b"\r\n\r\n\r\n", b" \t \r\n", b"blanks before the end  \r\n", b".dot\r\n..\r\n"),
        *(b"a  b\t c\r\n", b" leading\r\n\r\n\r\n", b"in\r\n\r\n\r\nside\r\n", b"\t\r\n \r\nx\r\n"),
    ],
)
def test_bodies_of_all_shapes_are_believed(body: bytes) -> None:
    head = a_mail().partition(b"\r\n\r\n")[0]
    assert is_believed(sign_message(head + b"\r\n\r\n" + body, [RSA], AT))


@given(some.lists(some.sampled_from([b" ", b"\t", b"\r\n", b"a", b"  ", b"\r", b"\x00\xff"])).map(b"".join))
def test_a_body_is_hashed_as_dkimpy_hashes_it(body: bytes) -> None:
    # As mail servers pass them on: each ends where a line does.
    body += b"\r\n"
    theirs = Relaxed.canonicalize_body(body)
    assert relaxed_body(body) == theirs


@given(some.text("ab \t").map(str.encode), some.lists(some.sampled_from([b" x", b"\t", b"y  z"])))
def test_a_header_is_signed_as_dkimpy_signs_it(name: bytes, lines: list[bytes]) -> None:
    value = b" " + b"\r\n ".join(lines)
    ((theirs_name, theirs),) = Relaxed.canonicalize_headers([(b"X" + name, value)])
    assert relaxed_header(b"X" + name, value) == theirs_name + b":" + theirs.removesuffix(b"\r\n")


Change = Callable[[bytes], bytes]
CHANGES: dict[str, Change] = {
    "a word": lambda mail: mail.replace(b"reward", b"reworded", 1),
    "what it says": lambda mail: mail[:-40] + b"x" + mail[-40:],
    "a line more at its end": lambda mail: mail + b"more\r\n",
    "its sender": lambda mail: mail.replace(b"rewards@", b"thief@", 1),
    "its subject": lambda mail: mail.replace(b"\r\nSubject: ", b"\r\nSubject: Re: ", 1),
    "its date": lambda mail: mail.replace(b"\r\nDate: Wed", b"\r\nDate: Thu", 1),
    "its number": lambda mail: mail.replace(b"\r\nMessage-ID: <", b"\r\nMessage-ID: <x", 1),
    "where one unsubscribes": lambda mail: mail.replace(b"/u/0123", b"/u/9999", 1),
    "how one unsubscribes": lambda mail: mail.replace(b"=One-Click", b"=Two-Clicks", 1),
    "no way to unsubscribe": lambda mail: mail.replace(UNSUBSCRIBE, b"", 1),
    "a second way above": lambda mail: b"List-Unsubscribe: <https://thief.example/>\r\n" + mail,
    "a second way below": lambda mail: mail.replace(
        b"MIME-V", b"List-Unsubscribe: <https://t.example>\r\nMIME-V", 1
    ),
    "a second post": lambda mail: b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + mail,
    "a second sender": lambda mail: b"From: The Bank <help@bank.example>\r\n" + mail,
    "a second subject": lambda mail: b"Subject: Look\r\n" + mail,
    "where answers go": lambda mail: b"Reply-To: thief@thief.example\r\n" + mail,
    "who is told too": lambda mail: b"Cc: all@brand.example\r\n" + mail,
    "what it is": lambda mail: mail.replace(b"multipart/alternative", b"multipart/mixed", 1),
    "a second form": lambda mail: b"Content-Type: text/html\r\n" + mail,
    "another encoding": lambda mail: b"Content-Transfer-Encoding: base64\r\n" + mail,
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_can_be_changed_or_added(change: str) -> None:
    signed = sign_message(a_mail(), [RSA], AT)
    changed = CHANGES[change](signed)
    assert changed != signed
    assert not is_believed(changed)


def test_what_mail_servers_do_on_the_way_breaks_nothing() -> None:
    signed = sign_message(a_mail(), [RSA], AT)
    received = b"Received: from a by b; Mon, 23 Nov 2026 06:00:01 +0000\r\nReturn-Path: <b@brand.example>\r\n"
    received += b"Sender: list@reader.example\r\n"
    folded = signed.replace(b"\r\nDate: Wed, ", b"\r\nDate:  Wed,\r\n\t", 1)
    assert folded != signed
    assert is_believed(received + folded + b"\r\n\r\n")


def test_a_signature_is_of_its_key_alone() -> None:
    signed = sign_message(a_mail(), [RSA], AT)
    assert not is_believed(signed, DkimKey(DOMAIN, "s1", generate_private_key(65537, 2048)))


def test_headers_of_several_lines_and_of_several_times_are_signed_whole() -> None:
    head = a_mail() + b""
    twice = b"To: a@reader.example,\r\n  b@reader.example\r\nTo: c@reader.example\r\n"
    message = head.replace(b"To: ", twice + b"To: ", 1)
    signed = sign_message(message, [RSA], AT)
    assert is_believed(signed)
    assert not is_believed(signed.replace(b"c@reader", b"d@reader", 1))
    assert not is_believed(signed.replace(b"b@reader", b"d@reader", 1))


def test_two_keys_sign_beside_each_other() -> None:
    signed = sign_message(a_mail(), [RSA, ED25519], AT)
    assert is_believed(signed, RSA, 0)
    assert is_ed25519_right(signed)
    assert not is_ed25519_right(signed.replace(b"/u/0123", b"/u/9999", 1))


def is_ed25519_right(message: bytes) -> bool:
    """Verified by dkimpy's reading of a mail: it leaves Ed25519 itself to a package that we do not have."""
    headers, body = dkim.rfc822_parse(message)
    (name, value), *_ = [each for each in headers if b"a=ed25519-sha256" in each[1]]
    tags = dkim.util.parse_tag_value(value)
    named = [each.strip().lower() for each in tags[b"h"].split(b":")]
    signed = Relaxed.canonicalize_headers(dkim.select_headers(headers, named))
    unsigned = value.replace(tags[b"b"], b"").rstrip(b"\r\n")
    (last,) = Relaxed.canonicalize_headers([(name, unsigned)])
    text = b"".join(n + b":" + v for n, v in signed) + last[0] + b":" + last[1].removesuffix(b"\r\n")
    assert isinstance(ED25519.key, Ed25519PrivateKey)
    try:
        ED25519.key.public_key().verify(b64decode(b"".join(tags[b"b"].split())), sha256(text).digest())
    except InvalidSignature:
        return False
    hashed: bytes = tags[b"bh"]
    return hashed == b64encode(sha256(Relaxed.canonicalize_body(body)).digest())


def test_the_vectors_of_rfc_8463() -> None:
    body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
    assert b64encode(sha256(relaxed_body(body)).digest()) == b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    held = b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = DkimKey("football.example.com", "brisbane", Ed25519PrivateKey.from_private_bytes(held))
    assert key.record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    signed = (
        (b"From", b" Joe SixPack <joe@football.example.com>"),
        (b"To", b" Suzie Q <suzie@shopping.example.net>"),
        (b"Subject", b" Is dinner ready?"),
        (b"Date", b" Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"),
        (b"Message-ID", b" <20030712040037.46341.5F8J@football.example.com>"),
    )
    own = (
        b" v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
        b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
        b" subject : date : message-id : from : subject : date;\r\n"
        b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b="
    )
    text = b"".join(relaxed_header(*each) + b"\r\n" for each in signed)
    assert b64encode(key.sign(text + relaxed_header(b"DKIM-Signature", own))) == (
        b"/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    )


def test_lines_are_as_long_as_mail_allows() -> None:
    head = sign_message(a_mail(), [RSA, ED25519], AT).partition(b"\r\n\r\n")[0]
    signature = head[: head.index(b"\r\nList-Unsubscribe")]
    assert max(len(line) for line in signature.split(b"\r\n")) <= 78


@pytest.fixture(scope="module")
def opendkim() -> str:
    """Debian's verifier; it does not say by its exit code what it thinks."""
    found = shutil.which("opendkim", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        assert os.environ.get("CI") != "true", "opendkim may not be missing in CI"
        pytest.skip("no opendkim is installed: apt-get install opendkim")
    return found


def said_by(opendkim: str, message: bytes, folder: Path) -> str:
    keys, settings, mail = folder / "keys", folder / "settings", folder / "mail"
    keys.write_text("".join(f"{key.record_name} {key.record}\n" for key in (RSA, ED25519)))
    settings.write_text(f"Mode v\nTestPublicKeys {keys}\n")
    mail.write_bytes(message)
    done = subprocess.run(
        [opendkim, "-x", str(settings), "-t", str(mail)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_opendkim_believes_it_too(opendkim: str, key: DkimKey, tmp_path: Path) -> None:
    # The time of a signature may not be ahead of whoever verifies it.
    signed = sign_message(a_mail("ar"), [key], datetime(2026, 1, 1, tzinfo=UTC))
    assert "verification (s=" in said_by(opendkim, signed, tmp_path)
    assert "succeeded" in said_by(opendkim, signed, tmp_path)
    for name, change in CHANGES.items():
        if name != "a word":
            said = said_by(opendkim, change(signed), tmp_path)
            assert "succeeded" not in said, f"{name}: {said}"


def pem(key: RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


def test_a_key_is_read_from_pem() -> None:
    for key in (RSA, ED25519):
        read = read_dkim_key(pem(key.key), key.domain, key.selector)
        assert (read.record, read.record_name, read.algorithm) == (key.record, key.record_name, key.algorithm)
        assert is_believed(sign_message(a_mail(), [read, RSA], AT), RSA, 1)
        assert "PRIVATE" not in repr(read)


@pytest.mark.parametrize(
    ("text", "domain", "words"),
    [
        ("", DOMAIN, "cannot be read"),
        ("none", DOMAIN, "cannot be read"),
        ("schlüssel", DOMAIN, "cannot be read"),
        (pem(generate_private_key(65537, 1024)), DOMAIN, "1024 bits"),  # noqa: S505  refused
        (pem(ec.generate_private_key(ec.SECP256R1())), DOMAIN, "of another kind"),
        (pem(ED25519.key, b"word"), DOMAIN, "passphrase"),
        (pem(ED25519.key), "brand.example\r\nX: y", "no name"),
        (pem(ED25519.key), "brand..example", "no name"),
        (pem(ED25519.key), "", "no name"),
        (pem(ED25519.key), "prämie.example", "no name"),
    ],
)
def test_what_signs_nothing_is_refused_in_words(text: str, domain: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_dkim_key(text, domain, "s1")
    assert "PRIVATE" not in str(refused.value)
