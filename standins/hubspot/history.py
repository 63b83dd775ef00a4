"""What a property's values were: each with when and by whom, the newest first where it is shown."""

from typing import Any, NamedTuple

from standins.hubspot.clock import written

KEPT = {"contacts": 45, "deals": 20}
"""how many values of a property the API still knows"""
BATCH_MAX = 50
"""how many records one request may read together with their history"""
USER = "userId:"


class Source(NamedTuple):
    """Who changed something: a person in the interface or an app."""

    change_source: str
    source_id: str


PERSON = Source("CRM_UI", f"{USER}864745280")


class Past(NamedTuple):
    """A value that a property was given; what is told of the change carries the same moment."""

    value: str
    at_ms: int
    source: Source

    def shown(self) -> dict[str, Any]:
        """The value as the API answers it; a person's number stands by itself too."""
        one: dict[str, Any] = {
            "value": self.value,
            "timestamp": written(self.at_ms),
            "sourceType": self.source.change_source,
            "sourceId": self.source.source_id,
        }
        if self.source.source_id.startswith(USER):
            one["updatedByUserId"] = int(self.source.source_id.removeprefix(USER))
        return one


class History:
    """The values of one record's properties."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[str, list[Past]] = {}

    def keep(self, name: str, past: Past, most: int) -> None:
        """Add a value; the oldest is forgotten where there are too many."""
        values = self.values.setdefault(name, [])
        values.append(past)
        del values[:-most]

    def shown(self, name: str) -> list[dict[str, Any]]:
        """The values of a property, the newest first."""
        return [past.shown() for past in reversed(self.values.get(name, ()))]
