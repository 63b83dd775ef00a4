"""A supplier's lane: whether its account is asked at all, how often, and whose turn it is."""
