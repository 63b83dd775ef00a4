-- So many rewards that were decided since the last turn, and as many orders that came.
insert into events (program_id, member_id, id, type, source, external_id, market, location, version, outcome, data,
                    decision, happened_at, recorded_at, decided_at)
select %(p)s, g, 2000000000 + g, 'bench', 'bench', g::text,
       (%(markets)s::text[])[1 + g %% cardinality(%(markets)s::text[])],
       (%(places)s::text[])[1 + g %% cardinality(%(places)s::text[])], 1, 'issued', '{}', '{}', %(now)s, %(now)s,
       %(now)s::timestamptz + interval '1 millisecond' * (g %% 1000)
from generate_series(1, %(n)s::bigint) g;

insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer, happened_at, issued_at,
                     available_at)
select %(p)s, g, 2000000000 + g, 2000000000 + g, (%(rules)s::text[])[1 + g %% cardinality(%(rules)s::text[])], 'EUR',
       100, 100, 'bench', %(now)s, %(now)s, %(now)s
from generate_series(1, %(n)s::bigint) g;

insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)
select %(p)s, g, 3000000000 + g, 2000000000 + g, 'bench', 'EUR', 100, 'phone', %(now)s
from generate_series(1, %(n)s::bigint) g;

insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at, ordered_at, settled_at)
select %(p)s, g, 3000000000 + g, (%(suppliers)s::text[])[1 + g %% cardinality(%(suppliers)s::text[])], 'fulfilled',
       %(now)s::timestamptz + interval '1 second', %(now)s::timestamptz + interval '1 second',
       %(now)s::timestamptz + interval '1 second' * (2 + g %% 30)
from generate_series(1, %(n)s::bigint) g;
