"""Controls of rewards: each was paid as it was given, given once, and worth what its rule says."""

from guerdon.queries.controls.control import Control

PAID = Control(
    ("rewards.paid",),
    """
    with sums as (
      select member_id, event_id, payer, unit, sum(given) as given, sum(paid) as paid
      from (
        select member_id, event_id, payer, unit, value as given, 0::bigint as paid
        from rewards where program_id = (select this_program())
        union all
        select member_id, event_id, from_account, unit, 0, amount
        from transfers
        where program_id = (select this_program()) and to_account in ('purse', 'pending', 'debt')
          and (from_account = 'program:funding' or from_account like 'budget:%')
      ) both_sides
      group by 1, 2, 3, 4
      having sum(given) <> sum(paid)
    )
    select 'rewards.paid', 'evt', event_id, format('gave %s of %s, %s paid %s', given, unit, payer, paid)
      from sums
    """,
)

TWICE = Control(
    ("rewards.once",),
    """
    with several as (
      select member_id, event_id, rule, count(*) as n from rewards
      where program_id = (select this_program()) group by 1, 2, 3 having count(*) > 1
    )
    select 'rewards.once', 'evt', s.event_id, format('gave the reward of %s %s times', s.rule, s.n)
    from several s
    join events e on e.program_id = (select this_program()) and e.member_id = s.member_id
      and e.id = s.event_id
    where e.source <> 'guerdon'
    """,
)

# A unit with a cap may cut a reward short; a rate is held to its unit and bound.
RULE = Control(
    ("rewards.rule",),
    """
    with versions as materialized (
      select version, bundle::json as text from program_versions where program_id = (select this_program())
    ),
    digits as (
      select v.version, u.key as unit, coalesce((u.value ->> 'digits')::integer, 0) as digits,
             u.value -> 'cap' is not null as capped
      from versions v, json_each(v.text -> 'units') u
    ),
    steps as (
      select v.version, r.key as rule, s.value -> 'reward' -> 'value' as value,
             s.value -> 'reward' ->> 'pay_from' as pay_from
      from versions v, json_each(v.text -> 'rules') r, json_array_elements(r.value -> 'then') s
      where s.value -> 'reward' is not null
    ),
    stated as (
      select version, rule, pay_from, '' as market, value #>> '{}' as amount
      from steps where json_typeof(value) = 'string'
      union all
      select s.version, s.rule, s.pay_from, m.key, m.value
      from steps s, json_each_text(s.value) m
      where json_typeof(s.value) = 'object' and s.value -> 'of' is null
      union all
      select version, rule, pay_from, '', value ->> 'at_most'
      from steps where json_typeof(value) = 'object' and value -> 'of' is not null
    ),
    terms as materialized (
      select s.version, s.rule, s.market, split_part(s.amount, ' ', 2) as unit, d.capped or rated.yes
        as bound,
             (split_part(s.amount, ' ', 1)::numeric * 10 ^ d.digits)::bigint as amount, s.pay_from
      from stated s
      join digits d on d.version = s.version and d.unit = split_part(s.amount, ' ', 2)
      cross join lateral (
        select exists (select from steps t where t.version = s.version and t.rule = s.rule
                       and json_typeof(t.value) = 'object' and t.value -> 'of' is not null) as yes
      ) rated
    ),
    rules as materialized (select distinct version, rule from steps),
    given as (
      select r.id, r.rule, r.unit, r.value, r.payer, e.version, e.market
      from rewards r
      join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
      where r.program_id = (select this_program()) and e.program_id = (select this_program())
        and e.source <> 'guerdon'
    )
    select 'rewards.rule', 'rwd', g.id,
           format('%s %s of %s by version %s, which states %s', g.value, g.unit, g.rule, g.version,
                  coalesce(t.amount::text, 'no such reward'))
    from given g
    left join rules u using (version, rule)
    left join terms t on t.version = g.version and t.rule = g.rule and t.market in ('', g.market)
    where u.rule is null
       or (t.rule is not null and (g.unit <> t.unit or g.value > t.amount or (g.value < t.amount and
         not t.bound)
           or g.payer is distinct from coalesce('budget:' || t.pay_from || ':' || split_part(g.payer, ':', 3),
                                                'program:funding')))
    """,
)

CONTROLS = (PAID, TWICE, RULE)
