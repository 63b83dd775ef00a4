"""Sending a message: what it is, whom it is for, what is refused, and what goes wrong."""

from typing import Any

import msgspec

from standins.fcm import contents
from standins.fcm.documented import TABLE, Misread, checked
from standins.fcm.refusals import (
    QUOTA_FAILURE,
    RETRY_INFO,
    UNAUTHENTICATED,
    fcm_error,
    invalid,
    misread,
    refusal,
)
from standins.fcm.registrations import TOKEN, Pushed, Registration
from standins.fcm.world import World
from standins.hubspot.wire import Answer
from standins.suppliers.application import Call, Refusal
from standins.suppliers.table import Problem

TARGETS = ("token", "topic", "condition", "fid")
BAD_TOKEN = "The registration token is not a valid FCM registration token"  # noqa: S105 - a sentence
GONE = "Requested entity was not found."


def send(call: Call) -> Answer:
    """Take a message; nothing makes a repetition the same one."""
    world: World = call.world
    asked = _read(call)
    message = asked["message"]
    about = f"{message.get('token', '')}:{msgspec.json.encode(message, order='sorted').decode()}"
    try:
        registration = _target(world, message, call.path["project"])
        contents.check(message)
        fault = world.faults.draw(about)
        _refuse(world, registration, call, fault)
        answer = _taken(world, registration, asked, fault)
    except Refusal as no:
        world.truth.note(message.get("token", ""), f"refused {no.status}")
        raise
    world.truth.note(registration.token, f"{answer.status} {fault or 'well'}")
    return answer


def over_quota(world: World, subject: str, description: str) -> Refusal:
    """More than the quota: which one, and when to come again."""
    after_s = int(world.behaviour["retry_after_s"])
    details: list[dict[str, Any]] = [
        fcm_error("QUOTA_EXCEEDED"),
        {"@type": QUOTA_FAILURE, "violations": [{"subject": subject, "description": description}]},
    ]
    if "info" in world.behaviour["quota_tells"]:
        details.append({"@type": RETRY_INFO, "retryDelay": f"{after_s}s"})
    headers = {"Retry-After": str(after_s)} if "header" in world.behaviour["quota_tells"] else None
    return refusal(429, f"Quota exceeded: {description}", *details, headers=headers)


def _read(call: Call) -> dict[str, Any]:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refusal(400, "Invalid JSON payload received: the body must be application/json.")
    try:
        body = msgspec.json.decode(call.request.body)
        asked = checked("SendMessageRequest", body)
    except msgspec.DecodeError as error:
        raise refusal(400, f"Invalid JSON payload received. {error}") from None
    except Misread as error:
        raise misread(error.problem, _value(body, error.problem)) from None
    unplayed = [name for name in asked["message"] if name in TABLE.shapes["unplayed"]]
    if unplayed:
        raise invalid(f"{unplayed[0]} is documented, and not played by this stand-in")
    return dict(asked)


def _value(body: Any, problem: Problem) -> Any:
    """What stands at the place of the problem, as far as its names lead there."""
    for name in problem.place:
        part, _, index = name.partition("[")
        body = body.get(part) if isinstance(body, dict) else None
        if index and isinstance(body, dict):
            return list(body.values())[int(index.partition("]")[0])]
    return body


def _target(world: World, message: dict[str, Any], project: str) -> Registration:
    targets = [name for name in TARGETS if name in message]
    if not targets:
        raise invalid("Recipient of the message is not set.")
    token = message["token"]
    if TOKEN.fullmatch(token) is None:
        raise invalid(BAD_TOKEN)
    registration = world.registrations.get(token)
    if registration is None or registration.is_worthless(world.clock.now_ms(), TABLE.figure("stale_days")):
        raise refusal(404, GONE, fcm_error("UNREGISTERED"))
    if registration.project != project:
        raise refusal(403, "SenderId mismatch", fcm_error("SENDER_ID_MISMATCH"))
    package = message.get("android", {}).get("restricted_package_name")
    if package not in (None, registration.package):
        raise invalid("Invalid package name")
    return registration


def _refuse(world: World, registration: Registration, call: Call, fault: str | None) -> None:
    """What ends before anything is sent, and says so."""
    if fault == "auth":
        world.grants.pop(call.request.headers["authorization"].partition(" ")[2], None)
        raise refusal(401, UNAUTHENTICATED)
    if fault == "third_party" or (registration.platform == "ios" and not world.behaviour["apns_key"]):
        said = "APNs certificate or web push auth key was invalid or missing."
        raise refusal(401, said, fcm_error("THIRD_PARTY_AUTH_ERROR"))
    if fault == "unregistered":
        registration.gone = True
        raise refusal(404, GONE, fcm_error("UNREGISTERED"))
    if fault == "limited":
        raise over_quota(world, f"project:{registration.project}", "Send requests per minute")
    if fault == "overloaded":
        raise world.overloaded()
    if fault == "internal":
        raise refusal(500, "Internal error encountered.", fcm_error("INTERNAL"))
    if not world.device_pace(registration.token).take(world.clock.now_ms()):
        raise over_quota(world, f"token:{registration.token}", "Device message rate exceeded")


def _taken(world: World, registration: Registration, asked: dict[str, Any], fault: str | None) -> Answer:
    if fault == "lost":
        return Answer(504, None, delay_s=world.faults.hold_s, cut=True)
    if asked.get("validate_only", False):
        return Answer(200, {"name": f"projects/{registration.project}/messages/fake_message_id"})
    pushed = _pushed(world, registration, asked["message"], fault)
    if fault == "after":
        no = refusal(500, "Internal error encountered.", fcm_error("INTERNAL"))
        return Answer(no.status, no.body)
    answer = Answer(200, {"name": pushed.name})
    answer.cut = fault == "cut"
    answer.delay_s = world.faults.hold_s if fault == "slow" else 0.0
    return answer


def _pushed(world: World, registration: Registration, message: dict[str, Any], fault: str | None) -> Pushed:
    now_ms, told = world.clock.now_ms(), contents.said(message, registration.platform)
    ends_ms = now_ms + told.pop("lasts_s") * 1000
    expires = message.get("apns", {}).get("headers", {}).get("apns-expiration")
    if registration.platform == "ios" and expires is not None:
        ends_ms = int(expires) * 1000
    pushed = Pushed(
        name=f"projects/{registration.project}/messages/{world.message_id(now_ms)}",
        token=registration.token,
        platform=registration.platform,
        at_ms=now_ms,
        state="waiting",
        ends_ms=ends_ms,
        asked=message,
        fault=fault,
        **told,
    )
    registration.take(pushed, now_ms)
    world.truth.issues.append(pushed)
    return pushed
