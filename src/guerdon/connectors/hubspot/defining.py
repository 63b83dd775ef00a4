"""Preparing HubSpot for what it is told: its definitions looked at, and what is missing of them made.

It may be done as often as one likes: what is there stays as it is, be it of another type. Each question is
asked once; what could not be asked is said to be so, and asked the next time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic

from guerdon.connectors.hubspot.api.calls import Api, Asks
from guerdon.connectors.hubspot.api.custom_events import (
    EventType,
    WantedProperty,
    define,
    define_property,
    event_type,
)
from guerdon.connectors.hubspot.api.outcomes import (
    Answered,
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.connectors.hubspot.api.properties import (
    Property,
    Wanted,
    create,
    create_group,
    group_named,
    properties,
    property_named,
)
from guerdon.connectors.hubspot.crm import HubSpotCrm
from guerdon.connectors.hubspot.wired import HubSpot, Office
from guerdon.engine.crm.out.needing import (
    UNDER_WAY,
    Finding,
    Kind,
    Needed,
    NeededEvent,
    NeededProperty,
    Prepared,
    needed_by,
)
from guerdon.engine.crm.port import Closed, NotNow
from guerdon.engine.library import Library
from guerdon.http import Answer, Unreachable
from guerdon.program.model import Connection as Declared
from guerdon.store.crm.writeback_lanes import alone_preparing
from guerdon.store.database import Connection

GROUP, GROUP_LABEL = "guerdon", "Guerdon"
# For all questions together: a person waits for it.
WITHIN_S = 20.0
READS, WRITES = "crm.schemas.contacts.read", "crm.schemas.contacts.write"
EVENTS = "behavioral_events.event_definitions.read_write"
TEXT = "string"
NOT_THERE, THERE_ALREADY, NOT_ALLOWED = 404, 409, 403


class Hurried:
    """Asks as somebody else does, within a time for all questions together."""

    def __init__(self, http: Asks, within_s: float, tick: Callable[[], float] = monotonic) -> None:
        self._http, self._tick = http, tick
        self._until = tick() + within_s

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""
        left = self._until - self._tick()
        if left <= 0:
            raise Unreachable("timeout")
        return self._http.ask(method, url, headers, body, min(within_s, left))


def prepare_connection(
    office: Office, library: Library, db: Connection, of: tuple[int, Declared], *, make: bool
) -> Prepared:
    """Open a connection (of a program) and prepare it, in no more time than a person waits.

    Called with no transaction open. While somebody has it done, nobody else has.
    """
    program_id, declared = of
    with alone_preparing(db, program_id, declared.key) as alone:
        if not alone:
            return Prepared(trouble=UNDER_WAY)
        return _prepare_alone(office, library, db, of, make=make)


def _prepare_alone(
    office: Office, library: Library, db: Connection, of: tuple[int, Declared], *, make: bool
) -> Prepared:
    program_id, declared = of
    assert declared.writes is not None, "whoever asks for it looks first"
    hurried = replace(office, http=Hurried(office.http, WITHIN_S))
    crm = HubSpot(hurried, library).open(db, program_id, declared.key)
    match crm:
        case Closed(reason):
            return Prepared(trouble=reason)
        case NotNow(_, why):
            return Prepared(trouble=why)
    assert isinstance(crm, HubSpotCrm), "its connections are its own"
    return prepare(crm.api, crm.portal, needed_by(declared.writes), make=make)


def prepare(api: Api, portal: int, needed: Needed, *, make: bool) -> Prepared:
    """Look at all that is needed, and make what is missing if that is wanted."""
    work = _Work(api, portal, make)
    work.look_at_properties(needed.properties)
    for event in needed.events:
        work.look_at_event(event)
    return Prepared(tuple(work.findings), work.trouble)


@dataclass
class _Work:
    api: Api
    portal: int
    make: bool
    findings: list[Finding] = field(default_factory=list)
    # Why nothing more is asked.
    trouble: str = ""

    def look_at_properties(self, needed: tuple[NeededProperty, ...]) -> None:
        if not needed:
            return
        there = self._asked(lambda: properties(self.api, "contacts"))
        if not isinstance(there, Done | Partial):
            for each in needed:
                self._fell(("property", each.name), there, READS)
            return
        known = there.answer
        for each in [each for each in needed if each.name in known]:
            self.findings.append(_compared(each, known[each.name]))
        missing = [each for each in needed if each.name not in known]
        if missing and self.make and self._has_group():
            for each in missing:
                self._make_property(each)
        else:
            self.findings += [Finding("property", each.name, "missing", needed=each.type) for each in missing]

    def _has_group(self) -> bool:
        """Whether there is a heading to put them under; made where it is missing."""
        found = self._asked(lambda: group_named(self.api, "contacts", GROUP))
        if isinstance(found, Refused) and found.status == NOT_THERE:
            found = self._asked(lambda: create_group(self.api, "contacts", GROUP, GROUP_LABEL))
            if isinstance(found, Done | Partial):
                self.findings.append(Finding("group", GROUP, "made"))
        if isinstance(found, Done | Partial) or _is_there_already(found):
            return True
        self._fell(("group", GROUP), found, WRITES)
        return False

    def _make_property(self, each: NeededProperty) -> None:
        wanted = Wanted(each.name, each.label, each.type, group=GROUP)
        made = self._asked(lambda: create(self.api, "contacts", wanted))
        if _is_there_already(made):
            # Somebody made it a moment ago.
            found = self._asked(lambda: property_named(self.api, "contacts", each.name))
            if isinstance(found, Done | Partial):
                self.findings.append(_compared(each, found.answer))
                return
        self._made(("property", each.name), made, WRITES)

    def look_at_event(self, event: NeededEvent) -> None:
        full_name = f"pe{self.portal}_{event.name}"
        found = self._asked(lambda: event_type(self.api, full_name))
        if isinstance(found, Done | Partial):
            self._look_inside(event, full_name, found.answer)
        elif not (isinstance(found, Refused) and found.status == NOT_THERE):
            self._fell(("event", event.name), found, EVENTS)
        elif not self.make:
            self.findings.append(Finding("event", event.name, "missing"))
        else:
            said = [WantedProperty(name, _label(name)) for name in event.properties]
            made = self._asked(lambda: define(self.api, event.name, event.label, said))
            found = self._asked(lambda: event_type(self.api, full_name)) if _is_there_already(made) else made
            if found is not made and isinstance(found, Done | Partial):
                # Somebody made it a moment ago.
                self._look_inside(event, full_name, found.answer)
            else:
                self._made(("event", event.name), made, EVENTS)

    def _look_inside(self, event: NeededEvent, full_name: str, there: EventType) -> None:
        if there.archived:
            self.findings.append(Finding("event", event.name, "differs", "archived"))
            return
        self.findings.append(Finding("event", event.name, "there"))
        types = {each.name: each.type for each in there.properties}
        for name in event.properties:
            inside: tuple[Kind, str] = ("event_property", f"{event.name}.{name}")
            if name in types:
                self._compare_inside(inside, types[name])
            elif not self.make:
                self.findings.append(Finding(*inside, "missing", needed=TEXT))
            else:
                self._make_inside(inside, full_name, name)

    def _make_inside(self, inside: tuple[Kind, str], full_name: str, name: str) -> None:
        wanted = WantedProperty(name, _label(name))
        made = self._asked(lambda: define_property(self.api, full_name, wanted))
        if _is_there_already(made):
            found = self._asked(lambda: event_type(self.api, full_name))
            there = found.answer.properties if isinstance(found, Done | Partial) else []
            types = {each.name: each.type for each in there}
            if name in types:
                self._compare_inside(inside, types[name])
                return
        self._made(inside, made, EVENTS)

    def _compare_inside(self, inside: tuple[Kind, str], there: str) -> None:
        if there not in ("", TEXT):
            self.findings.append(Finding(*inside, "differs", there, TEXT))

    def _asked(self, question: Callable[[], Outcome[Answered]]) -> Outcome[Answered]:
        """Ask, as long as there are answers."""
        if self.trouble:
            return Later(0.0, "unreachable")
        outcome = question()
        match outcome:
            case Later(_, why):
                self.trouble = why
            case Unsure():
                self.trouble = "unreachable"
            case TokenGone():
                self.trouble = "revoked"
        return outcome

    def _made(self, what: tuple[Kind, str], outcome: Outcome[Answered], scope: str) -> None:
        if isinstance(outcome, Done | Partial):
            self.findings.append(Finding(*what, "made"))
        else:
            self._fell(what, outcome, scope)

    def _fell(self, what: tuple[Kind, str], outcome: Outcome[Answered], scope: str) -> None:
        """It was refused, or there was no answer."""
        if not isinstance(outcome, Refused):
            self.findings.append(Finding(*what, "unreached"))
            return
        scopes = (outcome.wrong.scopes or (scope,)) if outcome.status == NOT_ALLOWED else ()
        why = f"{outcome.category}: {outcome.message}".strip(": ")
        self.findings.append(Finding(*what, "refused", why=why, scopes=scopes))


def _compared(needed: NeededProperty, there: Property) -> Finding:
    if there.read_only:
        return Finding("property", needed.name, "differs", "read_only", needed.type)
    fits = there.type in (needed.type, TEXT) or (needed.type == "bool" and _is_yes_or_no(there))
    return Finding("property", needed.name, "there" if fits else "differs", there.type, needed.type)


def _is_yes_or_no(there: Property) -> bool:
    return there.type == "enumeration" and {"true", "false"} <= {option.value for option in there.options}


def _is_there_already(outcome: Outcome[Answered]) -> bool:
    return isinstance(outcome, Refused) and outcome.status == THERE_ALREADY


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
