-- An item that people took out of sight: nobody finds or chooses it, whatever its feed says, until they show it again.
alter table catalog_items
  add column hidden_at  timestamptz,
  -- Why, in the words of whoever hid it.
  add column hidden_for text,
  add constraint catalog_items_are_hidden_for_something check (
    num_nulls(hidden_at, hidden_for) in (0, 2) and hidden_for <> '');
create constraint trigger catalog_items_are_audited after update of hidden_at on catalog_items
  deferrable initially deferred for each row when (new.hidden_at is distinct from old.hidden_at)
  execute function demand_audit();
