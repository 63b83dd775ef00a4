"""Doors: the plain one that takes events (no framework on it), and Django's for people.

Writes go through `engine`, reads through `queries`. Only this folder knows Django.
"""
