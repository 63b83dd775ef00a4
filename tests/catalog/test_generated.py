"""The invented catalog, read in as a feed and searched: each row is there and found where it may be had."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from examples.catalog import Terms, items, write_jsonl
from examples.catalog.words import LANGUAGES
from tests.evidence import scaled
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.engine.publish import publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.queries.catalog import asked as questions
from guerdon.queries.catalog.search import find_items
from guerdon.store.catalog.feeds import SyncRow
from guerdon.store.database import Transaction, connect, transaction

PROGRAM = Path(__file__).parents[2] / "examples" / "ev_maker" / "program.yaml"
FEED = "tremendous_eu"
TERMS = Terms()
NOW = datetime(TERMS.today.year, TERMS.today.month, TERMS.today.day, 12, tzinfo=UTC)
ROWS: dict[str, dict[str, Any]] = {f"{FEED}:{row['id']}".lower(): row for row in items(1, 600, TERMS)}
PAGE = 100


@dataclass
class Stocked:
    """The catalog of a program whose feed was read, and what came of that."""

    url: str
    secret: str
    program: Program
    program_id: int

    def read(self) -> SyncRow:
        """Read the feed, as a worker does."""
        file = io.StringIO()
        write_jsonl(ROWS.values(), file)
        ground = Ground(self.program_id, self.program, FEED, FEED)
        lines = read_feed(io.BytesIO(file.getvalue().encode()))
        with connect(self.url, self.secret, "worker") as db:
            return take_feed(db, ground, Asked(FEED, "test"), lines, lambda: NOW)

    @contextmanager
    def opened(self) -> Iterator[Transaction]:
        with connect(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            yield tx

    def found(self, tx: Transaction, market: str, text: str = "", language: str = "en") -> list[str]:
        """Keys of the feed's rows that a member of a market finds, page by page."""
        keys: list[str] = []
        for page in range(1, 100):
            asked = questions.Asked(market, language, NOW, text=text, limit=PAGE, page=page)
            hits = find_items(tx, self.program, asked).items
            keys += [hit.item.key for hit in hits]
            if len(hits) < PAGE:
                break
        return [key for key in keys if key in ROWS]

    def wanted(self, market: str) -> set[str]:
        """What a look at every row says."""
        allowed = self.program.allowed.get(market)
        return {
            key
            for key, row in ROWS.items()
            if market in row["markets"] and is_shown(row) and (allowed is None or row["category"] in allowed)
        }


def is_shown(row: Mapping[str, Any]) -> bool:
    begins, ends = row["visible_from"], row["visible_to"]
    return (begins is None or datetime.fromisoformat(begins) <= NOW) and (
        ends is None or datetime.fromisoformat(ends) > NOW
    )


@pytest.fixture(scope="module")
def stocked(postgres: embedded.Server, migrated_template: str, secret: str) -> Iterator[Stocked]:
    """Read the feed once, for tests that only look."""
    program = load_program(PROGRAM)
    assert isinstance(program, Program), program
    with copied_database(postgres, migrated_template) as url:
        with connect(url, secret, "owner") as db:
            published = publish(db, program, "test", NOW)
        made = Stocked(url, secret, program, published.program_id)
        first = made.read()
        assert (first.state, first.counts.found, first.counts.new, first.counts.wrong) == (
            *("applied", 600, 600, 0),
        )
        yield made


def test_all_of_it_is_there_without_a_wrong_row_and_the_same_the_second_time(stocked: Stocked) -> None:
    assert len(ROWS) == 600
    again = stocked.read()
    assert (again.state, again.counts.found, again.counts.same, again.counts.wrong) == (
        *("applied", 600, 600, 0),
    )
    with stocked.opened() as tx:
        rows = tx.execute(
            "select key, names from catalog_items where feed = %s and gone_at is null", (FEED,)
        ).fetchall()
    assert {str(key): names for key, names in rows} == {key: row["name"] for key, row in ROWS.items()}


def test_each_market_has_what_a_look_at_every_row_finds(stocked: Stocked) -> None:
    every: set[str] = set()
    with stocked.opened() as tx:
        for market in stocked.program.markets:
            keys = stocked.found(tx, market)
            assert len(keys) == len(set(keys)), market
            assert set(keys) == stocked.wanted(market), market
            every |= set(keys)
    assert 400 < len(every) < 600


@pytest.mark.full(minutes=0.3, gate=True)
def test_a_row_is_found_by_its_name_in_each_language_where_it_may_be_had(stocked: Stocked) -> None:
    shown = {market: stocked.wanted(market) for market in stocked.program.markets}
    with stocked.opened() as tx:
        for number, (key, row) in enumerate(list(ROWS.items())[:: scaled(4, 1)]):
            language, market = LANGUAGES[number % len(LANGUAGES)], row["markets"][0]
            keys = stocked.found(tx, market, row["name"][language], language)
            assert (key in keys) == (key in shown[market]), (key, language, row["name"][language])
            assert set(keys) <= shown[market]
