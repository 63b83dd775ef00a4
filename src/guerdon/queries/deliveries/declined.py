"""What came to nothing: rewards that waited for people and were never given. They are no deliveries."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.deliveries.underway import APPROVAL, Part
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Declined:
    """So many were declined by people; so many `lapsed`: expired, were withdrawn, or could not be given."""

    declined: int = 0
    lapsed: int = 0


def count_declined(tx: Transaction, part: Part, begin: datetime, end: datetime) -> Declined:
    """Of what was asked for from `begin` until before `end` in a part, as far as whoever asks may see it.

    No supplier has what was never given: with one in the part there is none.
    """
    if part.supplier not in {None, APPROVAL}:
        return Declined()
    row = tx.execute(
        """
        select count(*) filter (where q.state = 'rejected'), count(*) filter (where q.state <> 'rejected')
        from requests q
        where q.program_id = this_program() and q.kind = 'reward'
          and q.state in ('rejected', 'expired', 'withdrawn', 'failed')
          and q.created_at >= %(begin)s and q.created_at < %(end)s
          and (%(market)s::text is null or q.market = %(market)s)
          and (%(location)s::text is null or q.location = %(location)s)
          and (%(rule)s::text is null or exists (
            select from revisions v
            where v.program_id = q.program_id and v.request_id = q.id and v.revision = q.revision
              and v.content ->> 'rule' = %(rule)s))
        """,
        {
            "begin": begin,
            "end": end,
            "market": part.market,
            "location": part.location,
            "rule": part.rule,
        },
    ).fetchone()
    assert row is not None
    return Declined(row[0], row[1])
