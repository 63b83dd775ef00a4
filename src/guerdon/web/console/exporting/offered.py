"""More lists as files: what members may choose, what they say does not work, and who brought whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from guerdon.queries.feeds.items import ItemRow, find_items, list_feeds_of_items
from guerdon.queries.referrals.standing import PairRow, list_pairs
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import OpenCase, list_open_cases
from guerdon.text.exporting import Row
from guerdon.values.ids import show
from guerdon.values.texts import text_in
from guerdon.web.console.catalog.items import read_sought
from guerdon.web.console.desk import Desk
from guerdon.web.console.exporting import walking
from guerdon.web.console.exporting.walking import Listed, walked
from guerdon.web.console.referrals.standing import read_state
from guerdon.web.rooms import room


def _catalog(desk: Desk) -> Iterator[Sequence[Row]]:
    with desk.transaction() as tx:
        sought = read_sought(desk, list_feeds_of_items(tx))

    def read(tx: Transaction, after: tuple[int, int] | None) -> Sequence[ItemRow]:
        return find_items(tx, replace(sought, after=after), walking.AT_ONCE).rows

    for page in walked(desk, read, lambda row: (row.popularity, row.id)):
        yield [
            (
                *(show("itm", row.id), row.key, text_in(row.names, desk.locale), row.brand, row.category),
                *(row.kind, row.feed, " ".join(row.suppliers), " ".join(row.markets), row.state),
                *(row.popularity, row.lead_minutes),
            )
            for row in page
        ]


def _cases(desk: Desk) -> Iterator[Sequence[Row]]:
    def read(tx: Transaction, after: tuple[datetime, int] | None) -> Sequence[OpenCase]:
        return list_open_cases(tx, room().vault, desk.program_id, desk.cut.market, walking.AT_ONCE, after)

    for page in walked(desk, read, lambda row: (row.case.opened_at, row.case.id)):
        yield [
            (
                *(show("ord", row.order_id), show("mem", row.member_id), row.item, row.market, row.supplier),
                *(row.case.what, row.case.words, row.case.opened_at, row.case.looked_at),
            )
            for row in page
        ]


def _referrals(desk: Desk) -> Iterator[Sequence[Row]]:
    state = read_state(desk.request.GET.get("state", "held"))

    def read(tx: Transaction, after: int | None) -> Sequence[PairRow]:
        return list_pairs(tx, state, walking.AT_ONCE, after, doubted=state == "held")

    for page in walked(desk, read, lambda row: row.id):
        yield [
            (
                *(show("ref", row.id), row.scheme, show("mem", row.member_id)),
                show("mem", row.referrer_id) if row.referrer_id else None,
                *(row.state, " ".join(row.reasons), row.claimed_at, row.qualified_at, row.settled_at),
            )
            for row in page
        ]


OFFERED: Mapping[str, Listed] = {
    "catalog": Listed(
        (
            *("item", "key", "name", "brand", "category", "kind", "feed", "suppliers", "markets", "state"),
            *("popularity", "lead_minutes"),
        ),
        _catalog,
        ("market", "category", "kind", "feed", "supplier", "state"),
    ),
    "cases": Listed(
        ("order", "member", "item", "market", "supplier", "what", "words", "opened_at", "asked_at"),
        _cases,
    ),
    "referrals": Listed(
        (
            *("pair", "scheme", "friend", "referrer", "state", "reasons", "claimed_at", "qualified_at"),
            "settled_at",
        ),
        _referrals,
        ("state",),
    ),
}
