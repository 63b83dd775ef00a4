"""Controls of intake: what was acknowledged stands in one place, and nothing is decided that never came.

Of what we tell ourselves, referrals tell what came about, once, and not before it was judged.
"""

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
                           'reward.extended', 'approval.granted', 'order.resent', 'place.told', 'proof.sent',
                           'link.sent', 'message.resent', 'sign_in.sent', 'contact.told'))
        union all
        select id, 1 from waiting where program_id = (select this_program())
        union all
        select id, 1 from inbox where program_id = (select this_program())
        union all
        -- Of what is to be read or followed at a CRM; without an event nothing stands for nothing.
        select event_id, 1 from errands where program_id = (select this_program()) and event_id > 0
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
                where program_id = (select this_program())
                  and what in ('ignored', 'told_twice', 'followed')) as n
    )
    select 'intake.places', 'evt', id, format('stands in %s places, received: %s', n, received)
    from judged where (stands and not received) or n > 1
    union all
    select 'intake.lost', '', 0, format('%s events that were acknowledged are nowhere', n) from lost
      where n <> 0
    """,
)

# Events of ours are called after their pair: `<pair>.came.referrer`. A claim of our own page is none of these
TOLD = Control(
    ("referrals.told", "referrals.once"),
    """
    with told as (
      select id, split_part(external_id, '.', 1)::bigint as pair, split_part(external_id, '.', 2) as what,
             split_part(external_id, '.', 3) as side
      from events
      where program_id = (select this_program()) and source = 'referrals'
        and external_id ~ '^[0-9]+[.](came|went)[.](referrer|friend)$'
    ),
    judged as (
      select t.*, p.id is not null
               and (p.told_at is not null and p.state in ('qualified', 'released', 'undone'))
               and (t.what = 'came' or p.untold_at is not null) as meant
      from told t
      left join referral_pairs p on p.program_id = (select this_program()) and p.id = t.pair
    )
    select 'referrals.told', 'evt', id, format('tells %s of a pair that did not', what)
    from judged where not meant
    union all
    select 'referrals.once', 'evt', max(id), format('%s was told to the %s %s times', what, side, count(*))
    from told group by pair, what, side having count(*) > 1
    """,
)

# Whatever speaks against a pair is for people to look at before anybody is rewarded.
JUDGED = Control(
    ("referrals.judged",),
    """
    select 'referrals.judged', 'ref', id, format('%s with %s', state, array_to_string(reasons, ', '))
    from referral_pairs
    where program_id = (select this_program())
      and (state = 'qualified' and array_remove(reasons, 'customer') <> '{}'
           or state = 'released' and settled_by is null
           or referrer_id = member_id and told_at is not null)
    """,
)

CONTROLS = (PLACES, TOLD, JUDGED)
