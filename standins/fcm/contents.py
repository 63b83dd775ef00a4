"""What a message says to a platform, how heavy it is, and what of it is against the documents' words."""

import re
from typing import Any

from standins.fcm.documented import TABLE
from standins.fcm.refusals import invalid, misread
from standins.suppliers.table import Problem

DURATION = re.compile(r"(\d{1,12})(?:\.\d{1,9})?s")
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
LABEL = re.compile(r"[A-Za-z0-9\-_.~%]{1,50}")
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
RESERVED = ("from", "message_type")
RESERVED_BEGINNINGS = ("google", "gcm")
URGENCIES = ("very-low", "low", "normal", "high")


def check(message: dict[str, Any]) -> None:
    """Refuse what is well formed and still wrong."""
    android, web, apns = (message.get(name, {}) for name in ("android", "webpush", "apns"))
    for part in (message, android, web):
        _check_keys(part.get("data", {}))
    if "ttl" in android:
        duration_s("message.android.ttl", android["ttl"])
    color = android.get("notification", {}).get("color")
    if color is not None and COLOR.fullmatch(color) is None:
        raise invalid("Invalid color: must be in the form #RRGGBB")
    link = web.get("fcm_options", {}).get("link")
    if link is not None and not link.startswith("https://"):
        raise invalid("webpush.fcm_options.link must be an HTTPS URL")
    for part in (message, android, web, apns):
        label = part.get("fcm_options", {}).get("analytics_label")
        if label is not None and LABEL.fullmatch(label) is None:
            raise invalid("Invalid analytics label")
    _check_web_headers(web.get("headers", {}))
    _check_apns(apns)
    _check_weight(message)


def _check_keys(entries: dict[str, str]) -> None:
    for key in entries:
        if key in RESERVED or key.startswith(RESERVED_BEGINNINGS):
            raise invalid(f"Invalid data payload key: {key}")


def _check_web_headers(headers: dict[str, str]) -> None:
    known = {name.lower() for name in TABLE.shapes["headers:webpush"]}
    told = {name.lower(): text for name, text in headers.items()}
    good = (
        set(told) <= known
        and told.get("ttl", "0").isdigit()
        and told.get("urgency", "normal") in URGENCIES
        and TOPIC.fullmatch(told.get("topic", "a")) is not None
    )
    if not good:
        raise invalid("Invalid webpush headers")


def _check_apns(apns: dict[str, Any]) -> None:
    headers = apns.get("headers", {})
    known = TABLE.shapes["headers:apns"]
    whole = headers.get("apns-expiration", "0").isdigit()
    if (
        not set(headers) <= set(known)
        or not whole
        or headers.get("apns-priority", "5") not in ("1", "5", "10")
    ):
        raise invalid("Invalid APNs headers")
    if len(headers.get("apns-collapse-id", "").encode()) > TABLE.figure("collapse_id_bytes"):
        raise invalid("Invalid APNs headers: apns-collapse-id")
    payload = apns.get("payload")
    if payload is None:
        return
    wrong = TABLE.problem("Aps", payload.get("aps", {}))
    if wrong is not None:
        raise misread(Problem(("message", "apns", "payload", "aps", *wrong.place), wrong.text))


def _check_weight(message: dict[str, Any]) -> None:
    """No platform may be told more than the limit, keys and values together."""
    whole = weight(message.get("data", {})) + weight(message.get("notification", {}))
    android, web = message.get("android", {}), message.get("webpush", {})
    for part in (
        whole,
        weight(android.get("data", {})) + weight(android.get("notification", {})),
        weight(web.get("data", {})) + weight(web.get("notification", {})),
        weight(message.get("apns", {}).get("payload", {})),
    ):
        if part > TABLE.figure("payload_bytes"):
            raise invalid("Message is too big")


def weight(value: Any) -> int:
    """The bytes of all keys and values."""
    if isinstance(value, dict):
        return sum(len(key.encode()) + weight(inner) for key, inner in value.items())
    if isinstance(value, list):
        return sum(map(weight, value))
    return len(str(value).encode())


def duration_s(place: str, text: str) -> int:
    """Whole seconds of a duration such as `3.5s`."""
    found = DURATION.fullmatch(text)
    if found is None:
        raise misread(Problem((place,), "type.googleapis.com/google.protobuf.Duration"), text)
    if int(found[1]) > TABLE.figure("ttl_most"):
        raise invalid("Invalid ttl: must be between 0 and 2419200 seconds")
    return int(found[1])


def said(message: dict[str, Any], platform: str) -> dict[str, Any]:
    """Title, text, data, link, group and time to live as the platform gets them, its own before others."""
    common = message.get("notification", {})
    own, entries, link, collapse = {}, message.get("data", {}), None, None
    lasts_s = TABLE.figure("ttl_most")
    if platform == "android":
        android = message.get("android", {})
        own, entries = android.get("notification", {}), android.get("data", entries)
        link, collapse = own.get("click_action"), android.get("collapse_key")
        lasts_s = duration_s("message.android.ttl", android["ttl"]) if "ttl" in android else lasts_s
    elif platform == "web":
        web = message.get("webpush", {})
        own, entries = web.get("notification", {}), web.get("data", entries)
        headers = {name.lower(): text for name, text in web.get("headers", {}).items()}
        link, collapse = web.get("fcm_options", {}).get("link"), headers.get("topic")
        lasts_s = int(headers.get("ttl", lasts_s))
    else:
        payload = message.get("apns", {}).get("payload", {})
        alert = payload.get("aps", {}).get("alert", {})
        own = {"body": alert} if isinstance(alert, str) else alert
        collapse = message.get("apns", {}).get("headers", {}).get("apns-collapse-id")
        more = {key: str(value) for key, value in payload.items() if key != "aps"}
        entries = {**entries, **more}
    return {
        "title": own.get("title", common.get("title")),
        "text": own.get("body", common.get("body")),
        "data": entries,
        "link": link,
        "collapse": collapse,
        "lasts_s": lasts_s,
    }
