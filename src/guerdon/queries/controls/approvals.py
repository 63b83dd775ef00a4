"""Controls of approvals: what people had to agree to, enough of them did, who could then, over exactly this.

The ladders are read from the stored versions once more,
  the default ones stand here a second time. A person is
per_... in what they signed and a number where they are granted something.
"""

from guerdon.queries.controls.control import Control

SIGNATURES = Control(
    ("approvals.text", "approvals.self", "approvals.grants"),
    """
    with shown as materialized (
      select p.person_id, p.left_at, 'per_' || (
          select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
            ((p.person_id >> (5 * n)) & 31)::integer + 1, 1), ''
                            order by n desc)
          from generate_series(0, 12) n) as name
      from people p
    ),
    signed as (
      select r.id, r.maker as asked_by, r.market, r.location, r.unit, r.amount, s.person, s.instead_of,
        s.role,
             s.signed_at, greatest(s.signed_at, coalesce(r.closed_at, s.signed_at)) as used_at,
             v.maker, v.beneficiary, v.content, v.content_sha, s.content_sha as signed_sha, s.maker
               as signed_maker,
             s.beneficiary as signed_beneficiary, r.state, p.person_id, p.left_at, q.person_id as for_id
      from signatures s
      join requests r on r.program_id = s.program_id and r.id = s.request_id and r.revision = s.revision
      left join revisions v on v.program_id = s.program_id and v.request_id = s.request_id
        and v.revision = s.revision
      left join shown p on p.name = s.person
      left join shown q on q.name = s.instead_of
      where s.program_id = (select this_program()) and s.verdict = 'approve'
        -- What was carried out names the signatures that counted; others lost their ground before.
        and (r.signed_by = '{}' or s.person = any (r.signed_by))
    ),
    judged as (
      select s.id, s.person, s.role,
             s.signed_sha is distinct from s.content_sha or s.signed_maker is distinct from s.maker
               or s.signed_beneficiary is distinct from s.beneficiary as other_text,
             s.person in (s.maker, s.asked_by) or s.instead_of in (s.maker, s.asked_by) or exists (
               select from person_members m
               where m.program_id = (select this_program()) and m.person_id in (s.person_id, s.for_id)
                 and (m.member_id = s.beneficiary or (s.content -> 'rows' is not null and exists (
                       select from json_array_elements(s.content -> 'rows') row
                       where (row ->> 'member')::bigint = m.member_id)))) as own,
             s.state = 'done' and not (coalesce(s.left_at, 'infinity') > s.used_at and exists (
               select from grants g
               where g.program_id = (select this_program()) and g.person_id in (s.person_id, s.for_id)
                 and g.role = s.role and g.valid_from <= s.signed_at
                 and coalesce(g.valid_to, 'infinity') > s.used_at and coalesce(g.revoked_at,
                   'infinity') > s.used_at
                 and (g.market is null or g.market = s.market) and (g.location is null
                   or g.location = s.location)
                 and (g.amount_max is null or (g.unit = s.unit and g.amount_max >= abs(s.amount)))
                 -- A stand-in has what the other had when it was named.
                 and (s.instead_of is null or exists (
                   select from stand_ins i
                   where i.program_id = (select this_program()) and i.person_id = s.for_id
                     and i.stand_in = s.person_id and i.valid_from <= s.signed_at and i.valid_to > s.signed_at
                     and coalesce(i.revoked_at, 'infinity') > s.signed_at
                     and g.valid_from <= i.named_at)))) as without_right
      from signed s
    )
    select f.key, 'apr', id, format('signed by %s as %s', person, role)
    from judged cross join lateral (values
      ('approvals.text', other_text), ('approvals.self', own), ('approvals.grants', without_right)
    ) as f (key, wrong)
    where f.wrong
    union all
    select 'approvals.text', 'apr', request_id, format('revision %s is not what its hash says', revision)
    from revisions
    where program_id = (select this_program()) and content_sha <> sha256(convert_to(content::text, 'UTF8'))
    """,
)

