-- What decisions were made on, kept so that each can be explained and made again, and a draft be tried on all of them.

-- A member's state is a number that rises whenever something changes on which rules decide. The state that ended is
-- kept; an event knows the number under which it was decided, so what was known of its member then is exact for ever,
-- and a member of whom nothing changed costs nothing.
alter table members add column state integer not null default 0;

create table member_states (
  program_id   integer not null,
  member_id    bigint not null,
  state        integer not null,
  market       text not null,
  language     text not null,
  location     text,
  attributes   json not null,
  ended_at     timestamptz not null,
  primary key (program_id, member_id, state)
);

create trigger member_states_only_grow before update or delete or truncate on member_states
  for each statement execute function refuse_change();

create function keep_state() returns trigger language plpgsql set search_path = guerdon, pg_temp as $$
begin
  insert into member_states (program_id, member_id, state, market, language, location, attributes, ended_at)
  values (old.program_id, old.member_id, old.state, old.market, old.language, old.location, old.attributes,
          transaction_timestamp());
  new.state := old.state + 1;
  return new;
end $$;

-- Whoever changes a member, by whatever way: the rows that an import brings again unchanged are no change.
create trigger members_keep_states before update on members for each row
  when ((old.market, old.language, old.location, old.attributes::text)
        is distinct from (new.market, new.language, new.location, new.attributes::text))
  execute function keep_state();

-- The member's state when it was decided; and the windows and holdings that its rules saw, where they read such.
alter table events add column state integer not null default 0, add column facts json;

-- What conditions count: events of a type by member and day (`booking.confirmed`), and the sum of a field
-- (`booking.confirmed.deposit`). Only what some version of the program counts, as `counted` says, which a batch reads
-- under a lock before it adds: so whoever begins to count something new adds up what there was, and misses nothing.
-- `counted_in` is the zone in whose days they are; `held` names the kinds of holdings that are kept, each with a hash of
-- how it is declared; `kept_by` is the version that says both so. What is kept otherwise than the live version says is
-- made anew in the same way.
alter table programs
  add column counted text[] not null default '{}',
  add column counted_in text not null default '',
  add column held text[] not null default '{}',
  add column kept_by integer not null default 0;

create table member_days (
  program_id   integer not null,
  member_id    bigint not null,
  what         text not null,
  day          date not null,
  amount       numeric not null,
  primary key (program_id, member_id, what, day)
);

-- What the buckets must hold, from the events alone: of everybody (members null), or of some.
create function recounted_days(program integer, whats text[], zone text, members bigint[])
  returns table (member_id bigint, what text, day date, amount numeric) language sql stable as $$
  select e.member_id, c.what, (e.happened_at at time zone zone)::date,
         sum(case when c.field is null then 1 else (e.data ->> c.field)::numeric end)
  from (select w as what, split_part(w, '#', 1) as type, nullif(split_part(w, '#', 2), '') as field
        from unnest(whats) as w) c
  join events e on e.type = c.type
  where e.program_id = program and e.source <> 'guerdon' and (members is null or e.member_id = any(members))
    and (c.field is null or e.data ->> c.field ~ '^-?[0-9]{1,19}$')
  group by 1, 2, 3
$$;

-- Vehicles, contracts, subscriptions: records of a member that events open, change and close. What changes or closes
-- may be told before what opens, so a row may have neither end. What was told of one is weighed by when it happened, and
-- by a number of the telling among those of one instant: `opened_by` is that of the last opening, `changed` has both for
-- each field that a change filled since then; the other fields are the opening's. Made of the events, by what the live
-- version declares, and rebuildable from them.
create table member_holdings (
  program_id   integer not null,
  member_id    bigint not null,
  kind         text not null,
  key          text not null,
  fields       json not null,
  opened_at    timestamptz,
  opened_by    bigint not null default 0,
  closed_at    timestamptz,
  changed      json not null default '{}',
  primary key (program_id, member_id, kind, key)
);

grant select on member_states, member_days, member_holdings to guerdon_worker, guerdon_web;
grant insert on member_states to guerdon_worker, guerdon_web;
grant insert, update, delete on member_days, member_holdings to guerdon_worker;
grant update (counted, counted_in, held, kept_by) on programs to guerdon_worker;

do $$
declare
  name text;
  rule constant text := 'program_id = (select this_program())'
    ' and ((select this_member()) is null or member_id in (0, (select this_member())))'
    ' and ((select whole_program()) or sees_member(program_id, member_id))';
begin
  foreach name in array array['member_states', 'member_days', 'member_holdings'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
