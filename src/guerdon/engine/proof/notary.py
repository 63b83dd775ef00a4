"""The notary: seals the audit each second and tells its newest seal outside each hour, by file and by mail.

The mail goes to somebody who does not run this machine: it is what makes a rewrite of all seals show. It is
sent once; the next one, an hour later, says all that one lost would have said.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome
from guerdon.engine.proof.seals import anchor_new, find_lags, seal_new
from guerdon.ledger.trail import Anchor, write_line
from guerdon.store.database import Connection
from guerdon.store.programs import list_programs
from guerdon.text.letters import render_anchor
from guerdon.values.ids import derived_id

SEAL_S = 1.0
LOOK_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notary:
    """Where seals are told outside: a folder, and an address when there is one."""

    folder: Path
    address: str = ""
    send: Callable[[Letter], Outcome] | None = None


def keep_sealing(db: Connection, notary: Notary, turns: Iterable[datetime]) -> None:
    """Seal at each turn, and look once a minute what is late or to be told outside."""
    looked_at = 0.0
    for now in turns:
        seal_new(db, now)
        if not 0 <= now.timestamp() - looked_at < LOOK_S:
            looked_at = now.timestamp()
            tell_outside(db, notary, now)
            for lag in find_lags(db, now):
                log.error(
                    "%s audit rows of program %s wait for their seal since %s",
                    lag.rows,
                    lag.program_id,
                    lag.since,
                )


def tell_outside(db: Connection, notary: Notary, now: datetime) -> None:
    """Anchor what is due; the mails leave when the anchors are committed."""
    told = anchor_new(db, notary.folder, now)
    if not told or not notary.address or notary.send is None:
        return
    keys = dict(list_programs(db))
    for anchor in told:
        outcome = notary.send(write_anchor_letter(anchor, keys[anchor.program], notary.address, now))
        if not isinstance(outcome, Accepted):
            log.warning(
                "the anchor of seal %s of %s was not mailed: %s", anchor.number, keys[anchor.program], outcome
            )


def write_anchor_letter(anchor: Anchor, key: str, address: str, now: datetime) -> Letter:
    """The mail that tells a seal."""
    mail = render_anchor(key, anchor.number, anchor.total_rows, write_line(anchor).decode())
    number = derived_id(anchor.number, "anchor", str(anchor.program))
    return Letter(number, anchor.program, key, "", address, mail, now)
