"""Pools: codes of our own are kept in stock; somebody is told before they run out, or end unused."""

from datetime import UTC, datetime

from guerdon.queries.orders.pools import SOON_DAYS, Pool, list_pools
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.orders.marks import settle_mark

LOW_ALARM, ENDING_ALARM = "codes.low", "codes.ending"
MARKED = "pool.marked"
LOW_MAX = 1_000_000


def mark_pool(tx: Transaction, program_id: int, item: str, low: int, said: tuple[str, datetime]) -> None:
    """Have somebody told as soon as an item has no more codes than that."""
    settle_mark(tx, program_id, item, low, said)
    record_audit(tx, program_id, said[0], MARKED, item, said[1], after={"low": low})


def watch_pools(tx: Transaction, program_id: int, now: datetime) -> int:
    """Raise an alarm for each pool that runs out or of which many end soon, settle all others; how many."""
    pools = list_pools(tx, now)
    low = [
        AlarmRow(LOW_ALARM, pool.item, _mark(pool), {"free": pool.free, "days": pool.lasts_days})
        for pool in pools
        if pool.is_low
    ]
    ending = [
        AlarmRow(ENDING_ALARM, pool.item, _ending_mark(pool), {"ending": pool.ending_soon, "days": SOON_DAYS})
        for pool in pools
        if pool.is_ending
    ]
    alarms = [*low, *ending]
    record_alarms(tx, program_id, alarms, now)
    settle_others(tx, program_id, [LOW_ALARM, ENDING_ALARM], alarms, now)
    return len(alarms)


def _mark(pool: Pool) -> str:
    """Said once for so many codes that ever were there: when more were brought, it is said again."""
    return f"{pool.value} {pool.unit} {pool.brought} {'' if pool.low is None else pool.low}".strip()


def _ending_mark(pool: Pool) -> str:
    """Said once for the codes that end in a month, whether all end on one day of it or day by day."""
    assert pool.first_end is not None, "what ends has an end"
    return f"{pool.value} {pool.unit} {pool.brought} {pool.first_end.astimezone(UTC):%Y-%m}"
