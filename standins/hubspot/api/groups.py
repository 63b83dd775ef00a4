"""Groups of properties: read, made, changed and archived."""

from standins.hubspot.api.call import Call, require_found
from standins.hubspot.definitions import NAME, Group
from standins.hubspot.refusals import Refusal, invalid
from standins.hubspot.wire import Answer


def _need(call: Call, what: str) -> dict[str, Group]:
    shelf = call.shelf()
    call.need_scope(f"crm.schemas.{shelf.object_type}.{what}")
    return shelf.groups


def _known(call: Call, what: str) -> Group:
    group = require_found(_need(call, what).get(call.path["groupName"]))
    return require_found(None if group.archived else group)


def list_all(call: Call) -> Answer:
    """All groups of a kind of record."""
    return Answer(200, {"results": [one.shown() for one in _need(call, "read").values() if not one.archived]})


def get_one(call: Call) -> Answer:
    """One group."""
    return Answer(200, _known(call, "read").shown())


def create(call: Call) -> Answer:
    """Make a group."""
    groups, wanted = _need(call, "write"), call.body
    name = wanted["name"]
    if not NAME.fullmatch(name):
        raise invalid(f"invalid group name: {name}")
    known = groups.get(name)
    if known is not None and not known.archived:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f'A property group named "{name}" already exists.')
    groups[name] = Group(name, wanted["label"], wanted.get("displayOrder", -1))
    return Answer(201, groups[name].shown())


def update(call: Call) -> Answer:
    """Change how a group is called or where it stands."""
    group = _known(call, "write")
    group.label = call.body.get("label", group.label)
    group.display_order = call.body.get("displayOrder", group.display_order)
    return Answer(200, group.shown())


def archive(call: Call) -> Answer:
    """Move a group to the recycling bin, unless it is HubSpot's own or holds properties."""
    group = _known(call, "write")
    held = [
        one.name for one in call.shelf().definitions.values() if one.group == group.name and not one.archived
    ]
    if group.of_hubspot or held:
        raise invalid(f"the property group {group.name} cannot be archived")
    group.archived = True
    return Answer(204)
