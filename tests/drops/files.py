"""Files as other systems write them, and what Guerdon makes of them."""

import csv
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path

from tests.api.house import ApiHouse

from guerdon.connectors.files.mapping import drop_sets
from guerdon.engine.drops.sets import DropSet
from guerdon.engine.drops.taking import Tally, rehearse
from guerdon.store.database import connect, transaction

HEAD = "dealer;order_no;customer;closed;total\n"
_numbers = count(1)


def order(
    number: str = "", *, total: str = "1", customer: str = "ada", closed: str = "04.05.2026 09:30"
) -> str:
    """A row of dealer_orders, under a number that was never used."""
    return f"HH;{number or f'o{next(_numbers)}'};{customer};{closed};{total}\n"


def csv_file(*rows: str, head: str = HEAD) -> bytes:
    return (head + "".join(rows)).encode("cp1252")


def sets_of(house: ApiHouse, raw: bytes, name: str = "dealer_orders") -> Iterator[DropSet]:
    program = house.inner.program
    return drop_sets(program, program.drops[name], BytesIO(raw))


def mistakes_of(house: ApiHouse, raw: bytes, name: str = "dealer_orders") -> list[tuple[int, str, str]]:
    return [(m.line, m.column, m.reason) for each in sets_of(house, raw, name) for m in each.mistakes]


def rehearsed(house: ApiHouse, raw: bytes, name: str = "dealer_orders") -> Tally:
    with (
        connect(house.inner.url, house.inner.secret, "web") as db,
        transaction(db, house.inner.program_id) as tx,
    ):
        tx.execute("set transaction read only")
        return rehearse(tx, house.inner.program_id, sets_of(house, raw, name))


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    return tally.rows, tally.accepted, tally.duplicates, tally.quarantined, tally.wrong


def everything(house: ApiHouse) -> dict[str, int]:
    """How many rows stand in every table that a file could touch."""
    tables = ("deliveries", "event_keys", "inbox", "quarantine", "drops", "audit", "intake_counts")
    return {
        table: int(house.inner.rows(f"select count(*) from {table}")[0][0])  # noqa: S608  named above
        for table in tables
    }


def environment(house: ApiHouse, home: Path, **more: str) -> dict[str, str]:
    return {
        "DATABASE_URL": house.inner.url,
        "GUERDON_SECRET": house.inner.secret,
        "GUERDON_HOME": str(home),
        **more,
    }


def read_rows(path: Path) -> list[list[str]]:

    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
