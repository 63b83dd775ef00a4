"""Events of which one rule gave nothing, newest first; so many are looked through for a page, and no more."""

from dataclasses import dataclass
from typing import LiteralString

from guerdon.queries.receipts import COLUMNS, Receipt, receipt_of
from guerdon.store.database import Transaction

LOOKED_THROUGH_MAX = 10_000
# Whoever sees few of them goes so far back for a page, in the numbers of events, seen or not.
BACK_MAX = 50_000
_COLUMNS: LiteralString = ", ".join(COLUMNS)
_REFUSED: LiteralString = """
    select {columns}, decision::text from events e
    where program_id = this_program() and member_id > 0
      and (%(market)s::text is null or market = %(market)s)
      and (%(before)s::bigint is null or id < %(before)s)
      and (%(last)s::bigint is null or id >= %(last)s)
      and exists (
        select from json_array_elements(e.decision -> 'effects') effect
        where effect ->> 'type' = 'refuse' and effect ->> 'rule' = %(rule)s
          and (%(reason)s = '' or effect ->> 'reason' = %(reason)s))
    order by id desc limit %(limit)s
""".replace("{columns}", _COLUMNS)


@dataclass(frozen=True, slots=True)
class RefusedAsked:
    """Which refusals: of a rule, for one reason or any; `before` is where a page ended."""

    rule: str
    limit: int
    reason: str = ""
    market: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A page of them; `onward` None: nothing older is there.

    `through`: how many events were looked through, where that is why the page ends.
    """

    rows: list[Receipt]
    onward: int | None
    through: int = 0


def list_refused(tx: Transaction, asked: RefusedAsked) -> Refused:
    """Look through the latest events, or those before one."""
    params = {
        "rule": asked.rule,
        "reason": asked.reason,
        "market": asked.market,
        "before": asked.before,
        "limit": asked.limit + 1,
    }
    last, through = _reach(tx, asked.before)
    rows = tx.execute(_REFUSED, {**params, "last": last}).fetchall()
    found = [receipt_of(row) for row in rows[: asked.limit]]
    if len(rows) > asked.limit:
        return Refused(found, found[-1].id)
    return Refused(found, last, through) if last is not None else Refused(found, None)


def _reach(tx: Transaction, before: int | None) -> tuple[int | None, int]:
    """The oldest event that is looked through for a page, and how many these are; None: all there are."""
    row = tx.execute(
        """
        with latest as (
          select coalesce(%(before)s::bigint - 1, max(id)) as id from events where program_id = this_program()
        )
        select min(e.id), count(*), (select id from latest) - %(back)s
        from (
          select id from events
          where program_id = this_program() and id <= (select id from latest)
            and id > (select id from latest) - %(back)s
          order by id desc limit %(through)s
        ) e
        """,
        {"before": before, "back": BACK_MAX, "through": LOOKED_THROUGH_MAX},
    ).fetchone()
    assert row is not None
    oldest, through, floor = row
    if floor is None:
        return None, 0
    last = int(oldest) if through == LOOKED_THROUGH_MAX else int(floor) + 1
    older = tx.execute(
        "select exists (select from events where program_id = this_program() and id < %s)", (last,)
    ).fetchone()
    return (last, int(through)) if older == (True,) else (None, int(through))
