"""Items by what somebody types of their name, in any market: for whoever jumps to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guerdon.program.model import Program
from guerdon.queries.catalog.understanding import understand
from guerdon.store.database import Transaction

# Of all that fit, so many are compared by how often they are chosen: the best fitting first.
COMPARED_MAX = 200
# How well a word fits, the best first (`understanding.py`).
LEVELS = (b"\x03", b"\x02", b"\x01")


@dataclass(frozen=True, slots=True)
class NamedItem:
    """An item, by its names in the languages it has any in."""

    id: int
    key: str
    names: Mapping[str, str]


def find_named(
    tx: Transaction, program: Program, language: str, text: str, markets: Sequence[str], limit: int
) -> list[NamedItem]:
    """Items of these markets that fit what was typed, the best and most chosen first."""
    fits = understand(tx, program, language, text).fits
    if fits is None:
        return []
    numbers: list[int] = []
    levels: list[int] = []
    for level in LEVELS:
        at = -1
        while len(numbers) < COMPARED_MAX and (at := fits.find(level, at + 1)) >= 0:
            numbers.append(at)
            levels.append(level[0])
    if not numbers:
        return []
    rows = tx.execute(
        """
        with fitting as (
          select s.item_id, max(f.level) as level, max(s.fame) as fame
          from unnest(%(numbers)s::int[], %(levels)s::int[]) as f (no, level)
          join shelf s on s.program_id = (select this_program()) and s.market = any(%(markets)s)
            and s.no = f.no
          group by s.item_id
          order by level desc, fame desc, s.item_id limit %(limit)s
        )
        select i.id, i.key, i.names from fitting f
        join catalog_items i on i.program_id = (select this_program()) and i.id = f.item_id
        order by f.level desc, f.fame desc, i.id
        """,
        {"numbers": numbers, "levels": levels, "markets": list(markets), "limit": limit},
    ).fetchall()
    return [NamedItem(*row) for row in rows]
