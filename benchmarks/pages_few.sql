-- What there are fewer of: people's work, and what stands beside what members did.
insert into delivery_progress values (%(program)s, %(now)s, %(now)s)
on conflict (program_id) do update set rewards_to = excluded.rewards_to, orders_to = excluded.orders_to;

-- What the batch counts last.
insert into rewarded_members
select program_id, market, unit, rules, count(*)
from (select r.program_id, m.market, r.unit, array_agg(distinct r.rule order by r.rule) as rules
      from rewards r join members m using (program_id, member_id)
      where r.program_id = %(program)s group by r.program_id, r.member_id, m.market, r.unit) each_member
group by 1, 2, 3, 4;

insert into consents (program_id, member_id, id, topic, channel, what, method, actor, version, language, happened_at,
                      recorded_at)
select program_id, member_id, (10::bigint << 42) + member_id %% (1::bigint << 40), 'offers', 'email', 'given', 'page', 'member', 1,
       language, enrolled_at, enrolled_at
from members where program_id = %(program)s and member_id %% 3 = 0;

insert into standing_consents (program_id, member_id, topic, channel, state, consent_id, since)
select program_id, member_id, topic, channel, 'given', id, happened_at from consents where program_id = %(program)s;

-- One of ten was brought by somebody.
insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source, external_id, state, reasons,
                            claimed_at, recorded_at, qualified_at, qualified_by, told_at)
select %(program)s, %(member)s + g, (8::bigint << 42) + g, 'friends', 'ABCDEFGH99', %(member)s + g + 1, 'hubspot', g::text, s.state,
       case when s.state in ('held', 'refused') then array['device'] else '{}' end, at, at,
       case when s.state in ('qualified', 'held') then at + interval '3 days' end,
       case when s.state in ('qualified', 'held') then %(first)s + g end,
       case when s.state = 'qualified' then at + interval '3 days' end
from (select g, %(now)s::timestamptz - interval '700 days' * (g %% 1000) / 1000 - interval '4 days' as at,
             (array['qualified', 'qualified', 'claimed', 'held', 'refused'])[1 + g / 10 %% 5] as state
      from generate_series(0, %(members)s - 2, 10) g) s;

insert into referral_codes (program_id, scheme, member_id, code, source, external_id, made_at)
select %(program)s, 'friends', %(member)s + g, '0000' || lpad(g::text, 10, '0'), 'hubspot', g::text, %(now)s
from generate_series(1, %(members)s - 1, 10) g;

insert into twins (program_id, one_id, other_id, shared, found_at)
select %(program)s, %(member)s + 2 * g, %(member)s + 2 * g + 1, '{email}', %(now)s
from generate_series(0, least(100, %(members)s / 2 - 1)) g;

insert into quarantine (program_id, connection, external_id, reason, detail, recorded_at, settled_at, settled_as, settled_by,
                        settled_for)
select %(program)s, %(connection)s, g::text, 'unmapped', 'no mapping fits', %(now)s::timestamptz - g * interval '1 hour',
       case when g > 300 then %(now)s::timestamptz end, case when g > 300 then 'put_away' end,
       case when g > 300 then 'bench' end, case when g > 300 then 'known' else '' end
from generate_series(1, 3000) g;

insert into waiting
select %(program)s, 'hubspot', 'late' || g, (11::bigint << 42) + g, 0, %(connection)s, g, 0, 'test_drive.completed',
       %(now)s::timestamptz - g * interval '1 minute', %(now)s, %(now)s
from generate_series(1, 500) g;

insert into intake_counts (program_id, connection, day, what, n)
select %(program)s, %(connection)s, %(now)s::date - d, w, 5000
from generate_series(1, 720) d, unnest(array['accepted', 'duplicate', 'rejected']) w;

insert into audit (program_id, actor, action, subject, reason, after, recorded_at)
select %(program)s, 'per_' || lpad((g %% 9)::text, 13, '0'), (array['member.unmasked', 'request.made', 'order.taken'])[1 + g %% 3],
       'mem_' || lpad(g::text, 13, '0'), 'asked by phone', '{}', %(now)s::timestamptz - g * interval '20 minutes'
from generate_series(1, %(audited)s) g;

insert into requests (program_id, id, kind, state, maker, beneficiary, market, location, unit, amount, reason, created_at,
                      expires_at, closed_at)
select %(program)s, (12::bigint << 42) + g, 'adjustment', case when g %% 10 = 0 then 'rejected' else 'done' end,
       'per_0000000000001', m.member_id, m.market, m.location, 'EUR', 100 + g, 'a gesture', at, at + interval '14 days',
       at + interval '1 day'
from generate_series(1, 5000) g
join members m on m.program_id = %(program)s and m.member_id = %(member)s + g %% %(members)s,
lateral (select %(now)s::timestamptz - interval '2 days' - g * interval '3 hours' as at) t;

