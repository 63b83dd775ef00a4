"""The control of holdings: what members have is what a version's declarations make of all events there are.

The version is the live one as soon as it decided anything, and before that the one by which they are kept.
Of tellings of one instant only that they are there is asked, not which of them counts; and a value that was
stored when its field was of another type is left out.
"""

from typing import Any, LiteralString

import msgspec
from psycopg import ClientCursor, sql

from guerdon.program.load import read_program
from guerdon.program.model import Field, Program
from guerdon.queries.controls.control import Control
from guerdon.store.database import Transaction

# The version by which what is remembered is to be kept.
KEPT_BY: LiteralString = """
    select coalesce(
      (select l.version from (
         select v.version, v.live_from from program_versions v
         where v.program_id = p.program_id and v.live_from <= current_setting('guerdon.now')::timestamptz
           and not exists (
             select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
         order by v.live_from desc, v.version desc limit 1) l
       where exists (
         select from events e where e.program_id = p.program_id and e.version = l.version
           and e.recorded_at >= l.live_from and e.source <> 'guerdon')),
      p.kept_by) as version
    from programs p where p.program_id = (select this_program())
"""
# A stored value as text, to be compared; null where it is not of its type. {v} is the JSON value.
_PLAIN: LiteralString = """
    case when {type} in ('timestamp', 'date')
         then case when {v} #>> '{{}}' ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9:.]{{8,15}}Z$'
                   then ({v} #>> '{{}}')::timestamptz::text end
         when json_typeof({v}) = case when {type} in ('int', 'money') then 'number'
                                      when {type} = 'bool' then 'boolean' else 'string' end
         then {v} #>> '{{}}' end
"""
_ASKED: LiteralString = """
    with steps as (
      select * from unnest(%(kinds)s::text[], %(verbs)s::text[], %(types)s::text[], %(keys)s::text[],
                           %(reads)s::text[], %(words)s::text[]) as s (kind, verb, type, key, read, words)
    ),
    fills as (
      select * from unnest(%(f_kinds)s::text[], %(f_types)s::text[], %(names)s::text[], %(sources)s::text[],
                           %(f_reads)s::text[], %(f_words)s::text[])
        as f (kind, type, name, source, read, words)
    ),
    told as materialized (
      select e.member_id, s.kind, k.key, s.verb, e.type, e.happened_at as at, e.data
      from steps s join events e on e.type = s.type
      cross join lateral (select case
        when s.read = 'int' and e.data ->> s.key ~ '^-?[0-9]{{1,19}}$' then (e.data ->> s.key)::numeric::text
        when s.read = 'string' and json_typeof(e.data -> s.key) = 'string' then e.data ->> s.key end) k (key)
      where e.program_id = (select this_program()) and e.source <> 'guerdon' and k.key is not null
        and (s.words = '[]' or s.words::jsonb ? k.key)
    ),
    ends as materialized (
      select member_id, kind, key, max(at) filter (where verb = 'open') as opened_at,
             max(at) filter (where verb = 'close') as closed_at
      from told group by 1, 2, 3
    ),
    kept as materialized (
      select member_id, kind, key, opened_at, closed_at, fields from member_holdings
      where program_id = (select this_program())
    ),
    said as materialized (
      select t.member_id, t.kind, t.key, f.name, t.at, t.verb, {said} as value,
             f.source = 'happened_at' or t.data ->> f.source is not null as is_told
      from told t join ends using (member_id, kind, key)
      join fills f on f.kind = t.kind and f.type = t.type
      where t.verb <> 'close' and (ends.opened_at is null or t.at >= ends.opened_at)
        and (f.words = '[]' or t.data ->> f.source is null or f.words::jsonb ? (t.data ->> f.source))
    ),
    unclear as (
      select member_id, kind, key from said where is_told and value is null
      union
      select member_id, kind, key from told join ends using (member_id, kind, key)
      where verb = 'open' and at = opened_at group by 1, 2, 3 having count(*) > 1
      union
      select member_id, kind, key from said where is_told
      group by member_id, kind, key, name, at, verb having count(*) > 1
    ),
    meant as (
      select distinct on (member_id, kind, key, name) member_id, kind, key, name, value
      from said where is_told order by member_id, kind, key, name, at desc, verb = 'change' desc
    ),
    stored as (
      select k.member_id, k.kind, k.key, j.key as name, {stored} as value
      from kept k cross join json_each(k.fields) j
      left join (select distinct kind, name, read from fills) f on f.kind = k.kind and f.name = j.key
    )
    select 'memory.holdings', 'mem', member_id,
           format('%%s %%s: events come to %%s until %%s, kept is %%s until %%s', kind, key,
                  ends.opened_at, ends.closed_at, kept.opened_at, kept.closed_at)
    from ends full join kept using (member_id, kind, key)
    where ends.key is null or kept.key is null
       or (ends.opened_at, ends.closed_at) is distinct from (kept.opened_at, kept.closed_at)
    union all
    select 'memory.holdings', 'mem', member_id,
           format('%%s %%s: events come to %%s %%s, kept is %%s', kind, key, name, meant.value, stored.value)
    from meant full join stored using (member_id, kind, key, name)
    join ends using (member_id, kind, key)
    where meant.value is distinct from stored.value
      and not exists (select from unclear u
                      where (u.member_id, u.kind, u.key) = (ends.member_id, ends.kind, ends.key))
"""


