"""How Google says no: a status by number and by name, and details in types of their own."""

from typing import Any

from standins.suppliers.application import Refusal
from standins.suppliers.table import Problem

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
TYPES = {
    "must be a string": "TYPE_STRING",
    "must be true or false": "TYPE_BOOL",
    "must be an integer": "TYPE_INT32",
}
UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
    "valid authentication credential."
)


def refusal(
    status: int, message: str, *details: dict[str, Any], headers: dict[str, str] | None = None
) -> Refusal:
    """An error as every API of Google answers it."""
    error: dict[str, Any] = {"code": status, "message": message, "status": NAMES.get(status, "UNKNOWN")}
    if details:
        error["details"] = list(details)
    return Refusal(status, {"error": error}, headers)


def fcm_error(code: str) -> dict[str, Any]:
    """The detail that is FCM's own."""
    return {"@type": FCM_ERROR, "errorCode": code}


def invalid(message: str) -> Refusal:
    """An argument that is wrong in FCM's eyes."""
    return refusal(400, message, fcm_error("INVALID_ARGUMENT"))


def misread(problem: Problem, value: object = None) -> Refusal:
    """A request that is no message: which field, and what is wrong with it."""
    place = ".".join(problem.place)
    if problem.text.startswith("unknown field"):
        *above, name = problem.place
        place = ".".join(above)
        said = f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
    else:
        kind = TYPES.get(problem.text, problem.text)
        said = f"Invalid value at '{place}' ({kind}), {value}"
    violation = {"field": place, "description": said}
    return refusal(400, said, {"@type": BAD_REQUEST, "fieldViolations": [violation]})


def oauth_refusal(status: int, error: str, description: str) -> Refusal:
    """An error of the token endpoint."""
    return Refusal(status, {"error": error, "error_description": description})
