"""A catalog of rewards that nobody sells: brands, texts and figures are invented, the same ones for a seed.

It imports nothing of Guerdon; what it makes are rows of a feed (docs/catalog.md).
"""

from .pictures import drawn, write_pictures
from .products import products
from .rows import Terms, items
from .tomorrow import changes, tomorrow
from .writing import write_csv, write_jsonl

__all__ = [
    "Terms",
    "changes",
    "drawn",
    "items",
    "products",
    "tomorrow",
    "write_csv",
    "write_jsonl",
    "write_pictures",
]
