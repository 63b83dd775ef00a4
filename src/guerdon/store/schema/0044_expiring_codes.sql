-- Codes of our own end: suppliers sell them with a day until which they are good. Those that are good are a stretch of
-- an index, so whoever takes one, or asks whether there is one, reads none that is over.

alter table codes
  -- Good before then; infinity: it has no end of its own.
  add column expires_at timestamptz not null default 'infinity',
  -- None of our own went to anybody when it was over. What a supplier hands over ends as they say.
  add constraint codes_are_good_when_issued check (more is not null or issued_at is null or expires_at > issued_at);

drop index codes_free;
-- Taken in this order: the one that ends first, those without an end last.
create index codes_free on codes (program_id, item, unit, value, expires_at, id) where state = 'free';
-- Whether an item has a good one of any value.
create index codes_good on codes (program_id, item, expires_at) where state = 'free';

-- A file that comes again may say until when the codes that nobody has yet are good.
grant update (expires_at) on codes to guerdon_worker, guerdon_web;
