"""Messages as staff see them: one member's timeline over all channels, figures, what waits, and health."""
