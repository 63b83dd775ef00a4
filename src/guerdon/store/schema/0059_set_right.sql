-- A notice of whose reward a part was taken back stays where it lies, and says what is left: whoever has its page open
-- hears since when it reads otherwise.
alter table inapp add corrected_at timestamptz;
grant update (corrected_at) on inapp to guerdon_worker;

-- What providers told is let go once it was taken and nothing told again would find it new.
grant delete on message_notices to guerdon_worker;
create index message_notices_taken on message_notices (program_id, told_at) where taken_at is not null;

-- What its provider told of a message says why it failed after all; what its provider calls it is written once.
revoke update (provider_id) on messages from guerdon_worker;
grant update (reason) on messages to guerdon_worker;

-- What API keys may do: also hand over all that is kept of a member.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events', 'read:quarantine', 'write:quarantine', 'write:drops', 'read:catalog',
    'write:catalog', 'write:differences', 'erase:members', 'export:members', 'write:consents']);
