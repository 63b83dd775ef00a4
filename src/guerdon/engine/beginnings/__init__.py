"""How an installation begins: its first program, and members that are made to try it."""
