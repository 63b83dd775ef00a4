"""Makes items findable: called in the transaction that changes the catalog, so nobody sees half of it.

Sets, not loops over statements: an item that changed gets a new number, its words' lists get that number at
their end, and its former number is in no shelf any more. When most numbers are former ones, all is done anew.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, LiteralString, TypeVar

import msgspec
from psycopg.types.json import set_json_loads

from guerdon.store import arrays
from guerdon.store.catalog.behind import APART_FROM, Behind
from guerdon.store.catalog.shelving import Laid, replace_on_shelf
from guerdon.store.catalog.sorting import Splits, name_at, split_names, splits_kept, splits_read
from guerdon.store.catalog.wording import NAME, Worded, Words, sorted_names
from guerdon.store.database import Transaction
from guerdon.text.words import grams
from guerdon.values.postings import pack

# Former numbers cost memory and time; so many of them are borne, and half as many again as there are items.
FORMER_MAX = 20_000
# Names that divided few items divide many badly: from so many on, four times as many are divided anew.
SPLIT_FROM, OUTGROWN = 2_000, 4
ROWS_AT_ONCE = 5_000
# Shorter words are never taken for others.
MEANT_LETTERS_MIN = 4
Row = TypeVar("Row")
_WORDS: LiteralString = """
insert into shelf_words (program_id, word, part, chunk, nos)
select %s, word, part, chunk, decode(nos, 'hex')
from unnest(%s::text::text[], %s::text::text[], %s::text::smallint[], %s::text::text[])
  w (word, part, chunk, nos)
on conflict (program_id, word, part, chunk) do update set nos = shelf_words.nos || excluded.nos
"""


@dataclass(frozen=True, slots=True)
class _Numbers:
    next_no: int
    items: int
    splits: Splits
    split_of: int

    def borne(self, more: int) -> bool:
        """Whether so many more items can be numbered beside those that are."""
        former = self.next_no - self.items + more
        outgrown = max(SPLIT_FROM, OUTGROWN * self.split_of)
        return former <= max(FORMER_MAX, self.items // 2) and self.items + more <= outgrown


def reindex_items(
    tx: Transaction,
    program_id: int,
    item_ids: Collection[int] | None,
    besides: Callable[[], object] | None = None,
) -> None:
    """Have items found as they are now; gone ones no more. None: all of the program, from the beginning.

    `besides`: what has to be written before items are laid on shelves, and may be while names are read.
    """
    numbers = _lock_numbers(tx, program_id)
    if item_ids is not None and not item_ids:
        if besides is not None:
            besides()
        return
    # The words of many items are counted for longer than a transaction may lie idle.
    tx.execute("set local idle_in_transaction_session_timeout = 0")
    anew = item_ids is None or not numbers.borne(len(item_ids))
    if anew:
        _clear(tx, program_id)
        item_ids = None
    rows = _read_items(tx, program_id, item_ids)
    with Behind(apart=len(rows) >= APART_FROM) as behind:
        if besides is not None:
            behind.do(besides)
        names = [sorted_names(row[1]) for row in rows]
        if anew:
            numbers = _Numbers(0, 0, split_names(names), len(rows))
        items = [Worded(numbers.next_no + n, *row[1:]) for n, row in enumerate(rows)]
        laid = [
            Laid(row[0], item.no, said, name_at(numbers.splits, said))
            for row, item, said in zip(rows, items, names, strict=True)
        ]
        behind.do(partial(replace_on_shelf, tx, program_id, item_ids, laid))
        words = Words()
        words.add(tx, items)
        found = words.numbers()
        behind.do(partial(_write_grams, tx, program_id, [word for part, word in found if part == NAME]))
        _write_words(tx, program_id, found, behind)
    tx.execute(
        """
        update shelf_numbers
        set next_no = %(next)s, stamp = stamp + 1, split_of = %(of)s,
            splits = coalesce(%(splits)s, splits)
        where program_id = %(p)s
        """,
        {
            "p": program_id,
            "next": numbers.next_no + len(items),
            "splits": splits_kept(numbers.splits) if anew else None,
            "of": numbers.split_of,
        },
    )


def _lock_numbers(tx: Transaction, program_id: int) -> _Numbers:
    """The program's numbers, for this transaction alone."""
    tx.execute("insert into shelf_numbers (program_id) values (%s) on conflict do nothing", (program_id,))
    row = tx.execute(
        "select next_no, splits, split_of from shelf_numbers where program_id = %s for update", (program_id,)
    ).fetchone()
    assert row is not None
    count = tx.execute("select count(*) from shelf_names where program_id = %s", (program_id,)).fetchone()
    assert count is not None
    return _Numbers(row[0], count[0], splits_read(row[1]), row[2])


def _clear(tx: Transaction, program_id: int) -> None:
    tx.execute("delete from shelf_words where program_id = %s", (program_id,))
    tx.execute("delete from shelf_grams where program_id = %s", (program_id,))


def _read_items(
    tx: Transaction, program_id: int, item_ids: Collection[int] | None
) -> Sequence[tuple[Any, ...]]:
    with tx.cursor() as cursor:
        # Two texts of thousands of items: that of the library is slower.
        set_json_loads(msgspec.json.decode, cursor)
        return cursor.execute(
            """
            select id, names, abouts, brand, category, kind from catalog_items
            where program_id = %(p)s and gone_at is null and hidden_at is null
              and (%(all)s or id in (select unnest(%(ids)s::text::bigint[])))
            order by popularity desc, id
            """,
            {"p": program_id, "all": item_ids is None, "ids": arrays.numbers(item_ids or ())},
        ).fetchall()


def _write_grams(tx: Transaction, program_id: int, words: Sequence[str]) -> None:
    """Have new words of names found by their letters."""
    known = {
        word
        for (word,) in tx.execute(
            """
            select distinct word from shelf_words
            where program_id = %s and part = %s and word in (select unnest(%s::text::text[]))
            """,
            (program_id, NAME, arrays.texts(words)),
        )
    }
    of: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= MEANT_LETTERS_MIN and not word.isdecimal() and word not in known:
            for gram in grams(word):
                of.setdefault(gram, []).append(word)
    tx.execute(
        """
        insert into shelf_grams (program_id, gram, words)
        select %s, gram, words::text[] from unnest(%s::text::text[], %s::text::text[]) g (gram, words)
        on conflict (program_id, gram) do update set words = shelf_grams.words || excluded.words
        """,
        (program_id, arrays.texts(of), arrays.texts(arrays.texts(each) for each in of.values())),
    )


def _write_words(
    tx: Transaction, program_id: int, found: Mapping[tuple[str, str], Iterable[int]], behind: Behind
) -> None:
    rows = (
        (word, part, chunk, nos.hex())
        for part, word in sorted(found, key=lambda each: (each[1], each[0]))
        for chunk, nos in pack(found[part, word]).items()
    )
    for some in _batches(rows, ROWS_AT_ONCE):
        written = (
            program_id,
            arrays.texts(word for word, _, _, _ in some),
            arrays.texts(part for _, part, _, _ in some),
            arrays.numbers(chunk for _, _, chunk, _ in some),
            arrays.texts(nos for _, _, _, nos in some),
        )
        behind.do(partial(tx.execute, _WORDS, written))


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows in parts of so many."""
    each = iter(rows)
    while part := list(islice(each, size)):
        yield part
