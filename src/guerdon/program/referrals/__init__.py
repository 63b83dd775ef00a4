"""Referrals: members who bring friends, and what both are told when that came about."""
