"""The newest rows of each list that says "3 new": by the list's own queries, filters and row security.

What is loaded is the same for all who look at the same list; each page then counts what stands above the
first row that it showed. What one would not guess: in a list whose oldest row stands first, new means later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from guerdon.queries import receipts
from guerdon.queries.intake import list_quarantined, list_waiting
from guerdon.queries.ledger import list_transfers
from guerdon.queries.members import load_member
from guerdon.queries.orders.cases import list_newest_cases
from guerdon.queries.proof.audit import list_audit
from guerdon.queries.rewards import list_rewards
from guerdon.queries.timeline.entries import list_timeline
from guerdon.store.database import Transaction
from guerdon.values.ids import read
from guerdon.web.console.audit import read_asked as audit_asked
from guerdon.web.console.decisions.requests import list_arrived
from guerdon.web.console.desk import Desk
from guerdon.web.console.frame.views import FILTERS
from guerdon.web.console.ledger import read_asked as ledger_asked
from guerdon.web.console.members.page import read_timeline
from guerdon.web.console.places import Mark, timed_mark
from guerdon.web.console.seen import Seen
from guerdon.web.console.views import read_standing, rewards_asked

VIEW = "list"
# Of more it is said that there are more.
NEW_MAX = 100


def list_newest(desk: Desk, name: str) -> Sequence[Mark]:
    """Where the newest rows of a list stand, as many as are counted."""
    with desk.transaction() as tx:
        return _LISTS[name](desk, tx)


def count_new(places: Sequence[Mark], mark: Mark) -> int:
    """How many rows came after a page was made."""
    return sum(place > mark for place in places)


def seen_from(seen: Seen, mark: Mark) -> tuple[Seen, int]:
    """The list as a page that has rows up to a mark sees it, and how many are new for it."""
    places = seen.facts["places"]
    assert isinstance(places, Sequence)
    n = count_new(places, mark)
    return replace(seen, facts={**seen.facts, "fresh": n, "more": n == NEW_MAX}), n


def shown_at(name: str, terms: str) -> dict[str, object]:
    """Where a list begins, under its filters: a path in the console, and its terms beside the cut."""
    given = dict(parse_qsl(terms))
    path = f"members/{given.pop('about', '')}" if name == "member" else name
    return {"path": path, "terms": {key: said for key, said in given.items() if key in FILTERS[name]}}


def _ledger(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    return [timed_mark(row.recorded_at, row.id) for row in list_transfers(tx, ledger_asked(desk), NEW_MAX)]


def _audit(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    return [(row.id,) for row in list_audit(tx, audit_asked(desk), NEW_MAX)]


def _rewards(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    return [timed_mark(row.issued_at, row.id) for row in list_rewards(tx, rewards_asked(desk), NEW_MAX)]


def _events(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    standing = read_standing(desk)
    if standing == "waiting":
        return [(row.id,) for row in list_waiting(tx, NEW_MAX)]
    if standing == "quarantined":
        return [(row.id,) for row in list_quarantined(tx, NEW_MAX)]
    return [(number,) for number in receipts.list_latest_ids(tx, NEW_MAX, desk.cut.market)]


def _cases(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    return [timed_mark(at, number) for at, number in list_newest_cases(tx, desk.cut.market, NEW_MAX)]


def _decisions(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    del tx
    return [timed_mark(at, number) for at, number in list_arrived(desk)[:NEW_MAX]]


def _member(desk: Desk, tx: Transaction) -> Sequence[Mark]:
    number = read("mem", desk.request.GET.get("about", ""))
    if number is None or load_member(tx, desk.cut.unit, number) is None:
        return []
    entries = list_timeline(tx, read_timeline(desk, number), NEW_MAX).entries
    return [timed_mark(entry.at, entry.rank, entry.id) for entry in entries]


_LISTS: Mapping[str, Callable[[Desk, Transaction], Sequence[Mark]]] = {
    "ledger": _ledger,
    "audit": _audit,
    "rewards": _rewards,
    "events": _events,
    "cases": _cases,
    "decisions": _decisions,
    "member": _member,
}
LISTS = frozenset(_LISTS)
# What of these is somebody's own, or depends on what else they may see.
OWN = frozenset({"decisions", "member"})
