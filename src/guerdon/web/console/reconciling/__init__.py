"""Reconciliation: what differs between suppliers' books and ours, and what is done about it."""
