"""Forms of staff: each is taken once, and what was typed outlives the session in which it was."""
