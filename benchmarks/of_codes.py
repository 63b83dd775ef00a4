"""Voucher codes a second into the pool: each sealed, indexed by its keyed hash, and committed.

They are read from a file as `./guerdon import codes` reads one; a second file of as many is imported whole,
by the command's own way. Wanted: a file of 100,000 within 8 s.
"""

import sys
import tempfile
import time
from pathlib import Path

from bench_frame import options_of, print_result
from bench_house import House, house

from guerdon.cli.imports.codes import import_codes
from guerdon.engine.codes import add_codes
from guerdon.engine.files.codes import HEADER, read_codes_file
from guerdon.program.model import Item
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.money import plain_amount

BATCH = 20_000


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("codes")
    parser.add_argument("--codes", type=int, default=100_000, help="in each of two files, at most 100,000")
    args = parser.parse_args()
    with house(1) as where:
        result = _measure(where, args.codes)
    return print_result(args, result)


def _measure(where: House, codes: int) -> dict[str, object]:
    item = next(iter(where.program.items.values()))
    vault = Vault(where.opened.settings.secret)
    started = time.monotonic()
    read = read_codes_file(_written(where, item, "CODE", codes), where.program, utc_now())
    read_s = time.monotonic() - started
    assert (len(read.codes), read.problems) == (codes, []), read.problems[:3]
    started = time.monotonic()
    with where.opened.connect("worker") as db:
        fresh = 0
        for first in range(0, codes, BATCH):
            with transaction(db, where.program_id) as tx:
                fresh += sum(add_codes(tx, vault, where.program_id, read.codes[first : first + BATCH]))
    took_s = time.monotonic() - started
    assert fresh == codes
    told = {"codes": codes, "seconds": round(took_s, 2), "per_s": round(codes / took_s)}
    return {**told, "read_s": round(read_s, 2), **_measure_file(where, item, codes)}


def _measure_file(where: House, item: Item, codes: int) -> dict[str, object]:
    """Import a whole file: read, checked, sealed, and there in one commit with word to the audit."""
    data = _written(where, item, "FILE", codes)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "codes.csv"
        file.write_bytes(data)
        started = time.monotonic()
        done = import_codes(where.opened, file, (where.program_id, where.program))
        took_s = time.monotonic() - started
    assert (done.taken, done.known_lines, done.problems) == (codes, [], []), done.problems[:3]
    with where.opened.connect("worker") as db:
        row = db.execute(
            "select count(*), count(distinct code_index) from codes where state = 'free'"
        ).fetchone()
    assert row == (2 * codes, 2 * codes), f"{row} codes are there"
    return {"file_mb": round(len(data) / 1e6, 1), "file_s": round(took_s, 2)}


def _written(where: House, item: Item, prefix: str, codes: int) -> bytes:
    value = item.values[0]
    amount = f"{plain_amount(value.amount_minor, where.program.units[value.unit])} {value.unit}"
    lines = (f"{item.key},{amount},{prefix}-{n:012d}\n" for n in range(codes))
    return "".join([",".join(HEADER), "\n", *lines]).encode()


if __name__ == "__main__":
    sys.exit(main())
