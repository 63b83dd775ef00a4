-- What members did, in groups of five events each: a booking, a test drive, a booking that was called off, a purchase,
-- and the booking's reward redeemed. One of five hundred groups is the first member's, who has much history so.
-- Groups %(from)s to %(to)s; all else is written from this table.
create temp table made as
with groups as materialized (
  select g, %(member)s + case when g %% 500 = 0 then 0 else g * 7919 %% %(members)s end as member_id,
         %(start)s::timestamptz + g * %(step)s::interval as at
  from generate_series(%(from)s::bigint, %(to)s::bigint) g
)
select g.g * 5 + k.k as n, k.k, %(first)s + g.g * 5 + k.k as event_id, g.member_id, m.market, coalesce(m.location, '') as
         location, m.language, k.type, k.rule, k.value, g.at + k.k * interval '2 hours' as at,
       ((g.at + k.k * interval '2 hours') at time zone %(zone)s)::date as day, (1::bigint << 42) + g.g * 5 + k.k as reward_id,
       (3::bigint << 42) + g.g * 5 + k.k as order_id, (7::bigint << 42) + g.g * 5 + k.k as message_id,
       case when k.k = 0 then 'redeemed' when g.at < %(now)s::timestamptz - interval '181 days' then 'expired'
            else 'ready' end as state
from groups g
join members m on m.program_id = %(program)s and m.member_id = g.member_id
cross join (values (0, 'booking.confirmed', 'booking', 20000), (1, 'test_drive.completed', 'test_drive', 2500),
                   (2, 'booking.canceled', '', 0), (3, 'vehicle.purchased', '', 0), (4, 'reward.redeemed', '', 0))
           k (k, type, rule, value);

analyze made;

insert into event_keys (program_id, key, payload_hash, event_id)
select %(program)s, md5('page' || event_id)::uuid, event_id, event_id from made;

insert into events (program_id, member_id, id, type, source, external_id, market, location, version, outcome, data,
                    decision, happened_at, recorded_at, decided_at)
select %(program)s, member_id, event_id, type, case k when 4 then 'guerdon' else 'hubspot_eu' end,
       case k when 4 then order_id else event_id end::text, market, nullif(location, ''), 1,
       case when value > 0 then 'earned' when k = 4 then 'redeemed' else 'nothing' end,
       case k when 0 then json_build_object('order_type', 'retail', 'deposit', 50000)
              when 4 then json_build_object('item', %(item)s::text) else '{}' end,
       case when value > 0 then
         format('{"effects":[{"type":"issue","rule":"%%s","reward":%%s,"unit":"EUR","value":%%s,"expires_at":"%%s",'
                '"payer":"budget:by_market:%%s","available_at":null,"reference":null},{"type":"post","id":%%s,'
                '"from_account":"budget:by_market:%%s","to_account":"purse","unit":"EUR","amount":%%s},'
                '{"type":"send","id":%%s,"message":"reward_ready","channel":"email","reward":%%s}],"v":1}',
                rule, reward_id, value, to_char(at + interval '180 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), market, reward_id,
                market, value, message_id, reward_id)::json
       when k = 2 then '{"effects":[{"type":"wait","rule":"booking_canceled","reference":null}],"v":1}'::json
       when k = 4 then
         format('{"effects":[{"type":"redeem","reward":%%s,"order":%%s,"item":"%%s","unit":"EUR","value":20000},'
                '{"type":"post","id":%%s,"from_account":"purse","to_account":"spent:by_market:%%s","unit":"EUR",'
                '"amount":20000},{"type":"draw","post":%%s,"reward":%%s,"amount":20000}],"v":1}',
                reward_id - 4, order_id, %(item)s::text, order_id, market, order_id, reward_id - 4)::json
       else '{"effects":[],"v":1}'::json end,
       at, at + interval '2 seconds', at + interval '3 seconds'
from made order by n;

insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer, state, happened_at,
                     issued_at, available_at, expires_at, redeemed_at)
