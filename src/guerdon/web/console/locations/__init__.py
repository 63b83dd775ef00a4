"""Locations: who needs a call, one of them, some side by side, and whether the same event gives the same."""
