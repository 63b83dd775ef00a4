"""Orders as members and staff see them: where each stands, and what was handed over for it."""
