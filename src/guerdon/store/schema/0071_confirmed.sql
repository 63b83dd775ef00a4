-- What locations confirmed, in the order in which codes were taken there: their app asks for a day of one location. The
-- id of such an event begins with the location and the second (values/app/visits.py).

create index events_confirmed on events (program_id, external_id collate "C") where source = 'location_app';
