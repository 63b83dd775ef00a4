"""Webhooks: where we tell of what happens, what is told there, and how that went."""
