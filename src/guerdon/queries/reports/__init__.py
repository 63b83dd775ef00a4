"""Figures that reports have and no page reads by itself."""
