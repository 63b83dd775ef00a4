insert into events (program_id, member_id, id, type, source, external_id, market, location, version, outcome, data,
                    decision, happened_at, recorded_at, decided_at)
select %(program)s, m.member_id, e.id, e.type, 'hubspot_eu', e.id::text, m.market, m.location, 1,
       case when e.value > 0 then 'earned' else 'nothing' end,
       case when e.type = 'booking.confirmed' then '{"order_type":"retail","deposit":50000}'::json else '{}'::json end,
       case when e.value > 0 then
         format('{"effects":[{"type":"issue","rule":"%%s","reward":%%s,"unit":"EUR","value":%%s,"expires_at":"%%s",'
                '"payer":"budget:by_market:%%s","available_at":null,"reference":null},{"type":"post","id":%%s,'
                '"from_account":"budget:by_market:%%s","to_account":"purse","unit":"EUR","amount":%%s},'
                '{"type":"send","id":%%s,"message":"reward_ready","channel":"email","reward":%%s}],"v":1}',
                e.rule, e.reward, e.value, to_char(e.at + interval '180 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), m.market,
                e.reward, m.market, e.value, e.reward + 1, e.reward)::json
       when e.type = 'booking.canceled' then '{"effects":[{"type":"wait","rule":"booking","reference":null}],"v":1}'::json
       else '{"effects":[],"v":1}'::json end,
       e.at, e.at, e.at
from (
  select %(first)s + n as id, %(member)s + (n * 7919 %% %(members)s) as member_id, (1::bigint << 42) + 2 * n as reward,
         %(start)s::timestamptz + n * %(step)s::interval as at,
         (array['booking.confirmed', 'test_drive.completed', 'booking.confirmed', 'test_drive.completed',
                'booking.confirmed', 'test_drive.completed', 'booking.confirmed', 'test_drive.completed',
                'booking.canceled', 'vehicle.purchased'])[n %% 10 + 1] as type,
         (array['booking', 'test_drive', 'booking', 'test_drive', 'booking', 'test_drive', 'booking', 'test_drive',
                '', ''])[n %% 10 + 1] as rule,
         (array[20000, 2500, 20000, 2500, 20000, 2500, 20000, 2500, 0, 0])[n %% 10 + 1] as value
  from generate_series(%(from)s::bigint, %(to)s::bigint) n
) e join members m on m.program_id = %(program)s and m.member_id = e.member_id
order by e.id
