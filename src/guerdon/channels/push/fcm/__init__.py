"""Firebase Cloud Messaging, HTTP v1: `account.py` says who asks, `message.py` what, `wire.py` asks."""
