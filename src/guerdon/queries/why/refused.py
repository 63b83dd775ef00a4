"""Events of which one rule gave nothing, newest first; so many are looked through for a page, and no more."""

from dataclasses import dataclass
from typing import LiteralString

from guerdon.queries.receipts import COLUMNS, Receipt, receipt_of
from guerdon.store.database import Transaction

LOOKED_THROUGH_MAX = 10_000
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
        "through": LOOKED_THROUGH_MAX - 1,
        "limit": asked.limit + 1,
    }
    last = tx.execute(
        """
        select id from events
        where program_id = this_program() and (%(before)s::bigint is null or id < %(before)s)
        order by id desc offset %(through)s limit 1
        """,
        params,
    ).fetchone()
    rows = tx.execute(
        _REFUSED,
        {**params, "last": last[0] if last else None},
    ).fetchall()
    found = [receipt_of(row) for row in rows[: asked.limit]]
    if len(rows) > asked.limit:
        return Refused(found, found[-1].id)
    return Refused(found, int(last[0]), LOOKED_THROUGH_MAX) if last else Refused(found, None)
