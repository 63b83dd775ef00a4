"""The pool of voucher codes: kept sealed, found by a keyed hash, each handed to one order at most, for ever.

The pool's counts are nobody's running total: they are the rows themselves. Taking a code is one statement, so
that two members who choose at once never hold the same row, and "sold out" is said only after looking past
others' locks. A code that is over, or nearly, is handed to nobody; of the good ones, the first to end goes.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg import sql

from guerdon.store.database import Transaction
from guerdon.store.orders.handed import Piece, seal_pieces
from guerdon.store.sealing import Vault
from guerdon.values.money import Money

INDEX_PURPOSE = "code-index"
SEAL_PURPOSE = "codes"
CODE_LENGTH_MAX = 200
# A code that is good for no longer than that is given to nobody: they could hardly use it.
GOOD_AT_LEAST = timedelta(days=1)
_TOLD_APART_BY = ("code", "url", "barcode")
# Whoever brings codes holds it until they are there.
_BRINGING = 1735289475


@dataclass(frozen=True, slots=True)
class Code:
    """A voucher code in clear, and what it buys. Good before `expires_at`; None: it has no end."""

    item: str
    value: Money
    text: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealedCode:
    """A row of `codes`, ready to be written."""

    item: str
    value: Money
    index: bytes
    sealed: bytes
    expires_at: datetime | None


def good_after(now: datetime) -> datetime:
    """What a code has to outlast to be handed to anybody now."""
    return now + GOOD_AT_LEAST


def seal_code(vault: Vault, program_id: int, code: Code) -> SealedCode:
    """Seal a code, bound to its index, so that it opens in no other row."""
    index = code_index(vault, program_id, code.text)
    sealed = vault.seal(SEAL_PURPOSE, _place(program_id, index), code.text.encode())
    return SealedCode(code.item, code.value, index, sealed, code.expires_at)


def open_code(vault: Vault, program_id: int, index: bytes, sealed: bytes) -> str:
    """The code in clear."""
    return vault.open(SEAL_PURPOSE, _place(program_id, index), sealed).decode()


def code_index(vault: Vault, program_id: int, text: str) -> bytes:
    """The keyed hash of a code. Case counts: suppliers' codes differ by it."""
    said = f"{program_id}|{text}".encode()
    return hmac.new(vault.key(INDEX_PURPOSE), said, hashlib.sha256).digest()


def lock_bringing(tx: Transaction, program_id: int) -> None:
    """Let one at a time bring codes: of two with the same new codes each would wait for the other's."""
    tx.execute("select pg_advisory_xact_lock(%s, %s)", (_BRINGING, program_id))


def record_codes(tx: Transaction, program_id: int, codes: Sequence[SealedCode]) -> set[bytes]:
    """Add codes to the pool, one statement for all; gives the indexes of new ones. Known ones stay."""
    rows = tx.execute(
        """
        insert into codes (program_id, item, unit, value, code_index, code, expires_at)
        select %s, item, unit, value, code_index, code, coalesce(expires_at, 'infinity')
        from unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[], %s::timestamptz[])
             as c (item, unit, value, code_index, code, expires_at)
        on conflict (program_id, code_index) do nothing
        returning code_index
        """,
        (
            program_id,
            [c.item for c in codes],
            [c.value.unit for c in codes],
            [c.value.amount_minor for c in codes],
            [c.index for c in codes],
            [c.sealed for c in codes],
            [c.expires_at for c in codes],
        ),
    ).fetchall()
    return {row[0] for row in rows}


def record_ends(
    tx: Transaction, program_id: int, codes: Sequence[SealedCode]
) -> tuple[set[bytes], set[bytes]]:
    """Say anew until when codes are good that nobody has yet; nobody is waited for.

    Gives the indexes of those that change, and of those that would but that somebody else holds just now.
    Each stands there once. One without an end, or of something else than the pool has it for, changes
    nothing.
    """
    rows = tx.execute(
        """
        with said as (
          select * from unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::timestamptz[])
                        as s (item, unit, value, code_index, expires_at)
        ), wanted as materialized (
          -- By its index alone, whatever is known of the table: a pool that has just come is not counted yet.
          select c.id, s.code_index, s.expires_at
          from said s cross join lateral (
            select * from codes o where o.program_id = %s and o.code_index = s.code_index offset 0
          ) c
          where (c.item, c.unit, c.value) = (s.item, s.unit, s.value)
            and c.state = 'free' and c.expires_at <> s.expires_at
        ), kept as (
          -- Whoever chooses may hold some, and so may another file that says the same codes.
          select c.id, w.expires_at from codes c join wanted w using (id)
          -- Said so that no index of free codes answers it: of a pool that has just come, it looks as short.
          where c.program_id = %s and coalesce(c.state, '') = 'free' and c.expires_at <> w.expires_at
          order by c.id for update of c skip locked
        ), changed as (
          update codes c set expires_at = kept.expires_at from kept
          where c.program_id = %s and c.id = kept.id returning c.id
        )
        select code_index, id in (select id from changed) from wanted
        """,
        (
            [c.item for c in codes],
            [c.value.unit for c in codes],
            [c.value.amount_minor for c in codes],
            [c.index for c in codes],
            [c.expires_at for c in codes],
            program_id,
            program_id,
            program_id,
        ),
    ).fetchall()
    return {index for index, done in rows if done}, {index for index, done in rows if not done}


