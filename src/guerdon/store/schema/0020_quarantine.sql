-- Quarantine that people work through: what was set apart is tried again, or put away for a reason; never deleted.

alter table quarantine
  -- In which lane it goes back to the inbox; of what was set apart before, any is as good.
  add column lane smallint,
  add column settled_as text check (settled_as in ('retried', 'put_away')),
  add column settled_by text,
  -- Why it was put away.
  add column settled_for text not null default '',
  add constraint quarantine_settles_by_somebody check (
    (settled_at is null) = (settled_as is null) and (settled_at is null) = (settled_by is null)),
  add constraint quarantine_puts_away_for_a_reason check (settled_as is distinct from 'put_away' or settled_for <> '');

create index quarantine_standing on quarantine (program_id, id) where settled_at is null;
-- How often the same thing was set apart.
create index quarantine_by_place on quarantine (program_id, delivery_id, position);

grant update (settled_as, settled_by, settled_for) on quarantine to guerdon_web;

create constraint trigger quarantine_is_audited after update on quarantine
  deferrable initially deferred for each row execute function demand_audit();
