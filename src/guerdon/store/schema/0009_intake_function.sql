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
begin
  with made as (
    insert into deliveries (program_id, connection, body, recorded_at)
    select in_program, c, b, in_at from unnest(in_connections, in_bodies) with ordinality as r (c, b, ord) order by ord
    returning id
  )
  select array_agg(id order by id) into first_delivery from made;

  return query
  with given as materialized (
    select e.*, nextval('event_id_seq') as event_id
    from unnest(in_requests, in_positions, in_keys, in_hashes, in_lanes, in_external_ids)
      with ordinality as e (request, position, key, payload_hash, lane, external_id, n)
    order by e.n
  ), fresh as (
    insert into event_keys (program_id, key, payload_hash, event_id)
    select in_program, key, payload_hash, event_id from given order by n
    on conflict (program_id, key) do nothing
    returning key, event_id
  ), queued as (
    insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
    select in_program, g.event_id, g.lane, in_connections[g.request], first_delivery[g.request], g.position, in_at
    from given g join fresh f on f.event_id = g.event_id
    order by g.event_id
    returning id
  ), judged as materialized (
    select g.n, g.request, g.position, g.external_id, g.event_id,
      case
        when q.id is not null then 'accepted'
        when coalesce(k.payload_hash, twin.payload_hash) = g.payload_hash then 'duplicate'
        else 'reused'
      end as verdict
    from given g
    left join queued q on q.id = g.event_id
    left join event_keys k on q.id is null and k.program_id = in_program and k.key = g.key
    left join lateral (
      select t.payload_hash from given t join fresh f on f.event_id = t.event_id
      where q.id is null and k.key is null and t.key = g.key
    ) twin on true
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
