"""Guards: what makes people look at a pair before anybody is rewarded. None of it refuses anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from guerdon.engine.referrals.codes import mark_of
from guerdon.engine.referrals.pairing import Frame, Watched, guarded, quarter_of
from guerdon.store.database import Transaction
from guerdon.store.referrals.marks import (
    Asked,
    Mark,
    Numbered,
    count_of_networks,
    find_shared,
    record_marks,
)
from guerdon.store.referrals.pairs import (
    Pair,
    count_successes,
    find_circles,
    load_attributes,
    load_former,
)
from guerdon.store.sealing import Vault

_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Ground(Frame):
    """The same in an open transaction."""

    tx: Transaction
    vault: Vault


def mark_people(ground: Ground, pairs: Sequence[Pair]) -> None:
    """Keep what both sides of pairs have now of what two people do not share."""
    people = sorted({each for pair in pairs for each in (pair.friend, pair.referrer) if each is not None})
    if not ground.scheme.guards.shared or not people:
        return
    known = load_attributes(ground.tx, ground.program_id, people)
    marks = [
        mark
        for member, text in known.items()
        for mark in marks_of(ground.vault, ground, member, _decode(text))
    ]
    record_marks(ground.tx, ground.program_id, ground.scheme.key, marks, ground.now)


def marks_of(vault: Vault, frame: Frame, member: int, attributes: Mapping[str, object]) -> list[Mark]:
    """What a member has by their attributes, as keyed hashes."""
    return [
        Mark(member, kind, mark_of(vault, frame.program_id, kind, str(value)))
        for kind, attribute in frame.scheme.guards.shared.items()
        if (value := attributes.get(attribute)) not in (None, "")
    ]


def reasons_of(ground: Ground, pairs: Sequence[Pair]) -> dict[int, list[str]]:
    """Why a person is to look at each of these pairs, as `guarded` says on what is stored."""
    return guarded(ground, pairs, watch(ground.tx, ground, pairs))


def watch(tx: Transaction, frame: Frame, pairs: Sequence[Pair]) -> Watched:
    """What is stored that guards ask."""
    twos = [(pair.friend, pair.referrer or 0) for pair in pairs]
    asked = [
        Asked(friend, referrer, pair.member_id, pair.code, pair.claimed_at)
        for pair, (friend, referrer) in zip(pairs, twos, strict=True)
    ]
    where = (tx, frame.program_id, frame.scheme.key)
    shared: dict[int, list[tuple[str, bool]]] = {}
    for each in find_shared(*where, asked, numbers_of(tx, frame, pairs)):
        shared.setdefault(each.friend, []).append((each.kind, each.with_referrer))
    wanted = sorted({(pair.referrer or 0, quarter_of(frame, pair)) for pair in pairs})
    return Watched(
        shared,
        find_circles(*where, twos),
        count_of_networks(*where, asked),
        count_successes(*where, frame.playbook.program.time_zone, wanted),
    )


def numbers_of(tx: Transaction, frame: Frame, pairs: Sequence[Pair]) -> list[Numbered]:
    """All numbers that both sides of pairs have and had."""
    people = sorted({each for pair in pairs for each in (pair.friend, pair.referrer or 0)})
    numbered = {(each, each) for each in people} | {(pair.friend, pair.member_id) for pair in pairs}
    # Whoever is only invented was nobody before.
    former = load_former(tx, frame.program_id, [each for each in people if each > 0])
    return sorted(numbered | {(now, was) for was, now in former})
