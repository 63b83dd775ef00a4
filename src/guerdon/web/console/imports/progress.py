"""How the one import stands that somebody has open: what its page shows, and what its stream sends."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from guerdon.engine.imports.deciding import trial_of
from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.store.database import Transaction
from guerdon.store.imports.runs import Import, find_import
from guerdon.web.console.imports.sayings import column_said, kind_said, state_said
from guerdon.web.console.seen import Seen

VIEW = "import"


def load_progress(tx: Transaction, program: Program, cut: Cut, whose: tuple[int, int], now: datetime) -> Seen:
    """An import as it stands: (program, number)."""
    return Seen(VIEW, program, cut, now, {"run": find_import(tx, *whose)})


def progress_context(run: Import, locale: str, *, is_page: bool = False) -> Mapping[str, object]:
    """What the region is given beside the import itself; `is_page`: no stream sends it."""
    trial = trial_of(run)
    return {
        "is_page": is_page,
        "run": run,
        "trial": trial,
        # Before it is confirmed it is what would become of the rows.
        "counts": run.counts if run.confirmed_at else trial.counts,
        "run_said": state_said(run.state, locale),
        "kind_said": partial(kind_said, locale=locale),
        "column_said": partial(column_said, locale=locale),
    }
