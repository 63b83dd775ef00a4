"""Quarantine, as people look at it."""
