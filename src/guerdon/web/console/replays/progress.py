"""How far the one replay is that somebody has open: what its page shows, and what the stream sends after."""

from datetime import datetime

from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.store.database import Transaction
from guerdon.store.versions.replays import ReplayRow, find_replay
from guerdon.web.console.replays.sayings import state_said
from guerdon.web.console.seen import Seen

UNDER_WAY = ("waiting", "running", "stopped")


def load_progress(
    tx: Transaction, program: Program, cut: Cut, replay: tuple[int, int], now: datetime
) -> Seen:
    """A replay as it stands: (program, number)."""
    return Seen("replay", program, cut, now, {"replay": find_replay(tx, *replay)})


def progress_context(replay: ReplayRow, locale: str) -> dict[str, object]:
    """What the region is given beside the replay itself."""
    return {"under_way": replay.state in UNDER_WAY, "state": state_said(replay.state, locale)}
