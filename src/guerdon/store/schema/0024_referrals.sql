-- Referrals: who asked whom along, by which code, and what became of it. Nobody is named in here: members are numbers,
-- and what tells two people apart (a device, a network, a card) is a keyed hash that opens nowhere.

create table referral_codes (
  program_id   integer not null,
  scheme       text not null,
  member_id    bigint not null,
  code         text not null,
  -- An id by which the member is told of later, also after two contacts became one.
  source       text not null,
  external_id  text not null,
  made_at      timestamptz not null,
  -- How many visitors its link had; of each it is known for a week that they came.
  visits       bigint not null default 0,
  primary key (program_id, scheme, member_id),
  constraint referral_codes_are_one_member_s unique (program_id, code),
  constraint referral_codes_are_long check (code ~ '^[0-9A-HJKMNP-TV-Z]{10,32}$'),
  constraint referral_codes_count_up check (visits >= 0)
);

create table referral_visits (
  program_id   integer not null,
  member_id    bigint not null,
  scheme       text not null,
  visitor      bytea not null,
  day          date not null,
  primary key (program_id, member_id, scheme, visitor),
  constraint referral_visits_keep_a_hash check (length(visitor) = 16)
);
create index referral_visits_by_day on referral_visits (program_id, day);

-- A friend (member_id) who came by the code of a referrer; none of a code that nobody has.
create table referral_pairs (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  scheme        text not null,
  code          text not null,
  referrer_id   bigint,
  -- By which ids both are told of it.
  source        text not null,
  external_id   text not null,
  referrer_source       text,
  referrer_external_id  text,
  state         text not null
    check (state in ('claimed', 'qualified', 'held', 'released', 'refused', 'undone')),
  reasons       text[] not null default '{}',
  claimed_at    timestamptz not null,
  recorded_at   timestamptz not null,
  -- The event of the friend that qualified them, and what it said where the told events repeat it.
  qualified_at  timestamptz,
  qualified_by  bigint,
  said          json,
  -- When both sides were told that it came about, and that it was undone.
  told_at       timestamptz,
  undone_at     timestamptz,
  untold_at     timestamptz,
  settled_by    text,
  settled_at    timestamptz,
  settled_for   text,
  primary key (program_id, member_id, id),
  constraint referral_pairs_are_once unique (program_id, id),
  constraint referral_pairs_are_of_two check (referrer_id is not null or state = 'refused'),
  constraint referral_pairs_say_why check (state not in ('held', 'refused') or cardinality(reasons) > 0),
  constraint referral_pairs_qualify_by_something check (
    state not in ('qualified', 'held', 'released', 'undone') or qualified_at is not null and qualified_by is not null),
  constraint referral_pairs_are_told check ((told_at is not null) >= (state in ('qualified', 'released'))),
  constraint referral_pairs_are_told_no_other check (told_at is null or state in ('qualified', 'released', 'undone')),
  constraint referral_pairs_take_back_what_was_told check (
    untold_at is null or told_at is not null and state = 'undone'),
  constraint referral_pairs_settle_by_somebody check (
    (settled_by is null) = (settled_at is null) and (settled_by is null) = (settled_for is null)
    and settled_for is distinct from ''),
  constraint referral_pairs_release_by_somebody check (state <> 'released' or settled_by is not null)
);
-- A friend came by one code: the first.
create unique index referral_pairs_first_wins on referral_pairs (program_id, scheme, member_id)
  where state <> 'refused';
create index referral_pairs_by_code on referral_pairs (program_id, code, claimed_at);
create index referral_pairs_by_name on referral_pairs (program_id, source, external_id);
create index referral_pairs_by_referrer on referral_pairs (program_id, referrer_id, scheme);
create index referral_pairs_by_referrer_name on referral_pairs (program_id, referrer_source, referrer_external_id);
create index referral_pairs_by_state on referral_pairs (program_id, state, id);

-- What people share who should not: kind is device, network, payment, address or vehicle.
create table referral_marks (
  program_id   integer not null,
  member_id    bigint not null,
  scheme       text not null,
  kind         text not null check (kind in ('device', 'network', 'payment', 'address', 'vehicle')),
  mark         bytea not null,
  seen_at      timestamptz not null,
  primary key (program_id, member_id, scheme, kind, mark),
  constraint referral_marks_keep_a_hash check (length(mark) = 16)
);
create index referral_marks_shared on referral_marks (program_id, scheme, mark, kind, member_id);

-- People's word over a pair stands in the audit.
create constraint trigger referral_pairs_are_audited after update on referral_pairs
  deferrable initially deferred for each row when (new.settled_by is distinct from old.settled_by)
  execute function demand_audit();

-- What a pair tells goes into the inbox in the commit that qualified it.
grant execute on function record_intake to guerdon_worker;
grant select on referral_codes, referral_visits, referral_pairs, referral_marks to guerdon_worker, guerdon_web;
grant insert on referral_codes to guerdon_worker, guerdon_web;
grant update (visits) on referral_codes to guerdon_web;
grant insert on referral_visits to guerdon_web;
grant delete on referral_visits to guerdon_worker;
grant insert, update on referral_pairs to guerdon_worker;
grant update (state, told_at, settled_by, settled_at, settled_for) on referral_pairs to guerdon_web;
grant insert on referral_marks to guerdon_worker, guerdon_web;

-- A member sees their own, and of pairs those that they brought; staff of a part, those of members of theirs.
do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  own text;
begin
  foreach name in array array['referral_codes', 'referral_visits', 'referral_pairs', 'referral_marks']
  loop
    own := case name when 'referral_pairs'
      then '(select this_member()) in (member_id, referrer_id)'
      else 'member_id = (select this_member())' end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy one_program on %I using (%2$s) with check (%2$s)', name,
      here || ' and ((select this_member()) is null or ' || own || ')'
      || ' and ((select whole_program()) or sees_member(program_id, member_id))');
  end loop;
end $$;
