"""Controls of the audit: seals follow one another without a gap, each over the rows it says."""

from guerdon.queries.controls.control import Control

SEALS = Control(
    ("audit.seals", "audit.rows"),
    """
    with told as (
      select *, row_number() over w as place, sum(rows) over w as running, lag(sealed_at) over w
        as sealed_before
      from seals where program_id = (select this_program())
      window w as (order by number)
    ),
    -- Rows and ends of seals in the one order in which rows are sealed: a row belongs to the next end.
    marks as (
      select era, tx, id, false as ends, null::bigint as number from audit
        where program_id = (select this_program())
      union all
      select last_era, last_tx, last_id, true, number from seals where program_id = (select this_program())
    ),
    placed as (
      select ends, number,
             count(*) filter (where ends) over (order by era, tx, id, ends rows between unbounded
               preceding and 1 preceding) as sealed
      from marks
    ),
    covered as (
      select max(number) as number, count(*) filter (where not ends) as n from placed
      group by coalesce(sealed, 0) having max(number) is not null
    )
    select 'audit.seals', '', number, format('seal %s comes as number %s, over %s rows in all', number,
      place, running)
    from told where number <> place or running <> total_rows or sealed_at < sealed_before
    union all
    select 'audit.rows', '', t.number, format('seal %s is over %s rows, %s are there', t.number, t.rows, c.n)
    from told t join covered c using (number) where t.rows <> c.n
    """,
)

CONTROLS = (SEALS,)
