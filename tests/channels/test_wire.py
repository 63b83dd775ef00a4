import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BufferedRWPair
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.channels.letters import letter
from tests.channels.mail_server import MailServer, body_of, running

from guerdon.channels.email.wire import EmailChannel, email_channels
from guerdon.engine.messages.port import Accepted, Rejected, Retry, Unsure
from guerdon.values.mail import MailServer as Address
from guerdon.values.mail import read_smtp_url


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer()) as started:
        yield started


@pytest.fixture
def channel(server: MailServer) -> Iterator[EmailChannel]:
    opened = email_channels(server.url, "rewards@example.com", 1)[0]
    yield opened
    opened.close()


@pytest.mark.parametrize("pipelining", [True, False])
def test_letters_go_one_after_the_other_over_one_connection(
    server: MailServer, channel: EmailChannel, *, pipelining: bool
) -> None:
    server.pipelining = pipelining
    assert [channel.send(letter()) for _ in range(3)] == [Accepted("<msg_0000000000007.1@example.com>")] * 3
    assert server.connections == 1
    assert [(e.mail_from, e.rcpt_tos) for e in server.envelopes] == [
        ("rewards@example.com", ["ada@example.com"])
    ] * 3
    assert server.mails[0]["Subject"] == letter().mail.subject


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_recipient_who_is_put_off_is_tried_again_and_the_next_is_not_held_up(
    server: MailServer, channel: EmailChannel, *, pipelining: bool
) -> None:
    server.pipelining = pipelining
    server.at_recipient = lambda to: "451 4.7.1 Greylisted" if to.startswith("later") else "250 OK"
    assert channel.send(letter(address="later@example.com")) == Retry("smtp:451 4.7.1")
    assert isinstance(channel.send(letter()), Accepted)
    assert server.connections == 1


def test_a_recipient_who_does_not_exist_is_refused_without_repeating_the_address(
    server: MailServer, channel: EmailChannel
) -> None:
    server.at_recipient = lambda to: f"550 5.1.1 <{to}>: no such user" if "gone" in to else "250 OK"
    assert channel.send(letter(address="gone@example.com")) == Rejected("smtp:550 5.1.1", retires=True)
    assert isinstance(channel.send(letter()), Accepted)


@pytest.mark.parametrize("at_data", ["354 Go on all the same", "503 5.5.1 Nobody to give it to"])
def test_nothing_is_handed_over_that_its_recipient_was_refused_for(at_data: str) -> None:
    """A server that asks for the message whatever it said of the recipient gets an empty one."""
    said: list[str] = []
    bodies: list[bytes] = []
    with answering_line_by_line(said, bodies, at_data) as port:
        channel = email_channels(f"smtp://127.0.0.1:{port}", "rewards@example.com", 1)[0]
        assert channel.send(letter(address="gone@example.com")) == Rejected("smtp:550 5.1.1", retires=True)
        assert isinstance(channel.send(letter()), Accepted)
        channel.close()
    assert [line.split(":")[0].upper() for line in said] == [
        *("MAIL FROM", "RCPT TO", "DATA", "RSET"),
        *("MAIL FROM", "RCPT TO", "DATA", "QUIT"),
    ]
    went = [b""] if at_data.startswith("354") else []
    assert bodies[:-1] == went
    assert b"Subject:" in bodies[-1]


