-- A member who was made to try a program: only one of the source `sample`, and new. The web may enroll nobody else.
-- Row security holds in here too: for the program of the transaction, by whoever sees all of it.
create function enroll_sample(
  in_member bigint, in_external_id text, in_market text, in_language text, in_key bytea, in_name bytea, in_at timestamptz
) returns void language plpgsql security definer set search_path = guerdon, pg_temp as $$
begin
  if this_program() is null or this_member() is not null or not whole_program() then
    raise exception 'a sample belongs to a whole program' using errcode = '42501';
  end if;
  insert into members (program_id, member_id, market, language, attributes, enrolled_at)
  values (this_program(), in_member, in_market, in_language, '{"sample": true}', in_at);
  insert into member_ids (program_id, source, external_id, member_id)
  values (this_program(), 'sample', in_external_id, in_member);
  insert into persons (program_id, member_id, key, name) values (this_program(), in_member, in_key, in_name);
end $$;

revoke all on function enroll_sample from public;
grant execute on function enroll_sample to guerdon_web;
