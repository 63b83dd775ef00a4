-- Who is sent which report, and when: figures of what they may see, never more. What a report may show is asked again
-- each time it is made, so a schedule gives nobody anything.
create table report_schedules (
  program_id     integer not null,
  id             bigint not null generated always as identity,
  person_id      bigint not null references people,
  report         text not null,
  language       text not null,
  formats        text[] not null,
  every          text not null,
  -- Of a week from Monday (1) on, of a month its day; none where it comes each day.
  on_day         smallint,
  at_hour        smallint not null,
  zone           text not null,
  -- A part of what they may see; none: all of it.
  only_market    text,
  only_location  text,
  made_at        timestamptz not null,
  -- When it is due the next time.
  next_at        timestamptz not null,
  ended_at       timestamptz,
  primary key (program_id, id),
  constraint report_schedules_report_check check (report in ('overview', 'locations', 'finance', 'delivery')),
  constraint report_schedules_are_files
    check (cardinality(formats) > 0 and formats <@ array['pdf', 'xlsx']),
  constraint report_schedules_come_on_a_day check (
    every = 'day' and on_day is null or every = 'week' and on_day between 1 and 7
    or every = 'month' and on_day between 1 and 28),
  constraint report_schedules_come_at_an_hour check (at_hour between 0 and 23),
  constraint report_schedules_name_their_place check (only_market <> '' and only_location <> '')
);
create index report_schedules_due on report_schedules (program_id, next_at) where ended_at is null;
create index report_schedules_of_people on report_schedules (program_id, person_id);

-- One row each time a report was due. `handing`: it was given to the mail server, and nobody has learned yet how that
-- ended; who finds it so later says `unsure` and does not send it again.
create table report_sendings (
  program_id   integer not null,
  schedule_id  bigint not null,
  due_at       timestamptz not null,
  person_id    bigint not null references people,
  state        text not null default 'due',
  tries        integer not null default 0,
  next_at      timestamptz not null,
  -- Why it was not sent; a word of ours, or the mail server's own code.
  why          text not null default '',
  ended_at     timestamptz,
  primary key (program_id, schedule_id, due_at),
  foreign key (program_id, schedule_id) references report_schedules,
  constraint report_sendings_state_check check (state in ('due', 'handing', 'sent', 'refused', 'unsure', 'withheld')),
  constraint report_sendings_end_once check ((ended_at is null) = (state in ('due', 'handing')))
);
create index report_sendings_waiting on report_sendings (program_id, next_at) where ended_at is null;

-- What was sent was sent: it is not sent a second time.
create function stop_resent_reports() returns trigger language plpgsql as $$
begin
  if old.ended_at is not null then
    raise exception 'report % of % is over and stays so', old.schedule_id, old.due_at using errcode = '23514';
  end if;
  return new;
end $$;
create trigger report_sendings_stay_over before update on report_sendings
  for each row execute function stop_resent_reports();

create constraint trigger report_schedules_are_audited
  after insert or delete or update of report, language, formats, every, on_day, at_hour, zone, only_market,
    only_location, ended_at on report_schedules
  deferrable initially deferred for each row execute function demand_audit();

grant select on report_schedules, report_sendings to guerdon_worker, guerdon_web;
grant insert on report_schedules to guerdon_web;
grant update (report, language, formats, every, on_day, at_hour, zone, only_market, only_location, next_at, ended_at)
  on report_schedules to guerdon_web;
grant update (next_at) on report_schedules to guerdon_worker;
grant insert on report_sendings to guerdon_worker;
grant update (state, tries, next_at, why, ended_at) on report_sendings to guerdon_worker;

alter table report_schedules enable row level security;
alter table report_schedules force row level security;
create policy one_program on report_schedules
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)));
alter table report_sendings enable row level security;
alter table report_sendings force row level security;
create policy one_program on report_sendings
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)));
