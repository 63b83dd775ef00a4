"""Codes that members showed, as rows."""
