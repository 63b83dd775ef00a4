"""What the house remembers of members: what is counted of them by day, and what they have."""

from guerdon.engine.memory.belongings import belonging_of, row_of
from guerdon.engine.memory.keeping import Uncounted, load_memory, record_memory, remember
from guerdon.engine.memory.recounting import count_anew

__all__ = [
    "Uncounted",
    "belonging_of",
    "count_anew",
    "load_memory",
    "record_memory",
    "remember",
    "row_of",
]
