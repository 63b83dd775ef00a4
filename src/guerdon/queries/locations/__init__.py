"""Locations as whoever looks after them reads them: how each stands, and who needs a call."""
