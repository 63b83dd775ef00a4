"""Referrals: codes, claims, what becomes of a pair, and what both sides are told of it.

Nothing in here rewards anybody: told events are ordinary ones, in the inbox like whatever comes.
"""
