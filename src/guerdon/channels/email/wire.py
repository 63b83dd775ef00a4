"""E-mail's wire: one SMTP connection that is kept open from letter to letter.

What matters is at which step something went wrong. Until the server has asked for the message (354), nothing
was handed over and the letter may be tried again; from then on, only the server's answer tells. An answer's
text is not kept, because servers like to repeat the address in it: its two codes are.
"""

import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from guerdon.channels.email.dkim import DkimKey, sign_message
from guerdon.channels.email.message import message_id, write_message
from guerdon.channels.email.returning import ReturnPath
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Retry, Unsure
from guerdon.values.mail import MailServer, Sender, read_sender, read_smtp_url, usable_address

# A dozen answers, each as slow as this, still end within the lease of a claim.
TIMEOUT_S = 7.0
OK_MAX = 299
GO_AHEAD = 354
CLOSING = 421
PERMANENT = 500
# RFC 3463 and 7505: no such mailbox, no such system, no mailbox of that form, moved without a new address, a
# domain that takes no mail, a mailbox that is shut. What else is permanent concerns this one message.
NOBODY_THERE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})

_ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_FAULTS = (OSError, smtplib.SMTPException)


def email_channels(
    smtp_url: str,
    mail_from: str,
    connections: int,
    keys: Sequence[DkimKey] = (),
    returns: ReturnPath | None = None,
) -> list["EmailChannel"]:
    """Give so many connections to a mail server, none opened yet; raises ValueError for wrong settings.

    Every mail is signed by each of the keys (`dkim.read_keys`); without one, by none. `returns`: where mails
    to members say that they come back to; without it, to the sender.
    """
    sender = read_sender(mail_from)
    if sender is None:
        raise ValueError("write the sender like Nordlys Circle <rewards@example.com>")
    server = read_smtp_url(smtp_url)
    return [EmailChannel(server, sender, keys, returns) for _ in range(connections)]


class EmailChannel:
    """One connection to the mail server, opened with the first letter and again after a fault."""

    def __init__(
        self,
        server: MailServer,
        sender: Sender,
        keys: Sequence[DkimKey] = (),
        returns: ReturnPath | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._keys = tuple(keys)
        self._returns = returns
        self._smtp: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> Outcome:
        """Hand a letter to the mail server."""
        address = usable_address(letter.address)
        if address is None:
            return Rejected("address:unusable")
        comes_back_to = self._sender.address
        if self._returns is not None and letter.member_id is not None:
            comes_back_to = self._returns.bounces(letter)
            if letter.unsubscribe_url:
                letter = replace(letter, unsubscribe_mail=self._returns.unsubscribing(letter))
        try:
            message = write_message(letter, self._sender, address)
        except ValueError:
            # Sent without a way to unsubscribe, it would be a mail that nobody may send.
            return Rejected("unsubscribe:unusable")
        if self._keys:
            message = sign_message(message, self._keys, letter.written_at)
        kept_open = self._smtp is not None
        outcome = self._hand_over(comes_back_to, address, message)
        if kept_open and self._smtp is None and isinstance(outcome, Retry):
            # Servers close connections that were idle; that is no reason to keep a letter waiting.
            outcome = self._hand_over(comes_back_to, address, message)
        return Accepted(message_id(letter, self._sender)) if outcome is None else outcome

    def close(self) -> None:
        """Say good-bye to the server, if it still listens."""
        if self._smtp is not None:
            with suppress(*_FAULTS):
                self._smtp.quit()
            self._drop()

    def _hand_over(self, comes_back_to: str, address: str, message: bytes) -> Outcome | None:
        try:
            smtp = self._smtp = self._smtp or self._connected()
            outcome = self._envelope(smtp, comes_back_to, address)
        except _FAULTS as fault:
            self._drop()
            return Retry(f"smtp:{type(fault).__name__}")
        if outcome is not None:
            return outcome
        try:
            # A line that begins with a dot gets a second one, or the message would end there.
            smtp.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, text = smtp.getreply()
        except _FAULTS as fault:
            self._drop()
            return Unsure(f"smtp:{type(fault).__name__}")
        return None if code <= OK_MAX else self._refusal(code, text)

    def _envelope(self, smtp: smtplib.SMTP, comes_back_to: str, address: str) -> Outcome | None:
        options = ""
        if not address.isascii():
            if not smtp.has_extn("smtputf8"):
                return Rejected("address:needs_smtputf8")
            options = " SMTPUTF8 BODY=8BITMIME"
        commands = [f"MAIL FROM:<{comes_back_to}>{options}", f"RCPT TO:<{address}>", "DATA"]
        if smtp.has_extn("pipelining"):
            smtp.send(("\r\n".join(commands) + "\r\n").encode())
            replies = [smtp.getreply() for _ in commands]
        else:
            replies = []
            for command in commands:
                replies.append(self._ask(smtp, command))
                if replies[-1][0] > (GO_AHEAD if command == "DATA" else OK_MAX):
                    break
        refused = next((each for each in replies[:2] if each[0] > OK_MAX), None)
        if refused is None:
            code, text = replies[2]
            return None if code == GO_AHEAD else self._refusal(code, text)
        if len(replies) > 2 and replies[2][0] == GO_AHEAD:
            # It asks for a message all the same: it gets none (RFC 2920, 3.1), and answers for it.
            smtp.send(b".\r\n")
            smtp.getreply()
        refusal = self._refusal(*refused)
        # At the first it is not this letter's fault but our own standing: no letter is given up for it.
        return Retry(refusal.reason) if refused is replies[0] else refusal

    @staticmethod
    def _ask(smtp: smtplib.SMTP, command: str) -> tuple[int, bytes]:
        smtp.send(f"{command}\r\n".encode())
        return smtp.getreply()

    def _refusal(self, code: int, text: bytes) -> Rejected | Retry:
        enhanced = _ENHANCED_CODE.match(text)
        reason = f"smtp:{code} {enhanced.group().decode()}" if enhanced else f"smtp:{code}"
        if self._smtp is not None:
            try:
                if code == CLOSING or self._smtp.rset()[0] > OK_MAX:
                    self._drop()
            except _FAULTS:
                self._drop()
        if code < PERMANENT:
            return Retry(reason)
        gone = enhanced is not None and enhanced.group().decode() in NOBODY_THERE
        return Rejected(reason, retires=gone)

    def _connected(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        # Named after our own domain: the standard library would ask the network for this machine's name.
        own_name = self._sender.address.rpartition("@")[2]
        smtp: smtplib.SMTP
        if server.tls == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, own_name, timeout=TIMEOUT_S, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, own_name, TIMEOUT_S)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except _FAULTS:
            smtp.close()
            raise
        return smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
