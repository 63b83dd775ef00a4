"""When a change says that it happened."""

from datetime import UTC, datetime, timedelta

from guerdon.connectors.hubspot.payload import Change

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS = 946_684_800_000  # the year 2000: nothing in a CRM of today happened before
LATEST_MS = 4_102_444_800_000  # the year 2100; what lies in the future of now is judged by the engine


def happened_at(change: Change) -> datetime:
    """The instant."""
    return EPOCH + timedelta(milliseconds=change.occurredAt)
