"""Controls of lots: what is left of each reward, by its draws, and all together a member's balance."""

from guerdon.queries.controls.control import Control

BALANCE = Control(
    ("lots.balance",),
    """
    with lots as (
      select member_id, unit, sum(remaining) filter (where state = 'ready') as ready,
             sum(remaining) filter (where state = 'pending') as pending
      from rewards where program_id = (select this_program()) and remaining <> 0 group by 1, 2
    ),
    purses as (
      select member_id, unit, posted, pending from accounts
      where program_id = (select this_program()) and member_id > 0 and name = 'purse'
    )
    select 'lots.balance', 'mem', member_id,
           format('%s: lots make %s and %s pending, the balance is %s and %s pending', unit,
                  coalesce(l.ready, 0), coalesce(l.pending, 0), coalesce(p.posted, 0), coalesce(p.pending, 0))
    from lots l full join purses p using (member_id, unit)
    where coalesce(l.ready, 0) <> coalesce(p.posted, 0) or coalesce(l.pending, 0) <> coalesce(p.pending, 0)
    """,
)

DRAWS = Control(
    ("lots.draws",),
    """
    with drawn as (
      select member_id, reward_id as id, sum(amount) as amount from draws
      where program_id = (select this_program()) group by 1, 2
    ),
    lots as (select member_id, id, value, remaining from rewards where program_id = (select this_program()))
    select 'lots.draws', 'rwd', id,
           format('worth %s, drawn %s, left %s', l.value, coalesce(d.amount, 0), l.remaining)
    from lots l full join drawn d using (member_id, id)
    where l.remaining is distinct from l.value - coalesce(d.amount, 0)
    """,
)

# An issue brings its lot and draws on none. Beside a debt, the lot that paid it may be named or not.
MOVES = Control(
    ("lots.moves",),
    """
    with drawn as (
      select member_id, transfer_id as id, sum(amount) as amount from draws
      where program_id = (select this_program()) group by 1, 2
    ),
    moved as (
      select member_id, id,
             case when from_account in ('purse', 'pending') and to_account not in ('purse', 'pending')
               then amount
                  when to_account = 'purse' and (from_account like 'spent:%'
                    or from_account = 'program:spent')
                  then -amount
                  else 0 end as amount,
             from_account = 'debt' or to_account = 'debt' as of_debt, amount as moved
      from transfers
      where program_id = (select this_program()) and (from_account in ('purse', 'pending', 'debt')
            or to_account in ('purse', 'pending', 'debt'))
    )
    select 'lots.moves', 'trf', id,
           format('moves %s out of lots, its draws make %s', m.amount, coalesce(d.amount, 0))
    from moved m full join drawn d using (member_id, id)
    where coalesce(d.amount, 0) is distinct from m.amount
      and not (coalesce(m.of_debt, false) and abs(coalesce(d.amount, 0)) in (0, m.moved))
    """,
)

STATES = Control(
    ("lots.states", "lots.expiry", "lots.maturing"),
    """
    select f.key, 'rwd', id,
           format('%s, %s of %s left, available %s, ends %s', state, remaining, value, available_at,
             expires_at)
    from rewards
    cross join (select current_setting('guerdon.now')::timestamptz as at) now
    cross join lateral (values
      ('lots.states', value <= 0 or remaining not between 0 and value or held not between 0 and remaining
         or reversed not between 0 and value or (state in ('pending', 'ready')) <> (remaining > 0)
         or (state = 'pending' and held > 0) or (state = 'redeemed' and redeemed_at is null)),
      ('lots.expiry', (state = 'ready' and held = 0 and expires_at < now.at - interval '1 day')
         or (state = 'expired' and coalesce(expires_at, 'infinity') > now.at)),
      ('lots.maturing', state = 'pending' and available_at < now.at - interval '1 day')
    ) as f (key, wrong)
    where program_id = (select this_program()) and f.wrong
    """,
)

# An end comes nearer only where the member was away: what ended by that had a later end, or none of its own.
ENDS = Control(
    ("lots.ends",),
    """
    with told as (
      select f.reward as id, max(f.expires_at) as until
      from events e, json_to_recordset(e.decision -> 'effects') as f (
             type text, reward bigint, expires_at timestamptz)
      where e.program_id = (select this_program()) and e.decision::text like '%"expires_at":"%'
        and f.type in ('issue', 'mature', 'extend') and f.expires_at is not null
      group by 1
    )
    select 'lots.ends', 'rwd', r.id,
           format('events say it ends %s, it ends %s', coalesce(t.until::text, 'never'),
                  coalesce(r.expires_at::text, 'never'))
    from rewards r left join told t using (id)
    where r.program_id = (select this_program()) and r.expires_at is distinct from t.until
      and not (r.state = 'expired' and coalesce(r.expires_at < coalesce(t.until, 'infinity'), false))
    """,
)

REVERSED = Control(
    ("lots.reversed",),
    """
    with told as (
      select f.reward as id, sum(f.amount) as amount
      from events e, json_to_recordset(e.decision -> 'effects') as f (type text, reward bigint, amount bigint)
      where e.program_id = (select this_program()) and e.decision::text like '%"type":"reverse"%'
        and f.type = 'reverse'
      group by 1
    ),
    kept as (
      select id, reversed as amount from rewards where program_id = (select this_program()) and reversed <> 0
    )
    select 'lots.reversed', 'rwd', id,
           format('receipts took back %s, the reward says %s', coalesce(t.amount, 0), coalesce(k.amount, 0))
    from told t full join kept k using (id)
    where coalesce(t.amount, 0) <> coalesce(k.amount, 0)
    """,
)

CONTROLS = (BALANCE, DRAWS, MOVES, STATES, ENDS, REVERSED)
