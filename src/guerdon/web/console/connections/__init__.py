"""Connections: accounts at vendors, connected and looked after; what came lately, and what it would mean."""
