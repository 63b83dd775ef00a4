-- Whose a device is, whoever says that it is theirs now; and whose address a complaint is about.
create index addresses_by_mark on addresses (program_id, channel, mark);
