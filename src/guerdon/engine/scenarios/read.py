"""Reading a scenario: every mistake of the page at once, each with its line, as `check` does for programs.

Names are checked against the program that the page names, so that a slip in `then` is a mistake to mend and
never a red run to puzzle over.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from guerdon.engine.scenarios.expectations import read_expected, read_never
from guerdon.engine.scenarios.invitations import INVITER, read_claim, read_inviter, read_settlement
from guerdon.engine.scenarios.people import ID_MAX, People, read_instant_at, some
from guerdon.engine.scenarios.publications import read_publication
from guerdon.engine.scenarios.scenario import (
    Called,
    Chosen,
    Enrolled,
    Expected,
    Inviter,
    Joined,
    PropertyChange,
    Published,
    Scenario,
    Spent,
    Step,
    Told,
    Used,
    Waited,
)
from guerdon.engine.scenarios.signatures import read_signature
from guerdon.program.document import FILE_BYTES_MAX, Table, document_of
from guerdon.program.load import load_program
from guerdon.program.model import Field, Program
from guerdon.program.places import Place
from guerdon.program.units import read_amount, read_money
from guerdon.values.problems import Problem

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TIMES_MAX = 20
STEPS = ("event", "enroll", "claim", "settle", "redeem", "use", "spend", "now", "publish", "sign")
EXAMPLE = "- hubspot_eu: { contact: ada, property: booking_status, value: confirmed }"


class Reader:
    """Reads scenarios; a program that many of them name is loaded once. `top` is where their paths begin."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._programs: dict[Path, Program | list[Problem]] = {}

    def read(self, file: Path) -> Scenario | list[Problem]:
        """Read a scenario file, or say all that is wrong with it."""
        try:
            if file.stat().st_size > FILE_BYTES_MAX:
                return [Problem("", None, "the file is larger than 2 MiB")]
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as fault:
            return [Problem("", None, f"the file cannot be read: {fault}")]
        empty = Problem("", None, "the file is empty", "begin with `it: ...`")
        root = document_of(text) if text.strip() else empty
        if isinstance(root, Problem):
            return [root]
        problems: list[Problem] = []
        if not isinstance(root, Table):
            return [Problem("", root.line, "a scenario is a mapping", "begin with `it: ...`")]
        scenario = self._read(file, Place("", root.line, root, problems))
        if problems or scenario is None:
            return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
        return scenario

    def _read(self, file: Path, whole: Place) -> Scenario | None:
        fields = whole.fields(["it", "program", "when", "then"], ["given", "now", "never", "about"])
        it = fields["it"].word() if "it" in fields else ""
        now = read_instant_at(fields["now"], NOW) if "now" in fields else NOW
        program = self._program(fields["program"], file) if "program" in fields else None
        if program is None:
            # Without the program there is nothing to hold the names of the page against.
            return None
        people = People(program)
        given, budgets = _read_given(fields.get("given"), program, people)
        if "when" in fields:
            people.meet_all(fields["when"])
        when = _read_when(fields["when"], people, now) if "when" in fields else ()
        if budgets and any(isinstance(step, Published) and step.live_from for step in when):
            # Its budgets are opened from its stored text, which does not know of the page.
            hint = "publish at once, or change the budgets in `change`"
            fields["when"].wrong("a scheduled version cannot keep the budgets of `given`", hint)
        then = read_expected(fields["then"], people) if "then" in fields else ()
        never = read_never(fields["never"], people) if "never" in fields else ()
        about = fields["about"].some_of(people.program.rules, "rule") if "about" in fields else ()
        if about:
            _check_about(then, about, fields["about"])
        return Scenario(
            file, it or "", program, now, people.contacts, given, budgets, when, then, never, frozenset(about)
        )

    def _program(self, place: Place, file: Path) -> Program | None:
        word = place.word()
        if word is None:
            return None
        beside = file.parent / word
        path = beside if beside.is_file() else self._top / word
        if path not in self._programs:
            self._programs[path] = load_program(path)
        found = self._programs[path]
        if isinstance(found, Program):
            return found
        place.wrong(f"{word}: {found[0]}", f"./guerdon check {word} tells more")
        return None


def _check_about(then: Sequence[Expected], about: Collection[str], place: Place) -> None:
    """Name rules of which a line speaks though the page is not about them: nothing would fit it."""
    for rule in dict.fromkeys(each.happening.facts.get("rule") for each in then):
        if rule is not None and rule not in about:
            place.wrong(f"a line of `then` speaks of {rule}", "add the rule here, or remove the line")


def _read_given(
    place: Place | None, program: Program, people: People
) -> tuple[tuple[Enrolled, ...], dict[str, dict[str, int]]]:
    entries = place.table() if place is not None else {}
    budgets = _read_budgets(entries.pop("budgets"), program) if "budgets" in entries else {}
    members = (people.enrolled(name, member) for name, member in entries.items())
    return tuple(member for member in members if member is not None), budgets


def _read_budgets(place: Place, program: Program) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, markets in place.table().items():
        budget = program.budgets.get(key)
        if budget is None:
            markets.unknown("budget", key, program.budgets)
            continue
        places = {"": markets} if budget.per == "one" else markets.table()
        found[key] = {}
        for name, amount in places.items():
            node = budget.nodes.get(name)
            if node is None:
                amount.unknown(budget.per, name, budget.nodes)
            else:
                found[key][name] = read_amount(amount, program.units[node.unit]) or 0
    return found


