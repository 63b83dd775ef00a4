"""How Tremendous says no."""

from typing import Any

from standins.suppliers.application import Refusal


def refusal(status: int, message: str, payload: dict[str, Any] | None = None) -> Refusal:
    """An error with the properties of the request that caused it."""
    return Refusal(status, {"status": status, "errors": {"message": message, "payload": payload or {}}})


def not_found(what: str) -> Refusal:
    """There is no such thing."""
    return refusal(404, f"{what} not found")
