"""The set-up's page: its steps, a key with a command to copy, and trying the program with sample members.

A key is shown on the page that answers the form that made it, and on no other.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse

from guerdon.connectors.cloudevents.payload import CONNECTION, check_events, read_arrivals
from guerdon.engine.api_keys import WantedKey, keep_key, new_key
from guerdon.engine.beginnings.samples import (
    SOURCE,
    CloudEvent,
    Trying,
    erase,
    invented,
    rewarded_types,
    take_back,
    try_out,
)
from guerdon.engine.intake import Delivery
from guerdon.program.model import Program
from guerdon.program.starters.filling import SAMPLE
from guerdon.queries.setup.standing import list_samples, read_standing
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.setup.steps import steps_of
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PATH = "setup"
KEY_NAME, KEY_SOURCE, KEY_HOLDS = "Set-up", "/setup", timedelta(days=365)
# Who stands in the command where nobody was made to try it.
SOMEBODY = "1001"


@staff_page
def setup(desk: Desk) -> HttpResponse:
    """Show how far it is, or do a step."""
    if desk.request.method != "POST":
        return _shown(desk)
    act = desk.request.POST.get("act", "")
    if act == "key":
        key, text = new_key(WantedKey(KEY_NAME, KEY_SOURCE, KEY_HOLDS), desk.now)
        with desk.transaction() as tx:
            keep_key(tx, desk.program_id, key, desk.actor, desk.now)
        return _shown(desk, key=text)
    change = _ACTS.get(act)
    if change is None:
        raise SuspiciousOperation
    with desk.transaction() as tx:
        done = change(desk, tx)
    if not done:
        return _shown(desk, problem=act)
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": desk.address(PATH, did=act)})


def _try(desk: Desk, tx: Transaction) -> bool:
    return try_out(tx, _trying(desk), desk.request.POST.get("type", ""))


def _take_back(desk: Desk, tx: Transaction) -> bool:
    return take_back(tx, _trying(desk)) > 0


def _erase(desk: Desk, tx: Transaction) -> bool:
    return erase(tx, _trying(desk)) > 0


_ACTS: dict[str, Callable[[Desk, Transaction], bool]] = {
    "try": _try,
    "take_back": _take_back,
    "erase": _erase,
}


def _trying(desk: Desk) -> Trying:
    deliver = partial(_delivery, desk.program)
    return Trying(desk.program_id, desk.program, room().vault, desk.actor, desk.now, deliver)


def _delivery(program: Program, events: list[CloudEvent]) -> Delivery:
    """What the door for events would keep of these, which it would have found right."""
    wrong = check_events(program, SOURCE, events)
    assert not wrong, wrong
    return Delivery(CONNECTION, msgspec.json.encode(events), read_arrivals(events))


def _shown(desk: Desk, key: str = "", problem: str = "") -> HttpResponse:
    settings = room().settings
    with desk.transaction() as tx:
        standing = read_standing(tx, desk.program_id, desk.now)
        samples = list_samples(tx, desk.program_id)
    types = rewarded_types(desk.program)
    steps = steps_of(standing, samples, settings)
    did = desk.request.GET.get("did", "")
    answer = desk.show(
        "console/setup/page.html",
        "setup",
        steps=steps,
        done=sum(step.done for step in steps),
        standing=standing,
        samples=[(show("mem", each.member_id), each) for each in samples],
        knows_samples=SAMPLE in desk.program.sources,
        types=types,
        names=Namer(desk.program, desk.locale),
        writes=desk.may("setup", "write"),
        key=key,
        command=_command(desk, key, samples[0].external_id if samples else "") if types else "",
        problem=problem,
        did=did if did in _ACTS else "",
    )
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return answer


def _command(desk: Desk, key: str, sample: str) -> str:
    """A command that sends an event through the door, to be copied as it stands."""
    source = next((each for each in desk.program.sources if each != SAMPLE), SAMPLE)
    subject = f"{SAMPLE}:{sample}" if sample else f"{source}:{SOMEBODY}"
    event = {
        **invented(desk.program, rewarded_types(desk.program)[0], subject, desk.now),
        "source": KEY_SOURCE,
    }
    # An apostrophe would end the text for a shell.
    text = json.dumps(event).replace("'", "\\u0027")
    return (
        f"curl -i {room().settings.public_url}/v1/events \\\n"
        f"  -H 'Authorization: Bearer {key or 'gdn_...'}' \\\n"
        "  -H 'Content-Type: application/cloudevents+json' \\\n"
        f"  -d '{text}'"
    )