insert into revisions (program_id, request_id, revision, maker, beneficiary, content, content_sha, recorded_at)
select program_id, id, 1, maker, beneficiary,
       json_build_object('kind', 'adjustment', 'member', beneficiary, 'unit', unit, 'amount', amount, 'payer',
                         'budget:by_market:' || market, 'reason', reason), sha256(id::text::bytea), created_at
from requests where program_id = %(program)s;

insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at, closed_at, closed_by,
                           outcome)
select %(program)s, %(member)s + g, (array['correction', 'objection'])[1 + g %% 2], 'email', (%(now)s::timestamptz - g * interval '1 day')::date,
       'per_0000000000001', %(now)s::timestamptz - g * interval '1 day',
       case when g > 20 then %(now)s::timestamptz - (g - 20) * interval '1 day' end,
       case when g > 20 then 'per_0000000000001' end, case when g > 20 then 'done' end
from generate_series(0, least(700, %(members)s - 1)) g;

insert into supplier_statements (program_id, supplier, source, since, until, state, lines, found, by, taken_at, beat_at,
                                 ended_at)
select %(program)s, %(supplier)s, 'asked', at - interval '1 day', at, 'read', 1000, 3, 'bench', at, at, at
from (select %(now)s::timestamptz - g * interval '1 day' as at from generate_series(1, 100) g) s;

insert into order_differences (program_id, supplier, kind, subject, currency, ours_minor, theirs_minor, stake_minor,
                               their_state, at, statement_id, found_at, state, done, reason, settled_by, settled_at)
select %(program)s, %(supplier)s, 'not_with_us', 'order-' || g, 'EUR', null, 2500, 2500, 'placed', at,
       (select min(id) from supplier_statements), at, case when g > 60 then 'settled' else 'open' end,
       case when g > 60 then 'loss' else '' end, case when g > 60 then 'small' else '' end,
       case when g > 60 then 'per_0000000000001' end, case when g > 60 then at end
from (select g, %(now)s::timestamptz - g * interval '5 hours' as at from generate_series(1, 3000) g) d;

insert into catalog_feeds (program_id, key, supplier, generation, items, synced_at, state)
values (%(program)s, 'bench', %(supplier)s, 1, 0, %(now)s, 'applied');

insert into catalog_syncs (program_id, feed, kind, state, found, new, base, by, started_at, beat_at, ended_at)
select %(program)s, 'bench', 'full', 'applied', 2000, 2000, 0, 'bench', at, at, at
from (select %(now)s::timestamptz - g * interval '1 day' as at from generate_series(1, 300) g) s;

insert into control_runs (program_id, controls, breaches, took_ms, ran_at)
select %(program)s, 60, '{"breaches": {}}', 9000, %(now)s::timestamptz - g * interval '1 day' from generate_series(0, 60) g;

insert into crm_accounts (program_id, connection, kind, state, portal, connected_by, connected_at, changed_at)
values (%(program)s, %(connection)s, 'token', 'connected', 1, 'bench', %(now)s, %(now)s);

insert into webhook_endpoints (program_id, name, url, secret, created_by, created_at)
values (%(program)s, 'warehouse', 'https://warehouse.example/in', '\x00', 'bench', %(now)s);

insert into webhook_health (program_id, endpoint_id, delivered_at, took_ms, status)
select program_id, id, %(now)s, 40, 200 from webhook_endpoints where program_id = %(program)s;

insert into webhook_deliveries (program_id, endpoint_id, type, payload, state, attempts, recorded_at, next_at, settled_at)
select %(program)s, e.id, 'reward.given', '{}', 'delivered', 1, at, at, at
from webhook_endpoints e, generate_series(1, 20000) g, lateral (select %(now)s::timestamptz - g * interval '2 minutes' as at) t
where e.program_id = %(program)s;

insert into replays (program_id, title, bundle, sha, since, until, asked_by, asked_at)
select %(program)s, 'spring', bundle, 'bench', %(now)s::timestamptz - interval '90 days', %(now)s, 'per_0000000000001', %(now)s
from program_versions where program_id = %(program)s and version = 1;

insert into broadcasts (program_id, message, segment, spread_s, starts_at, made_by, made_at, state, started_by, started_at,
                        ended_at)
select %(program)s, 'winter_wheels', %(segment)s, 3600, at, 'per_0000000000001', at, 'ended', 'per_0000000000002', at,
       at + interval '1 hour'
from (select %(now)s::timestamptz - g * interval '9 days' as at from generate_series(1, 40) g) b;

insert into broadcast_counts (program_id, broadcast_id, pass, market, outcome, channel, members)
select program_id, id, pass, market, 'told', 'email', 1000
from broadcasts, unnest(array['check', 'told']) pass, unnest(%(markets)s::text[]) market
where program_id = %(program)s
