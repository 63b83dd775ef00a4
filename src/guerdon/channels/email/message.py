"""The MIME message of a rendered mail: headers, the plain text and the HTML as alternatives.

Written by hand, because the standard library takes longer over one message than rendering and sending it take
together; a test reads every message back with that library. Whatever stands in a header has lost its control
characters first, so a name can never add a header of its own.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from email.utils import format_datetime

from guerdon.channels.email.unsubscribing import unsubscribe_headers
from guerdon.engine.messages.letters import Attachment, Letter
from guerdon.values.ids import show
from guerdon.values.mail import Sender

NAME_LENGTH_MAX = 100
# An encoded word may be 75 characters long; 42 bytes become 56 of base64, and its frame takes 12.
ENCODED_WORD_BYTES = 42

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FILE_NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def message_id(letter: Letter, sender: Sender) -> str:
    """Name a message for good: sent again, it is still the same message, and mail programs can tell."""
    return f"<{show('msg', letter.id)}.{letter.program_id}@{sender.address.rpartition('@')[2]}>"


def write_message(letter: Letter, sender: Sender, address: str) -> bytes:
    """Write the whole message as it goes over the wire, lines ending in CRLF.

    Raises ValueError for an address to unsubscribe at that no mail program would ask.
    """
    mail = letter.mail
    unsubscribing = ""
    if letter.unsubscribe_url:
        unsubscribing = unsubscribe_headers(letter.unsubscribe_url, letter.unsubscribe_mail)
    # Neither quoted-printable nor base64 can hold "=_", so no text can end its part early.
    boundary = f"=_{show('msg', letter.id)}"
    head = (
        f"From: {_mailbox(letter.sender or sender.name or letter.program, sender.address)}\r\n"
        f"To: {_mailbox(letter.name, address)}\r\n"
        f"Subject: {header_text(mail.subject)}\r\n"
        f"Date: {format_datetime(letter.written_at)}\r\n"
        f"Message-ID: {message_id(letter, sender)}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        f"{unsubscribing}"
        f"Content-Language: {mail.language}\r\n"
        "MIME-Version: 1.0\r\n"
    )
    words = (
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode(),
        _part(boundary, "plain", mail.text),
        _part(boundary, "html", mail.html),
        f"--{boundary}--\r\n".encode(),
    )
    if not letter.attachments:
        return b"".join((head.encode(), *words))
    around = f"=_with.{show('msg', letter.id)}"
    return b"".join(
        (
            head.encode(),
            f'Content-Type: multipart/mixed; boundary="{around}"\r\n\r\n--{around}\r\n'.encode(),
            *words,
            *(_attached(around, each) for each in letter.attachments),
            f"--{around}--\r\n".encode(),
        )
    )


def header_text(text: str) -> str:
    """Write free text for a header: as it is when plain, else in encoded words cut between characters."""
    text = _CONTROLS.sub(" ", text).strip()
    # A text that looks like an encoded word is encoded too, or it would be read as one.
    if text.isascii() and len(text) <= 60 and "=?" not in text:
        return text
    return _encoded(text)


def _mailbox(name: str, address: str) -> str:
    # Direction marks could show another address than the one behind the name.
    name = _BIDI_CONTROLS.sub("", _CONTROLS.sub(" ", name)).strip()[:NAME_LENGTH_MAX]
    if not name:
        return address
    if _PLAIN_WORDS.fullmatch(name) and "=?" not in name and len(name) <= 60:
        return f"{name} <{address}>"
    if name.isascii() and "=?" not in name and len(name) <= 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded(name)}\r\n <{address}>"


def _encoded(text: str) -> str:
    chunks: list[bytes] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > ENCODED_WORD_BYTES:
            chunks.append(chunk)
            chunk = b""
        chunk += encoded
    chunks.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in chunks)


def _attached(boundary: str, file: Attachment) -> bytes:
    # A name that could end its header would be ours, and wrong.
    assert _FILE_NAME.fullmatch(file.name), file.name
    head = (
        f"--{boundary}\r\nContent-Type: {file.media_type}\r\n"
        f'Content-Disposition: attachment; filename="{file.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(file.content).replace(b"\n", b"\r\n") + b"\r\n"


def _part(boundary: str, subtype: str, text: str) -> bytes:
    body = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    quoted = b2a_qp(body)
    # Arabic in quoted-printable is three times as long; everything else stays readable in the raw.
    dense = len(quoted) * 4 > len(body) * 6
    encoding = "base64" if dense else "quoted-printable"
    written = encodebytes(body).replace(b"\n", b"\r\n") if dense else quoted
    head = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + written + b"\r\n"
