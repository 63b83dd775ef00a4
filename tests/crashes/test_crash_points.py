"""T-04: killed at any point of any piece of work, and again on the way back, it comes to the same in the end.

There are some 800 points. The full set kills at each of them, three times in a row, the second and third time
there or anywhere on the way back; the gate draws some of every piece of work, by its own seed.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.channels.mail_server import MailServer, running
from tests.crashes import scenes
from tests.crashes.killing import let_the_dead_go, work_in_child
from tests.crashes.scenes import Scene
from tests.evidence import Figures, scaled
from tests.lending import close_lent

from guerdon import embedded

SCENES: tuple[Callable[[str, str, Path], Scene], ...] = (
    scenes.deciding,
    scenes.announcing,
    scenes.recording,
    scenes.redeeming,
    scenes.spending,
    scenes.keeping_time,
    scenes.approving,
    scenes.sealing,
)
# Nine pieces of work with so many each would be more than the forty that are asked for.
POINTS_MIN = 6
TRIED = scaled(2, 1_000)
KILLS = scaled(2, 3)


@contextmanager
def copied(postgres: embedded.Server, url: str) -> Iterator[str]:
    """A copy of a database to which nobody is connected."""
    source = url.rpartition("/")[2].partition("?")[0]
    name = f"crash_{secrets.token_hex(6)}"
    made, template = sql.Identifier(name), sql.Identifier(source)
    close_lent(url)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(made, template))
        admin.execute(sql.SQL("grant connect, create on database {} to guerdon_owner").format(made))
    copy = postgres.url(name)
    yield copy
    close_lent(copy)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(made))


def kill_everywhere(postgres: embedded.Server, url: str, scene: Scene, figures: Figures) -> None:
    """Kill at each point that is this run's, and compare with what came of it undisturbed."""
    with copied(postgres, url) as where:
        points = work_in_child(lambda: scene.do(where, 0))
        assert points is not None
        assert len(points) >= POINTS_MIN, points
        let_the_dead_go(where)
        expected = scene.ends(where)
    # The run's own seed, which the runner prints, says which points are this run's.
    chance = random.Random(random.getrandbits(32))  # noqa: S311
    chosen = chance.sample(range(1, len(points) + 1), min(TRIED, len(points)))
    killed = 0
    for fatal in chosen:
        with copied(postgres, url) as where:
            killed += killed_at(scene, where, fatal, len(points), chance)
            scene.do(where, KILLS + 1)
            assert scene.ends(where) == expected, f"killed at {fatal}: {points[fatal - 1]}"
    figures.update(points=len(points), tried=len(chosen), killed=killed)


def killed_at(scene: Scene, where: str, fatal: int, points: int, chance: random.Random) -> int:
    """Kill the work at a point, then whoever does it again at the same point or another; how many died."""
    killed = 0
    for times in range(KILLS):
        # Where the first one died, or anywhere on the way back.
        then = fatal if times == 0 or chance.random() < 0.5 else chance.randint(1, points)
        died = work_in_child(partial(scene.do, where, times), then) is None
        assert died or times, "the same work has the same points"
        killed += died
        let_the_dead_go(where)
    return killed


@pytest.mark.timeout(1_200)
@pytest.mark.full(minutes=4, gate=True)
@pytest.mark.parametrize("prepared", SCENES, ids=lambda scene: scene.__name__)
def test_killed_anywhere_it_comes_to_the_same_in_the_end(
    prepared: Callable[[str, str, Path], Scene],
    postgres: embedded.Server,
    database: str,
    secret: str,
    tmp_path: Path,
    figures: Figures,
) -> None:
    kill_everywhere(postgres, database, prepared(database, secret, tmp_path), figures)


@pytest.mark.timeout(1_200)
@pytest.mark.full(minutes=1, gate=True)
def test_killed_over_a_letter_it_is_sent_twice_at_the_most(
    postgres: embedded.Server, database: str, secret: str, figures: Figures
) -> None:
    with running(MailServer()) as server:
        kill_everywhere(postgres, database, scenes.posting(database, secret, server), figures)
