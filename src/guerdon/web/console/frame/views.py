"""Views that a reader keeps, as a list shows them: filters under a name, each opened by one link.

Only filters that a list has are kept, and none that says who somebody is: what is typed into a field of a
page is not.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from guerdon.store.access.views import SavedView

TERM_MAX = 120
CUT = ("market", "from", "to", "in")
# The lists that have views, each with its own filters beside the cut.
LISTS: Mapping[str, Sequence[str]] = {
    "members": (),
    "rewards": ("state", "rule"),
    "events": ("standing",),
    "orders": ("queue", "state", "supplier", "item"),
    "catalog": ("category", "kind", "feed", "supplier", "state"),
    "ledger": ("account", "unit"),
    "audit": ("action",),
    "budgets": (),
    "cases": (),
    "referrals": ("state",),
    "decisions": ("view",),
}

# What else of an address narrows a list that says how many rows are new.
FILTERS: Mapping[str, Sequence[str]] = {
    "ledger": (*LISTS["ledger"], "member"),
    "audit": (*LISTS["audit"], "q"),
    "rewards": LISTS["rewards"],
    "events": LISTS["events"],
    "cases": (),
    "decisions": ("view",),
    "member": ("kind",),
}


def terms_of(page: str, query: str) -> str:
    """The filters of a list in a query string, in one spelling; others are left out."""
    known = {*CUT, *LISTS[page]}
    found = {
        name: value
        for name, value in parse_qsl(query, max_num_fields=50)
        if name in known and 0 < len(value) <= TERM_MAX and value.isprintable() and "@" not in value
    }
    return urlencode(sorted(found.items()))


def shown_views(
    root: str, page: str, query: str, kept: Sequence[SavedView]
) -> list[tuple[SavedView, str, bool]]:
    """A reader's views of a list: each with its address, and whether it is what they look at."""
    here = terms_of(page, query)
    # A filter that the list has no more is left out when the view is opened, not when it was kept.
    each = [(view, terms_of(page, view.terms)) for view in kept]
    return [(view, f"{root}?{terms}" if terms else root, terms == here) for view, terms in each]
