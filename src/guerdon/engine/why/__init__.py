"""Why and what if: a decision explained from what was known then, and one tried without being made.

Nothing here writes. What is said to people is said in their language, from the catalogs.
"""
