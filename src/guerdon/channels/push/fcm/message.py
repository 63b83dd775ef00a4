"""A notification as FCM's HTTP v1 has it, and what its answers mean. Nothing is asked here.

By Google's reference of `projects.messages` and `ErrorCode`. `UNREGISTERED` says that the app is gone from
the device; a malformed token is as good as that. One of another sender's project (`SENDER_ID_MISMATCH`) is
only refused: where the project is set wrongly all tokens would look so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from guerdon.channels.asking import asked_to_wait, read_object
from guerdon.engine.messages.port import (
    Accepted,
    Device,
    Outcome,
    Parcel,
    Push,
    Rejected,
    Retry,
    Shut,
    Unsure,
)
from guerdon.http import Answer
from guerdon.text.formats import direction

# Keys and values of what the app is handed, as UTF-8.
PAYLOAD_BYTES_MAX = 4_096
TTL_MAX = timedelta(weeks=4)
# What Google asks for where it says nothing else.
QUOTA_REST = timedelta(seconds=60)
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
TOKEN_FIELD = "message.token"  # noqa: S105  the name of a field


def write_body(parcel: Parcel, device: Device, content: Push) -> bytes | None:
    """What is posted; None where it is more than FCM carries."""
    tag = content.tag or str(parcel.ref)
    shown = {"title": content.title, "body": content.body}
    handed = {
        "url": content.url,
        "tag": tag,
        "lang": parcel.language,
        "dir": direction(parcel.language),
    }
    if (
        sum(len(key.encode()) + len(value.encode()) for key, value in (shown | handed).items())
        > PAYLOAD_BYTES_MAX
    ):
        return None
    ttl = min(max(parcel.ttl, timedelta(0)), TTL_MAX)
    ends_at = parcel.written_at + ttl
    return msgspec.json.encode(
        {
            "message": {
                "token": device.token,
                "notification": shown,
                "data": handed,
                "android": {
                    "priority": "HIGH" if parcel.urgent else "NORMAL",
                    "ttl": f"{int(ttl.total_seconds())}s",
                    # Shown again, it takes the place of what is shown: a repetition is not a second one.
                    "notification": {"tag": tag},
                },
                "apns": {
                    "headers": {
                        "apns-priority": "10" if parcel.urgent else "5",
                        "apns-expiration": str(int(ends_at.timestamp())),
                        # At most 64 bytes.
                        "apns-collapse-id": parcel.ref.hex,
                    }
                },
            }
        }
    )


def told(answer: Answer, now: datetime) -> Outcome:
    """What an answer means; a token that was turned down is `Shut`, for whoever asked to try a new one."""
    said = read_object(answer.body)
    if answer.status == 200:
        name = said.get("name")
        # It is on its way, and its number is lost.
        return Accepted(name) if isinstance(name, str) and name else Unsure("fcm:unreadable")
    error = said.get("error")
    error = error if isinstance(error, dict) else {}
    code, fields = _details(error)
    if code == "UNREGISTERED" or _is_of_token(code, fields, error.get("message")):
        return Rejected(f"fcm:{code or 'INVALID_ARGUMENT'}", retires=True)
    reason = f"fcm:{code or _status(error) or answer.status}"
    if answer.status == 429 or code == "QUOTA_EXCEEDED":
        return Retry(reason, asked_to_wait(answer, now) or QUOTA_REST)
    if answer.status >= 500:
        return Retry(reason, asked_to_wait(answer, now))
    if answer.status in (401, 403, 404) and code not in ("SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR"):
        # Not this message's fault: the account, its rights, or the project.
        return Shut(reason)
    return Rejected(reason)


def _is_of_token(code: str, fields: Sequence[str], message: object) -> bool:
    """Whether an argument is invalid because the token is: they name the field, or only say it in words."""
    if code not in ("", "INVALID_ARGUMENT"):
        return False
    if fields:
        return list(fields) == [TOKEN_FIELD]
    return code != "" and isinstance(message, str) and "registration token" in message


def _details(error: Mapping[str, object]) -> tuple[str, Sequence[str]]:
    """FCM's own code, and the fields that it complains of."""
    code, fields = "", list[str]()
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        if not isinstance(detail, dict):
            continue
        if detail.get("@type") == FCM_ERROR:
            code = _word(detail.get("errorCode"))
        violations = detail.get("fieldViolations") if detail.get("@type") == BAD_REQUEST else None
        listed = violations if isinstance(violations, list) else []
        fields += [str(each.get("field")) for each in listed if isinstance(each, dict)]
    return code, fields


def _status(error: Mapping[str, object]) -> str:
    return _word(error.get("status"))


def _word(said: object) -> str:
    # It goes into a reason, which staff read: nothing but the code itself may.
    if isinstance(said, str) and len(said) <= 40 and said.isascii() and said.replace("_", "").isalnum():
        return said
    return ""
