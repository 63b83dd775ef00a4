"""A workflow's step as an event of the program: by the one declaration of it, from the bytes as they came."""

from collections.abc import Sequence
from datetime import UTC, datetime

from guerdon.connectors.hubspot.action import ActionRequest, read_action
from guerdon.engine.arrivals import Arrival, Element, Meaning, Unusable, arrival
from guerdon.program.fields import read_field
from guerdon.program.model import Connection, Program

# How the body of a step begins that a door kept: with the time at which it came, for it says none itself.
MARK = b'{"asked_at":'


def kept_body(body: bytes, now: datetime) -> bytes:
    """A step's body as it is kept."""
    return b'%b%d,"action":%b}' % (MARK, int(now.timestamp() * 1000), body)


def read_kept(body: bytes) -> tuple[ActionRequest, datetime] | str:
    """The request in a body that was kept, and when it came; or why there is none."""
    said, _, rest = body.removeprefix(MARK).partition(b',"action":')
    if not said.isdigit():
        return "The body is not a workflow action's request"
    asked = read_action(rest.removesuffix(b"}"))
    if isinstance(asked, str):
        return asked
    return asked, datetime.fromtimestamp(int(said) / 1000, UTC)


def is_step(body: bytes) -> bool:
    """Whether a body that was kept is that of a step."""
    return body.startswith(MARK)


def step_arrival(connection: Connection, body: bytes) -> tuple[ActionRequest, Arrival | Unusable] | Unusable:
    """What the door keeps of a step."""
    asked = read_action(body)
    if isinstance(asked, str):
        return Unusable(-1, "malformed_body", asked)
    return asked, _wrong(connection, asked) or _arrival(asked)


def read_step(body: bytes) -> Sequence[Arrival | Unusable] | Unusable:
    """What a door would keep of a body that was kept; one that is tried again is declared by now."""
    kept = read_kept(body)
    return Unusable(-1, "malformed_body", kept) if isinstance(kept, str) else [_arrival(kept[0])]


def _arrival(asked: ActionRequest) -> Arrival:
    said = [asked.contact, *sorted(f"{name}={asked.text(name)}" for name in asked.input_fields)]
    source = f"hubspot/{asked.portal}/action"
    return arrival(0, source, asked.callback_id, asked.contact or "", "|".join(map(str, said)))


def map_step(program: Program, connection: Connection, body: bytes) -> Sequence[Element]:
    """What a step means; an element in a list, as of every body."""
    kept = read_kept(body)
    if isinstance(kept, str):
        return [Unusable(0, "malformed_body", kept)]
    asked, at = kept
    return [_wrong(connection, asked) or _meaning(program, connection, asked, at)]


def _meaning(program: Program, connection: Connection, asked: ActionRequest, at: datetime) -> Element:
    mapping = connection.action
    assert mapping is not None, "whoever has no declaration was set apart"
    fields: dict[str, object] = {}
    for key, source in mapping.fields.items():
        field, said = program.events[mapping.event].fields[key], asked.text(source)
        if not said and not field.required:
            continue
        read = read_field(field, said)
        if isinstance(read, str):
            return Unusable(0, "wrong_value", f"{source}: {read}"[:500], asked.callback_id)
        fields[key] = read.value
    return Meaning(0, mapping.event, asked.callback_id, connection.subject, asked.contact or "", at, fields)


def _wrong(connection: Connection, asked: ActionRequest) -> Unusable | None:
    if asked.portal != connection.portal:
        detail = f"Portal {asked.portal} is not {connection.portal}, as declared"
        return Unusable(0, "other_portal", detail, asked.callback_id)
    if connection.action is None:
        detail = f"{connection.key} declares no action; declare one, or take the step out of the workflow"
        return Unusable(0, "unmapped_action", detail, asked.callback_id)
    if asked.contact is None:
        detail = "The workflow is not one of contacts; give the reward in one that is"
        return Unusable(0, "no_contact", detail, asked.callback_id)
    return None