def settle_code(
    tx: Transaction, program_id: int, order_id: int, item: str, value: Money, at: datetime
) -> bool:
    """Hand one good code to an order, the one that ends first; False when none is left."""
    # Skipping what others hold is quick, but they may yet give it back: wait and look again before saying no.
    return _take(tx, sql.SQL("skip locked"), (order_id, at, program_id, item, value)) or _take(
        tx, sql.SQL(""), (order_id, at, program_id, item, value)
    )


def _take(tx: Transaction, locked: sql.SQL, wanted: tuple[int, datetime, int, str, Money]) -> bool:
    order_id, at, program_id, item, value = wanted
    statement = sql.SQL(
        """
        update codes set state = 'issued', order_id = %(order)s, issued_at = %(at)s
        where program_id = %(program)s and id = (
          select id from codes
          where program_id = %(program)s and item = %(item)s and unit = %(unit)s and value = %(value)s
            and state = 'free' and expires_at > %(good_after)s
          order by expires_at, id limit 1 for update {}
        )
        """
    ).format(locked)
    taken = tx.execute(
        statement,
        {
            "order": order_id,
            "at": at,
            "good_after": good_after(at),
            "program": program_id,
            "item": item,
            "unit": value.unit,
            "value": value.amount_minor,
        },
    )
    return taken.rowcount == 1


@dataclass(frozen=True, slots=True)
class HandedCode:
    """What somebody else delivered for an order: its pieces, what they are worth, and until when."""

    order_id: int
    item: str
    value: Money
    pieces: tuple[Piece, ...] = field(repr=False)
    expires_at: datetime | None = None


def record_handed_code(
    tx: Transaction, vault: Vault, program_id: int, handed: HandedCode, at: datetime
) -> bool:
    """Keep what was delivered for an order, issued to it; False when it was delivered before, to another."""
    # By what it is told apart from all others: a PIN or a word of thanks may well be the same twice.
    kinds = {piece.kind: piece.text for piece in reversed(handed.pieces)}
    text = next((kinds[kind] for kind in _TOLD_APART_BY if kind in kinds), f"order {handed.order_id}")
    sealed = seal_code(vault, program_id, Code(handed.item, handed.value, text))
    kept = tx.execute(
        """
        insert into codes (program_id, item, unit, value, code_index, code, state, order_id, issued_at, more,
                           expires_at)
        values (%s, %s, %s, %s, %s, %s, 'issued', %s, %s, %s, coalesce(%s::timestamptz, 'infinity'))
        on conflict (program_id, code_index) do nothing
        """,
        (
            program_id,
            handed.item,
            handed.value.unit,
            handed.value.amount_minor,
            sealed.index,
            sealed.sealed,
            handed.order_id,
            at,
            seal_pieces(vault, program_id, handed.order_id, handed.pieces),
            handed.expires_at,
        ),
    )
    return kept.rowcount == 1


def use_code(tx: Transaction, program_id: int, index: bytes) -> int | None:
    """Note that a code was used, by its index; its order, or nothing where it is worth nothing.

    Why it is worth nothing takes no other work: no row is locked or written but one that somebody can use.
    """
    row = tx.execute(
        """
        update codes set state = 'redeemed', used_at = transaction_timestamp()
        where program_id = %s and code_index = %s and state = 'issued' returning order_id
        """,
        (program_id, index),
    ).fetchone()
    return row[0] if row else None


def void_codes(tx: Transaction, program_id: int, orders: Sequence[int]) -> list[int]:
    """Let codes of orders be worth nothing; the orders whose code nobody had used, and is void by it."""
    rows = tx.execute(
        """
        update codes set state = 'void'
        where program_id = %s and order_id = any(%s) and state = 'issued' returning order_id
        """,
        (program_id, list(orders)),
    ).fetchall()
    return sorted(row[0] for row in rows)


def _place(program_id: int, index: bytes) -> str:
    return f"{program_id}|codes|{index.hex()}|1"
