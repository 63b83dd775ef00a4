"""Quarantine: looked at beside what it means now, tried again, or put away."""
