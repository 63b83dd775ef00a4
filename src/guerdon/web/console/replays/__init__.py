"""Replays in the console: asking for one, seeing how far it is, and what it found."""
