"""Connections to the mail server as the settings say: who sends, who signs, where it comes back to."""

from pathlib import Path
from typing import Protocol

from guerdon.channels.email.dkim import read_keys
from guerdon.channels.email.returning import ReturnPath
from guerdon.channels.email.wire import EmailChannel, email_channels
from guerdon.store.sealing import Vault
from guerdon.values.mail import read_sender


class Ours(Protocol):
    """The settings of an installation, as far as mail is concerned."""

    @property
    def smtp_url(self) -> str:
        """The mail server."""

    @property
    def mail_from(self) -> str:
        """Who sends."""

    @property
    def dkim_key(self) -> Path | None:
        """The file of the key that signs."""

    @property
    def dkim_selector(self) -> str:
        """The name at which its public half stands."""

    @property
    def bounces(self) -> tuple[str, int] | None:
        """Where mails that come back are taken, if they are."""


def open_mail(ours: Ours, connections: int, vault: Vault | None = None) -> list[EmailChannel]:
    """Give so many connections, none opened yet; raises ValueError for wrong settings.

    `vault`: by whose keys mails to members say where they come back to; without one they say the sender.
    """
    keys = read_keys(ours.dkim_key, ours.dkim_selector, ours.mail_from)
    sender = read_sender(ours.mail_from)
    returns = None
    if vault is not None and ours.bounces is not None and sender is not None:
        returns = ReturnPath(vault, domain_of(sender.address))
    return email_channels(ours.smtp_url, ours.mail_from, connections, keys, returns)


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()
