"""How a member is reached, changed by themselves: a code goes to the new address, and the old one is told.

Nothing changes before the code was given in the browser that asked. What the member agreed to or stopped
stays as it is: that is the person's, and not an address's. Links that went to the old address are void.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from guerdon.engine.messages.diverting import CHANGED as TOLD
from guerdon.engine.messages.diverting import CODE
from guerdon.engine.sessions.said import mark_of_word
from guerdon.engine.sessions.signing_in import DAY, Asking, Elsewhere, check_code, send_code
from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.proofs import load_sent
from guerdon.store.messages.outbox import insert_message
from guerdon.store.messages.reach import lock_reach, renew_links
from guerdon.store.messages.suppressions import address_mark, is_suppressed
from guerdon.store.persons import EMAIL_INDEX_PURPOSE, Person, load_person, seal_person, update_person
from guerdon.store.sealing import Vault
from guerdon.store.sessions.own_words import Reached, delete_diverted, divert, load_diverted, record_word
from guerdon.store.sessions.sessions import find_by_address
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

CHANGED, WORD = "contact.changed", "contact.told"
CHANNEL: dict[Reached, Literal["email", "sms"]] = {"email": "email", "phone": "sms"}
# suppressed: its owner, or its mail server, let us know that nothing is to be sent there.
Asked = Literal["sent", "often", "same", "suppressed", "unknown"]
# taken: somebody else signs in by this address.
Came = Literal["changed", "wrong", "taken"]


def ask_change(tx: Transaction, vault: Vault, asking: Asking, address: str, now: datetime) -> Asked:
    """Send a code to a new address (`asking.about` says of which kind); in a transaction of no member."""
    field = _field(asking)
    whose = (asking.program_id, asking.member_id)
    person = load_person(tx, vault, *whose)
    if person is None:
        return "unknown"
    if _of(person, field) == address:
        return "same"
    channel = CHANNEL[field]
    if is_suppressed(
        tx, asking.program_id, channel, address_mark(vault, asking.program_id, channel, address)
    ):
        return "suppressed"

    def diverted(number: int) -> None:
        divert(tx, vault, (*whose, number), (field, address), now)

    came = send_code(tx, asking, now, Elsewhere(CODE, channel, diverted))
    return "unknown" if came == "no_address" else came


def change(tx: Transaction, vault: Vault, asking: Asking, said: str, now: datetime) -> Came:
    """Change how a member is reached, if that is the code; in a transaction of no member."""
    field, program_id, member_id = _field(asking), asking.program_id, asking.member_id
    whose = (program_id, member_id)
    # Of two codes that are sent at one moment the address is the one of the code that is given.
    lock_member(tx, *whose)
    last = load_sent(tx, asking.place, now, DAY).last or 0
    if not check_code(tx, vault, asking, said, now):
        return "wrong"
    found = load_diverted(tx, vault, program_id, [(member_id, last)])
    person = load_person(tx, vault, *whose)
    if (member_id, last) not in found or person is None:
        return "wrong"
    address = found[member_id, last][1]
    delete_diverted(tx, whose, [last])
    if field == "email":
        holder = find_by_address(tx, program_id, vault.index(EMAIL_INDEX_PURPOSE, address))
        if holder not in {None, member_id}:
            return "taken"
    lock_reach(tx, program_id, [member_id])
    before = _of(person, field)
    anew = replace(person, email=address) if field == "email" else replace(person, phone=address)
    if not update_person(tx, program_id, seal_person(vault, program_id, member_id, anew)):
        return "wrong"
    record_word(tx, whose, field, mark_of_word(vault, whose, field, before), now)
    renew_links(tx, program_id, member_id)
    who = show("mem", member_id)
    record_audit(tx, program_id, who, CHANGED, who, now, field=field)
    if before:
        _tell_before(tx, vault, whose, (field, before), now)
    return "changed"


def change_language(
    tx: Transaction, vault: Vault, whose: tuple[int, int], language: tuple[str, str], now: datetime
) -> None:
    """Write to a member in another language from now on. `language`: what it was, and what it is to be."""
    before, after = language
    lock_member(tx, *whose)
    tx.execute("update members set language = %s where program_id = %s and member_id = %s", (after, *whose))
    record_word(tx, whose, "language", mark_of_word(vault, whose, "language", before), now)
    who = show("mem", whose[1])
    record_audit(tx, whose[0], who, CHANGED, who, now, field="language", language=after)


def _tell_before(
    tx: Transaction, vault: Vault, whose: tuple[int, int], before: tuple[Reached, str], now: datetime
) -> None:
    """Tell the address of before that it is not the member's any more."""
    field, who = before[0], show("mem", whose[1])
    wish = Wish(*whose, WORD, f"{who}:{field}:{now.timestamp():.6f}", {"field": field}, who)
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "under the lock of its member nobody else uses the key"
    number = derived_id(begun.event_id, "told", field)
    done = finish(begun, "sent", [Send(number, TOLD, CHANNEL[field])], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    divert(tx, vault, (*whose, number), before, now)
    insert_message(tx, whose, (number, begun.event_id, TOLD, CHANNEL[field]), now)


def _field(asking: Asking) -> Reached:
    assert asking.about in {"email", "phone"}, "a code of this kind changes no address"
    return "email" if asking.about == "email" else "phone"


def _of(person: Person, field: Reached) -> str:
    return person.email if field == "email" else person.phone
