"""Read-only questions about CRMs: how connections stand, and what they were told lately."""
