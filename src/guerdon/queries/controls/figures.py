"""Controls of figures: what screens show is the sum of the rows behind it."""

from guerdon.queries.controls.control import Control

ISSUED = Control(
    ("figures.issued", "figures.events"),
    """
    with counted as (
      select rule, unit, sum(issued) as n, sum(issued_value) as value from rollups
      where program_id = (select this_program()) group by 1, 2
    ),
    given as (
      select rule, unit, count(*) as n, sum(value) as value from rewards
      where program_id = (select this_program()) group by 1, 2
    ),
    told as (
      select type, market, sum(events) as n from event_rollups
      where program_id = (select this_program()) group by 1, 2
    ),
    decided as (
      select type, market, count(*) as n from events where program_id = (select this_program()) group by 1, 2
    )
    select 'figures.issued', '', 0::bigint,
           format('%s in %s: %s rewards worth %s, the figures say %s worth %s', rule, unit, coalesce(g.n, 0),
                  coalesce(g.value, 0), coalesce(c.n, 0), coalesce(c.value, 0))
    from counted c full join given g using (rule, unit)
    where coalesce(c.n, 0) <> coalesce(g.n, 0) or coalesce(c.value, 0) <> coalesce(g.value, 0)
    union all
    select 'figures.events', '', 0, format('%s in %s: %s events, the figures say %s', type, market, d.n, t.n)
    from told t join decided d using (type, market) where t.n > d.n
    """,
)

CONTROLS = (ISSUED,)