def _holdings(tx: Transaction) -> sql.Composed | sql.SQL:
    """Write the question by the declarations of the version."""
    program = _program(tx)
    # A day in the program's zone is kept as midnight UTC; an instant fills a timestamp as it is.
    said = (
        "case when f.source <> 'happened_at' then "
        + _PLAIN.format(v="(t.data -> f.source)", type="f.read")
        + " when f.read = 'date'"
        + " then ((t.at at time zone %(zone)s)::date::timestamp at time zone 'UTC')::text"
        + " else t.at::text end"
    )
    stored = _PLAIN.format(v="j.value", type="f.read")
    text = _ASKED.format(said=said, stored=stored)
    return sql.SQL(ClientCursor(tx).mogrify(text, _steps(program)))


def _program(tx: Transaction) -> Program | None:
    row = tx.execute(
        sql.SQL(
            "select v.bundle, p.key from ({}) k join program_versions v using (version)"
            " join programs p using (program_id) where program_id = (select this_program())"
        ).format(sql.SQL(KEPT_BY))
    ).fetchone()
    made = read_program(row[0], None, row[1]) if row is not None else None
    # One that this release cannot read is told of by whoever decides by it.
    return made if isinstance(made, Program) else None


def _steps(program: Program | None) -> dict[str, Any]:
    """Its declarations as columns: what events do, and which fields they fill."""
    steps: list[tuple[str, ...]] = []
    fills: list[tuple[str, ...]] = []
    for kind in program.holdings.values() if program is not None else ():
        assert program is not None
        for verb, listed in (("open", kind.opens), ("change", kind.changes), ("close", kind.closes)):
            for step in listed:
                declared = program.events[step.event].fields
                steps.append((kind.key, verb, step.event, step.key, *_read(declared[step.key])))
                for name, source in step.fields.items():
                    words = _read(declared[source])[1] if source in declared else "[]"
                    fills.append((kind.key, step.event, name, source, kind.fields[name].type, words))
    columns = {
        name: [step[place] for step in steps]
        for place, name in enumerate(("kinds", "verbs", "types", "keys", "reads", "words"))
    }
    columns |= {
        name: [fill[place] for fill in fills]
        for place, name in enumerate(("f_kinds", "f_types", "names", "sources", "f_reads", "f_words"))
    }
    return {**columns, "zone": program.time_zone if program is not None else "UTC"}


def _read(field: Field) -> tuple[str, str]:
    return field.type, msgspec.json.encode(field.one_of).decode()


CONTROLS = (Control(("memory.holdings",), _holdings),)
