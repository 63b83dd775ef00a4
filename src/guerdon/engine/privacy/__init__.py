"""Privacy: who asked for it is forgotten, and what came in is not kept for longer than it is of use."""
