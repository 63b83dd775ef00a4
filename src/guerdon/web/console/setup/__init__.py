"""How far a program's set-up is, a key to send events by, and sample members to try it."""
