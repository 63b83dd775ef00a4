"""Voucher codes a second into the pool: each sealed, indexed by its keyed hash, and committed."""

import argparse
import json
import sys
import time

from bench_house import House, house

from guerdon.engine.codes import add_codes
from guerdon.store.codes import Code
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault

BATCH = 20_000


def main() -> int:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(prog="guerdon bench codes")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--codes", type=int, default=100_000)
    args = parser.parse_args()
    with house(1) as where:
        result = _measure(where, args.codes)
    print(json.dumps(result) if args.json else json.dumps(result, indent=2))
    return 0


def _measure(where: House, codes: int) -> dict[str, object]:
    item = next(iter(where.program.items.values()))
    given = [Code(item.key, item.values[0], f"CODE-{n:012d}") for n in range(codes)]
    vault = Vault(where.opened.settings.secret)
    started = time.monotonic()
    with where.opened.connect("worker") as db:
        fresh = 0
        for first in range(0, codes, BATCH):
            with transaction(db, where.program_id) as tx:
                fresh += sum(add_codes(tx, vault, where.program_id, given[first : first + BATCH]))
        took_s = time.monotonic() - started
        row = db.execute(
            "select count(*), count(distinct code_index) from codes where state = 'free'"
        ).fetchone()
    assert fresh == codes
    assert row == (codes, codes), f"{row} codes are there"
    return {"codes": codes, "seconds": round(took_s, 2), "per_s": round(codes / took_s)}


if __name__ == "__main__":
    sys.exit(main())
