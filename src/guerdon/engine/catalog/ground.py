"""What rows of a feed are checked against: the program, the feed, and who delivers what it lists."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from guerdon.engine.catalog.images import Beside, FetchesPicture
from guerdon.engine.catalog.wrong import WrongRow, unknown_word
from guerdon.program.model import Program
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.values.money import Unit

OFFSET_MAX = timedelta(hours=15)


@dataclass(frozen=True)
class Ground:
    """A feed of a program.

    `beside` gives files that lie beside it; `fetch` pictures from the addresses that a supplier names.
    """

    program_id: int
    program: Program
    feed: str
    supplier: str
    delta: bool = False
    beside: Beside | None = field(default=None, repr=False)
    fetch: FetchesPicture | None = field(default=None, repr=False)

    @cached_property
    def suppliers(self) -> Mapping[str, int]:
        """Who may deliver, and how much they are preferred."""
        own = {POOL: 50, MANUAL: 900}
        return {**own, **{key: account.prefer for key, account in self.program.suppliers.items()}}

    @cached_property
    def money(self) -> Mapping[str, Unit]:
        """Units of money."""
        return {key: unit for key, unit in self.program.units.items() if unit.kind == "money"}

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where days begin."""
        return ZoneInfo(self.program.time_zone)


def one_of(given: object, known: Collection[str], field_name: str) -> str:
    """A word that must be known."""
    if given in (None, ""):
        raise WrongRow("missing", field=field_name)
    word = given.strip() if isinstance(given, str) else ""
    if word not in known:
        raise unknown_word("unknown", str(given), known, field=field_name)
    return word


def all_of(words: Collection[str], known: Collection[str], field_name: str) -> list[str]:
    """Words that must all be known."""
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        raise unknown_word("unknown", unknown, known, field=field_name)
    return list(words)


def read_truth(given: object, field_name: str) -> bool:
    """True or false, as JSON has it or written out."""
    if isinstance(given, bool):
        return given
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    found = truths.get(str(given).strip().lower())
    if found is None:
        raise WrongRow("no_truth", field=field_name, given=str(given)[:40])
    return found


def read_moment(given: object, field_name: str, ground: Ground) -> str | None:
    """An instant, as it is written down; a day alone is its beginning in the program's time zone."""
    if given is None or given == "":
        return None
    try:
        moment = datetime.fromisoformat(str(given).strip())
    except ValueError:
        raise WrongRow("no_moment", field=field_name, given=str(given)[:40]) from None
    if not 2000 <= moment.year < 2100:
        raise WrongRow("century", field=field_name, given=str(given)[:40])
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=ground.zone)
    offset = moment.utcoffset() or timedelta(0)
    if abs(offset) > OFFSET_MAX or offset % timedelta(minutes=1):
        # An offset to Python, and none to the database.
        moment = moment.astimezone(UTC)
    return moment.isoformat()