select %(program)s, member_id, reward_id, event_id, rule, 'EUR', value, case state when 'ready' then value else 0 end,
       'budget:by_market:' || market, state, at, at + interval '3 seconds', at + interval '3 seconds',
       at + interval '180 days', case state when 'redeemed' then at + interval '8 hours' end
from made where value > 0;

insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount, happened_at,
                       recorded_at)
select %(program)s, member_id, reward_id, event_id, 'budget:by_market:' || market, 'purse', 'EUR', value, at,
       at + interval '3 seconds'
from made where value > 0
union all
select %(program)s, member_id, order_id, event_id, 'purse', 'spent:by_market:' || market, 'EUR', 20000, at,
       at + interval '3 seconds'
from made where k = 4
union all
select %(program)s, member_id, (5::bigint << 42) + n, event_id, 'purse', 'budget:by_market:' || market, 'EUR', value,
       at + interval '180 days', at + interval '180 days'
from made where value > 0 and state = 'expired';

insert into draws (program_id, member_id, transfer_id, reward_id, amount, recorded_at)
select %(program)s, member_id, order_id, reward_id - 4, 20000, at from made where k = 4;

insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)
select %(program)s, member_id, order_id, reward_id - 4, %(item)s, 'EUR', 20000,
       case when n %% 2 = 0 then 'phone' else 'computer' end, at
from made where k = 4;

insert into fulfillments (program_id, member_id, order_id, supplier, state, currency, face_minor, chosen_at, ordered_at,
                          settled_at, next_at, opened_at)
select %(program)s, member_id, order_id, 'pool', case when is_open then 'unknown' else 'fulfilled' end, 'EUR', 20000, at,
       at + interval '1 second', case when not is_open then at + interval '3 seconds' end,
       case when is_open then %(now)s::timestamptz + interval '1 day' end,
       case when not is_open then at + interval '5 minutes' end
from (select made.*, n %% 3000 < 5 and at > %(now)s::timestamptz - interval '60 days' as is_open from made where k = 4) f;

insert into codes (program_id, item, unit, value, code_index, code, state, order_id, issued_at)
select %(program)s, %(item)s, 'EUR', 20000, sha256(int8send(order_id)), '\x00', 'issued', order_id, at
from made where k = 4;

insert into order_cases (program_id, member_id, id, order_id, what, state, opened_at, answered_at, answered_by, settled_at)
select %(program)s, member_id, (9::bigint << 42) + n, order_id, 'not_accepted',
       case when n %% 2000 < 500 then 'open' else 'settled' end, at + interval '1 hour', null, null,
       case when n %% 2000 < 500 then null else at + interval '1 day' end
from made where k = 4 and n %% 500 = 4;

insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, via, language, state, attempts,
                      created_at, settled_at, opened_at, reason)
select %(program)s, member_id, message_id, event_id, reward_id, 'reward_ready', 'email', 'email', language,
       case when n %% 100 = 0 then 'failed' when n %% 3 = 0 then 'opened' else 'sent' end, 1, at + interval '3 seconds',
       at + interval '4 seconds', case when n %% 3 = 0 and n %% 100 <> 0 then at + interval '1 hour' end,
       case when n %% 100 = 0 then 'refused' end
from made where value > 0;

insert into message_attempts (program_id, member_id, message_id, channel, ref, state, reason, topic, marketing, exception,
                              day, tries, begun_at, settled_at)
select %(program)s, member_id, message_id, 'email', md5('page' || n)::uuid,
       case when n %% 100 = 0 then 'failed' else 'sent' end, case when n %% 100 = 0 then 'refused' end, 'service', false,
       'service', day, 1, at + interval '3 seconds', at + interval '4 seconds'
from made where value > 0;

insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, saved, happened_at,
                            received_at, decided_at, issued_at, state)
select %(program)s, member_id, reward_id, 'reward', reward_id, rule, market, location, false, at, at + interval '2 seconds',
       at + interval '3 seconds', at + interval '3 seconds', 'given'
from made where value > 0;

insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, supplier, saved,
                            happened_at, received_at, decided_at, issued_at, chosen_at, ordered_at, ended_at, opened_at,
                            state)
select %(program)s, member_id, order_id, 'order', reward_id - 4, 'booking', market, location, 'pool', false,
       at - interval '8 hours', at - interval '8 hours', at - interval '8 hours', at - interval '8 hours', at,
       at + interval '1 second', at + n %% 900 * interval '1 second', at + interval '20 minutes', 'there'
from made where k = 4 and not (n %% 3000 < 5 and at > %(now)s::timestamptz - interval '60 days');

insert into rollups as r (program_id, day, market, location, rule, unit, issued, issued_value, redeemed, redeemed_value,
                          redeemed_phone, redeemed_48h)
select %(program)s, day, market, location, rule, 'EUR', count(*), sum(value), count(*) filter (where k = 0),
       coalesce(sum(value) filter (where k = 0), 0), count(*) filter (where k = 0 and n %% 2 = 0),
       count(*) filter (where k = 0)
from made where value > 0 group by 2, 3, 4, 5
on conflict (program_id, day, market, location, rule, unit) do update
set issued = r.issued + excluded.issued, issued_value = r.issued_value + excluded.issued_value,
    redeemed = r.redeemed + excluded.redeemed, redeemed_value = r.redeemed_value + excluded.redeemed_value,
    redeemed_phone = r.redeemed_phone + excluded.redeemed_phone, redeemed_48h = r.redeemed_48h + excluded.redeemed_48h;

insert into event_rollups as r (program_id, day, market, type, events)
select %(program)s, day, market, type, count(*) from made group by 2, 3, 4
on conflict (program_id, day, market, type) do update set events = r.events + excluded.events;

insert into delays as r (program_id, day, market, stage, upto_ms, n)
select %(program)s, day, market, s.stage, s.step * (1 + n %% 6), count(*)
from made cross join (values ('reward', 1000), ('message', 100)) s (stage, step)
where value > 0 group by 2, 3, 4, 5
on conflict (program_id, day, market, stage, upto_ms) do update set n = r.n + excluded.n;

insert into location_days as r (program_id, day, location, market, events)
select %(program)s, day, location, market, count(*) from made where location <> '' and k < 4 group by 2, 3, 4
on conflict (program_id, day, location, market) do update set events = r.events + excluded.events;

insert into location_gifts as r (program_id, week, rule, location, market, unit, value, version, cause, n)
select %(program)s, date_trunc('week', day)::date, rule, location, market, 'EUR', value, 1, 'rule', count(*)
from made where location <> '' and value > 0 group by 2, 3, 4, 5, 7
on conflict (program_id, week, rule, location, market, unit, value, version, cause) do update set n = r.n + excluded.n;

insert into member_days as d (program_id, member_id, what, day, amount)
select %(program)s, member_id, type, day, count(*) from made where type = any(%(counted)s::text[]) group by 2, 3, 4
on conflict (program_id, member_id, what, day) do update set amount = d.amount + excluded.amount;

insert into allowances as a (program_id, member_id, name, period, used, ceiling)
select %(program)s, member_id, 'member_month', date_trunc('month', day), sum(value), 100000000 from made
where value > 0 group by 2, 4
on conflict (program_id, member_id, name, period) do update set used = a.used + excluded.used;

insert into accounts as a (program_id, member_id, name, unit, posted, active_at)
select %(program)s, member_id, 'purse', 'EUR', sum(value) filter (where state = 'ready'), max(at) from made
where value > 0 group by 2 having sum(value) filter (where state = 'ready') > 0
on conflict (program_id, member_id, name, unit) do update
set posted = a.posted + excluded.posted, active_at = excluded.active_at;

insert into accounts as a (program_id, member_id, name, unit, posted)
select %(program)s, 0, 'spent:by_market:' || market, 'EUR', count(*) * 20000 from made where k = 4 group by 3
on conflict (program_id, member_id, name, unit) do update set posted = a.posted + excluded.posted;

drop table made
