"""Giving a reward to another person: the link is made by its member, and taken once by whoever has it."""
