"""Imports by people: a file is tried, confirmed, and taken in by a worker."""
