"""Controls of limits: what was used of each is counted again from the rewards themselves, and none is passed.

Which rewards count, over which days and up to where is read from the stored versions; what was taken back
counts no more, and what people approved beyond a limit never did. A value of a field that is long, or
holds what cannot be printed, is counted under its hash.
"""

from guerdon.queries.controls.control import Control

USED = Control(
    ("limits.used", "limits.passed"),
    """
    with versions as materialized (
      select version, bundle::json as text from program_versions where program_id = (select this_program())
    ),
    digits as (
      select v.version, u.key as unit, coalesce((u.value ->> 'digits')::integer, 0) as digits
      from versions v, json_each(v.text -> 'units') u
    ),
    limits as materialized (
      select v.version, v.text ->> 'time_zone' as zone, l.key,
             case when json_typeof(l.value -> 'per') is distinct from 'object' then l.value ->> 'per'
                  when l.value -> 'per' -> 'person' is not null then 'person' else 'field' end as per,
             coalesce(l.value -> 'per' ->> 'field', l.value -> 'per' ->> 'person') as field,
             case json_typeof(l.value -> 'period') when 'object' then 'hours' else l.value ->> 'period' end
               as period,
             split_part(l.value ->> 'amount', ' ', 2) as unit,
             coalesce((l.value ->> 'times')::bigint,
                      (split_part(l.value ->> 'amount', ' ', 1)::numeric * 10 ^ d.digits)::bigint) as ceiling,
             l.value ->> 'amount' is not null as of_value,
             case when l.value -> 'rules' is not null
                  then array(select json_array_elements_text(l.value -> 'rules')) end as rules,
             case when l.value -> 'markets' is not null
                  then array(select json_array_elements_text(l.value -> 'markets')) end as markets
      from versions v
      cross join lateral json_each(v.text -> 'limits') l
      left join digits d on d.version = v.version and d.unit = split_part(l.value ->> 'amount', ' ', 2)
    ),
    campaigns as (
      select v.version, r.key as rule, r.value ->> 'campaign' as campaign
      from versions v, json_each(v.text -> 'rules') r where r.value ->> 'campaign' is not null
    ),
    given as (
      select r.member_id, r.rule, r.unit, r.value, r.reversed, r.happened_at, e.version, e.market,
        e.location, e.data
      from rewards r
      join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
      where r.program_id = (select this_program()) and e.program_id = (select this_program())
        -- What people gave is counted only where nobody signed it, so that little never passes a limit.
        and (e.source <> 'guerdon' or e.data -> 'approval' ->> 'counted' = 'true')
    ),
    counted as (
      select case when l.per in ('member', 'field') then g.member_id else 0 end as member_id, l.key as name,
             case l.per when 'location' then g.location when 'market' then g.market when 'rule' then g.rule
                  when 'campaign' then c.campaign
                  else case when length(said.value) > 80 or said.value ~ '[\u0001-\u001f\u007f-\u009f]'
                            then left(encode(sha256(convert_to(said.value, 'UTF8')), 'hex'), 32)
                            else said.value end end as place,
             l.per not in ('member', 'program') as by_place,
             case l.period when 'life' then timestamp '0001-01-01'
                  when 'hours' then date_trunc('hour', g.happened_at at time zone l.zone)
                  else date_trunc(l.period, g.happened_at at time zone l.zone) end as period,
             case when l.of_value then g.value - g.reversed when g.reversed < g.value then 1 else 0 end
               as used
      from given g
      join limits l on l.version = g.version and (l.rules is null or g.rule = any (l.rules))
           and (l.markets is null or g.market = any (l.markets)) and (not l.of_value or l.unit = g.unit)
      left join campaigns c on l.per = 'campaign' and c.version = g.version and c.rule = g.rule
      cross join lateral (select case when l.per in ('field', 'person') then g.data ->> l.field end)
        as said (value)
    ),
    derived as (
      select member_id, name || coalesce(':' || place, '') as name, period, sum(used) as used, max(name)
        as key
      from counted where not by_place or place is not null group by 1, 2, 3
    ),
    stored as (
      select member_id, name, period, used, ceiling from allowances where program_id = (select this_program())
    ),
    allowed as (select key, max(ceiling) as ceiling from limits group by 1)
    select f.key, case member_id when 0 then '' else 'mem' end, member_id,
           format('%s from %s: %s counted, %s given, at most %s', name, period::date, coalesce(s.used, 0),
                  coalesce(d.used, 0), a.ceiling)
    from stored s
    full join derived d using (member_id, name, period)
    left join allowed a on a.key = d.key
    cross join lateral (values
      ('limits.used', coalesce(s.used, 0) <> coalesce(d.used, 0)),
      ('limits.passed', d.used > a.ceiling)
    ) as f (key, wrong)
    where f.wrong
    """,
)

CONTROLS = (USED,)
