"""Controls of people and versions: who left cannot act, nobody promotes themselves, no text changed."""

from guerdon.queries.controls.control import Control

GRANTS = Control(
    ("people.left", "people.self_granted"),
    """
    with shown as (
      select p.person_id, p.login, p.left_at, 'per_' || (
          select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
            ((p.person_id >> (5 * n)) & 31)::integer + 1, 1), ''
                            order by n desc)
          from generate_series(0, 12) n) as name
      from people p
    )
    select f.key, 'per', g.person_id, format('%s, granted by %s', g.role, g.granted_by)
    from grants g
    join shown p using (person_id)
    cross join (select current_setting('guerdon.now')::timestamptz as at) now
    cross join lateral (values
      ('people.left', p.left_at <= now.at and g.revoked_at is null and coalesce(g.valid_to,
        'infinity') > now.at),
      ('people.self_granted', g.granted_by in (p.name, p.login))
    ) as f (key, wrong)
    where g.program_id = (select this_program()) and f.wrong
    """,
)

TEXTS = Control(
    ("versions.text", "versions.order"),
    """
    with told as (
      select version, sha = encode(sha256(convert_to(bundle, 'UTF8')), 'hex') as fits,
             row_number() over (order by version) as place, live_from, published_at,
             lag(published_at) over (order by version) as before
      from program_versions where program_id = (select this_program())
    )
    select f.key, '', version, format('version %s, live from %s', version, live_from)
    from told cross join lateral (values
      ('versions.text', not fits),
      -- Kept one after the other, each before it was live; the time of a scheduled one comes when it comes.
      ('versions.order', version <> place or published_at < before or live_from < published_at)
    ) as f (key, wrong)
    where f.wrong
    """,
)

CONTROLS = (GRANTS, TEXTS)
