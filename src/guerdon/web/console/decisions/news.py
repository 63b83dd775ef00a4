"""News of the one request that somebody has open: that a colleague was there after the page was made."""

from datetime import datetime

from guerdon.engine.approvals.acting import person_id_of
from guerdon.program.model import Program
from guerdon.queries.decisions import load_last_words
from guerdon.queries.overview import Cut
from guerdon.queries.people import list_names
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.web.console.seen import Seen

# A request, and the last row of the audit that its page knows.
Open = tuple[int, int]


def load_news(
    tx: Transaction, program_id: int, program: Program, cut: Cut, seen: Open, now: datetime
) -> Seen:
    """What happened to a request after somebody opened it."""
    about, after = show("apr", seen[0]), seen[1]
    word = load_last_words(tx, program_id, [about], after).get(about)
    number = person_id_of(word.actor) if word else None
    names = list_names(tx, {number}) if number is not None else {}
    person = names.get(number or 0, word.actor if word else "")
    return Seen("decision", program, cut, now, {"word": word, "person": person, "about": about})
