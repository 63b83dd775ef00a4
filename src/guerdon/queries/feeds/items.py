"""Items as staff look for them: those that nobody can choose just now as well, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from guerdon.store.codes import good_after
from guerdon.store.database import Transaction

ItemState = Literal["offered", "sold_out", "later", "ended", "hidden", "gone"]
STATES: tuple[ItemState, ...] = get_args(ItemState)
CHOSEN_DAYS = 90


@dataclass(frozen=True, slots=True)
class Sought:
    """Which items; `after` is the place of the last one seen: how often it is chosen, and its number."""

    now: datetime
    text: str = ""
    market: str | None = None
    category: str | None = None
    kind: str | None = None
    feed: str | None = None
    supplier: str | None = None
    state: ItemState | None = None
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in the list. `suppliers`: the preferred first; `places`: taken and all, if limited."""

    id: int
    key: str
    feed: str
    category: str
    kind: str
    names: Mapping[str, str]
    brand: str
    markets: Sequence[str]
    currency: str | None
    denominations: Sequence[int]
    range_min: int | None
    range_max: int | None
    prices: Mapping[str, int]
    popularity: int
    lead_minutes: int
    state: ItemState
    suppliers: Sequence[str]
    places: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class FoundItems:
    """A page of items; and how many are in each state, of all that are looked for in any state."""

    rows: Sequence[ItemRow]
    counts: Mapping[ItemState, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """How often an item was chosen lately, what became of it, and where."""

    since: datetime
    by_state: Mapping[str, int] = field(default_factory=dict)
    by_market: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_state.values())


def find_items(tx: Transaction, sought: Sought, limit: int) -> FoundItems:
    """Items, the most chosen first, and how many of them are in each state."""
    after = sought.after or (None, None)
    rows = tx.execute(
        """
        with found as (
          select i.id, i.popularity, case
              when i.gone_at is not null then 'gone'
              when i.hidden_at is not null then 'hidden'
              when i.visible_from > %(now)s then 'later'
              when i.visible_to <= %(now)s then 'ended'
              when exists (
                select from catalog_offers o
                where o.program_id = i.program_id and o.item_id = i.id and o.in_stock) then 'offered'
              else 'sold_out' end as state
          from catalog_items i
          where i.program_id = this_program()
            and (%(market)s::text is null or %(market)s = any(i.markets))
            and (%(category)s::text is null or i.category = %(category)s)
            and (%(kind)s::text is null or i.kind = %(kind)s)
            and (%(feed)s::text is null or i.feed = %(feed)s)
            and (%(supplier)s::text is null or exists (
              select from catalog_offers o
              where o.program_id = i.program_id and o.item_id = i.id and o.supplier = %(supplier)s))
            and (%(text)s = '' or position(%(text)s in
                 lower(concat_ws(E'\n', i.key, i.sku, i.brand, i.names::text))) > 0)
        ), counted as (
          select coalesce(jsonb_object_agg(s.state, s.items), '{}') as by_state
          from (select state, count(*) as items from found group by state) s
        ), page as (
          select id, state from found
          where (%(state)s::text is null or state = %(state)s)
            and (%(after)s::bigint is null or (popularity, id) < (%(popular)s, %(after)s))
          order by popularity desc, id desc limit %(limit)s
        )
        select c.by_state, i.id, i.key, i.feed, i.category, i.kind, i.names, i.brand, i.markets, i.currency,
               i.denominations, i.range_min, i.range_max, i.prices, i.popularity, i.lead_minutes, p.state,
               array(select o.supplier from catalog_offers o
                     where o.program_id = i.program_id and o.item_id = i.id order by o.prefer, o.supplier),
               s.taken, s.capacity
        from counted c
        left join page p on true
        left join catalog_items i on i.program_id = this_program() and i.id = p.id
        left join lateral (
          select sum(taken) as taken, sum(capacity) as capacity from catalog_slots s
          where s.program_id = i.program_id and s.item_id = i.id and s.gone_at is null) s on true
        order by i.popularity desc, i.id desc
        """,
        _terms(sought) | {"popular": after[0], "after": after[1], "limit": limit},
    ).fetchall()
    # Where no item is on the page, the counts stand alone.
    found = [
        ItemRow(*[*row[1:18], None if row[19] is None else (int(row[18]), int(row[19]))])
        for row in rows
        if row[1] is not None
    ]
    return FoundItems(found, rows[0][0])


def list_feeds_of_items(tx: Transaction) -> list[str]:
    """The feeds that items came with, for whoever may not see the feeds themselves too."""
    rows = tx.execute(
        "select distinct feed from catalog_items where program_id = this_program() order by feed"
    ).fetchall()
    return [row[0] for row in rows]


def find_key(tx: Transaction, item_id: int) -> str | None:
    """The key of an item."""
    row = tx.execute(
        "select key from catalog_items where program_id = this_program() and id = %s", (item_id,)
    ).fetchone()
    return None if row is None else str(row[0])


def count_free_codes(tx: Transaction, key: str, now: datetime) -> list[tuple[str, int, int]]:
    """Codes of one's own that are left for an item and good: unit, value and how many."""
    return tx.execute(
        """
        select unit, value, count(*) from codes
        where program_id = this_program() and item = %s and state = 'free' and expires_at > %s
        group by unit, value order by unit, value
        """,
        (key, good_after(now)),
    ).fetchall()


def count_chosen(tx: Transaction, item_id: int, now: datetime) -> Chosen:
    """How often an item was chosen lately, by members that the reader may see."""
    since = now - timedelta(days=CHOSEN_DAYS)
    rows: list[Any] = tx.execute(
        """
        select f.state, m.market, count(*)
        from fulfillments f
        join members m on m.program_id = f.program_id and m.member_id = f.member_id
        where f.program_id = this_program() and f.item_id = %s and f.chosen_at >= %s
        group by f.state, m.market
        """,
        (item_id, since),
    ).fetchall()
    states: dict[str, int] = {}
    markets: dict[str, int] = {}
    for state, market, count in rows:
        states[state] = states.get(state, 0) + count
        markets[market] = markets.get(market, 0) + count
    return Chosen(since, states, dict(sorted(markets.items(), key=lambda each: (-each[1], each[0]))))


def _terms(sought: Sought) -> dict[str, object]:
    return {
        "now": sought.now,
        "text": sought.text.lower(),
        "market": sought.market,
        "category": sought.category,
        "kind": sought.kind,
        "feed": sought.feed,
        "supplier": sought.supplier,
        "state": sought.state,
    }
