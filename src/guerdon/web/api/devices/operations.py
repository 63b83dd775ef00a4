"""Operations on devices: an app says by whom it is used now, and by whom no more."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Router

from guerdon.engine.messages.consents.addressing import CHANNEL, Wanted, move_device, retire
from guerdon.engine.messages.port import Device as AppDevice
from guerdon.queries.api.members import is_member
from guerdon.store.database import Transaction
from guerdon.store.messages.addresses import list_addresses
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.devices.shapes import Device, DeviceGiven, Devices
from guerdon.web.api.ids import number_of
from guerdon.web.api.members import MemberPath
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes.plain import DeviceId
from guerdon.web.api.wallet import member_of
from guerdon.web.rooms import room

router = Router(tags=["devices"])
DevicePath = Annotated[DeviceId, Path(...)]


@router.post("/members/{member}/devices", response=changes(Devices, 404), operation_id="add_device")
def add_device(
    request: HttpRequest, member: MemberPath, given: Annotated[DeviceGiven, Body(...)]
) -> HttpResponse:
    """Keep an app of a member; the same token again is the same device, and nobody else's any more.

    Of more than ten the oldest is used no more.
    """

    def work(doing: Doing) -> Devices:
        number = member_of(doing, member)
        address = AppDevice(given.token)
        wanted = Wanted(doing.program_id, number, address, given.label, doing.caller.name, doing.now)
        move_device(doing.tx, room().vault, wanted)
        return _devices(doing.tx, doing.program_id, number)

    return once(request, work)


@router.delete(
    "/members/{member}/devices/{device}", response=reads(Devices, 404), operation_id="remove_device"
)
def remove_device(request: HttpRequest, member: MemberPath, device: DevicePath) -> HttpResponse:
    """Use a device of a member no more; one that is not used is left as it is, so it needs no key."""
    caller, number = caller_of(request), number_of("mem", member)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
    # The audit is of the whole program.
    with room().reading(caller.program_id) as tx:
        whose = [(number, number_of("dev", device))]
        retire(tx, caller.program_id, whose, "removed", utc_now(), caller.name)
        return told(_devices(tx, caller.program_id, number))


def _devices(tx: Transaction, program_id: int, member_id: int) -> Devices:
    shown = [
        Device(
            id=show("dev", each.id),
            kind="browser" if each.provider == "web" else "app",
            label=each.label,
            added_at=each.added_at,
        )
        for each in list_addresses(tx, program_id, member_id)
        if each.state == "usable" and each.channel == CHANNEL
    ]
    return Devices(member=show("mem", member_id), devices=shown)
