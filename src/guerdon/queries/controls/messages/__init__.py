"""Controls of what members are told: what they said of it, and what was told."""
