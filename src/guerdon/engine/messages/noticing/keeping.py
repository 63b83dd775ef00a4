"""Keeping what a provider told until it is taken: in the web process, which verified it."""

from collections.abc import Sequence

from guerdon.engine.messages.port import ChannelKind, Inbound, Receipt
from guerdon.store.database import Transaction
from guerdon.store.messages.notices import Told, note_told
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.sealing import Vault

# Whose provider tells how messages went.
TELLING: ChannelKind = "sms"
# Mails that come back tell, too (`returned.py`).
MAIL: ChannelKind = "email"


def note_received(
    tx: Transaction, vault: Vault, program_id: int, received: Sequence[Receipt | Inbound]
) -> None:
    """Keep what a provider told: of what members wrote only which word it was, of addresses a mark."""
    note_told(tx, program_id, TELLING, [_told(vault, program_id, each) for each in received])


def _told(vault: Vault, program_id: int, received: Receipt | Inbound) -> Told:
    mark = address_mark(vault, program_id, TELLING, received.address) if received.address else None
    if isinstance(received, Inbound):
        return Told(received.digest, received.at, keyword=received.keyword, mark=mark)
    return Told(
        received.digest,
        received.at,
        received.provider_id,
        received.state,
        None,
        mark,
        received.reason,
        received.retires,
        received.stopped,
    )
