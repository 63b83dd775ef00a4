"""Webhooks: where announcements go, how each endpoint is doing, and what can be done about it."""
