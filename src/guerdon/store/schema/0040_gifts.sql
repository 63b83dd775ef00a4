-- A reward that its member gives to somebody else, by a link that works once. Of the link a hash is kept, and of the
-- browser that took it too; for whom it is and what is said to them is sealed. The reward stays in its member's books.

create table gifts (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  reward_id    bigint not null,
  token_hash   bytea not null,
  to_words     bytea,
  made_at      timestamptz not null,
  -- Until when it can be taken; what was taken stays so.
  expires_at   timestamptz not null,
  taken_at     timestamptz,
  bound_hash   bytea,
  canceled_at  timestamptz,
  -- The first thing that was chosen with it.
  order_id     bigint,
  primary key (program_id, member_id, id),
  constraint gifts_have_a_link_of_their_own unique (program_id, token_hash),
  constraint gifts_keep_hashes check (length(token_hash) = 32 and length(bound_hash) = 32),
  constraint gifts_last check (expires_at > made_at),
  constraint gifts_are_taken_by_somebody check ((taken_at is null) = (bound_hash is null)),
  constraint gifts_are_taken_in_time check (taken_at < expires_at),
  constraint gifts_are_taken_or_canceled check (num_nonnulls(taken_at, canceled_at) < 2),
  constraint gifts_are_used_by_whoever_took_them check (order_id is null or taken_at is not null)
);
-- A reward is given to one person at a time.
create unique index gifts_once on gifts (program_id, member_id, reward_id) where canceled_at is null;

-- Whoever took it has it, and what was taken back is over.
create function refuse_gift_step() returns trigger language plpgsql as $$
begin
  raise exception 'gift %: it was taken or taken back', old.id using errcode = '23514';
end $$;
create trigger gifts_go_their_way before update on gifts for each row
  when ((old.taken_at is not null or old.canceled_at is not null)
        and (old.taken_at, old.bound_hash, old.canceled_at)
            is distinct from (new.taken_at, new.bound_hash, new.canceled_at))
  execute function refuse_gift_step();

create constraint trigger gifts_are_audited after insert or update or delete on gifts
  deferrable initially deferred for each row execute function demand_audit();

grant select on gifts to guerdon_worker, guerdon_web;
grant insert on gifts to guerdon_web;
grant update (taken_at, bound_hash, canceled_at, order_id) on gifts to guerdon_web;
grant update (to_words) on gifts to guerdon_worker;

-- By which link somebody comes: the one gift that is seen before it is known whose it is.
create function this_gift() returns bytea language sql stable parallel safe
  return decode(nullif(current_setting('guerdon.gift', true), ''), 'hex');

-- A member sees their own; staff of a part, those of members of theirs.
alter table gifts enable row level security;
alter table gifts force row level security;
create policy one_program on gifts
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
-- Who has a link sees what it is of, and changes nothing by that.
create policy come_by_link on gifts for select
  using (program_id = (select this_program()) and token_hash = (select this_gift())
         and ((select whole_program()) or sees_member(program_id, member_id)));
