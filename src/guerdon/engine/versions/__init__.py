"""Versions at work: by which one an event is decided, drafts that people edit, and the way back."""
