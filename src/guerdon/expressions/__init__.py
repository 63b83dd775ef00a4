"""The condition language: the part of CEL (the Common Expression Language) that programs are written in.

What belongs here: reading a condition, checking its types against what a program declares, and turning it
into Python code. It is pure, knows no program and no store, and imports only `values`.
The way of a text: tokens -> syntax -> terms (checked) -> three_valued and python_code -> condition.
"""

from guerdon.expressions.condition import Condition, compile_condition
from guerdon.expressions.declarations import Declarations, Type
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.three_valued import Unknown

__all__ = ["Condition", "Declarations", "Mistake", "Type", "Unknown", "compile_condition"]
