"""The one place that reads the clock.

Whatever decides is handed the time, so that it can be decided again later with the same result; only
doors and the worker's loops ask here.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Say what time it is, aware and in UTC."""
    return datetime.now(UTC)
