-- Rewards of 13 weeks: given within seconds, some after people agreed; three of five ordered something.
with places as (
  select key, market, n from unnest(%(places)s::text[], %(markets)s::text[]) with ordinality as t (key, market, n)
),
rewards as (
  select g, 1 + abs(hashint8(g)::bigint) %% cardinality(%(places)s::text[]) as place,
         (%(rules)s::text[])[1 + abs(hashint8(g + 1)::bigint) %% cardinality(%(rules)s::text[])] as rule,
         %(now)s::timestamptz - interval '1 hour' - interval '91 days' * (abs(hashint8(g + 2)::bigint) %% 1000000) / 1000000 as at,
         case when g %% 100 = 0 then abs(hashint8(g + 3)::bigint) %% 86400
              else exp(abs(hashint8(g + 3)::bigint) %% 1000 / 250.0) end as took
  from generate_series(1, %(n)s::bigint) g
)
insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, saved, happened_at,
                            received_at, decided_at, issued_at, state)
select %(p)s, g, g, 'reward', g, r.rule, p.market, p.key, g %% 4 = 0, r.at - interval '3 seconds', r.at,
       r.at + r.took * interval '1 second', r.at + r.took * interval '1 second', 'given'
from rewards r join places p on p.n = r.place;

insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, supplier, saved,
                            lead_minutes, happened_at, received_at, decided_at, issued_at, chosen_at, ordered_at,
                            ended_at, opened_at, state)
select program_id, member_id, id + 1000000000, 'order', id, rule, market, location,
       (%(suppliers)s::text[])[1 + abs(hashint8(id + 4)::bigint) %% cardinality(%(suppliers)s::text[])], saved,
       case when id %% 20 = 0 then 7200 else 0 end, happened_at, received_at, decided_at, issued_at, chosen,
       chosen + interval '1 second', case when not open then ended end,
       case when not open and id %% 3 = 0 and id %% 50 <> 0 then ended + interval '1 minute' end,
       case when open then 'open' when id %% 50 = 0 then 'failed' else 'there' end
from (
  select m.*, chosen + interval '1 second' * case when id %% 20 = 0 then abs(hashint8(id + 5)::bigint) %% 400000
                       else exp(abs(hashint8(id + 5)::bigint) %% 1000 / 160.0) end as ended,
         chosen > %(now)s::timestamptz - interval '100 minutes' or id %% 2000 = 0 as open
  from (
    select m.*, issued_at + interval '1 second' * (abs(hashint8(id + 6)::bigint) %% 40000) as chosen
    from delivery_marks m
    where program_id = %(p)s and kind = 'reward' and id %% 5 < 3
  ) m
) m;

insert into delivery_progress values (%(p)s, %(now)s::timestamptz - interval '1 minute',
                                      %(now)s::timestamptz - interval '1 minute');

insert into old_deliveries (program_id, key, place, requested_on, delivered_on, by_day, market, location, imported_by,
                            imported_at)
select %(p)s, decode(md5(g::text), 'hex'), 0, %(now)s::timestamptz - interval '400 days',
       %(now)s::timestamptz - interval '400 days' + interval '1 hour' * (g %% 400), true,
       (%(markets)s::text[])[1 + g %% cardinality(%(markets)s::text[])],
       (%(places)s::text[])[1 + g %% cardinality(%(places)s::text[])], 'bench', %(now)s
from generate_series(1, least(%(n)s::bigint, 20000)) g;

insert into requests (program_id, id, kind, state, maker, beneficiary, market, location, unit, amount, reason,
                      created_at, expires_at, closed_at)
select %(p)s, g, 'reward', case when g %% 10 = 0 then 'rejected' else 'done' end, 'rule:bench', g,
       (%(markets)s::text[])[1 + g %% cardinality(%(markets)s::text[])],
       (%(places)s::text[])[1 + g %% cardinality(%(places)s::text[])], 'EUR', 100, 'bench',
       %(now)s::timestamptz - interval '91 days' * g / %(n)s, %(now)s,
       %(now)s::timestamptz - interval '91 days' * g / %(n)s + interval '1 hour' * (g %% 48)
from generate_series(1, %(n)s::bigint / 100) g;
