"""What a reward must fit in: budgets, limits, campaigns, allow-lists and the ladders of approval.

A file a noun, each with its reader and the checks of what could never happen; `policies.py` holds what
comes out. Reached from `load.py` only; everybody else takes the nouns from `program.model`.
"""
