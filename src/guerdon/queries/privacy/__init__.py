"""What is kept of one person, read for themselves."""
