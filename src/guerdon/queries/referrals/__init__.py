"""Referrals as people look at them: their own, and those of a program."""
