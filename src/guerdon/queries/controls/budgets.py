"""Controls of budgets: money moves between parent and child alone, each node stands where its moves put it.

Who is whose parent is read from the stored versions too: a move made before the tree was changed was right
  then.
"""

from guerdon.queries.controls.control import Control

TREE = Control(
    ("budgets.tree",),
    """
    with texts as (
      select bundle::json as text from program_versions where program_id = (select this_program())
    ),
    said as (
      select distinct b.key as budget, b.value ->> 'parent' as parent from texts,
        json_each(text -> 'budgets') b
    ),
    moved as (
      select from_account, to_account, unit, min(id) as one, count(*) as n, sum(amount) as amount
        from transfers
      where program_id = (select this_program())
        and (from_account = 'program:funding' or from_account like 'budget:%')
        and (to_account = 'program:funding' or to_account like 'budget:%')
      group by 1, 2, 3
    ),
    ends as (
      select m.*, split_part(from_account, ':', 2) as from_budget, split_part(to_account, ':', 2)
        as to_budget,
             a.parent as from_parent, b.parent as to_parent
      from moved m
      left join budget_nodes a on a.program_id = (select this_program()) and a.name = m.from_account
        and a.unit = m.unit
      left join budget_nodes b on b.program_id = (select this_program()) and b.name = m.to_account
        and b.unit = m.unit
    )
    select 'budgets.tree', 'trf', one, format('%s %s from %s to %s, %s transfers', amount, unit,
      from_account, to_account, n)
    from ends e
    where not (
      -- From or to funding: what has no parent, and what is in another unit than its parent.
      case when from_account = 'program:funding' then to_parent is null
             or exists (select from said s where s.budget = e.to_budget and s.parent is null)
           when to_account = 'program:funding' then from_parent is null
             or exists (select from said s where s.budget = e.from_budget and s.parent is null)
           when from_budget = to_budget then false
           else coalesce(to_parent = from_account, false) or coalesce(from_parent = to_account, false)
             or (exists (select from said s where s.budget = e.to_budget and s.parent = e.from_budget)
                 and split_part(coalesce(to_parent, ''), ':', 2) <> e.from_budget)
             or (exists (select from said s where s.budget = e.from_budget and s.parent = e.to_budget)
                 and split_part(coalesce(from_parent, ''), ':', 2) <> e.to_budget) end)
    """,
)

NODES = Control(
    ("budgets.nodes", "budgets.circle"),
    """
    with recursive nodes as (select * from budget_nodes where program_id = (select this_program())),
    above as (
      select name, unit, parent as at, 1 as steps from nodes where parent is not null
      union
      select a.name, a.unit, n.parent, a.steps + 1
      from above a join nodes n on n.name = a.at and n.unit = a.unit
      where n.parent is not null and a.at <> a.name and a.steps < 100
    )
    select 'budgets.nodes', '', 0::bigint,
           format('%s in %s: %s', coalesce(n.name, a.name), coalesce(n.unit, a.unit),
                  case when n.name is null then 'an account without its node'
                    when a.name is null then 'a node without its account'
                    else format('%s came back to a node that is no more, and went not up', a.free) end)
    from nodes n
    full join (
      select name, unit, posted, posted - held as free from accounts
      where program_id = (select this_program()) and member_id = 0 and name like 'budget:%'
    ) a using (name, unit)
    cross join (select current_setting('guerdon.now')::timestamptz - interval '1 day' as day) since
    where a.name is null or (n.name is null and a.posted <> 0)
       -- The worker sends it up within seconds; for a day it may have been told to stand still.
       or (n.closed_at < since.day and a.free <> 0
           and not exists (select from transfers t where t.program_id = (select this_program())
             and t.to_account = a.name and t.unit = a.unit and t.recorded_at >= since.day)
           and not exists (select from holds h where h.program_id = (select this_program())
             and h.account = a.name and h.unit = a.unit and h.closed_at >= since.day))
    union all
    select distinct 'budgets.circle', '', 0::bigint, format('%s stands above itself', name)
    from above where at = name or steps >= 100
    """,
)

# Of all moves, whenever they were recorded: a batch whose clock is behind or ahead may cross a turn.
ALLOCATED = Control(
    ("budgets.allocated",),
    """
    with legs as (
      select leg.name, t.unit,
             coalesce(sum(leg.change) filter (where tree.of_it), 0) as moved,
             -- What of rewards came back may go up the tree beyond what was allocated.
             coalesce(sum(leg.change) filter (where not tree.of_it and leg.change > 0), 0) as back
      from transfers t
      cross join lateral (values (t.from_account, -t.amount), (t.to_account, t.amount)) as leg (name, change)
      cross join lateral (
        select (t.from_account = 'program:funding' or t.from_account like 'budget:%')
           and (t.to_account = 'program:funding' or t.to_account like 'budget:%') as of_it
      ) tree
      where t.program_id = (select this_program()) and leg.name like 'budget:%'
      group by 1, 2
    ),
    derived as (
      select n.name, n.unit, n.allocated, n.beyond, coalesce(l.moved, 0) + n.carried + n.beyond as amount,
             coalesce(l.back, 0) as back
      from budget_nodes n left join legs l on l.name = n.name and l.unit = n.unit
      where n.program_id = (select this_program())
    )
    select 'budgets.allocated', '', 0::bigint, format('%s: %s %s allocated, its moves make %s', name,
      allocated, unit, amount)
    from derived where allocated <> amount or beyond not between 0 and back
    """,
)

TOP_UPS = Control(
    ("budgets.top_ups",),
    """
    with kept as (
      select name, period, unit, amount, transfer_id from top_ups where program_id = (select this_program())
    ),
    moved as (
      select t.id, t.to_account, t.unit, t.amount, t.from_account from transfers t
      where t.program_id = (select this_program()) and t.from_account like 'budget:%'
        and t.to_account like 'budget:%'
    ),
    told as (
      select f.account as name, f.period, f.amount
      from events e, json_to_recordset(e.decision -> 'effects') as f (type text, account text, period date,
        amount bigint)
      where e.program_id = (select this_program()) and e.decision::text like '%"type":"top_up"%'
        and f.type = 'top_up'
    )
    select 'budgets.top_ups', 'trf', k.transfer_id,
           format('%s from %s was topped up by %s %s; %s', k.name, k.period, k.amount, k.unit,
                  case when m.id is null then 'no such transfer is there'
                       else format('the transfer moves %s to %s', m.amount, m.to_account) end)
    from kept k
    left join moved m on m.id = k.transfer_id
    where (m.to_account, m.unit, m.amount) is distinct from (k.name, k.unit, k.amount)
    union all
    select 'budgets.top_ups', '', 0, format('%s from %s: a receipt tells of %s more', name, period, t.amount)
    from told t left join kept k using (name, period) where k.name is null
    union all
    select 'budgets.top_ups', '', 0, format('%s was topped up %s times in the period from %s', name,
      count(*), period)
    from kept group by name, period having count(*) > 1
    """,
)

CONTROLS = (TREE, NODES, ALLOCATED, TOP_UPS)
