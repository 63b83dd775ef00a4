"""What was committed while a witness looked on: by transaction, tables with new rows and the audit rows.

Every row carries the number of the transaction that wrote it, so no code has to be trusted to say what it
did.
"""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

# What is written without a row of the audit, because it is no change of anybody's balance, right or request:
# what came in and waits to be decided, answers to keys, who works on what, figures for the screens.
UNTOLD = {
    *("event_keys", "deliveries", "inbox", "intake_counts", "quarantine", "waiting", "api_answers"),
    *("lanes", "workers", "rollups", "event_rollups", "delays", "eras", "seals", "anchors"),
    *("location_days", "location_gifts", "market_days", "rewarded_members"),
    # What was read of a feed, and is not in the catalog yet.
    "catalog_staged",
    # What was read of a statement, and is not compared yet.
    *("supplier_statements", "statement_lines"),
    # What a replay found.
    "replay_members",
}
SETTLED = "quarantine settled"
_PARTITIONS_TOO = """
    select c.relname, coalesce(i.inhparent::regclass::text, c.relname)
    from pg_class c left join pg_inherits i on i.inhrelid = c.oid
    where c.relnamespace = 'guerdon'::regnamespace and c.relkind = 'r'
"""


@dataclass(frozen=True)
class Committed:
    """One transaction: tables with new or changed rows, without the audit, and what the audit has of it."""

    tables: frozenset[str]
    actions: tuple[str, ...]

    @property
    def changes(self) -> frozenset[str]:
        """Tables of which the audit has to tell."""
        return self.tables - UNTOLD


@dataclass
class Witness:
    """Looks on from its beginning to its end, at a database where nobody else writes meanwhile."""

    url: str
    seen: list[Committed] = field(default_factory=list)
    _since: int = 0

    def __enter__(self) -> Self:
        with psycopg.connect(self.url) as db:
            ((self._since,),) = db.execute("select pg_current_xact_id()::text::bigint").fetchall()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fault is None:
            self.seen = self._committed()

    @property
    def untold(self) -> list[Committed]:
        """Transactions that changed something of which the audit does not tell."""
        return [each for each in self.seen if each.changes and not each.actions]

    @property
    def actions(self) -> list[str]:
        """All that the audit tells, in the order of transactions."""
        return [action for each in self.seen for action in each.actions]

    def _committed(self) -> list[Committed]:
        tables: dict[int, set[str]] = {}
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            for name, table in db.execute(_PARTITIONS_TOO).fetchall():
                by = sql.SQL("select distinct xmin::text::bigint from {} where xmin::text::bigint > %s")
                for (number,) in db.execute(by.format(sql.Identifier(name)), (self._since,)).fetchall():
                    tables.setdefault(number, set()).add(table)
            # What comes to stand in quarantine is nobody's doing; what leaves it is somebody's.
            for (number,) in db.execute(
                "select distinct xmin::text::bigint from quarantine"
                " where settled_at is not null and xmin::text::bigint > %s",
                (self._since,),
            ).fetchall():
                tables.setdefault(number, set()).add(SETTLED)
            told = db.execute(
                "select xmin::text::bigint, tx::text::bigint, action from audit"
                " where tx::text::bigint > %s order by id",
                (self._since,),
            ).fetchall()
        # What is written behind a savepoint has a number of its own; its audit row has that and the whole's.
        whole = {part: number for part, number, _ in told}
        by_whole: dict[int, set[str]] = {}
        for part, names in tables.items():
            by_whole.setdefault(whole.get(part, part), set()).update(names - {"audit"})
        return [
            Committed(frozenset(names), tuple(action for _, tx, action in told if tx == number))
            for number, names in sorted(by_whole.items())
        ]
