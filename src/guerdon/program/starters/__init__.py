"""Starters: programs that are whole but for a few inputs, each a file beside this one."""
