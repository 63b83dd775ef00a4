-- Budgets form a tree of accounts (central, market, location, campaign): a child holds what its parent transferred
-- to it, a reward debits its leaf alone, and a node above is the sum of what is below it and what it kept.

create table budget_nodes (
  program_id  integer not null,
  -- The account, like budget:by_market:DE.
  name        text not null,
  unit        text not null,
  budget      text not null,
  market      text,
  location    text,
  parent      text,
  -- The first day of the period it stands in; 0001-01-01 when it knows no periods.
  period      date not null,
  -- What it stood at when its period began, and since then what came in from above less what went back or down.
  allocated   bigint not null default 0,
  -- That again, in three parts that no clock decides: what moves between budgets came to since it was opened, what
  -- its periods carried over beside them, and what went up in this one beyond what was allocated.
  moved       bigint not null default 0,
  carried     bigint not null default 0,
  beyond      bigint not null default 0,
  -- What of that (with all below it) the program's text gave: publishing moves the difference to this, so that it
  -- undoes neither top-ups nor what people moved by hand.
  planned     bigint not null default 0,
  -- What members had spent of it when its period began.
  spent_before bigint not null default 0,
  -- Since when no program has it any more, or has it in another unit: what still comes back to it goes up.
  closed_at   timestamptz,
  primary key (program_id, name, unit),
  constraint budget_nodes_are_not_their_own_parent check (parent <> name),
  constraint budget_nodes_hold_no_debt check (allocated >= 0),
  constraint budget_nodes_add_up check (allocated = moved + carried + beyond)
);
-- An account pays in one unit at a time.
create unique index budget_nodes_open_once on budget_nodes (program_id, name) where closed_at is null;

-- A node is topped up once a period, however many batches would like to.
create table top_ups (
  program_id   integer not null,
  name         text not null,
  period       date not null,
  unit         text not null,
  amount       bigint not null,
  transfer_id  bigint not null,
  recorded_at  timestamptz not null,
  primary key (program_id, name, period),
  constraint top_ups_move_something check (amount > 0)
);

-- A period of a node begins once; `returned` is what was left of the one before and went back up.
create table budget_periods (
  program_id   integer not null,
  name         text not null,
  period       date not null,
  returned     bigint not null,
  allocated    bigint not null,
  recorded_at  timestamptz not null,
  primary key (program_id, name, period),
  constraint budget_periods_move_forward check (returned >= 0 and allocated >= 0)
);

-- One unit of `base` in `quote` on a day, as it was imported; figures in several currencies are added by these alone.
create table rates (
  program_id   integer not null,
  day          date not null,
  base         text not null,
  quote        text not null,
  rate         numeric(20, 10) not null,
  source       text not null,
  imported_at  timestamptz not null,
  primary key (program_id, base, quote, day),
  constraint rates_are_positive check (rate > 0),
  constraint rates_lead_elsewhere check (base <> quote)
);

-- What one unit was worth in another on a day: by that day's rate, or the last before it that is at most a week old
-- (markets close at weekends); a table that has the pair the other way round only is divided by. Null where nothing
-- was imported: whoever adds up names what is missing, and guesses nothing.
create function rate_on(base_unit text, quote_unit text, on_day date) returns numeric language sql stable parallel safe as $$
  select r.rate from (
    select 1::numeric as rate, on_day as day, 0 as turned where base_unit = quote_unit
    union all
    (select d.rate, d.day, 0 from rates d
     where d.program_id = nullif(current_setting('guerdon.program_id', true), '')::integer
       and d.base = base_unit and d.quote = quote_unit and d.day between on_day - 7 and on_day
     order by d.day desc limit 1)
    union all
    (select 1 / i.rate, i.day, 1 from rates i
     where i.program_id = nullif(current_setting('guerdon.program_id', true), '')::integer
       and i.base = quote_unit and i.quote = base_unit and i.day between on_day - 7 and on_day
     order by i.day desc limit 1)
  ) r order by r.turned, r.day desc limit 1
$$;

-- What somebody should know at once: a budget that runs low, a limit nearly used up, a control that found something.
create table alarms (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  kind         text not null,
  subject      text not null,
  -- At most one of a kind, subject and mark: 70% of a budget in a period is said once.
  mark         text not null,
  detail       json not null default '{}',
  raised_at    timestamptz not null,
  settled_at   timestamptz,
  primary key (program_id, id),
  constraint alarms_are_said_once unique (program_id, kind, subject, mark)
);
