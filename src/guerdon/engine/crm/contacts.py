"""What was read of contacts: they become members or are brought up to date, and who waited goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.engine.crm.becoming import brought_up, read_contact
from guerdon.engine.crm.following import Group, depart, join_ids, lock_members_of
from guerdon.engine.crm.port import Contact
from guerdon.engine.crm.twins import find_twins
from guerdon.engine.files.members import Candidate
from guerdon.engine.intake import INBOX
from guerdon.engine.sessions.said import as_said
from guerdon.program.model import Connection, Program
from guerdon.store.audit import record_audit
from guerdon.store.crm.contacts import (
    clear_departures,
    find_departures,
    load_known,
    set_waiting_apart,
)
from guerdon.store.database import Transaction
from guerdon.store.inbox import release_waiting
from guerdon.store.members import Enrollment, find_member_ids, next_member_ids, record_members
from guerdon.store.persons import record_persons, seal_person
from guerdon.store.privacy.forgetting import find_forgotten
from guerdon.store.sealing import Vault

UNFIT = "contact_unfit"


@dataclass(frozen=True, slots=True)
class Reading:
    """Contacts by the id that was asked for, of one connection, asked at a moment; None: gone."""

    program_id: int
    program: Program
    connection: Connection
    contacts: Mapping[str, Contact | None]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What came of contacts: `unfit` says by the id that was asked for why one is no member."""

    new: int = 0
    updated: int = 0
    unfit: Mapping[str, str] = field(default_factory=dict)


def lock_contacts(tx: Transaction, reading: Reading) -> None:
    """Lock the members that contacts are, as whoever decides does before leaving errands of them."""
    lock_members_of(tx, reading.program_id)
    ids = {
        each
        for asked, contact in reading.contacts.items()
        for each in ((asked, contact.id, *contact.was) if contact is not None else (asked,))
    }
    subjects = [(reading.connection.subject, each) for each in sorted(ids)]
    known = find_member_ids(tx, reading.program_id, subjects)
    load_known(tx, reading.program_id, sorted({*known.values()}))


def keep_contacts(tx: Transaction, vault: Vault, reading: Reading, now: datetime) -> Enrolled:
    """Write down contacts: members, ids that lead to them, and those that are gone."""
    program_id, source = reading.program_id, reading.connection.subject
    lock_members_of(tx, program_id)
    depart(
        tx, program_id, source, {each: "deleted" for each, c in reading.contacts.items() if c is None}, now
    )
    there = _there(tx, reading)
    # The id that counts in front: it is the one whose values are read.
    groups = [Group(ids) for _, ids in there.values() if len(ids) > 1]
    join_ids(tx, program_id, source, groups, now)
    candidates: dict[str, Candidate] = {}
    unfit: dict[str, str] = {}
    for contact, ids in there.values():
        read = read_contact(reading.program, reading.connection, contact)
        if isinstance(read, Candidate):
            candidates[contact.id] = read
        elif read is not None:
            unfit |= dict.fromkeys(ids, read)
    new, members = _enroll(tx, vault, reading, candidates, now)
    # Those that are members only now.
    join_ids(tx, program_id, source, groups, now)
    find_twins(tx, vault, (program_id, reading.program), members, now)
    set_waiting_apart(tx, program_id, source, {each: (UNFIT, why) for each, why in unfit.items()}, now)
    if release_waiting(tx, program_id):
        tx.execute("select pg_notify(%s, '')", (INBOX,))
    return Enrolled(new, len(members) - new, unfit)


def _there(tx: Transaction, reading: Reading) -> dict[str, tuple[Contact, tuple[str, ...]]]:
    """Contacts that are there, by the id that they have now, each with all of its ids."""
    found: dict[str, tuple[Contact, tuple[str, ...]]] = {}
    for asked, contact in reading.contacts.items():
        if contact is not None:
            ids = found[contact.id][1] if contact.id in found else ()
            every = dict.fromkeys((contact.id, *ids, asked, *sorted(contact.was)))
            found[contact.id] = (contact, tuple(every))
    source = reading.connection.subject
    every_id = [each for _, ids in found.values() for each in ids]
    gone = find_departures(tx, reading.program_id, source, every_id) if every_id else {}
    # What was read before it was deleted is old; and who was forgotten is not brought back by anything.
    late = {each for each, (kind, at) in gone.items() if kind == "forgotten" or at >= reading.asked_at}
    there = {now: (contact, ids) for now, (contact, ids) in found.items() if not late & {*ids}}
    back = [each for _, ids in there.values() for each in ids if each in gone]
    clear_departures(tx, reading.program_id, source, back)
    return there


def _enroll(
    tx: Transaction, vault: Vault, reading: Reading, candidates: Mapping[str, Candidate], now: datetime
) -> tuple[int, list[int]]:
    """Write them down: how many are new, and all of them as members."""
    if not candidates:
        return 0, []
    program_id, connection = reading.program_id, reading.connection
    assert connection.contacts is not None, "asked for contacts of a connection that declares none"
    # By another of their ids: whoever was forgotten is not brought back by anything.
    gone = find_forgotten(tx, program_id, [(connection.subject, each) for each in candidates])
    candidates = {each: one for each, one in candidates.items() if (connection.subject, each) not in gone}
    if not candidates:
        return 0, []
    known = {
        each: member_id
        for (_, each), member_id in find_member_ids(
            tx, program_id, [(connection.subject, each) for each in candidates]
        ).items()
    }
    known = _newest(known, candidates)
    new = [each for each in candidates if each not in known]
    ids = known | dict(zip(new, next_member_ids(tx, len(new)), strict=True))
    as_they_are = load_known(tx, program_id, sorted({*known.values()}))
    every = {
        each: brought_up(one, connection.contacts, as_they_are[ids[each]]) if each in known else one
        for each, one in candidates.items()
    }
    # What members changed themselves meanwhile is newer than what a CRM says as before.
    said = as_said(tx, vault, program_id, {ids[each]: every[each] for each in known})
    every = {each: said.get(ids[each], one) for each, one in every.items()}
    record_members(tx, program_id, [_enrollment(ids[each], one) for each, one in every.items()], now)
    persons = [seal_person(vault, program_id, ids[each], one.person) for each, one in every.items()]
    record_persons(tx, program_id, persons)
    record_audit(
        *(tx, program_id, connection.key, "members.enrolled", "members", now),
        new=len(new),
        updated=len(known),
    )
    return len(new), sorted({ids[each] for each in every})


def _newest(known: Mapping[str, int], candidates: dict[str, Candidate]) -> dict[str, int]:
    """Of several contacts that lead to one member the newest says who that is; the others are left out."""
    by_member = {known[each]: each for each in sorted(known, key=lambda each: (len(each), each))}
    for each in {*known} - {*by_member.values()}:
        del candidates[each]
    return {each: member_id for member_id, each in by_member.items()}


def _enrollment(member_id: int, one: Candidate) -> Enrollment:
    return Enrollment(
        member_id, one.source, one.external_id, one.market, one.language, one.location, one.attributes
    )


def unfit_events(held: Sequence[str], enrolled: Enrolled) -> dict[str, tuple[str, str]]:
    """Of objects that were asked for, those that cannot be members, with the reason for quarantine."""
    return {each: (UNFIT, enrolled.unfit[each]) for each in held if each in enrolled.unfit}
