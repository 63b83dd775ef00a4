"""Opening: a member looked at what they were told, so it goes over no other channel any more."""

from datetime import datetime
from hashlib import sha256

from guerdon.engine.messages.noticing.keeping import TELLING
from guerdon.store.database import Transaction
from guerdon.store.messages.notices import OPENED, Told, note_told
from guerdon.store.messages.opened import Looked, list_awaited, open_told


def note_opened(tx: Transaction, looked: Looked, now: datetime) -> None:
    """Keep that a page was in view or sent a form, in a transaction of no member; once more changes nothing.

    What a provider has and did not tell of yet is noted for the worker, which settles it.
    """
    # What still waits is asked first: what leaves the outbox meanwhile is among the messages below.
    awaited = list_awaited(tx, looked, TELLING)
    if awaited:
        told = [Told(_digest(each), now, each, OPENED) for each in awaited]
        note_told(tx, looked.program_id, TELLING, told)
    open_told(tx, looked, now)


def _digest(provider_id: str) -> bytes:
    return sha256(f"opened|{provider_id}".encode()).digest()
