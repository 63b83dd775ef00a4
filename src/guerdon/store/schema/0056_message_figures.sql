-- Figures of messages are of a span of days: those that ended in it, and what channels did in it.
create index messages_settled on messages (program_id, settled_at);
create index message_attempts_settled on message_attempts (program_id, settled_at);
