"""Whose an element of a body is: told by the places in which a contact stands, never by a number anywhere.

Elsewhere the same number is a deal's, an attempt's or an amount; what is of somebody else is not to go with
whoever asked to be forgotten.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_CONTACTS = ("contact", "CONTACT", "0-1")
_CHANGED = ("objectId", "primaryObjectId", "newObjectId", "mergedObjectIds")
_ID = re.compile(r"[0-9]{1,19}")
# The same places in what nobody can read as it was meant.
_WORDED = re.compile(
    r'"(?:objectId|primaryObjectId|newObjectId|fromObjectId|toObjectId|contact)"\s*:\s*"?([0-9]{1,19})'
)
_SUBJECTS = re.compile(r'"subject"\s*:\s*"([^"\\]*)"')
_KINDS = re.compile(r'"subscriptionType"\s*:\s*"([^".\\]*)')
_PORTALS = re.compile(r'"portalId"\s*:\s*([0-9]+)')


@dataclass(frozen=True, slots=True)
class Names:
    """What people are called in bodies of a connection: by ids of its portal, or with the source before."""

    portal: int | None
    ids: frozenset[str]
    subjects: frozenset[str]

    def __bool__(self) -> bool:
        """Whether anybody is."""
        return bool(self.ids or self.subjects)


def is_theirs(element: bytes, names: Names) -> bool:
    """Whether an element of a body is of one of these people."""
    try:
        said = msgspec.json.decode(element)
    except UNREADABLE:
        return False
    if not isinstance(said, dict):
        return False
    portal, ids = _contacts(said)
    # Contacts of another account have numbers of their own.
    if ids and portal in (None, names.portal) and not names.ids.isdisjoint(ids):
        return True
    subject = said.get("subject")
    return isinstance(subject, str) and subject in names.subjects


def is_worded(body: bytes, names: Names) -> bool | None:
    """The same of what nobody can read: whether all whom it names are theirs; None: some are."""
    text = body.decode(errors="replace")
    ids, subjects = {*_WORDED.findall(text)}, {*_SUBJECTS.findall(text)}
    ours = (names.ids & ids) | (names.subjects & subjects)
    if not ours:
        return False
    alone = ids | subjects == ours and {*_KINDS.findall(text)} <= {"contact"}
    return True if alone and {*_PORTALS.findall(text)} <= {str(names.portal)} else None


def _contacts(said: Mapping[str, object]) -> tuple[object, set[str]]:
    """Of which portal an element is, and which contacts it names."""
    if isinstance(change := said.get("change"), dict):
        # What was read for an event of a deal.
        return change.get("portalId"), _ids(said.get("contact"))
    asked = said.get("action", said)
    if isinstance(asked, dict) and isinstance(record := asked.get("object"), dict):
        # A step of a workflow.
        origin = asked.get("origin")
        portal = origin.get("portalId") if isinstance(origin, dict) else None
        return portal, _ids(record.get("objectId")) if record.get("objectType") in _CONTACTS else set()
    return said.get("portalId"), _changed(said)


def _changed(said: Mapping[str, object]) -> set[str]:
    kind, _, what = str(said.get("subscriptionType", "")).partition(".")
    if what == "associationChange":
        start, _, end = str(said.get("associationType", "")).partition("_TO_")
        ends = (("fromObjectId", start), ("toObjectId", end))
        return {each for key, of in ends if of in _CONTACTS for each in _ids(said.get(key))}
    if (said.get("objectTypeId") or kind) not in _CONTACTS:
        return set()
    return {each for key in _CHANGED for each in _ids(said.get(key))}


def _ids(given: object) -> set[str]:
    several = given if isinstance(given, list) else [given]
    return {
        each
        for one in several
        if isinstance(one, str | int) and not isinstance(one, bool)
        for each in _ID.findall(str(one))
    }
