-- What waits for a former address lies apart: whoever looks for what is due at the present one does not pass it by.

drop index webhook_deliveries_due;
create index webhook_deliveries_due on webhook_deliveries (program_id, endpoint_id, address, next_at)
  where state = 'waiting';
