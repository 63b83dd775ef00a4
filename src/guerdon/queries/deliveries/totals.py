"""Stage by stage: every measure over all that one sees, read where it stands added up for them."""

from collections.abc import Mapping
from datetime import date
from typing import LiteralString, get_args

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.deliveries.figures import Measure, mondays
from guerdon.store.database import Transaction
from guerdon.values.waits import Waits

_TOTALS: Mapping[str, LiteralString] = {
    "whole": """
        select measure, ended, class, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = any(%(measures)s) and location = '*'
          and week = any(%(weeks)s) and rule = '*' and market = '*' and supplier = '*'
        group by 1, 2, 3
    """,
    "locations": """
        select measure, ended, class, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = any(%(measures)s) and location = any(%(locations)s)
          and week = any(%(weeks)s) and rule = '*'
        group by 1, 2, 3
    """,
    "markets": """
        select measure, ended, class, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = any(%(measures)s) and location = '*'
          and week = any(%(weeks)s) and rule = '*' and market <> '*'
        group by 1, 2, 3
    """,
    "both": """
        select measure, ended, class, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = any(%(measures)s)
          and location = any('{*}'::text[] || %(locations)s::text[]) and week = any(%(weeks)s)
          and case location when '*' then rule = '*' and market = any(%(markets)s)
                            else rule <> '*' and not market = any(%(markets)s) end
        group by 1, 2, 3
    """,
}


def load_totals(
    tx: Transaction, first: date, last: date, scope: Scope = WHOLE_PROGRAM
) -> dict[Measure, Waits]:
    """Every measure over all that one sees from a scope."""
    seen = {
        (False, False): "whole",
        (False, True): "locations",
        (True, False): "markets",
        (True, True): "both",
    }[bool(scope.markets), bool(scope.locations)]
    terms = {
        "measures": list(get_args(Measure)),
        "weeks": mondays(first, last),
        "markets": list(scope.markets),
        "locations": list(scope.locations),
    }
    found: dict[Measure, Waits] = {}
    for measure, ended, of_class, n in tx.execute(_TOTALS[seen], terms).fetchall():
        found.setdefault(measure, Waits()).add(of_class, n, done=ended == "done")
    return found
