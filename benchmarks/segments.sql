-- Members %(from)s to %(to)s with what they did and have, a part of it missing.
with numbered as (select n from generate_series(%(from)s::bigint, %(to)s::bigint) n),
members as (
  insert into members (program_id, member_id, market, language, location, attributes, enrolled_at)
  select %(program)s, n, (array['DE', 'FR', 'ES'])[n %% 3 + 1], 'en', 'de-kiel',
         json_strip_nulls(json_build_object(
           'club', case when n %% 5 > 0 then (array['gold', 'silver', 'bronze'])[n / 5 %% 3 + 1] end,
           'visits', case when n %% 7 > 0 then n %% 11 end,
           'joined', to_char(%(today)s::date - (n * 7919 %% 1500)::int, 'YYYY-MM-DD"T00:00:00Z"'))),
         %(today)s::date
  from numbered
),
days as (
  insert into member_days (program_id, member_id, what, day, amount)
  select %(program)s, n, w.what, %(today)s::date - (n * w.step %% 500)::int,
         case when w.what like '%%#%%' then 300 + n * w.step %% 2000 else 1 end
  from numbered, (values (2, 'booking.confirmed', 7907), (2, 'booking.confirmed#deposit', 7907),
                         (3, 'booking.confirmed', 6997), (3, 'booking.confirmed#deposit', 6997),
                         (2, 'visit.done', 5003), (5, 'visit.done', 4001)) w (each, what, step)
  where n %% w.each = 0
  on conflict do nothing
)
insert into member_holdings (program_id, member_id, kind, key, fields, opened_at)
select %(program)s, n, 'vehicle', 'v' || n,
       json_build_object('class', (array['suv', 'sedan'])[n %% 2 + 1],
                         'bought_on', to_char(b.day, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), b.day
from numbered, lateral (select %(today)s::timestamp - (n * 3001 %% 900) * interval '1 day' as day) b
where n %% 5 < 2
