"""Broadcasts as rows: how each stands, what it put into the outbox, and what was counted."""
