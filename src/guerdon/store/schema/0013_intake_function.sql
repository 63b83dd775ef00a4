-- The door's one statement: any number of requests, their events as flat arrays, in one round trip and one commit.
-- A key seen for the first time goes to the inbox; one seen before over the same payload is a duplicate; one seen
-- before over another payload is put in quarantine. Answers a row per event: n is its place in the arrays.

create function record_intake(
  in_program integer, in_connections text[], in_bodies bytea[], in_at timestamptz,
  in_requests integer[], in_positions smallint[], in_keys uuid[], in_hashes bigint[], in_lanes smallint[],
  in_external_ids text[]
) returns table (n integer, verdict text) language plpgsql set search_path = guerdon, pg_temp as $$
#variable_conflict use_column
declare
  first_delivery bigint[];
  event_ids bigint[];
  fresh_ones bigint;
begin
  with made as (
    insert into deliveries (program_id, connection, body, recorded_at)
    select in_program, c, b, in_at from unnest(in_connections, in_bodies) with ordinality as r (c, b, ord) order by ord
    returning id
  )
  select array_agg(id order by id) into first_delivery from made;

  with given as materialized (
    select e.*, nextval('event_id_seq') as event_id
    from unnest(in_requests, in_positions, in_keys, in_lanes) with ordinality as e (request, position, key, lane, n)
    order by e.n
  ), fresh as (
    -- By key, so that two doors with the same events never wait for each other crosswise.
    insert into event_keys (program_id, key, payload_hash, event_id)
    select in_program, key, in_hashes[n], event_id from given order by key, n
    on conflict (program_id, key) do nothing
    returning event_id
  ), queued as (
    insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
    select in_program, g.event_id, g.lane, in_connections[g.request], first_delivery[g.request], g.position, in_at
    from given g join fresh f on f.event_id = g.event_id
    order by g.event_id
    returning id
  )
  select array_agg(g.event_id order by g.n), (select count(*) from queued) into event_ids, fresh_ones from given g;

  if fresh_ones = cardinality(in_keys) then
    return query select i, 'accepted' from generate_series(1, cardinality(in_keys)) as i;
    return;
  end if;

  -- A statement of its own, because only then it sees what another door wrote while we waited for it.
  return query
  with judged as materialized (
    select e.n, e.request, e.position, e.external_id, e.event_id,
      case when k.event_id = e.event_id then 'accepted'
           when k.payload_hash = e.payload_hash then 'duplicate'
           else 'reused' end as verdict
    from unnest(in_requests, in_positions, in_keys, in_hashes, in_external_ids, event_ids)
      with ordinality as e (request, position, key, payload_hash, external_id, event_id, n)
    join event_keys k on k.program_id = in_program and k.key = e.key
  ), kept as (
    insert into quarantine (program_id, connection, event_id, external_id, reason, detail, delivery_id, position, recorded_at)
    select in_program, in_connections[j.request], j.event_id, j.external_id, 'reused_id',
           'This event id was used before with other content. The first one stands; send the new one under an id of its own.',
           first_delivery[j.request], j.position, in_at
    from judged j where j.verdict = 'reused'
  )
  select j.n::integer, j.verdict from judged j order by j.n;
end $$;

revoke all on function record_intake from public;
grant execute on function record_intake to guerdon_web;
