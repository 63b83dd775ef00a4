"""A house with shops: members belong to one, and what happened to them, did there on days of our choosing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from tests.furnishing import read_once
from tests.lending import lent
from tests.wallet.house import House as WalletHouse

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.engine.budgets.watch import watch_program
from guerdon.engine.deliveries.following import follow_deliveries
from guerdon.engine.enroll import enroll_members
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.program.model import Program
from guerdon.store.database import Transaction, transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

PROGRAM = Path(__file__).with_name("program.yaml")
AGO = timedelta(days=200)
NOTHING: Mapping[str, object] = {}


def shop_program() -> Program:
    return read_once(PROGRAM)


@dataclass
class House(WalletHouse):
    """Told at noon of any day, by the calendar of the program."""

    homes: dict[str, str] = field(default_factory=dict)
    real_now: datetime = field(default_factory=utc_now)

    @property
    def today(self) -> date:
        """The day that the console's pages stand on."""
        return self.real_now.astimezone(ZoneInfo(self.program.time_zone)).date()

    def joins(self, location: str, n: int = 1) -> list[str]:
        """So many new members of a shop; what its system calls them."""
        market = self.program.locations[location].market
        names = [str(len(self.homes) + number + 1) for number in range(n)]
        lines = [
            "external_source,external_id,market,location\n",
            *(f"crm,{name},{market},{location}\n" for name in names),
        ]
        with self.worker() as db:
            enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        self.homes |= dict.fromkeys(names, location)
        return names

    def happens(
        self, location: str, kind: str, *, ago: int = 0, times: int = 1, said: Mapping[str, object] = NOTHING
    ) -> str:
        """It happened so many days ago at a shop, to a new member of it; what its system calls the member."""
        name = self.joins(location)[0]
        for number in range(times):
            own = {"no": f"{name}-{number}"} if kind == "boat.rowed" else {}
            self.tells(name, kind, ago=ago, said={**own, **said})
        return name

    def tells(self, name: str, kind: str, *, ago: int = 0, said: Mapping[str, object] = NOTHING) -> None:
        """It happened so many days ago to a member."""
        day = datetime.combine(self.today - timedelta(days=ago), time(12), ZoneInfo(self.program.time_zone))
        self.now = min(day, self.real_now - timedelta(minutes=5))
        self.tell(name, kind, number=None, **said)

    def follow(self) -> None:
        """Let the delivery clock take over what was given."""
        with self.worker() as db:
            follow_deliveries(db, Library(Vault(self.secret), MAPPERS), utc_now() + timedelta(minutes=10))

    def watch(self) -> None:
        """Let the watch of budgets look."""
        with self.worker() as db, transaction(db, self.program_id) as tx:
            watch_program(tx, self.program_id, self.program, self.real_now)

    @contextmanager
    def sees(self, scope: Scope = WHOLE_PROGRAM) -> Iterator[Transaction]:
        """A transaction of somebody who sees this part."""
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id, scope=scope) as tx:
            yield tx

    def publish_again(self, old: str, new: str) -> None:
        """Another version of the program, from now on."""
        from guerdon.program.load import read_program  # noqa: PLC0415

        assert old in self.program.text, old
        changed = read_program(self.program.text.replace(old, new), None, self.program.key)
        assert isinstance(changed, Program), changed
        self.program = changed
        with lent(self.url, self.secret, "owner") as db:
            publish(db, changed, "test", self.real_now - timedelta(hours=12))

    @contextmanager
    def by_hand(self) -> Iterator[psycopg.Connection]:
        """Whom no trigger stops."""
        options = "-c search_path=guerdon -c session_replication_role=replica"
        with psycopg.connect(self.url, autocommit=True, options=options) as db:
            yield db


def open_shops(url: str, secret: str, key: str = "row_boats") -> House:
    """A house whose program was published long ago, under a key of its own."""
    program = replace(shop_program(), key=key)
    with lent(url, secret, "owner") as db:
        program_id = publish(db, program, "test", utc_now() - AGO).program_id
    return House(url, secret, program, program_id)
