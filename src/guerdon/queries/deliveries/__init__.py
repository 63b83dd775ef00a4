"""The delivery clock read: figures of many, what is under way, how it was before, one reward's times."""
