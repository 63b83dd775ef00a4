"""T-05: the database server is killed under load, and nothing that was acknowledged is missing."""

import os
import random
import signal
import time

import pytest
from tests.durability.door import answered, missing, sending
from tests.durability.home import SECRET, Home, made_home
from tests.evidence import Figures

from guerdon import embedded
from guerdon.store.database import connect

KILLS = 20
SENDERS = 8
AT_ONCE = 20
ROWS_MIN = 50_000
BACK_S_MAX = 10.0


def postmaster(server: embedded.Server) -> int:
    return int((server.place / "data" / "postmaster.pid").read_text().partition("\n")[0])


def killed(home: Home, server: embedded.Server) -> tuple[embedded.Server, float]:
    """Kill the server hard and start it again; how long nobody was answered."""
    os.kill(postmaster(server), signal.SIGKILL)
    began = time.monotonic()
    again = embedded.start(home.folder)
    return again, time.monotonic() - began


@pytest.mark.full(minutes=4)
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_missing_after_the_server_was_killed_twenty_times(figures: Figures) -> None:
    chance, away = random.Random(7), []  # noqa: S311  moments to play again, no secret
    with made_home() as home:
        server = embedded.start(home.folder)
        url = home.found(server).url
        with sending(url, SECRET, SENDERS, AT_ONCE) as senders:
            for _ in range(KILLS):
                wanted = answered(senders) + ROWS_MIN // KILLS
                # A killing tells something when there was work since the last one.
                while answered(senders) < wanted:
                    time.sleep(0.05)
                time.sleep(chance.random() * 0.2)
                server, seconds = killed(home, server)
                away.append(seconds)
        with connect(url, SECRET, "worker") as db:
            lost = missing(db, senders)
            row = db.execute(
                "select (select count(*) from event_keys), (select count(*) from inbox)"
            ).fetchone()
        server.stop()
    total = answered(senders)
    figures.update(
        kills=KILLS, acknowledged=total, missing=lost, faults=sum(sender.faults for sender in senders),
        longest_away_s=round(max(away), 1),
    )  # fmt: skip
    assert lost == 0
    # Each key has its one event in the inbox, also those whose answer was lost.
    assert row is not None
    assert row[0] == row[1] >= total >= ROWS_MIN
    assert max(away) <= BACK_S_MAX
