"""Reading a whole program: every noun in turn, then what only shows between them.

Either a program comes back in which every name leads somewhere, or every mistake that was found in it;
nothing half-read ever leaves here. A program is stored as `bundle` writes it, with its locations inside.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from guerdon.program.connections import read_connections
from guerdon.program.document import FILE_BYTES_MAX, STORED_BYTES_MAX, Scalar, Table, document_of, written
from guerdon.program.events import read_events
from guerdon.program.items import Shelves, check_every_reward_buys, read_items
from guerdon.program.lives import read_lives
from guerdon.program.locations import DEFAULT_WORD, inlined, read_locations
from guerdon.program.markets import read_markets, read_time_zone
from guerdon.program.members import read_members
from guerdon.program.messages import read_messages
from guerdon.program.model import Budget, Location, Program, Rule
from guerdon.program.places import Place
from guerdon.program.policy.allowed import read_allowed, within
from guerdon.program.policy.approvals import read_approvals
from guerdon.program.policy.budgets import Ground, check_budgets_used, read_budgets
from guerdon.program.policy.campaigns import check_campaigns_used, read_campaigns
from guerdon.program.policy.limits import Counted, read_limits
from guerdon.program.rules import read_rules
from guerdon.program.steps.rewards import Surroundings
from guerdon.program.texts import read_text
from guerdon.program.units import read_units
from guerdon.values.money import Unit
from guerdon.values.problems import Problem

REQUIRED = ("program", "name", "time_zone", "units", "markets", "events")
OPTIONAL = (
    "locations",
    "location_word",
    "members",
    "connections",
    "budgets",
    "limits",
    "rules",
    "messages",
    "items",
    "campaigns",
    "policy",
    "approvals",
)
NOT_YET = ("tiers", "credits", "referrals", "achievements", "feedback", "journeys", "segments", "experiments")


def load_program(path: Path) -> Program | list[Problem]:
    """Read a program file and the files that it names."""
    try:
        if not path.is_file():
            what = "this is a folder" if path.is_dir() else "there is no such file"
            return [Problem("", None, what, "name a program file, like examples/ev_maker/program.yaml")]
        if path.stat().st_size > FILE_BYTES_MAX:
            return [
                Problem("", None, "the file is larger than 2 MiB", "put locations into a CSV file beside it")
            ]
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        # A path with a NUL in it is a ValueError; rights and failing disks are OSErrors.
        return [Problem("", None, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [Problem("", line, "the file is not UTF-8", "save it as UTF-8")]
    return read_program(text, path.parent)


def read_program(text: str, folder: Path | None = None, name: str = "") -> Program | list[Problem]:
    """Read a program's text; `name` is what its problems call the document, when it is not a file."""
    problems: list[Problem] = []
    root = document_of(text)
    program = None
    if isinstance(root, Problem):
        problems.append(root)
    elif not isinstance(root, Table):
        problems.append(Problem("", root.line, "a program is a mapping", "begin with `program: your_key`"))
    else:
        program = _read(root, folder, problems)
    if program is not None and not problems:
        return program
    # A section that is looked at twice says its mistakes twice.
    return sorted(
        dict.fromkeys(Problem(p.where, p.line, p.what, p.hint, p.file or name) for p in problems),
        key=lambda problem: (problem.file != name, problem.line or 0),
    )


def bundle(program: Program) -> str:
    """Give the text to store: `read_program` makes the very same program of it, with no file beside it."""
    return program.text


def _read(root: Table, folder: Path | None, problems: list[Problem]) -> Program:
    whole = Place("", root.line, root, problems)
    places = _sections(whole)
    units = read_units(places.get("units"))
    markets = read_markets(places.get("markets"))
    sources, attributes = read_members(places.get("members"), units)
    events = read_events(places.get("events"), units)
    lives = read_lives(places.get("units"), units, events)
    messages = read_messages(places.get("messages"))
    locations = read_locations(places.get("locations"), markets, folder)
    budgets = read_budgets(places.get("budgets"), Ground(units, markets, locations))
    campaigns = read_campaigns(places.get("campaigns"))
    connections = read_connections(places.get("connections"), sources, events)
    known = Surroundings(units, lives, events, attributes, budgets, messages, markets, locations, campaigns)
    rules = read_rules(places.get("rules"), known)
    catalog = read_items(places.get("items"), units, markets)
    allowed = read_allowed(places.get("policy"), markets, catalog)
    items = within(catalog, allowed, places.get("items"))
    _check_together(whole, places, (budgets, rules, Shelves(catalog, items), units))
    counted = Counted(units, events, rules, markets, locations, campaigns)
    limits = read_limits(places.get("limits"), counted)
    ladders, approval = read_approvals(places.get("approvals"), units, markets)
    text = _stored_text(root, places.get("locations"), locations, problems)
    return Program(
        key=(places["program"].key(example="nordlys_circle") if "program" in places else None) or "",
        name=read_text(places.get("name")),
        time_zone=read_time_zone(places.get("time_zone")),
        units=units,
        markets=markets,
        locations=locations,
        location_word=read_text(places["location_word"]) if "location_word" in places else DEFAULT_WORD,
        sources=sources,
        attributes=attributes,
        events=events,
        connections=connections,
        budgets=budgets,
        limits=limits,
        rules=rules,
        messages=messages,
        items=items,
        lives=lives,
        campaigns=campaigns,
        allowed=allowed,
        ladders=ladders,
        approval=approval,
        text=text,
        sha=sha256(text.encode(errors="replace")).hexdigest(),
    )


def _check_together(
    whole: Place,
    places: Mapping[str, Place],
    read: tuple[Mapping[str, Budget], Mapping[str, Rule], Shelves, Mapping[str, Unit]],
) -> None:
    """Look at what only shows between nouns; a noun that could not be read has problems enough."""
    budgets, rules, shelves, units = read
    problems = whole.problems
    if not any(problem.where.endswith((".pay_from", ".reward", ".parent")) for problem in problems):
        used = {rule.reward.pay_from or "" for rule in rules.values() if rule.reward is not None}
        check_budgets_used(places.get("budgets"), budgets, used)
    if not any(problem.where.endswith(".campaign") for problem in problems):
        check_campaigns_used(places.get("campaigns"), rules.values())
    if not any(problem.where.startswith(("items", "rules", "markets", "units")) for problem in problems):
        items = places.get("items", whole)
        check_every_reward_buys(items, places.get("policy", items), rules, shelves, units)


def _sections(whole: Place) -> dict[str, Place]:
    """Give the program's sections; those that a later Guerdon will know are told apart from slips."""
    entries = whole.table()
    later = [key for key in entries if key in NOT_YET]
    for key in later:
        entries[key].wrong(f"{key} are not yet supported", "remove this section")
    return whole.fields(REQUIRED, (*OPTIONAL, *later))


def _stored_text(
    root: Table, place: Place | None, locations: Mapping[str, Location], problems: list[Problem]
) -> str:
    if problems:
        return ""
    entries = list(root.entries)
    if place is not None and isinstance(place.node, Scalar):
        table = inlined(locations, place.line)
        entries = [(key, table if node is place.node else node) for key, node in entries]
    text = written(Table(root.line, entries))
    if len(text.encode()) > STORED_BYTES_MAX:
        problems.append(Problem("locations", None, "with its locations the program is larger than 4 MiB"))
    return text
