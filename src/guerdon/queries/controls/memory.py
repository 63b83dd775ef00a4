"""Controls of what is remembered: counts by day are what events come to, and no member's state is lost.

Days are those of the zone by which holdings are asked, too: the live version's, once it decided anything.
"""

from guerdon.queries.controls.belongings import KEPT_BY
from guerdon.queries.controls.control import Control

DAYS = Control(
    ("memory.days",),
    f"""
    with zone as (
      select v.bundle::json ->> 'time_zone' as name
      from program_versions v join ({KEPT_BY}) k using (version) where v.program_id = (select this_program())
    ),
    counted as (
      select w as what, split_part(w, '#', 1) as type, nullif(split_part(w, '#', 2), '') as field
      from programs p, unnest(p.counted) as w where p.program_id = (select this_program())
    ),
    found as (
      select e.member_id, c.what, (e.happened_at at time zone z.name)::date as day,
             sum(case when c.field is null then 1 else (e.data ->> c.field)::numeric end) as amount
      from zone z, counted c join events e on e.type = c.type
      where e.program_id = (select this_program()) and e.source <> 'guerdon'
        and (c.field is null or e.data ->> c.field ~ '^-?[0-9]{{1,19}}$')
      group by 1, 2, 3
    ),
    kept as (select member_id, what, day, amount from member_days where program_id = (select this_program()))
    select 'memory.days', 'mem', member_id,
           format('%s on %s: events come to %s, kept is %s', what, day,
                  coalesce(found.amount, 0), coalesce(kept.amount, 0))
    from found full join kept using (member_id, what, day)
    where coalesce(found.amount, 0) <> coalesce(kept.amount, 0)
    """,  # noqa: S608  all written here
)

STATES = Control(
    ("memory.states",),
    """
    with kept as (
      select s.member_id, count(*) as n, min(s.state) as first, max(s.state) as last from member_states s
      where s.program_id = (select this_program()) group by 1
    ),
    decided as (
      select e.member_id, max(e.state) as last from events e
      where e.program_id = (select this_program()) and e.member_id <> 0 group by 1
    )
    select 'memory.states', 'mem', m.member_id,
           format('is in state %s, %s before it are kept, an event was decided in %s', m.state,
                  coalesce(kept.n, 0), coalesce(decided.last, 0))
    from members m left join kept using (member_id) left join decided using (member_id)
    where m.program_id = (select this_program())
      and (coalesce(kept.n, 0) <> m.state or coalesce(kept.first, 0) <> 0
           or coalesce(kept.last, m.state - 1) <> m.state - 1 or coalesce(decided.last, 0) > m.state)
    """,
)

CONTROLS = (DAYS, STATES)
