"""Deciding: (program, facts, event) -> effects. No I/O, no clock, no chance.

A file a noun (rewards, limits, budgets); `decide` asks them in order, policy last. The files never
import each other: they meet in facts and effects.
"""
