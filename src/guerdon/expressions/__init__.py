"""The condition language: the part of CEL (the Common Expression Language) that programs are written in.

What belongs here: reading a condition, checking its types against what a program declares, and turning it
into Python code and into SQL. It is pure, knows no program and no store, and imports only `values`.
The way of a text: tokens -> syntax -> terms (checked) -> three_valued, python_code and sql_code -> condition.
"""

from guerdon.expressions.clauses import Clause, first_not_true
from guerdon.expressions.condition import Condition, Expression, compile_condition, compile_expression
from guerdon.expressions.declarations import Declarations, Derived, Type
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.three_valued import NotLoaded, Unknown
from guerdon.expressions.windows import Span, Window

__all__ = [
    "Clause",
    "Condition",
    "Declarations",
    "Derived",
    "Expression",
    "Mistake",
    "NotLoaded",
    "Span",
    "Type",
    "Unknown",
    "Window",
    "compile_condition",
    "compile_expression",
    "first_not_true",
]
