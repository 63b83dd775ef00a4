"""Devices: apps of members, by the token that Firebase gave each. A token comes in, and never goes out."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import DeviceId, Given, Instant, MemberId, Told

PushToken = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1_000,
        pattern=r"^[!-~]+$",
        description="The registration token of Firebase Cloud Messaging. It is kept sealed.",
        examples=["dXyZ0:APA91bExampleOfAToken"],
    ),
]
Label = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What its member calls it.",
        examples=["Ada's phone"],
    ),
]


class DeviceGiven(Given):
    """An app of a member that may be pushed to. It is an address, and no consent."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "dXyZ0:APA91bExampleOfAToken", "label": "Ada's phone"}]}
    )

    token: PushToken
    label: Label = ""


class Device(Told):
    """A device that is used. `browser`: its member allowed it on a page of ours."""

    id: DeviceId
    kind: Literal["app", "browser"]
    label: str
    added_at: Instant


class Devices(Told):
    """The devices of a member that are used, what was added last standing first; ten at most."""

    member: MemberId
    devices: list[Device]
