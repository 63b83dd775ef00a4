"""Deciding: (program, facts, event) -> effects. No I/O, no clock, no chance.

A file a noun: earnings (how much, from when, until when), tables (which row takes it), limits, budgets (who
pays), reversals (taking back and releasing), choice and wallet (what members do themselves), approved (what
people signed). `decide` asks them in order, policy last. No noun imports another: they meet in facts
and effects.
"""
