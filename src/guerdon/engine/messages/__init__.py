"""Messages: who may be told what, over which channel, and what became of it."""
