"""What waits for somebody, as a number: the menu of every page shows it.

It is the same as the list of decisions would hold. What no role of theirs could sign is sorted out by the
requests' rows alone, so for most people it costs two small questions.
"""

from guerdon.access.policy import KIND_AREAS, opens
from guerdon.engine.approvals.acting import Acting
from guerdon.engine.approvals.papers import load_papers, load_signers_of, open_voices
from guerdon.queries.decisions import list_open
from guerdon.store.approvals.signers import load_stand_ins
from guerdon.store.database import Transaction

OPEN_MAX = 500


def count_mine(tx: Transaction, acting: Acting) -> int:
    """How many requests wait for a person's signature, or for their answer."""
    rows = list_open(tx, acting.program_id, OPEN_MAX)
    if not rows:
        return 0
    me = acting.person.person_id
    answers = sum(row.state == "returned" and row.maker == acting.name for row in rows)
    held = acting.person.held(acting.program_id, acting.now)
    if not load_stand_ins(tx, acting.program_id, [me]):
        signs = {
            kind
            for kind, area in KIND_AREAS.items()
            if opens(held, area, "approve", acting.program_id, acting.now)
        }
        rows = [row for row in rows if row.kind in signs]
    rows = [row for row in rows if row.state == "open" and row.maker != acting.name]
    if not rows:
        return answers
    papers = load_papers(tx, acting.program_id, acting.program, rows, light=True)
    signers = load_signers_of(tx, acting.program_id, papers.values(), [me])
    return answers + len(open_voices(papers, signers, me, acting.now))
