"""Keeping the delivery clock: marks of rewards and orders, what they count to, and vouchers of old."""
