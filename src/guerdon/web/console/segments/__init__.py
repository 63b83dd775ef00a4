"""Segments: how large they are, who is in them, and where they are used."""
