"""Messages as staff see them: figures and health, what each says, and one member's timeline."""
