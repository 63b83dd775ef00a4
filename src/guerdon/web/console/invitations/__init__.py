"""Inviting people to work here: whom, as whom and where; what became of it."""
