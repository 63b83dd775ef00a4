"""Tables: which row takes an event of a member.

Where one row takes each combination, rows that nobody can tell for want of a value do not matter beside one
that takes it. Where the first row wins, none after one that nobody can tell is asked.
"""

from collections.abc import Mapping

from guerdon.expressions import Unknown
from guerdon.program.model import Row, Table


def row_of(table: Table, event: Mapping[str, object], member: Mapping[str, object]) -> Row | Unknown | None:
    """The row that takes it; unknown, where a value that decides is missing; None: no row does."""
    unknown: Unknown | None = None
    for row in table.rows:
        answer = True if row.condition is None else row.condition(event, member)
        if answer is True:
            return row
        if answer is not False:
            if table.hit == "first":
                return answer
            unknown = answer if unknown is None else unknown
    return unknown
