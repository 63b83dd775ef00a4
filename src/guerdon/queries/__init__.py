"""What screens and exports read: SQL that changes nothing, one question a function, one dataclass an answer.

A query stands as text in the one function that owns it. Row security decides which rows there are at all.
"""
