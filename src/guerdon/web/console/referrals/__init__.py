"""Referrals: how many were invited, came and were confirmed, and the pairs that people look at."""
