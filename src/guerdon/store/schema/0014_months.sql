-- Events, transfers and deliveries lie by months. A worker has them made a year ahead while it runs, so that nobody need
-- come and migrate for it: by this function alone, for it may make no tables, and of nothing but months.

create function make_months(at timestamptz) returns boolean language plpgsql security definer
  set search_path = guerdon, pg_temp set timezone = 'UTC'
  -- A new month waits for whoever reads its table, and everybody behind it: better not now than for long.
  set lock_timeout = '200ms' as $$
declare
  last_month constant timestamp := date_trunc('month', at at time zone 'UTC') - interval '1 month';
  parent text;
  month timestamp;
  made text;
begin
  if at is null or abs(extract(epoch from at - clock_timestamp())) > 10 * 366 * 86400 then
    raise exception 'months are made for now and not for %', at using errcode = '22023';
  end if;
  if not pg_try_advisory_xact_lock(1735289452) then
    return false;
  end if;
  foreach parent in array array['deliveries', 'events', 'transfers'] loop
    for month in select null union all select generate_series(last_month, last_month + interval '13 months', '1 month')
    loop
      -- The rest is for what is older, and for a month that began before anybody made it.
      made := parent || coalesce(to_char(month, '_YYYY_MM'), '_rest');
      continue when to_regclass(made) is not null;
      begin
        if month is null then
          execute format('create table %I partition of %I default', made, parent);
        else
          execute format('create table %I partition of %I for values from (%L) to (%L)', made, parent,
                         month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
        end if;
        if parent <> 'deliveries' then
          -- A statement that names a partition does not set off the triggers of its table.
          execute format('create trigger only_grows before update or delete or truncate on %I'
                         ' for each statement execute function refuse_change()', made);
        end if;
      exception
        -- Such a month has its rows among the rest, for good.
        when check_violation then null;
        when lock_not_available then return false;
      end;
    end loop;
  end loop;
  return true;
end $$;

revoke execute on function make_months from public;
grant execute on function make_months to guerdon_worker;
