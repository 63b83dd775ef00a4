"""How Runa says no."""

from typing import Any

from standins.suppliers.application import Refusal

SAID = {
    "bad_request": "There is a problem with your request payload or JSON format.",
    "currency_mismatch": "The currency requested in the payment_method does not match that of the products.",
    "idempotency_in_progress": "We are already processing an order for this idempotency key",
    "idempotency_validation_error": "Request payload does not match previous payload for this key.",
    "insufficient_funds": "Insufficient funds in the balance to create order.",
    "internal_server_error": "An internal server error occurred",
    "invalid_api_key": "Missing or invalid 'X-Api-Key' header",
    "invalid_execution_mode": "Invalid execution mode.",
    "invalid_version": "Invalid API version",
    "not_found": "The requested resource does not exist",
    "pagination_error": "There was an issue with the pagination parameters",
    "product_validation_error": "Not allowed to order products",
    "timeout": "The request timed out",
    "version_removed": "API version is no longer supported and has been removed",
}


def refusal(status: int, kind: str, message: str | None = None) -> Refusal:
    """An error of a type; its words are no part of what is promised."""
    return Refusal(status, error(kind, message))


def error(kind: str, message: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"type": kind, "message": message or SAID[kind], "help": None}


def invalid(place: tuple[str, ...], text: str) -> Refusal:
    """A request that does not match what is documented."""
    body = error("validation_error", "There were one or more problems processing your request, see details.")
    body["details"] = [{"type": "value_error", "message": text, "location": list(place)}]
    return Refusal(422, body)


def trouble(status: int) -> dict[str, Any]:
    """The body of an error of theirs."""
    return error("timeout" if status == 504 else "internal_server_error")
