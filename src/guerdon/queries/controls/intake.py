"""Controls of intake: what was acknowledged stands in one place, and nothing is decided that never came."""

from guerdon.queries.controls.control import Control

PLACES = Control(
    ("intake.places", "intake.lost"),
    """
    with standing as (
      select id, sum(n) as n
      from (
        select id, 1 as n from events
        where program_id = (select this_program())
          -- Of what we made ourselves, commands came with a key; what time or a choice did never did.
          and (source <> 'guerdon'
               or type in ('value.spent', 'value.held', 'value.captured', 'value.released', 'value.restored',
                           'reward.extended', 'approval.granted'))
        union all
        select id, 1 from waiting where program_id = (select this_program())
        union all
        select id, 1 from inbox where program_id = (select this_program())
        union all
        -- What was tried again stands where that led it.
        select event_id, 1 from quarantine
        where program_id = (select this_program()) and event_id > 0 and reason <> 'reused_id'
          and settled_as is distinct from 'retried'
      ) places
      group by id
    ),
    received as (select event_id as id from event_keys where program_id = (select this_program())),
    judged as (
      select id, coalesce(s.n, 0) as n, r.id is not null as received, s.id is not null as stands
      from standing s full join received r using (id)
      where s.n is distinct from 1 or r.id is null
    ),
    lost as (
      select (select count(*) from judged where received and not stands)
             - (select coalesce(sum(n), 0) from intake_counts
                where program_id = (select this_program()) and what = 'ignored') as n
    )
    select 'intake.places', 'evt', id, format('stands in %s places, received: %s', n, received)
    from judged where (stands and not received) or n > 1
    union all
    select 'intake.lost', '', 0, format('%s events that were acknowledged are nowhere', n) from lost
      where n <> 0
    """,
)

CONTROLS = (PLACES,)
