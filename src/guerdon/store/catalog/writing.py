"""Putting a sync in place: items, who delivers them, dates and places, in sets, within one transaction."""

from datetime import datetime

from guerdon.store.database import Transaction


def apply_items(tx: Transaction, program_id: int, sync_id: int, generation: int, at: datetime) -> list[int]:
    """Write down what is new or changed, and mark what is gone; the numbers of all these items."""
    rows = tx.execute(
        """
        insert into catalog_items as i (
          program_id, id, key, feed, sku, brand, category, kind, delivery, lead_minutes, markets, currency,
          denominations, range_min, range_max, range_step, other_amounts, prices, names, abouts, terms,
          uses, image,
          supplier, segments, visible_from, visible_to, popularity, generation, content_hash, changed_at,
          gone_at)
        select s.program_id, r.id, r.key, y.feed, r.sku, r.brand, r.category, r.kind, r.delivery,
        r.lead_minutes,
               r.markets, r.currency, r.denominations, r.range_min, r.range_max, r.range_step,
               r.other_amounts,
               r.prices, r.names, r.abouts, r.terms, r.uses, r.image, r.supplier, r.segments,
               r.visible_from,
               r.visible_to, r.popularity, %(generation)s, s.content_hash, %(at)s, null
        from catalog_staged s
        join catalog_syncs y on y.program_id = s.program_id and y.id = s.sync_id
        cross join lateral jsonb_to_record(s.row) as r (
          id bigint, key text, sku text, brand text, category text, kind text, delivery text,
          lead_minutes integer,
          markets text[], currency text, denominations bigint[], range_min bigint, range_max bigint,
          range_step bigint, other_amounts jsonb, prices jsonb, names jsonb, abouts jsonb, terms jsonb,
          uses jsonb,
          image text, supplier text, segments text[], visible_from timestamptz, visible_to timestamptz,
          popularity integer)
        where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what in ('new', 'changed')
        order by r.id
        on conflict (program_id, id) do update
        set sku = excluded.sku, brand = excluded.brand, category = excluded.category, kind = excluded.kind,
            delivery = excluded.delivery, lead_minutes = excluded.lead_minutes, markets = excluded.markets,
            currency = excluded.currency, denominations = excluded.denominations,
            range_min = excluded.range_min,
            range_max = excluded.range_max, range_step = excluded.range_step,
            other_amounts = excluded.other_amounts, prices = excluded.prices, names = excluded.names,
            abouts = excluded.abouts, terms = excluded.terms, uses = excluded.uses, image = excluded.image,
            supplier = excluded.supplier, segments = excluded.segments,
            visible_from = excluded.visible_from,
            visible_to = excluded.visible_to, popularity = excluded.popularity,
            generation = excluded.generation,
            content_hash = excluded.content_hash, changed_at = excluded.changed_at, gone_at = null
        returning i.id
        """,
        {"program": program_id, "sync": sync_id, "generation": generation, "at": at},
    ).fetchall()
    # By their numbers, as an array: nobody knows yet how many rows a sync has that came just now, and by a
    # guess too low each of them would be compared with all items.
    gone = tx.execute(
        """
        update catalog_items i set gone_at = %(at)s, changed_at = %(at)s, generation = %(generation)s
        where i.program_id = %(program)s and i.gone_at is null
          and i.id = any (array(
            select (s.row ->> 'id')::bigint from catalog_staged s
            where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what = 'gone'))
        returning i.id
        """,
        {"program": program_id, "sync": sync_id, "generation": generation, "at": at},
    ).fetchall()
    return [row[0] for row in (*rows, *gone)]


def apply_offers(tx: Transaction, program_id: int, sync_id: int) -> None:
    """Who delivers what is new or changed, and nobody else any more."""
    tx.execute(
        """
        delete from catalog_offers o
        where o.program_id = %(program)s
          and o.item_id = any (array(
            select (s.row ->> 'id')::bigint from catalog_staged s
            where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what = 'changed'))
        """,
        {"program": program_id, "sync": sync_id},
    )
    tx.execute(
        """
        insert into catalog_offers (
          program_id, item_id, supplier, sku, prefer, cost_bp, fee_minor, in_stock, needs, quantity_max)
        select s.program_id, (s.row ->> 'id')::bigint, o.supplier, o.sku, o.prefer, o.cost_bp, o.fee_minor,
               o.in_stock, o.needs, o.quantity_max
        from catalog_staged s
        cross join lateral jsonb_to_recordset(s.row -> 'offers') as o (
          supplier text, sku text, prefer integer, cost_bp integer, fee_minor bigint, in_stock boolean,
          needs text[], quantity_max integer)
        where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what in ('new', 'changed')
        """,
        {"program": program_id, "sync": sync_id},
    )


def apply_slots(tx: Transaction, program_id: int, sync_id: int, at: datetime) -> None:
    """Dates and places of what is new or changed: whoever has a place keeps it, however few there are now."""
    tx.execute(
        """
        insert into catalog_slots as t (
          program_id, item_id, id, ref, starts_at, ends_at, venue, market, capacity)
        select s.program_id, (s.row ->> 'id')::bigint, o.id, o.ref, o.starts_at, o.ends_at, o.venue,
               o.market, o.capacity
        from catalog_staged s
        cross join lateral jsonb_to_recordset(s.row -> 'slots') as o (
          id bigint, ref text, starts_at timestamptz, ends_at timestamptz, venue text, market text,
          capacity integer)
        where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what in ('new', 'changed')
        order by 2, 3
        on conflict (program_id, item_id, id) do update
        set starts_at = excluded.starts_at, ends_at = excluded.ends_at, venue = excluded.venue,
            market = excluded.market, capacity = greatest(excluded.capacity, t.taken), gone_at = null
        """,
        {"program": program_id, "sync": sync_id},
    )
    tx.execute(
        """
        update catalog_slots t set gone_at = %(at)s
        where t.program_id = %(program)s and t.gone_at is null
          and t.item_id = any (array(
            select (s.row ->> 'id')::bigint from catalog_staged s
            where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what = 'changed'))
          and t.id not in (
            select (e ->> 'id')::bigint from catalog_staged s
            cross join lateral jsonb_array_elements(s.row -> 'slots') as e
            where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what = 'changed')
        """,
        {"program": program_id, "sync": sync_id, "at": at},
    )


def advance_feed(tx: Transaction, program_id: int, feed: str, generation: int, at: datetime) -> int:
    """Count a feed's items anew; how many there are."""
    row = tx.execute(
        """
        update catalog_feeds f
        set generation = %(generation)s, synced_at = %(at)s, state = 'applied',
            items = (select count(*) from catalog_items i
                     where i.program_id = f.program_id and i.feed = f.key and i.gone_at is null)
        where f.program_id = %(program)s and f.key = %(feed)s returning items
        """,
        {"program": program_id, "feed": feed, "generation": generation, "at": at},
    ).fetchone()
    return int(row[0]) if row else 0
