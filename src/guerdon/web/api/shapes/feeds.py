"""Feeds of the catalog, and what became of each reading of one."""

from typing import Annotated, Any, Literal

from pydantic import Field

from guerdon.web.api.shapes.plain import Filter, Instant, Next, Page, SyncId, Told

FeedName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="A feed; one that was not read yet is made.",
        json_schema_extra={"format": "feed"},
    ),
]
SupplierName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,63}$",
        description=(
            "Who delivers what it lists: an account of the program, `pool` or `manual`. Without it who did"
            " before; of a new feed the account of its name."
        ),
        json_schema_extra={"format": "supplier"},
    ),
]
Kind = Literal["full", "delta"]
State = Literal["reading", "staged", "applied", "refused", "dropped"]
What = Literal["new", "changed", "gone", "wrong"]


class HowRead(Filter):
    """How a feed is read."""

    kind: Kind = Field("full", description="delta: it holds what changed alone.")
    supplier: SupplierName | None = None
    wait: Literal["yes", "no"] = Field("no", description="yes: it waits until somebody accepts it.")


class WhichRows(Page):
    """Which rows of a reading are asked for."""

    what: What | None = None


class Feed(Told):
    """A feed of the catalog."""

    feed: str
    supplier: str
    items: int = Field(description="Items of it that there are now.")
    generation: int = Field(description="How often it was applied.")
    synced_at: Instant | None
    state: Literal["new", "reading", "staged", "applied", "refused", "dropped"]


class Feeds(Told):
    """All feeds; `program` is what the program's own text lists."""

    feeds: list[Feed]


class Sync(Told):
    """A reading of a feed. `staged`: it waits for somebody, and nothing has changed by it."""

    id: SyncId
    feed: str
    kind: Kind
    state: State
    why: str = Field(description="Why it waits, or came to nothing, in one word; empty: neither.")
    said: str
    found: int = Field(description="Rows that were read.")
    new: int
    changed: int
    same: int
    gone: int = Field(description="Items that the feed has no more.")
    wrong: int
    elsewhere: int = Field(
        description="Rows of a supplier's list for countries and currencies that the program does not have."
    )
    pictures: int = Field(description="Items of a supplier's list whose picture was fetched in this reading.")
    pictures_failed: int = Field(
        description="Items that have no picture, for what is at its address is none."
    )
    pictures_left: int = Field(description="Items whose picture is left to the next reading.")
    by: str
    settled_by: str | None
    started_at: Instant
    ended_at: Instant | None


class SyncRow(Told):
    """A row of a reading: the item as it would be; of a wrong one, what was read of it."""

    line: int
    id: str = Field(description="What the feed calls it.")
    what: What
    problem: str = Field(description="Why it is wrong, in one word; empty: it is not.")
    says: str = Field(description="The same in English, with what it speaks of.")
    item: dict[str, Any]


class SyncRows(Told):
    """A reading with a page of its rows; those that are the same are only counted."""

    sync: Sync
    rows: list[SyncRow]
    next: Next
