"""How far a set-up is."""
