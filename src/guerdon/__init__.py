"""Guerdon turns what customers do into rewards, at once, within policy, and shows what that changed.

The one way through: door -> inbox -> process (map, gather facts, decide, apply) -> one commit -> outbox.
"""
