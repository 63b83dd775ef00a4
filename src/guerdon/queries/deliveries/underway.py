"""What is under way: orders that a supplier has or will get, and rewards that wait for people to agree."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.ledger.contents import GiveReward, read_content
from guerdon.store.database import Transaction

APPROVAL = "approval"
HISTORY = timedelta(days=60)
HISTORY_MAX = 2_000
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Underway:
    """A reward or an order that is not there yet.

    `since`: when our clock began to run, without `before`, what had run of it earlier. `place`: how many
    orders its supplier gets before it; None: it has this one already, or people have it.
    """

    member_id: int
    id: int
    reward_id: int
    rule: str
    market: str
    location: str
    supplier: str
    since: datetime
    before: timedelta
    place: int | None
    expected_at: datetime | None
    # How long its item takes as a rule, counted from choosing: its member was told so when they chose.
    lead: timedelta = NOTHING

    def lasted(self, now: datetime) -> timedelta:
        """How long it has been with us."""
        return self.before + max(now - self.since, NOTHING)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a program one looks at."""

    rule: str | None = None
    market: str | None = None
    location: str | None = None
    supplier: str | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of it."""
        return not (self.rule or self.market or self.location or self.supplier)


def list_orders_underway(tx: Transaction, part: Part) -> list[Underway]:
    """Open orders, those that wait longest first."""
    rows = tx.execute(
        """
        select member_id, id, reward_id, rule, market, location, supplier, chosen_at,
               case when saved then interval '0' else greatest(issued_at - received_at, interval '0') end,
               place, expected_at, make_interval(mins => lead_minutes)
        from (
          select d.*, case when ordered_at is null then
                   row_number() over (partition by supplier, ordered_at is null order by chosen_at, id) - 1
                 end as place
          from delivery_marks d where program_id = this_program() and state = 'open'
        ) d
        where (%(rule)s::text is null or rule = %(rule)s)
          and (%(market)s::text is null or market = %(market)s)
          and (%(location)s::text is null or location = %(location)s)
          and (%(supplier)s::text is null or supplier = %(supplier)s)
        order by chosen_at, id
        """,
        _terms(part),
    ).fetchall()
    return [Underway(*row) for row in rows]


def list_approvals_underway(tx: Transaction, part: Part) -> list[Underway]:
    """Rewards that wait for people to agree, those that wait longest first."""
    if part.supplier not in {None, APPROVAL}:
        return []
    rows = tx.execute(
        """
        select q.id, coalesce(q.market, ''), coalesce(q.location, ''), q.created_at,
               v.content::text, e.recorded_at
        from requests q
        join revisions v
          on v.program_id = q.program_id and v.request_id = q.id and v.revision = q.revision
        left join events e on e.program_id = q.program_id and e.id = (v.content ->> 'event_id')::bigint
        where q.program_id = this_program() and q.kind = 'reward'
          and q.state in ('open', 'returned', 'approved')
          and (%(market)s::text is null or q.market = %(market)s)
          and (%(location)s::text is null or q.location = %(location)s)
        order by q.created_at, q.id
        """,
        _terms(part),
    ).fetchall()
    found = []
    for number, market, location, created_at, text, received_at in rows:
        content = read_content(text)
        if not isinstance(content, GiveReward) or part.rule not in {None, content.rule}:
            continue
        found.append(
            Underway(
                member_id=content.member,
                id=number,
                reward_id=content.reward_id,
                rule=content.rule,
                market=market,
                location=location,
                supplier=APPROVAL,
                since=received_at or created_at,
                before=NOTHING,
                place=None,
                expected_at=None,
            )
        )
    return found


def list_approval_waits(tx: Transaction, now: datetime) -> list[timedelta]:
    """How long people took of late until a reward was agreed to."""
    rows = tx.execute(
        """
        select greatest(closed_at - created_at, interval '0') from requests
        where program_id = this_program() and kind = 'reward' and state = 'done' and closed_at > %s
        order by closed_at desc limit %s
        """,
        (now - HISTORY, HISTORY_MAX),
    ).fetchall()
    return [row[0] for row in rows]


def _terms(part: Part) -> dict[str, str | None]:
    return {
        "rule": part.rule,
        "market": part.market,
        "location": part.location,
        "supplier": part.supplier,
    }
