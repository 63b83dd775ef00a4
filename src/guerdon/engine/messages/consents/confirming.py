"""Confirming: the owner of an address says that it was they who agreed, by the link that went there.

Opening the link shows what is asked and changes nothing, for mail scanners open links too; it is confirmed by
a form. The link names the consent that waits, so one for what was asked before, or withdrawn since,
confirms nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.messages.consents.consenting import confirm_held
from guerdon.rules.conscience.nouns import Held
from guerdon.store.database import Transaction
from guerdon.store.messages.consents import Proof, load_proofs, load_standing
from guerdon.store.messages.reach import load_generation, lock_reach
from guerdon.store.orders.choices import load_live_version, next_event_ids
from guerdon.values.ids import ID_MAX, show
from guerdon.values.links import MemberLink, read_member_token

# So long a link confirms what it was sent for.
LASTS = timedelta(days=7)
# waits: it can be confirmed. confirmed: it was. over: withdrawn, asked anew, too old, or links were renewed.
State = Literal["waits", "confirmed", "over"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks its reader: whether this topic is wanted over this channel."""

    member_id: int
    consent_id: int
    topic: str
    channel: str
    state: State
    version: int
    language: str
    text_sha: bytes | None = field(repr=False, default=None)


def link_about(topic: str, channel: str, consent_id: int) -> str:
    """What a link that confirms is about.

    `consent_id`: of the row that waits, which is the number of the event of the message that asks.
    """
    return f"{topic}|{channel}|{consent_id}"


def find_asked(tx: Transaction, key: bytes, program_id: int, token: str, now: datetime) -> Asked | None:
    """What a link asks; None: it is none of this program's. It changes nothing."""
    link = read_member_token(key, "confirm", program_id, token)
    return None if link is None else asked_by(tx, program_id, link, now)


def asked_by(tx: Transaction, program_id: int, link: MemberLink, now: datetime) -> Asked | None:
    """What a link asks whose token was read; None: nothing of the kind was asked. It changes nothing."""
    member_id = link.member_id
    topic, _, rest = link.about.partition("|")
    channel, _, number = rest.partition("|")
    held = load_standing(tx, program_id, [member_id]).get((member_id, topic, channel))
    if held is None or not (number.isascii() and number.isdecimal() and int(number) <= ID_MAX):
        return None
    asked_id = int(number)
    found = load_proofs(tx, program_id, [(member_id, asked_id)]).get((member_id, asked_id))
    if found is None or (found.topic, found.channel) != (topic, channel):
        return None
    fresh = link.generation == load_generation(tx, program_id, member_id) and now < found.recorded_at + LASTS
    return Asked(
        *(member_id, asked_id, topic, channel, _state(held, asked_id, fresh=fresh)),
        *(found.version, found.language, found.text_sha),
    )


def confirm(
    tx: Transaction,
    program_id: int,
    link: MemberLink,
    now: datetime,
    source: str = "",
    network_mark: bytes | None = None,
) -> Asked | None:
    """Confirm what a link asks, in a transaction of no member or of this one; what it was, and how it stands.

    Confirmed again it stays confirmed, by the first proof. None: there is no such consent.
    """
    lock_reach(tx, program_id, [link.member_id])
    asked = asked_by(tx, program_id, link, now)
    if asked is None or asked.state != "waits":
        return asked
    (number,) = next_event_ids(tx, 1)
    proof = Proof(
        *(asked.member_id, number, asked.topic, asked.channel, "confirmed", "confirmed"),
        *(
            show("mem", asked.member_id),
            load_live_version(tx, program_id, now),
            asked.language,
            asked.text_sha,
        ),
        *(source, network_mark, now, now),
    )
    confirm_held(tx, program_id, proof)
    return Asked(
        *(asked.member_id, asked.consent_id, asked.topic, asked.channel, "confirmed"),
        *(asked.version, asked.language, asked.text_sha),
    )


def _state(held: Held, number: int, *, fresh: bool) -> State:
    if held.state == "confirmed" and held.consent_id > number:
        return "confirmed"
    waits = held.state == "asked" and held.consent_id == number
    return "waits" if waits and fresh else "over"