@contextmanager
def answering_line_by_line(said: list[str], bodies: list[bytes], at_data: str) -> Iterator[int]:
    """A server of bare lines, which answers DATA the same way though it refused the recipient."""

    def serve() -> None:
        wire, _ = listener.accept()
        with wire, wire.makefile("rwb") as lines:
            answer_lines(lines, said, bodies, at_data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(10)


def answer_lines(lines: BufferedRWPair, said: list[str], bodies: list[bytes], at_data: str) -> None:
    known = True

    def tell(answer: str) -> None:
        lines.write(answer.encode() + b"\r\n")
        lines.flush()

    tell("220 mx.example")
    while line := lines.readline().decode().strip():
        if line.lower().startswith("ehlo"):
            tell("250-mx.example\r\n250 PIPELINING")
            continue
        said.append(line)
        if line.startswith("RCPT"):
            known = "gone" not in line
            tell("250 OK" if known else "550 5.1.1 No such user")
        elif line == "DATA":
            answer = "354 Go on" if known else at_data
            tell(answer)
            if answer.startswith("354"):
                bodies.append(b"".join(iter(lines.readline, b".\r\n")))
                tell("250 OK" if known else "554 5.5.1 No valid recipients")
        else:
            tell("250 OK")


def test_the_answer_to_the_message_itself_counts(server: MailServer, channel: EmailChannel) -> None:
    answers = iter(["554 5.7.1 Looks like spam", "452 4.3.1 Disk full", "421 Shutting down", "250 OK"])
    server.at_mail = lambda _: next(answers)
    assert channel.send(letter()) == Rejected("smtp:554 5.7.1")
    assert channel.send(letter()) == Retry("smtp:452 4.3.1")
    # A server that says good-bye is asked again at once on a new connection.
    assert isinstance(channel.send(letter()), Accepted)
    assert server.connections == 2


def test_a_connection_lost_before_hand_over_is_made_anew(server: MailServer, channel: EmailChannel) -> None:
    assert isinstance(channel.send(letter()), Accepted)
    server.hang_up()
    assert isinstance(channel.send(letter()), Accepted)
    assert server.connections == 2
    assert len(server.envelopes) == 2


def test_a_connection_lost_after_hand_over_leaves_us_unsure(
    server: MailServer, channel: EmailChannel
) -> None:
    turns = count()
    server.at_mail = lambda _: None if next(turns) == 0 else "250 OK"
    assert channel.send(letter()) == Unsure("smtp:SMTPServerDisconnected")
    assert len(server.envelopes) == 1
    assert isinstance(channel.send(letter()), Accepted)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with running(MailServer()) as gone:
        pass
    channel = email_channels(gone.url, "rewards@example.com", 1)[0]
    assert channel.send(letter()) == Retry("smtp:ConnectionRefusedError")
    channel.close()


def test_an_address_that_is_none_never_reaches_the_server(server: MailServer, channel: EmailChannel) -> None:
    injected = letter(address="ada@example.com>\r\nRCPT TO:<thief@example.net")
    assert channel.send(injected) == Rejected("address:unusable")
    assert server.connections == 0


def test_an_internationalized_address_is_delivered_where_the_server_can(
    server: MailServer, channel: EmailChannel
) -> None:
    assert isinstance(channel.send(letter("Zoë", "zoë@bücher.example")), Accepted)
    assert server.envelopes[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]


def test_lines_that_begin_with_a_dot_arrive_whole(server: MailServer, channel: EmailChannel) -> None:
    dotted = letter(program=".\n.\n..x")
    channel.send(dotted)
    assert body_of(server.mails[0], "plain").replace("\r\n", "\n") == dotted.mail.text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("smtp://127.0.0.1:8725", Address("127.0.0.1", 8725, "none")),
        ("smtp://mx.example.com", Address("mx.example.com", 25, "none")),
        ("smtps://me:p%40ss@mx.example.com", Address("mx.example.com", 465, "tls", "me", "p@ss")),
        ("smtp+starttls://me:word@mx.example.com", Address("mx.example.com", 587, "starttls", "me", "word")),
    ],
)
def test_the_mail_server_is_one_address(text: str, address: Address) -> None:
    assert read_smtp_url(text) == address


@pytest.mark.parametrize("text", ["", "http://mx.example.com", "smtp://", "smtp://me:word@mx.example.com"])
def test_an_address_that_is_none_or_would_give_away_a_password_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"smtp|password"):
        read_smtp_url(text)


def test_a_sender_without_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="write the sender like"):
        email_channels("smtp://127.0.0.1:8725", "Nordlys Circle", 1)


@pytest.fixture
def sealed_server(tmp_path: Path) -> Iterator[tuple[MailServer, Path]]:
    """A mail server that wants TLS and a word, and the certificate that it shows."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.example")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    shown, kept = tmp_path / "shown.pem", tmp_path / "kept.pem"
    shown.write_bytes(certificate.public_bytes(Encoding.PEM))
    kept.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, kept)
    with running(MailServer(tls=context, login=(b"me", b"p@ss"))) as started:
        yield started, shown


@pytest.mark.parametrize(("word", "trusted"), [("p%40ss", True), ("wrong", True), ("p%40ss", False)])
def test_letters_and_passwords_go_only_to_a_server_that_proved_who_it_is(
    sealed_server: tuple[MailServer, Path], monkeypatch: pytest.MonkeyPatch, word: str, *, trusted: bool
) -> None:
    server, certificate = sealed_server
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    url = f"smtp+starttls://me:{word}@127.0.0.1:{server.port}"
    channel = email_channels(url, "rewards@example.com", 1)[0]
    outcome = channel.send(letter())
    channel.close()
    if not trusted:
        assert outcome == Retry("smtp:SSLCertVerificationError")
    elif word == "wrong":
        assert outcome == Retry("smtp:SMTPAuthenticationError")
    else:
        assert isinstance(outcome, Accepted)
    assert len(server.mails) == int(isinstance(outcome, Accepted))
