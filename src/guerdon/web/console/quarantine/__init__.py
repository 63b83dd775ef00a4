"""Quarantine: what was set apart, why, what it would mean now, and what can be done with it."""
