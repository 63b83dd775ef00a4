"""The catalog as staff look at it: all items with where each stands, feeds, and what a sync would change."""
