"""Connections: `connections` reads them, `mappings` what changes mean, `contacts` and `deals` what is read.

Reached from `load.py` only; everybody else takes the nouns from `program.model`.
"""
