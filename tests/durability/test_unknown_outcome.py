"""T-06: the answer to a COMMIT is lost, late or in pieces; the request is tried again, and has one effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.durability.door import keep
from tests.durability.proxy import OTHER_FAULTS, Fault, Proxy, proxied
from tests.evidence import Figures, scaled
from tests.proof.paper import Paper

from guerdon import embedded
from guerdon.engine.intake import Kept
from guerdon.store.database import UNAVAILABLE, Connection, connect
from guerdon.store.sealing import Vault

ATTEMPTS_MAX = 4


@dataclass
class Line:
    """A caller behind the proxy, who tries again as long as nobody answers."""

    url: str
    vault: Vault
    secret: str
    proxy: Proxy
    db: Connection | None = None
    unanswered: int = 0

    def keep(self, number: int, fault: Fault) -> tuple[Kept, int]:
        """Keep a request under a fault; what the caller was told at last, and how often they tried."""
        self.connected()
        self.proxy.armed = fault
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                (kept,) = keep(self.connected(), self.vault, [number])
            except UNAVAILABLE:
                self.unanswered += 1
                self.hang_up()
                continue
            return kept, attempt
        raise AssertionError("nobody ever answered")

    def connected(self) -> Connection:
        if self.db is None or self.db.closed:
            self.db = connect(self.url, self.secret, "web")
        return self.db

    def hang_up(self) -> None:
        if self.db is not None:
            self.db.close()
            self.db = None


@pytest.fixture
def line(postgres: embedded.Server, database: str, secret: str) -> Iterator[Line]:
    """Give a caller behind a proxy."""
    with proxied(postgres.sockets) as (proxy, folder):
        made = Line(through(database, postgres.sockets, folder), Vault(secret), secret, proxy)
        yield made
        made.hang_up()


def through(url: str, sockets: Path, folder: Path) -> str:
    """The same address by way of the proxy's socket."""
    return url.replace(quote(str(sockets), safe=""), quote(str(folder), safe=""))


def effects(paper: Paper) -> tuple[int, int, int]:
    """What there is: keys, events in the inbox, and events under a key that has more than one."""
    (row,) = paper.rows(
        """
        select (select count(*) from event_keys), (select count(*) from inbox),
               (select count(*) from deliveries)
        """
    )
    keys, events, deliveries = map(int, map(str, row))
    return keys, events, deliveries


@pytest.mark.full(minutes=2, gate=True)
def test_a_cut_answer_is_a_duplicate_the_second_time_and_has_one_effect(
    line: Line, database: str, secret: str, figures: Figures
) -> None:
    paper, times = Paper(database, secret), scaled(200, 1_000)
    paper.found()
    for number in range(times):
        kept, attempts = line.keep(number, "cut")
        # It had been kept, and the caller is told so: neither lost nor new.
        assert (kept.duplicates, kept.accepted, attempts) == (1, 0, 2)
    keys, events, _ = effects(paper)
    figures.update(cut=times, effects=events, unanswered=line.unanswered)
    assert line.proxy.struck == line.unanswered == times
    assert keys == events == times


@pytest.mark.full(minutes=2, gate=True)
@pytest.mark.parametrize("fault", OTHER_FAULTS)
def test_whatever_befalls_the_answer_there_is_one_effect_and_the_caller_is_told_the_truth(
    line: Line, fault: Fault, database: str, secret: str, figures: Figures
) -> None:
    paper, times = Paper(database, secret), scaled(4, 100)
    paper.found()
    told = [line.keep(number, fault) for number in range(times)]
    keys, events, deliveries = effects(paper)
    figures.update(times=times, effects=events, unanswered=line.unanswered)
    assert line.proxy.struck == times
    assert keys == events == times
    # New when the first try was answered, or came to nothing; a duplicate when it had been kept unheard.
    first_try = {"late": True, "byte by byte": True}.get(fault, False)
    again = fault == "never sent"
    for kept, attempts in told:
        assert kept.accepted + kept.duplicates == 1
        assert attempts == (1 if first_try else 2)
        assert kept.accepted == int(first_try or again)
    # Each request that reached the server lies in a delivery, twice where it was kept unheard.
    assert deliveries == (times if first_try or again else 2 * times)
