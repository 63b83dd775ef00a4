"""The delivery clock's pages: how long rewards take, what is under way, and one reward's own times."""
