"""Controls of the ledger: balances are the fold of their transfers, and value moves on known ways only.

The one pass over all transfers serves pools and members; what an account may be called and where value may
go stands here a second time, beside the chart that the engine uses.
"""

from guerdon.queries.controls.control import Control

BALANCES = Control(
    ("ledger.pools", "ledger.members"),
    """
    with legs as (
      select case when leg.own then t.member_id else 0 end as member_id,
             case when leg.own then 'purse' else leg.name end as name, leg.name as side, t.unit, leg.change
      from transfers t
      cross join lateral (
        values (t.from_account, t.from_account in ('purse', 'pending', 'debt'), -t.amount),
               (t.to_account, t.to_account in ('purse', 'pending', 'debt'), t.amount)
      ) as leg (name, own, change)
      where t.program_id = (select this_program())
    ),
    fold as (
      select member_id, name, unit,
             coalesce(sum(change) filter (where side not in ('pending', 'debt')), 0) as posted,
             coalesce(sum(change) filter (where side = 'pending'), 0) as pending,
             -coalesce(sum(change) filter (where side = 'debt'), 0) as debt
      from legs group by 1, 2, 3
    ),
    stored as (
      select member_id, name, unit, posted, pending, debt from accounts
      where program_id = (select this_program())
    )
    select case member_id when 0 then 'ledger.pools' else 'ledger.members' end,
           case member_id when 0 then '' else 'mem' end, member_id,
           format('%s in %s: stored %s, pending %s, debt %s; transfers make %s, pending %s, debt %s', name,
             unit,
                  coalesce(s.posted, 0), coalesce(s.pending, 0), coalesce(s.debt, 0),
                  coalesce(f.posted, 0), coalesce(f.pending, 0), coalesce(f.debt, 0))
    from fold f full join stored s using (member_id, name, unit)
    where coalesce(s.posted, 0) <> coalesce(f.posted, 0)
       or coalesce(s.pending, 0) <> coalesce(f.pending, 0)
       or coalesce(s.debt, 0) <> coalesce(f.debt, 0)
    """,
)

ACCOUNTS = Control(
    ("ledger.overspent", "ledger.debt_first", "ledger.bounded", "ledger.chart", "ledger.units"),
    """
    with units as (
      select distinct u.key from program_versions v, json_object_keys(v.bundle::json -> 'units') as u (key)
      where v.program_id = (select this_program())
    ),
    judged as (
      select a.*, case
          when member_id > 0 then name = 'purse'
          else name in ('program:funding', 'program:spent', 'program:owed')
               or name ~ '^(budget|spent|owed):[^:]+:[^:]*$' or name ~ '^location:.+$'
        end as known,
        unit = any (array(select key from units)) as declared
      from accounts a where program_id = (select this_program())
    )
    select f.key, case member_id when 0 then '' else 'mem' end, member_id,
           format('%s in %s: %s, held %s, debt %s', name, unit, posted, held, debt)
    from judged cross join lateral (values
      ('ledger.overspent', (bounded and posted - held < 0) or held < 0 or pending < 0 or debt < 0),
      ('ledger.debt_first', debt > 0 and posted - held > 0),
      ('ledger.bounded', not bounded and name <> 'program:funding' and name not like 'location:%'),
      ('ledger.chart', not known),
      ('ledger.units', not declared)
    ) as f (key, wrong)
    where f.wrong
    """,
)

WAYS = Control(
    ("ledger.amounts", "ledger.ways", "ledger.eventless"),
    """
    with allowed (way) as (values
      ('program:funding>budget'), ('budget>program:funding'), ('budget>budget'),
      ('program:funding>purse'), ('program:funding>pending'), ('program:funding>debt'),
      ('budget>purse'), ('budget>pending'), ('budget>debt'), ('owed>budget'),
        ('program:owed>program:funding'),
      ('pending>purse'), ('pending>debt'), ('pending>budget'), ('pending>program:funding'),
      ('purse>budget'), ('purse>program:funding'), ('purse>spent'), ('purse>program:spent'), ('purse>debt'),
      ('spent>budget'), ('program:spent>program:funding'), ('spent>purse'), ('program:spent>purse'),
      ('spent>debt'), ('program:spent>debt'),
      ('debt>owed'), ('debt>program:owed'), ('location>owed'), ('location>program:owed'),
      -- What a location owed was returned, and it owes it no more.
      ('owed>location'), ('program:owed>location')
    ),
    -- One row for each pair of accounts that value ever moved between; ids only of what is wrong.
    moved as (
      select from_account, to_account, event_id = 0 as eventless, member_id = 0 as pools,
             min(amount) as least, min(id) as one, count(*) as n
      from transfers where program_id = (select this_program())
      group by 1, 2, 3, 4
    ),
    kinds as (
      select *, case when from_account like 'program:%' then from_account else split_part(from_account, ':',
        1) end
               || '>' ||
               case when to_account like 'program:%' then to_account else split_part(to_account, ':', 1) end
                 as way
      from moved
    )
    select f.key, 'trf', one, format('%s to %s, %s transfers', from_account, to_account, n)
    from kinds cross join lateral (values
      ('ledger.amounts', least <= 0 or from_account = to_account),
      ('ledger.ways', way not in (select way from allowed) and from_account <> to_account),
      ('ledger.eventless', eventless and not (
        pools and way in ('program:funding>budget', 'budget>program:funding', 'budget>budget')))
    ) as f (key, wrong)
    where f.wrong
    """,
)

ONCE = Control(
    ("ledger.once",),
    """
    select 'ledger.once', 'trf', id, format('recorded %s times, by no event', count(*))
    from transfers where program_id = (select this_program()) and event_id = 0
    group by id having count(*) > 1
    """,
)

CONTROLS = (BALANCES, ACCOUNTS, WAYS, ONCE)
