"""Reading a whole program: every noun in turn, then what only shows between them.

Either a program comes back in which every name leads somewhere, or every mistake that was found in it;
nothing half-read ever leaves here. A program is stored as `bundle` writes it, with all files inside.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from guerdon.program.brand.files import Beside
from guerdon.program.brand.nouns import Branding
from guerdon.program.brand.reading import read_brand
from guerdon.program.catalog.accounts import read_suppliers
from guerdon.program.catalog.promises import read_deliveries
from guerdon.program.catalog.reading import check_categories, read_catalog
from guerdon.program.conditions.holdings import read_holdings
from guerdon.program.conditions.later import SECTIONS, fields_but_later
from guerdon.program.conditions.personal import read_personal_data
from guerdon.program.conditions.remembered import Remembered, read_remembered
from guerdon.program.conditions.vocabulary import Vocabulary
from guerdon.program.connections.connections import read_connections
from guerdon.program.connections.nouns import Nouns
from guerdon.program.document import (
    FILE_BYTES_MAX,
    STORED_BYTES_MAX,
    Node,
    Scalar,
    Table,
    document_of,
    written,
)
from guerdon.program.drops.reading import read_drops
from guerdon.program.events import read_events
from guerdon.program.experiments.reading import read_holdout
from guerdon.program.items import Shelves, check_every_reward_buys, read_items
from guerdon.program.lives import read_lives
from guerdon.program.locations import DEFAULT_WORD, inlined, read_locations
from guerdon.program.markets import read_markets, read_time_zone
from guerdon.program.members import read_members
from guerdon.program.messages.contact import Ground as Reached
from guerdon.program.messages.sections import Spoken, read_spoken
from guerdon.program.model import Budget, Item, Program, Rule
from guerdon.program.places import Place
from guerdon.program.policy.allowed import read_allowed, within
from guerdon.program.policy.approvals import read_approvals
from guerdon.program.policy.budgets import Ground, check_budgets_used, read_budgets
from guerdon.program.policy.campaigns import check_campaigns_used, read_campaigns
from guerdon.program.policy.groups import check_groups, read_groups
from guerdon.program.policy.limits import Counted, read_limits
from guerdon.program.referrals.reading import Known, read_referrals
from guerdon.program.rules import read_rules
from guerdon.program.steps.rewards import Surroundings
from guerdon.program.tables.bound import Tables
from guerdon.program.tables.drafts import check_drafts_used, read_drafts
from guerdon.program.tables.drafts import inlined as table_inlined
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
    "segments",
    "derived",
    "holdings",
    "groups",
    "tables",
    "referrals",
    "drops",
    "catalog",
    "suppliers",
    "deliveries",
    "topics",
    "contact",
    "links",
    "channels",
    "brand",
    "holdout",
)


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
    read = _read_stored(text, name) if folder is None else _read_text(text, folder, name)
    return read if isinstance(read, Program) else list(read)


# What names no files means the same whenever it is read, and what is stored is read again and again.
@lru_cache(maxsize=4)
def _read_stored(text: str, name: str) -> Program | tuple[Problem, ...]:
    return _read_text(text, None, name)


def _read_text(text: str, folder: Path | None, name: str) -> Program | tuple[Problem, ...]:
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
    found = dict.fromkeys(Problem(p.where, p.line, p.what, p.hint, p.file or name) for p in problems)
    return tuple(sorted(found, key=lambda problem: (problem.file != name, problem.line or 0)))


def bundle(program: Program) -> str:
    """Give the text to store: `read_program` makes the very same program of it, with no file beside it."""
    return program.text


def _read(root: Table, folder: Path | None, problems: list[Problem]) -> Program:
    whole = Place("", root.line, root, problems)
    places = fields_but_later(whole, REQUIRED, OPTIONAL, SECTIONS)
    sources, remembered, known, spoken = _surroundings(places, folder)
    units, markets, events = known.units, known.vocabulary.markets, known.events
    rules = read_rules(places.get("rules"), known)
    catalog = read_catalog(places.get("catalog"), units)
    listed = read_items(places.get("items"), units, markets)
    check_categories(places.get("items"), listed, catalog)
    allowed = read_allowed(places.get("policy"), markets, {*catalog.kinds, *_categories(listed)})
    items = within(listed, allowed, places.get("items"))
    _check_together(whole, places, (known.budgets, rules, Shelves(listed, items), units))
    check_groups(places.get("groups"), known.groups, rules, places.get("rules"))
    check_drafts_used(known.tables.drafts)
    counted = Counted(units, events, rules, markets, known.vocabulary.locations, known.campaigns)
    ladders, approval = read_approvals(places.get("approvals"), units, markets)
    brand, text = _brand_and_text(root, places, known, folder, problems)
    campaigns = _has_campaigns(rules)
    referring = Known(events, known.attributes, sources, known.vocabulary)
    return Program(
        key=_key_of(places),
        name=read_text(places.get("name")),
        time_zone=known.vocabulary.zone,
        units=units,
        markets=markets,
        locations=known.vocabulary.locations,
        location_word=read_text(places["location_word"]) if "location_word" in places else DEFAULT_WORD,
        sources=sources,
        attributes=known.attributes,
        events=events,
        connections=read_connections(places.get("connections"), _brought(sources, known)),
        budgets=known.budgets,
        limits=read_limits(places.get("limits"), counted),
        rules=rules,
        messages=spoken.messages,
        items=items,
        lives=known.lives,
        campaigns=known.campaigns,
        allowed=allowed,
        ladders=ladders,
        approval=approval,
        text=text,
        sha=sha256(text.encode(errors="replace")).hexdigest(),
        segments=remembered.segments,
        derived=remembered.derived,
        holdings=remembered.vocabulary.holdings,
        groups=known.groups,
        tables=known.tables.named(),
        drops=read_drops(places.get("drops"), sources, events, known.vocabulary.zone),
        referrals=read_referrals(places.get("referrals"), referring),
        catalog=catalog,
        suppliers=read_suppliers(places.get("suppliers")),
        deliveries=read_deliveries(places.get("deliveries"), _giving(rules)),
        topics=spoken.topics,
        contact=spoken.contact,
        links=spoken.links,
        channels=spoken.channels,
        brand=brand,
        holdout=read_holdout(places.get("holdout"), _key_of(places), markets, campaigns=campaigns),
    )


def _brand_and_text(
    root: Table,
    places: Mapping[str, Place],
    known: Surroundings,
    folder: Path | None,
    problems: list[Problem],
) -> tuple[Branding, str]:
    """The brand, and the text to store, which has the files of the brand in it."""
    beside = Beside(folder)
    brand = read_brand(places.get("brand"), known.vocabulary.markets, known.units, beside)
    return brand, _stored_text(root, places, (known, beside), problems)


def _key_of(places: Mapping[str, Place]) -> str:
    return (places["program"].key(example="nordlys_circle") if "program" in places else None) or ""


def _brought(sources: tuple[str, ...], known: Surroundings) -> Nouns:
    """What connections may bring and name."""
    markets, locations = known.vocabulary.markets, known.vocabulary.locations
    return Nouns(sources, known.attributes, known.events, markets, locations, known.units)


def _giving(rules: Mapping[str, Rule]) -> dict[str, bool]:
    return {key: rule.reward is not None for key, rule in rules.items()}


def _has_campaigns(rules: Mapping[str, Rule]) -> bool:
    return any(rule.promise == "campaign" and rule.reward is not None for rule in rules.values())


def _categories(items: Mapping[str, Item]) -> set[str]:
    return {item.category for item in items.values() if item.category}


def _surroundings(
    places: Mapping[str, Place], folder: Path | None
) -> tuple[tuple[str, ...], Remembered, Surroundings, Spoken]:
    """Read everything that rules may name."""
    units = read_units(places.get("units"))
    markets = read_markets(places.get("markets"))
    sources, attributes = read_members(places.get("members"), units)
    locations = read_locations(places.get("locations"), markets, folder)
    events = read_events(places.get("events"), units, locations)
    words = Vocabulary(
        events,
        attributes,
        markets,
        locations,
        read_time_zone(places.get("time_zone")),
        read_personal_data(places.get("policy")),
        read_holdings(places.get("holdings"), units, events),
    )
    remembered = read_remembered(places, words)
    spoken = read_spoken(places, Reached(events, attributes, markets, units))
    known = Surroundings(
        units=units,
        lives=read_lives(places.get("units"), units, events),
        events=events,
        attributes=attributes,
        budgets=read_budgets(places.get("budgets"), Ground(units, markets, locations)),
        messages=spoken.messages,
        vocabulary=remembered.vocabulary,
        tables=Tables(read_drafts(places.get("tables"), folder)),
        markets=markets,
        locations=locations,
        campaigns=read_campaigns(places.get("campaigns")),
        groups=read_groups(places.get("groups")),
        segments=remembered.segments,
    )
    return sources, remembered, known, spoken


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
    # What feeds bring is not known here: with a catalog, what `items` do not sell may be in there.
    sections = ("items", "rules", "markets", "units", "catalog")
    if "catalog" not in places and not any(problem.where.startswith(sections) for problem in problems):
        items = places.get("items", whole)
        check_every_reward_buys(items, places.get("policy", items), rules, shelves, units)


def _stored_text(
    root: Table, places: Mapping[str, Place], read: tuple[Surroundings, Beside], problems: list[Problem]
) -> str:
    if problems:
        return ""
    known, beside = read
    replaced: dict[int, Node] = {
        id(each.place.node): table_inlined(each) for each in known.tables.drafts.values() if each.file
    }
    locations = places.get("locations")
    if locations is not None and isinstance(locations.node, Scalar):
        replaced[id(locations.node)] = inlined(known.vocabulary.locations, locations.line)
    if beside.read:
        branded = places["brand"].node
        replaced[id(branded)] = beside.inlined(branded)
    text = written(_with(root, replaced, depth=2) if replaced else root)
    if len(text.encode()) > STORED_BYTES_MAX:
        problems.append(
            Problem(
                "",
                None,
                "with the files beside it the program is larger than 4 MiB",
                "use fewer or shorter texts",
            )
        )
    return text


def _with(node: Node, replaced: Mapping[int, Node], depth: int) -> Node:
    """Give a tree with some nodes replaced; none of them lies deeper than an entry of a section."""
    if id(node) in replaced:
        return replaced[id(node)]
    if not isinstance(node, Table) or not depth:
        return node
    return Table(node.line, [(key, _with(value, replaced, depth - 1)) for key, value in node.entries])
