"""Broadcasts in the console: writing one, seeing who would be left out, letting it go, halting it."""
