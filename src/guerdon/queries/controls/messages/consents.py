"""Controls of consents: what holds for each member is what the proofs say, told one after the other again."""

from guerdon.queries.controls.control import Control

# Only what was said after the last withdrawal, confirmation or joining can matter; and of that nothing where
# it was confirmed, nor what was agreed to before it was withdrawn.
STANDING = Control(
    ("consents.standing",),
    """
    with marked as (
      select member_id, topic, channel, id, what, happened_at,
             max(id) filter (where what in ('withdrawn', 'confirmed') or method = 'joined')
               over (partition by member_id, topic, channel) as last
      from consents where program_id = (select this_program())
    ),
    counting as (
      select m.*, row_number() over (partition by m.member_id, m.topic, m.channel order by m.id desc) as place
      from marked m left join consents l
        on l.program_id = (select this_program()) and l.member_id = m.member_id and l.id = m.last
      where m.last is null or m.id = m.last
         or (m.id > m.last and l.what <> 'confirmed'
             and (l.what <> 'withdrawn' or m.happened_at >= l.happened_at))
    ),
    said as (select * from counting where place = 1),
    stands as (select * from standing_consents where program_id = (select this_program()))
    select 'consents.standing', 'mem', coalesce(s.member_id, h.member_id),
           format('%s over %s: it stands %s by %s, and the proofs say %s by %s',
                  coalesce(s.topic, h.topic), coalesce(s.channel, h.channel), coalesce(h.state, 'nowhere'),
                  coalesce(h.consent_id::text, 'nothing'), coalesce(s.what, 'nothing'),
                  coalesce(s.id::text, 'none'))
    from said s full join stands h using (member_id, topic, channel)
    where (s.id, s.what, s.happened_at) is distinct from (h.consent_id, h.state, h.since)
    """,
)

CONTROLS = (STANDING,)
