"""Twilio: `account.py` writes, by `wire.py`; `callbacks.py` listens; `codes.py` says what went wrong."""
