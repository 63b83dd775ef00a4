"""Controls of holds: what is set aside is the sum of open holds, and each closes once and in time."""

from guerdon.queries.controls.control import Control

SUMS = Control(
    ("holds.sums", "holds.lots"),
    """
    with open_holds as (
      select * from holds where program_id = (select this_program()) and state = 'open'
    ),
    of_account as (select member_id, account as name, unit, sum(amount) as held from open_holds group by 1,
      2, 3),
    accounts_held as (
      select member_id, name, unit, held from accounts where program_id = (select this_program())
        and held <> 0
    ),
    of_hold as (
      select member_id, hold_id as id, sum(amount) as amount from hold_lots
      where program_id = (select this_program()) group by 1, 2
    ),
    of_lot as (
      select l.member_id, l.reward_id as id, sum(l.amount) as held
      from hold_lots l join open_holds h on h.member_id = l.member_id and h.id = l.hold_id
      where l.program_id = (select this_program()) group by 1, 2
    ),
    lots_held as (select member_id, id, held from rewards where program_id = (select this_program())
      and held <> 0)
    select 'holds.sums', case member_id when 0 then '' else 'mem' end, member_id,
           format('%s in %s: held %s, open holds make %s', name, unit, coalesce(a.held, 0), coalesce(h.held,
             0))
    from accounts_held a full join of_account h using (member_id, name, unit)
    where coalesce(a.held, 0) <> coalesce(h.held, 0)
    union all
    select 'holds.lots', 'hld', id, format('of %s, its lots make %s', h.amount, coalesce(l.amount, 0))
    from open_holds h left join of_hold l using (member_id, id)
    where h.member_id > 0 and h.amount <> coalesce(l.amount, 0)
    union all
    select 'holds.lots', 'rwd', id, format('held %s, open holds make %s', coalesce(r.held, 0),
      coalesce(l.held, 0))
    from lots_held r full join of_lot l using (member_id, id)
    where coalesce(r.held, 0) <> coalesce(l.held, 0)
    """,
)

STATES = Control(
    ("holds.states", "holds.late", "holds.requests"),
    """
    with waiting as materialized (
      -- A request may set money aside in several pools: each hold names it.
      select 'approval:apr_' || (
          select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((q.id >> (5 * n)) & 31)::integer + 1,
            1), '' order by n desc)
          from generate_series(0, 12) n) as purpose
      from requests q
      where q.program_id = (select this_program()) and q.state in ('open', 'returned', 'approved')
    )
    select f.key, 'hld', h.id, format('%s of %s %s for %s, ends %s', h.state, h.amount, h.unit, h.purpose,
      h.expires_at)
    from holds h
    left join requests r on r.program_id = h.program_id and r.id = h.id and h.member_id = 0
    cross join (select current_setting('guerdon.now')::timestamptz as at) now
    cross join lateral (values
      ('holds.states', h.amount <= 0 or h.captured not between 0 and h.amount
         or (h.state = 'open') <> (h.closed_at is null) or (h.state = 'captured') <> (h.captured > 0)
         or (h.state = 'expired' and not h.outcome_known)),
      ('holds.late', h.state = 'open' and h.outcome_known and h.expires_at < now.at - interval '1 day'),
      ('holds.requests', h.member_id = 0 and h.state = 'open'
         and (r.state in ('open', 'returned', 'approved')) is not true
         and not exists (select from waiting w where w.purpose = h.purpose))
    ) as f (key, wrong)
    where h.program_id = (select this_program()) and f.wrong
    """,
)

CONTROLS = (SUMS, STATES)
