"""Webhooks for those who look after them: how each endpoint is doing, and what became of what was told."""
