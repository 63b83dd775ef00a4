"""Reconciling as rows: statements, their lines, what differs from our orders, and credits."""
