"""A feed that is sent by a form: read as any other, with no transaction open while its rows are checked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, NotRead, take_feed
from guerdon.store.catalog.feeds import SyncKind, SyncRow
from guerdon.values.clock import utc_now
from guerdon.web.console.desk import Desk
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from typing import BinaryIO

# With what a form adds to it, it stays below what the front door takes (web/asgi.py).
FEED_BYTES_MAX = 10 << 20


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form."""

    feed: str = ""
    supplier: str = ""
    kind: SyncKind = "full"


def typed(desk: Desk) -> Typed:
    """What was typed, to be shown again."""
    said = desk.request.POST
    kind: SyncKind = "delta" if said.get("kind") == "delta" else "full"
    return Typed(said.get("feed", "").strip()[:60], said.get("supplier", "")[:60], kind)


def read_sent(desk: Desk) -> SyncRow | str:
    """Read the feed that was sent: what became of it, or why it was not begun."""
    file = desk.request.FILES.get("file")
    if file is None or file.size is None or file.size > FEED_BYTES_MAX:
        return "file"
    given = typed(desk)
    wait = desk.request.POST.get("wait") == "yes"
    asked = Asked(given.feed, desk.actor, given.kind, given.supplier, wait)
    ground = Ground(desk.program_id, desk.program, given.feed, given.supplier)
    with room().connections.lent() as db:
        try:
            return take_feed(db, ground, asked, read_feed(cast("BinaryIO", file.file)), utc_now)
        except NotRead as fault:
            return fault.why
