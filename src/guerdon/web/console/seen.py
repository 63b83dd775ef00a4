"""What one view of one cut shows, before anybody's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.program.model import Program
from guerdon.queries.overview import Cut


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of a view, by the names that its templates use."""

    view: str
    program: Program
    cut: Cut
    at: datetime
    facts: Mapping[str, object]
