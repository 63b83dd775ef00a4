-- Verifying what contacts were told: of a write whose answer was lost nobody knows whether it is carried out, nor when.

alter table writeback_contacts
  -- Some write of it may be carried out until shortly before this; it is read back then.
  add column verify_at timestamptz,
  -- How often in a row it could not be read back, or something else stood there.
  add column differed smallint not null default 0;
-- Checking: it has been written, and is not settled before it was read back.
alter table writeback_contacts drop constraint writeback_contacts_state_check;
alter table writeback_contacts
  add constraint writeback_contacts_state_check
    check (state in ('waiting', 'checking', 'written', 'failed', 'gone')),
  add constraint writeback_contacts_check_then check (state <> 'checking' or verify_at is not null);
create index writeback_contacts_checking on writeback_contacts (program_id, connection, next_at, member_id)
  where state = 'checking';
-- How many are read back at once: fewer where a whole batch was refused.
alter table writeback_lanes
  add column checks_max smallint not null default 100,
  add constraint writeback_lanes_check_something check (checks_max between 1 and 100);
grant update (differed) on writeback_contacts to guerdon_web;
