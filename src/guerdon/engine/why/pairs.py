"""Referrals of an event that is tried: what would become of its member's pairs, and what both would be told.

It is decided as it would be (`engine/referrals/pairing.py`), on what is stored; nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from guerdon.engine.arrivals import REFERRALS
from guerdon.engine.referrals.codes import read_code
from guerdon.engine.referrals.guards import marks_of, numbers_of, watch
from guerdon.engine.referrals.pairing import (
    Book,
    Done,
    Frame,
    Said,
    Watched,
    alike,
    guarded,
    judge,
    qualify,
    take_claim,
    undo,
)
from guerdon.engine.referrals.telling import OwnEvent, own_events
from guerdon.engine.standings import standing_of
from guerdon.engine.stored_events import EventReader, read_fields
from guerdon.program.schemes import Side
from guerdon.queries.why.events import find_standing
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.referrals.codes import CodeRow, find_code, load_codes
from guerdon.store.referrals.marks import find_kinds_held
from guerdon.store.referrals.pairs import (
    Pair,
    State,
    load_attributes,
    load_done,
    load_former,
    load_own_ids,
    load_pairs_of,
)
from guerdon.store.sealing import Vault

# What stands for a code that its member has not asked for yet.
NO_CODE = "-"
_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Asked:
    """An event that is tried, its member, and who would have invited them, if that is said.

    Without a vault, what attributes have in common with third people is not seen.
    """

    event: Event
    member: Standing
    invited_by: int | None
    vault: Vault | None


@dataclass(frozen=True, slots=True)
class SideTold:
    """An event that one side would be told, and whose it is."""

    side: Side
    event: Event
    member: Standing


@dataclass(frozen=True, slots=True)
class PairTold:
    """What would become of a pair, why, and what both would be told."""

    scheme: str
    state: State
    reasons: Sequence[str]
    told: Sequence[SideTold]


def try_pairs(tx: Transaction, playbook: Playbook, asked: Asked, now: datetime) -> list[PairTold]:
    """What an event would make of pairs; nothing where no scheme asks about it."""
    found: list[PairTold] = []
    for scheme in playbook.program.referrals.values():
        if asked.event.type in scheme.concerns:
            told = sum(len(pair.told) for pair in found)
            found += _try(tx, Frame(playbook, scheme, now), asked, told)
    return found


def _try(tx: Transaction, frame: Frame, asked: Asked, number: int) -> list[PairTold]:
    book, friend = Book(), asked.member.member_id
    own = load_pairs_of(tx, frame.program_id, frame.scheme.key, [friend]) if friend > 0 else []
    for pair in own:
        if pair.friend == friend:
            book.by_friend.setdefault(friend, []).append(pair)
        if pair.friend != pair.member_id:
            book.by_former.setdefault(pair.member_id, []).append(pair)
    _claim(tx, frame, book, asked)
    did = _did(tx, frame, book, asked)
    qualified = list(qualify(frame, book, friend, did, asked.member.attributes))
    if qualified:
        judge(frame, book, qualified, guarded(frame, qualified, _watched(tx, frame, asked, qualified)))
    undo(frame, book, friend, did)
    told = own_events(tx, frame.program_id, book.sayings)
    concerned = {pair.id: pair for pair in (*book.made, *book.changed.values())}
    return [
        PairTold(
            frame.scheme.key,
            pair.state,
            tuple(pair.reasons),
            [
                _told(tx, frame, asked, (saying.pair, side, event), number + place)
                for place, (saying, side, event) in enumerate(told, start=1)
                if saying.pair is pair
            ],
        )
        for pair in concerned.values()
    ]


def _claim(tx: Transaction, frame: Frame, book: Book, asked: Asked) -> None:
    """The claim that the event is, or that came just before it."""
    event, scheme, friend = asked.event, frame.scheme, asked.member.member_id
    is_claim = event.type == scheme.claim_event
    whose: CodeRow | None = None
    text = str(event.fields.get(scheme.claim_field, "")) if is_claim else ""
    if asked.invited_by is not None:
        by = asked.invited_by
        source, external_id = load_own_ids(tx, frame.program_id, [by]).get(by, ("", ""))
        text = find_code(tx, frame.program_id, scheme.key, by) or NO_CODE
        whose = CodeRow(text, by, by, source, external_id)
    elif is_claim:
        code = read_code(text)
        whose = load_codes(tx, frame.program_id, scheme.key, [code]).get(code) if code else None
    else:
        return
    own = load_own_ids(tx, frame.program_id, [friend]).get(friend, ("", ""))
    take_claim(frame, book, Said(friend, *own, text, event.happened_at), whose)


def _did(tx: Transaction, frame: Frame, book: Book, asked: Asked) -> list[Done]:
    event, friend, scheme = asked.event, asked.member.member_id, frame.scheme
    found = []
    if friend > 0:
        whose = {friend, *(pair.member_id for pair in book.by_friend.get(friend, ()))}
        whose |= {was for was, _ in load_former(tx, frame.program_id, [friend])}
        reader = EventReader(frame.playbook)
        types = sorted(scheme.concerns - {scheme.claim_event})
        for row in load_done(tx, frame.program_id, sorted(whose), types):
            each = reader.event(row, row.data)
            found.append(Done(each.id, each.type, each.happened_at, each.fields))
    if event.type != scheme.claim_event:
        found.append(Done(event.id, event.type, event.happened_at, event.fields))
    return sorted(found, key=lambda done: (done.happened_at, done.id))


def _watched(tx: Transaction, frame: Frame, asked: Asked, pairs: Sequence[Pair]) -> Watched:
    """What is stored, and what both have by now: of whoever is invented nothing is stored."""
    stored, scheme = watch(tx, frame, pairs), frame.scheme
    shared = {friend: list(kinds) for friend, kinds in stored.shared.items()}
    for pair in pairs:
        known = load_attributes(tx, frame.program_id, [pair.referrer or 0])
        others = _decode(known.get(pair.referrer or 0, "{}"))
        kinds = [(kind, True) for kind in alike(scheme, asked.member.attributes, others)]
        kinds += [(kind, False) for kind in _held_by_others(tx, frame, asked, pair)]
        seen = shared.setdefault(pair.friend, [])
        for kind, with_referrer in kinds:
            if not any(kind == other for other, _ in seen):
                seen.append((kind, with_referrer))
    return replace(stored, shared=shared)


def _held_by_others(tx: Transaction, frame: Frame, asked: Asked, pair: Pair) -> list[str]:
    if asked.vault is None:
        return []
    marks = marks_of(asked.vault, frame, pair.friend, asked.member.attributes)
    but = [number for _, number in numbers_of(tx, frame, [pair])]
    return find_kinds_held(tx, frame.program_id, frame.scheme.key, marks, but) if marks else []


def _told(
    tx: Transaction, frame: Frame, asked: Asked, told: tuple[Pair, Side, OwnEvent], number: int
) -> SideTold:
    pair, side, event = told
    member = asked.member
    if side == "referrer":
        row = find_standing(tx, pair.referrer or 0)
        assert row is not None, "whoever has a code is a member"
        member = standing_of(frame.playbook.program, row)
    return SideTold(side, event_of(frame.playbook, event, number, frame.now), member)


def event_of(playbook: Playbook, told: OwnEvent, number: int, now: datetime) -> Event:
    """An event that we tell ourselves, as it will be read."""
    said = {key: value for key, value in told.fields.items() if value is not None}
    declared = playbook.program.events[told.type].fields
    return Event(
        id=number,
        type=told.type,
        connection=REFERRALS,
        external_id=told.id,
        happened_at=told.happened_at,
        recorded_at=now,
        day=playbook.day_of(told.happened_at),
        data=said,
        fields={**read_fields(declared.items(), said), "happened_at": told.happened_at},
    )