def _read_when(place: Place, people: People, now: datetime) -> tuple[Step, ...]:
    steps: list[Step] = []
    for item in place.listing("nothing happens", f"write `{EXAMPLE}`"):
        entries = item.table()
        if len(entries) != 1:
            item.wrong("a step is one thing that happens", f"write `{EXAMPLE}`")
            continue
        ((kind, step),) = entries.items()
        read = _read_step(kind, step, people, now)
        if isinstance(read, Waited):
            now = read.until
        if read is not None:
            steps.append(read)
    return tuple(steps)


def _read_step(kind: str, place: Place, people: People, now: datetime) -> Step | None:
    if kind in people.program.connections:
        changes = tuple(_read_change(each, people, now) for each in some(place))
        return Told(kind, changes, _read_times(place))
    match kind:
        case "enroll":
            step: Step | None = _read_joining(place, people)
        case "event":
            step = _read_call(place, people, now)
        case "claim" | "settle":
            step = read_claim(place, people) if kind == "claim" else read_settlement(place, people)
        case "redeem" | "use":
            step = _read_choice(kind, place, people)
        case "spend":
            step = _read_spending(place, people)
        case "now":
            step = _read_wait(place, now)
        case "publish":
            step = read_publication(place, people, now)
        case "sign":
            step = read_signature(place, people)
        case _:
            place.unknown("step", kind, [*people.program.connections, *STEPS])
            step = None
    return step


def _read_call(place: Place, people: People, now: datetime) -> Called:
    events: list[Mapping[str, object]] = []
    inviters: dict[int, tuple[Inviter, str]] = {}
    for each in some(place):
        event = _read_event(each, people, now)
        if event is not None:
            if event[1] is not None:
                inviters[len(events)] = event[1]
            events.append(event[0])
    return Called(tuple(events), _read_times(place), inviters)


def _read_joining(place: Place, people: People) -> Joined:
    joined = (people.enrolled(name, member) for name, member in place.table().items())
    return Joined(tuple(member for member in joined if member is not None))


def _read_wait(place: Place, now: datetime) -> Waited:
    until = read_instant_at(place, now)
    if until < now:
        place.wrong("time does not go back", "write a later time")
    return Waited(until)


def _read_choice(kind: str, place: Place, people: People) -> Step | None:
    fields = place.fields(required=["member", "item", *(["rule"] if kind == "redeem" else [])])
    name = people.name(fields["member"]) if "member" in fields else None
    item = fields["item"].one_of(people.program.items, "item") if "item" in fields else None
    rule = fields["rule"].one_of(people.program.rules, "rule") if "rule" in fields else None
    if name is None or item is None:
        return None
    return Used(name, item) if kind == "use" else Chosen(name, rule or "", item)


def _read_spending(place: Place, people: People) -> Spent | None:
    fields = place.fields(required=["member", "amount"])
    name = people.name(fields["member"]) if "member" in fields else None
    amount = read_money(fields["amount"], people.program.units) if "amount" in fields else None
    return None if name is None or amount is None else Spent(name, amount.unit, amount.amount_minor)


def _read_change(place: Place, people: People, now: datetime) -> PropertyChange:
    fields = place.fields(["contact", "property"], ["value", *INVITER, "at", "id", "times"])
    contact = people.external_id(fields["contact"]) if "contact" in fields else None
    name = fields["property"].word() if "property" in fields else None
    # A property that was emptied is told as an empty value.
    value = fields["value"].word() if "value" in fields and not fields["value"].is_empty() else None
    at = read_instant_at(fields["at"], now) if "at" in fields else now
    given = fields["id"].whole(0, ID_MAX) if "id" in fields else None
    id_ = people.next_id() if given is None else given
    inviter = read_inviter(fields, people)
    if inviter is not None and value is not None:
        fields["value"].wrong("it says a value and whose code it is", "remove one of the two")
    return PropertyChange(contact or "0", name or "", value or "", at, id_, inviter)


def _read_event(
    place: Place, people: People, now: datetime
) -> tuple[Mapping[str, object], tuple[Inviter, str] | None] | None:
    """Read an event, and the field of it that carries somebody's code, if one does."""
    fields = place.fields(["member", "type"], ["data", *INVITER, "at", "id", "times"])
    subject = people.subject(fields["member"]) if "member" in fields else None
    event = fields["type"].one_of(people.program.events, "event") if "type" in fields else None
    at = read_instant_at(fields["at"], now) if "at" in fields else now
    given = fields["id"].word() if "id" in fields else None
    if event is None:
        return None
    declared = people.program.events[event].fields
    data = {}
    for key, value in (fields["data"].table() if "data" in fields else {}).items():
        word = value.word()
        data[key] = _json_value(declared.get(key), word or "")
    inviter = read_inviter(fields, people, event)
    claims = people.program.referrals[inviter.scheme].claim_field if inviter is not None else ""
    if claims and claims in data:
        fields["data"].wrong(f"it says {claims} and whose code it is", "remove one of the two")
    said = {
        "specversion": "1.0",
        "id": given or str(people.next_id()),
        "source": "scenario",
        "type": event,
        "subject": subject,
        "time": at.isoformat(),
        "data": data,
    }
    return said, None if inviter is None else (inviter, claims)


def _json_value(field: Field | None, word: str) -> object:
    """The value as a sender would write it; one that does not fit stays a text, and the door says so."""
    if field is not None and field.type == "bool" and word in ("true", "false"):
        return word == "true"
    if field is not None and field.type in ("int", "money") and word.lstrip("-").isdecimal():
        return int(word)
    return word


def _read_times(place: Place) -> int:
    if not place.is_table():
        return 1
    times = place.table().get("times")
    return (times.whole(1, TIMES_MAX) if times is not None else 1) or 1