ENOUGH = Control(
    ("approvals.enough",),
    """
    with versions as materialized (
      select version, live_from, bundle::json as text from program_versions v
      where program_id = (select this_program())
        and not exists (select from version_calloffs c
                        where c.program_id = v.program_id and c.version = v.version)
    ),
    money as (
      select v.version, u.key as unit, coalesce((u.value ->> 'digits')::integer, 0) as digits,
             u.value ->> 'kind' = 'money' as is_money
      from versions v, json_each(v.text -> 'units') u
    ),
    usual (kind, rung, whole, roles, people) as (values
      ('reward', 0, 250, array['dealer_manager'], 1), ('reward', 1, 1000, array['program_owner'], 1),
      ('reward', 2, null, array['finance', 'program_owner'], 2), ('adjustment', 0, null, array['finance'], 1),
      ('budget', 0, null, array['finance'], 1), ('bulk', 0, null, array['finance', 'program_owner'], 2),
      ('version', 0, null, array['program_owner'], 1), ('grant', 0, null, array['program_owner'], 1)
    ),
    rungs as materialized (
      select v.version, k.key as kind, (e.place - 1)::integer as rung, e.value -> 'up_to' is not null
        as bounded,
             case json_typeof(e.value -> 'up_to') when 'string' then array[e.value ->> 'up_to']
                  when 'array' then array(select json_array_elements_text(e.value -> 'up_to')) end as bounds,
             case json_typeof(e.value -> 'by') when 'array'
                  then array(select json_array_elements_text(e.value -> 'by'))
                    else array[e.value ->> 'by'] end as roles,
             coalesce((e.value ->> 'people')::integer, 1) as people,
             case json_typeof(e.value -> 'markets') when 'array'
                  then array(select json_array_elements_text(e.value -> 'markets')) end as markets
      from versions v, json_each(v.text -> 'approvals') k,
           json_array_elements(case json_typeof(k.value) when 'array' then k.value end) with ordinality
             as e (value, place)
      union all
      select v.version, u.kind, u.rung, u.whole is not null,
             array(select u.whole || ' ' || m.unit from money m where m.version = v.version and m.is_money),
             u.roles, u.people, null
      from versions v, usual u
      where json_typeof(v.text -> 'approvals' -> u.kind) is distinct from 'array'
        and (u.whole is null or exists (select from money m where m.version = v.version and m.is_money))
    ),
    done as (
      select r.*, (select v.version from versions v where v.live_from < r.closed_at
                   order by v.live_from desc, v.version desc limit 1) as version
      from requests r where r.program_id = (select this_program()) and r.state = 'done'
    ),
    due as (
      select d.id, d.revision, d.signed_by, greatest(d.rung, (
          select min(g.rung) from rungs g
          where g.version = d.version and g.kind = d.kind and (g.markets is null
            or d.market = any (g.markets))
            and (not g.bounded or d.amount is null or exists (
              select from unnest(g.bounds) b
              join money m on m.version = d.version and m.unit = split_part(b, ' ', 2)
              where m.unit = d.unit
                and abs(d.amount) <= split_part(b, ' ', 1)::numeric * 10 ^ m.digits)))) as rung, d.version,
                  d.kind
      from done d
    ),
    counted as (
      select d.id, g.people, g.roles, count(distinct s.person) as signed,
             count(distinct s.role) as roles_signed, count(distinct coalesce(s.instead_of, s.person)) as heads
      from due d
      left join rungs g on g.version = d.version and g.kind = d.kind and g.rung = d.rung
      left join signatures s on s.program_id = (select this_program()) and s.request_id = d.id
           and s.revision = d.revision and s.verdict = 'approve' and s.role = any (g.roles)
           and (d.signed_by = '{}' or s.person = any (d.signed_by))
      group by 1, 2, 3
    )
    select 'approvals.enough', 'apr', id,
           format('%s signed, needed %s of %s', signed, coalesce(people::text, 'an unknown number'), roles)
    from counted
    where least(signed, heads) >= people is not true
       or (people >= cardinality(roles) and roles_signed < cardinality(roles))
    """,
)

CARRIED_OUT = Control(
    ("approvals.carried_out", "approvals.asked"),
    """
    with asked as materialized (
      select r.id, r.kind, r.state, v.content
      from requests r
      left join revisions v on v.program_id = r.program_id and v.request_id = r.id and v.revision = r.revision
      where r.program_id = (select this_program()) and r.kind in ('reward', 'adjustment', 'bulk')
    ),
    wished as (
      select id, (content ->> 'reward_id')::bigint as reward, (content ->> 'member')::bigint as member_id,
             content ->> 'unit' as unit, (content ->> 'value')::numeric as amount
      from asked where state = 'done' and kind = 'reward'
      union all
      select a.id, null, (w.value ->> 'member')::bigint, w.value ->> 'unit',
        sum((w.value ->> 'amount')::numeric)
      from asked a
      cross join lateral json_array_elements(
        case a.kind when 'bulk' then a.content -> 'rows' else json_build_array(a.content) end) w
      where a.state = 'done' and a.kind <> 'reward' group by 1, 3, 4
    ),
    given as (
      select r.id as reward, r.member_id, r.unit, r.value::numeric as amount, null::bigint as request
      from rewards r
      join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
      where r.program_id = (select this_program()) and e.program_id = (select this_program())
        and e.type in ('approval.granted', 'balance.adjusted')
        and e.decision::text not like '%"type":"adjust"%'
      union all
      select null, e.member_id, f.unit, sum(f.amount), f.request
      from events e, json_to_recordset(e.decision -> 'effects') as f (type text, request bigint, unit text,
        amount bigint)
      where e.program_id = (select this_program()) and e.type in ('approval.granted', 'balance.adjusted')
        and f.type = 'adjust'
      group by 2, 3, 5
    )
    select case when g.member_id is null then 'approvals.carried_out' else 'approvals.asked' end,
           case when w.id is not null then 'apr' when g.request is not null then 'apr' else 'rwd' end,
           coalesce(w.id, g.request, g.reward),
           case when g.member_id is null then format('%s %s were approved and not given', w.amount, w.unit)
                else format('%s %s were given and not approved so', g.amount, g.unit) end
    from wished w
    full join given g on w.member_id = g.member_id and w.unit = g.unit and w.amount = g.amount
         and (w.reward = g.reward or (w.reward is null and w.id = g.request))
    where w.id is null or g.member_id is null
    """,
)

CONTROLS = (SIGNATURES, ENOUGH, CARRIED_OUT)
