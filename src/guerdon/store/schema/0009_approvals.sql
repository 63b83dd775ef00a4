-- What waits for people: a request holds exactly what will happen, and a hash of it; signatures are over one revision.
-- An edit is a new revision, which nobody has signed yet.

create table requests (
  program_id    integer not null,
  id            bigint not null,
  kind          text not null check (kind in ('reward', 'adjustment', 'budget', 'bulk', 'version', 'grant')),
  state         text not null default 'open'
                check (state in ('open', 'returned', 'approved', 'done', 'rejected', 'withdrawn', 'expired', 'failed')),
  revision      smallint not null default 1,
  -- Who wants it: a person (per_...), or what asked by itself (rule:booking).
  maker         text not null,
  beneficiary   bigint,
  market        text,
  location      text,
  unit          text,
  amount        bigint,
  reason        text not null,
  -- The rung of the ladder it stands on, 0 first; escalation moves it up.
  rung          smallint not null default 0,
  created_at    timestamptz not null,
  escalates_at  timestamptz,
  expires_at    timestamptz not null,
  closed_at     timestamptz,
  -- Why it stands as it does where no person said so: signature:left, hash, balance, budget.
  why           text not null default '',
  -- Whose signatures counted when it was carried out; what others had signed had lost its ground by then.
  signed_by     text[] not null default '{}',
  primary key (program_id, id),
  constraint requests_close_once
    check ((state in ('done', 'rejected', 'withdrawn', 'expired', 'failed')) = (closed_at is not null))
);
create index requests_open on requests (program_id, expires_at) where state in ('open', 'returned', 'approved');

create function refuse_reopened_request() returns trigger language plpgsql as $$
begin
  raise exception 'request % was closed as % and stays so', old.id, old.state using errcode = '23514';
end $$;
create trigger requests_stay_closed before update on requests for each row
  when (old.closed_at is not null) execute function refuse_reopened_request();

create table revisions (
  program_id    integer not null,
  request_id    bigint not null,
  revision      smallint not null,
  maker         text not null,
  -- 0 where nobody gains: the signatures below copy it, and a null would match everything.
  beneficiary   bigint not null default 0,
  content       json not null,
  content_sha   bytea not null check (length(content_sha) = 32),
  recorded_at   timestamptz not null,
  primary key (program_id, request_id, revision),
  unique (program_id, request_id, revision, maker, beneficiary, content_sha)
);
create trigger revisions_only_grow before update or delete or truncate on revisions
  for each statement execute function refuse_change();

create table signatures (
  program_id    integer not null,
  request_id    bigint not null,
  revision      smallint not null,
  person        text not null,
  -- For whom a stand-in signed.
  instead_of    text,
  -- The person's own membership, if there is one: nobody signs for themselves.
  signer_member bigint not null default -1,
  role          text not null,
  rung          smallint not null,
  verdict       text not null check (verdict in ('approve', 'reject', 'ask')),
  reason        text not null default '',
  maker         text not null,
  beneficiary   bigint not null,
  content_sha   bytea not null,
  signed_at     timestamptz not null,
  primary key (program_id, request_id, revision, person),
  constraint signatures_are_over_what_was_asked
    foreign key (program_id, request_id, revision, maker, beneficiary, content_sha)
    references revisions (program_id, request_id, revision, maker, beneficiary, content_sha),
  constraint signatures_are_not_the_makers check (person <> maker and instead_of is distinct from maker),
  constraint signatures_are_not_the_beneficiarys check (signer_member <> beneficiary)
);
-- Who has a stand-in speaks once: they, or the stand-in.
create unique index signatures_speak_once
  on signatures (program_id, request_id, revision, coalesce(instead_of, person));

create trigger signatures_only_grow before update or delete or truncate on signatures
  for each statement execute function refuse_change();
