"""The menu as data: every page that stands in it, once.

The side menu, the phone's bar, what is under "More" there, and finding all read `MENU`. To add a page, add an
entry where it belongs; a reader sees it where `web/routes.py` lets them open its path, and a group of which
they may open nothing is not there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from guerdon.text.catalogs import words

TABS = 4


def say(message: str) -> str:
    """Mark a text for translators; it is said in the reader's language when it is shown."""
    return message


class Entry(NamedTuple):
    """A page of the menu: what it calls itself, its path in the console, its icon, what it is called."""

    name: str
    path: str
    icon: str
    text: str
    # Where there is little room, as in the phone's bar.
    short: str = ""


class Group(NamedTuple):
    """Entries under a heading; the first group has none."""

    title: str
    entries: tuple[Entry, ...]


MENU: tuple[Group, ...] = (
    Group(
        "",
        (
            Entry("overview", "", "layout-dashboard", say("Overview")),
            Entry("decisions", "decisions", "check", say("Decisions")),
            Entry("live", "live", "activity", say("Live activity"), say("Live")),
        ),
    ),
    Group(
        say("Engage"),
        (
            Entry("members", "members", "users", say("Members")),
            Entry("segments", "segments", "blocks", say("Segments")),
            Entry("referrals", "referrals", "share-2", say("Referrals")),
            Entry("rules", "rules", "zap", say("Rules")),
            Entry("messages", "messages", "mail", say("Messages")),
            Entry("broadcasts", "broadcasts", "bell", say("Broadcasts")),
            Entry("why", "why", "lamp", say("Why?")),
        ),
    ),
    Group(
        say("Reward"),
        (
            Entry("rewards", "rewards", "gift", say("Rewards")),
            Entry("catalog", "catalog", "shopping-bag", say("Catalog")),
            Entry("orders", "orders", "ticket", say("Orders")),
            Entry("cases", "cases", "circle-x", say("Cases")),
            Entry("pools", "pools", "qr-code", say("Own codes")),
            Entry("suppliers", "suppliers", "package", say("Suppliers")),
            Entry("delivery", "delivery", "clock", say("Delivery")),
            Entry("try", "try", "wrench", say("Try an event")),
        ),
    ),
    # Dealers, centers, branches: whatever the program calls its locations.
    Group(
        say("Network"),
        (Entry("locations", "locations", "store", say("Locations")),),
    ),
    Group(
        say("Prove"),
        (Entry("reports", "reports", "calendar", say("Reports")),),
    ),
    Group(
        say("Control"),
        (
            Entry("ledger", "ledger", "book-open", say("Ledger")),
            Entry("reconciliation", "reconciliation", "copy", say("Reconciliation")),
            Entry("owed", "owed", "coins", say("Owed")),
            Entry("budgets", "budgets", "wallet", say("Budgets")),
            Entry("controls", "controls", "circle-check", say("Controls")),
            Entry("audit", "audit", "shield-check", say("Audit")),
            Entry("requests", "requests", "hand-heart", say("Data requests")),
        ),
    ),
    Group(
        say("Data"),
        (
            Entry("events", "events", "inbox", say("Events")),
            Entry("imports", "imports", "download", say("Imports")),
        ),
    ),
    Group(
        say("Settings"),
        (
            Entry("health", "health", "heart-pulse", say("Health")),
            Entry("setup", "setup", "hammer", say("Set-up")),
            Entry("program", "program", "book", say("Program")),
            Entry("brand", "brand", "sparkles", say("Brand")),
            Entry("languages", "languages", "languages", say("Languages")),
            Entry("promises", "promises", "hourglass", say("Promises")),
            Entry("people", "people", "user", say("People")),
            Entry("connections", "connections", "plug", say("Connections")),
            Entry("webhooks", "webhooks", "plug-zap", say("Webhooks")),
            Entry("keys", "keys", "credit-card", say("Keys")),
        ),
    ),
)
# What the phone's bar begins with; the next of the menu stands there for what somebody may not open.
FIRST = ("overview", "live", "members", "rewards")
# Pages that are part of another in the menu.
PART_OF = {"member": "members"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as one reader sees it."""

    name: str
    path: str
    icon: str
    text: str
    short: str
    # How many things wait for the reader there.
    waits: int
    here: bool


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group of which the reader may open something."""

    title: str
    entries: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu of one reader: whole for the side, and parted in two for a phone."""

    groups: Sequence[ShownGroup]
    tabs: Sequence[Shown]
    more: Sequence[ShownGroup]

    @property
    def beyond(self) -> bool:
        """Whether the page that is open stands under "More"."""
        return not any(entry.here for entry in self.tabs)

    def __iter__(self) -> Iterator[Shown]:
        return (entry for group in self.groups for entry in group.entries)


def menu_of(
    opens: Callable[[str], bool], locale: str, here: str = "", waits: Mapping[str, int] | None = None
) -> Menu:
    """The menu of a reader by the paths that they may open, in their language.

    `here` is what the open page calls itself; `waits` counts what waits for the reader, by entry.
    """
    spoken, counts = words(locale, "console").gettext, waits or {}
    groups = []
    for group in MENU:
        shown = [
            Shown(
                entry.name,
                entry.path,
                entry.icon,
                spoken(entry.text),
                spoken(entry.short or entry.text),
                counts.get(entry.name, 0),
                here=entry.name == PART_OF.get(here, here),
            )
            for entry in group.entries
            if opens(entry.path)
        ]
        if shown:
            groups.append(ShownGroup(spoken(group.title) if group.title else "", shown))
    every = [entry for group in groups for entry in group.entries]
    first = [entry for name in FIRST for entry in every if entry.name == name]
    tabs = [*first, *(entry for entry in every if entry.name not in FIRST)][:TABS]
    left = [
        replace(group, entries=[entry for entry in group.entries if entry not in tabs]) for group in groups
    ]
    return Menu(groups, tabs, [group for group in left if group.entries])
