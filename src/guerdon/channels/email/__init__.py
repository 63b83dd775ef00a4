"""E-mail: `message.py` writes the MIME message, `wire.py` hands it to a mail server over SMTP."""

from guerdon.channels.email.wire import email_channels

__all__ = ["email_channels"]
