-- A ledger that has been in use for long, as the engine would have left it: for each n of a part, a booking of member
-- n % members in month n / members earned 200 EUR, and three of ten were redeemed five days later. Every row that the
-- controls compare is there: keys, events with their decisions, transfers, lots, draws, orders, codes.

-- members
insert into members (program_id, member_id, market, language, location, attributes, enrolled_at)
select %(program)s, m, 'DE', 'de', null, '{}', %(start)s from generate_series(1, %(members)s) m;

-- earned
with given as materialized (
  select n, n %% %(members)s + 1 as member_id, %(first)s + n as event_id, (1::bigint << 42) + n as reward_id,
         %(start)s::timestamptz + make_interval(months => (n / %(members)s)::integer)
           + make_interval(secs => (n * 7919) %% 2000000) as at,
         n %% 10 < 3 as used
  from generate_series(%(from)s::bigint, %(to)s::bigint) n
),
keys as (
  insert into event_keys (program_id, key, payload_hash, event_id)
  select %(program)s, md5('large' || event_id)::uuid, event_id, event_id from given
),
lots as (
  insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer, state, happened_at,
                       issued_at, available_at, expires_at, redeemed_at)
  select %(program)s, member_id, reward_id, event_id, 'booking', 'EUR', 20000, case when used then 0 else 20000 end,
         'budget:by_market:DE', case when used then 'redeemed' else 'ready' end, at, at, at, at + interval '3650 days',
         case when used then at + interval '5 days' end
  from given
),
moved as (
  insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount, happened_at,
                         recorded_at)
  select %(program)s, member_id, reward_id, event_id, 'budget:by_market:DE', 'purse', 'EUR', 20000, at, at from given
)
insert into events (program_id, member_id, id, type, source, external_id, market, location, version, outcome, data,
                    decision, happened_at, recorded_at, decided_at)
select %(program)s, member_id, event_id, 'booking.confirmed', 'crm', event_id::text, 'DE', null, 1, 'earned', '{}',
       format('{"effects":[{"type":"issue","rule":"booking","reward":%%s,"unit":"EUR","value":20000,"expires_at":"%%s",'
              '"payer":"budget:by_market:DE","available_at":null,"reference":null},{"type":"post","id":%%s,'
              '"from_account":"budget:by_market:DE","to_account":"purse","unit":"EUR","amount":20000}],"v":1}',
              reward_id, to_char(at + interval '3650 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), reward_id)::json, at, at, at
from given;

-- redeemed
with given as materialized (
  select n, n %% %(members)s + 1 as member_id, (2::bigint << 42) + n as event_id, (1::bigint << 42) + n as reward_id,
         (3::bigint << 42) + n as order_id,
         %(start)s::timestamptz + make_interval(months => (n / %(members)s)::integer)
           + make_interval(secs => (n * 7919) %% 2000000) + interval '5 days' as at
  from generate_series(%(from)s::bigint, %(to)s::bigint) n where n %% 10 < 3
),
placed as (
  insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)
  select %(program)s, member_id, order_id, reward_id, 'charging', 'EUR', 20000, 'phone', at from given
),
given_out as (
  insert into codes (program_id, item, unit, value, code_index, code, state, order_id, issued_at)
  select %(program)s, 'charging', 'EUR', 20000, sha256(int8send(order_id)), '\x00', 'issued', order_id, at from given
),
drawn as (
  insert into draws (program_id, member_id, transfer_id, reward_id, amount, recorded_at)
  select %(program)s, member_id, order_id, reward_id, 20000, at from given
),
moved as (
  insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount, happened_at,
                         recorded_at)
  select %(program)s, member_id, order_id, event_id, 'purse', 'spent:by_market:DE', 'EUR', 20000, at, at from given
)
insert into events (program_id, member_id, id, type, source, external_id, market, location, version, outcome, data,
                    decision, happened_at, recorded_at, decided_at)
select %(program)s, member_id, event_id, 'reward.redeemed', 'guerdon', order_id::text, 'DE', null, 1, 'redeemed',
       '{"item":"charging"}',
       format('{"effects":[{"type":"redeem","reward":%%s,"order":%%s,"item":"charging","unit":"EUR","value":20000},'
              '{"type":"post","id":%%s,"from_account":"purse","to_account":"spent:by_market:DE","unit":"EUR",'
              '"amount":20000},{"type":"draw","post":%%s,"reward":%%s,"amount":20000}],"v":1}',
              reward_id, order_id, order_id, order_id, reward_id)::json, at, at, at
from given;

-- sums
with purses as (
  insert into accounts (program_id, member_id, name, unit, posted, active_at)
  select program_id, member_id, 'purse', 'EUR', sum(remaining), max(issued_at) from rewards
  where program_id = %(program)s group by 1, 2
),
used as (
  insert into allowances (program_id, member_id, name, period, used, ceiling)
  select program_id, member_id, 'member_month', date_trunc('month', happened_at at time zone 'Europe/Berlin'), sum(value),
         60000
  from rewards where program_id = %(program)s group by 1, 2, 4
),
spent as (
  insert into accounts (program_id, member_id, name, unit, posted)
  select %(program)s, 0, 'spent:by_market:DE', 'EUR', sum(amount) from transfers
  where program_id = %(program)s and to_account = 'spent:by_market:DE'
),
paid as (
  update accounts set posted = posted - (select count(*) * 20000 from rewards where program_id = %(program)s)
  where program_id = %(program)s and name = 'budget:by_market:DE'
),
issued as (
  insert into rollups (program_id, day, market, location, rule, unit, issued, issued_value, redeemed, redeemed_value,
                       redeemed_phone)
  select program_id, (happened_at at time zone 'Europe/Berlin')::date, 'DE', '', 'booking', 'EUR', count(*), sum(value),
         count(redeemed_at), sum(value) filter (where redeemed_at is not null), count(redeemed_at)
  from rewards where program_id = %(program)s group by 1, 2
)
insert into event_rollups (program_id, day, market, type, events)
select program_id, (happened_at at time zone 'Europe/Berlin')::date, 'DE', type, count(*) from events
where program_id = %(program)s group by 1, 2, 4;
