"""The small nouns that every other part speaks in: amounts, ids, texts, problems, the clock.

A file belongs here when it imports nothing of Guerdon and holds no rule of any one program.
"""
