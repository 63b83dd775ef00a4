"""Answers that say no, in HubSpot's shape of an error."""

import json
from typing import Any
from uuid import uuid4


class Refusal(Exception):  # noqa: N818 - it is an answer, not a mishap
    """An answer other than success; carries all that its body says."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.more = more
        self.headers: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        """The error as HubSpot writes it."""
        return {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid4()),
            "category": self.category,
            **self.more,
        }


def invalid(message: str, **more: Any) -> Refusal:
    """Refuse a request that is not as documented."""
    return Refusal(400, "VALIDATION_ERROR", message, **more)


def not_found(message: str = "resource not found", **more: Any) -> Refusal:
    """Say that there is no such thing."""
    return Refusal(404, "OBJECT_NOT_FOUND", message, **more)


class Bad(Exception):  # noqa: N818 - a finding about one value
    """A value that a property does not take; several are gathered into one answer."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = code
        self.message = message


def invalid_values(found: list[Bad]) -> Refusal:
    """Refuse property values, each with its code."""
    listed = [
        {
            "isValid": False,
            "message": bad.message,
            "error": bad.code,
            "name": bad.name,
            "localizedErrorMessage": bad.message,
        }
        for bad in found
    ]
    details = [
        {"message": bad.message, "code": bad.code, "context": {"propertyName": [bad.name]}} for bad in found
    ]
    return invalid(f"Property values were not valid: {json.dumps(listed)}", errors=details)
