"""Who is in which arm, in Python and in PostgreSQL."""

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from guerdon.program.experiments.assigning import SPAN, arm_of, bounds_of, draw

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

DRAWN = """
    select ('x' || substr(encode(sha256(convert_to(
               program || '|' || salt || '|' || member, 'UTF8')), 'hex'), 1, 13))::bit(52)::bigint
    from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as t (program, salt, member, place)
    order by place
"""


def test_the_figures_that_the_design_gives() -> None:
    assert draw("prg_demo", "exp_early", "mem_1") == 1956323969075904
    assert draw("prg_demo", "holdout:2026H2", "mem_1") == 2489636045560906


def test_twenty_thousand_are_drawn_alike_by_python_and_by_the_database(
    admin: "psycopg.Connection[TupleRow]",
) -> None:
    chance = random.Random(52)  # noqa: S311  a test's chance
    letters = "abcXYZ019_-: äßéñçøğşłžабвשלוםعضو会员🎁\u202e'\"%\\"
    keys = [
        tuple("".join(chance.choices(letters, k=chance.randint(0, 12))) for _ in range(3))
        for _ in range(20_000)
    ]
    found = admin.execute(DRAWN, [list(part) for part in zip(*keys, strict=True)]).fetchall()
    assert [row[0] for row in found] == [draw(*key) for key in keys]


def test_arms_are_as_large_as_they_were_planned() -> None:
    bounds = bounds_of([Fraction(1, 5), Fraction(2, 5), Fraction(1, 5)])
    assert bounds == (SPAN // 5, 3 * SPAN // 5, 4 * SPAN // 5)
    arms = [arm_of(draw("prg_demo", "exp_1", f"mem_{n}"), bounds) for n in range(20_000)]
    shares = [arms.count(arm) / len(arms) for arm in (0, 1, 2, None)]
    assert all(
        abs(share - planned) < 0.015 for share, planned in zip(shares, (0.2, 0.4, 0.2, 0.2), strict=True)
    )
    assert (arm_of(0, bounds), arm_of(bounds[0], bounds), arm_of(SPAN - 1, bounds)) == (0, 1, None)


def test_two_experiments_draw_apart_from_each_other() -> None:
    first, second = (
        [draw("prg_demo", salt, f"mem_{n}") < SPAN // 2 for n in range(20_000)] for salt in ("exp_1", "exp_2")
    )
    both = sum(one and two for one, two in zip(first, second, strict=True)) / len(first)
    assert abs(both - 0.25) < 0.015
