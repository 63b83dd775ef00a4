"""E-mail: `message.py` writes the MIME message, `wire.py` hands it to a mail server over SMTP."""
