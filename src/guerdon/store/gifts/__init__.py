"""Rewards that were given away, and codes by which a member confirms a link."""
