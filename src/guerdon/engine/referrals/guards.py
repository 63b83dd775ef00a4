"""Guards: what makes people look at a pair before anybody is rewarded. None of it refuses anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from guerdon.engine.referrals.codes import mark_of
from guerdon.program.schemes import Scheme
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.referrals.marks import (
    Asked,
    Mark,
    SharedMark,
    count_of_networks,
    find_shared,
    record_marks,
)
from guerdon.store.referrals.pairs import Pair, count_successes, find_circles, load_attributes
from guerdon.store.sealing import Vault

_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Ground:
    """One scheme of the version that decides, and when that is."""

    tx: Transaction
    vault: Vault
    playbook: Playbook
    scheme: Scheme
    now: datetime

    @property
    def program_id(self) -> int:
        """Whose scheme it is."""
        return self.playbook.program_id


def mark_people(ground: Ground, pairs: Sequence[Pair]) -> None:
    """Keep what both sides of pairs have now of what two people do not share."""
    shared = ground.scheme.guards.shared
    people = sorted({each for pair in pairs for each in (pair.friend, pair.referrer) if each is not None})
    if not shared or not people:
        return
    known = load_attributes(ground.tx, ground.program_id, people)
    marks = [
        Mark(member, kind, mark_of(ground.vault, ground.program_id, kind, str(value)))
        for member, text in known.items()
        for given in [_decode(text)]
        for kind, attribute in shared.items()
        if (value := given.get(attribute)) not in (None, "")
    ]
    record_marks(ground.tx, ground.program_id, ground.scheme.key, marks, ground.now)


def reasons_of(ground: Ground, pairs: Sequence[Pair]) -> dict[int, list[str]]:
    """Why a person is to look at each of these pairs, which are about to be rewarded; empty: for no reason.

    They are asked in the order in which they qualified, so that of a sixth it is known which it is.
    """
    twos = [(pair.friend, pair.referrer or 0) for pair in pairs]
    asked = [
        Asked(friend, referrer, pair.member_id, pair.code, pair.claimed_at)
        for pair, (friend, referrer) in zip(pairs, twos, strict=True)
    ]
    where = (ground.tx, ground.program_id, ground.scheme.key)
    shared: dict[int, list[SharedMark]] = {}
    for each in find_shared(*where, asked):
        shared.setdefault(each.friend, []).append(each)
    circles = find_circles(*where, twos)
    networks = count_of_networks(*where, asked)
    quarters = {pair.id: _quarter(ground, pair) for pair in pairs}
    wanted = sorted({(pair.referrer or 0, quarters[pair.id]) for pair in pairs})
    zone = ground.playbook.program.time_zone
    successes = dict(count_successes(*where, zone, wanted))
    found: dict[int, list[str]] = {}
    for pair, two in zip(pairs, twos, strict=True):
        reasons = _of_sharing(ground, shared.get(pair.friend, ()))
        if two in circles:
            reasons.append("mutual" if circles[two] == 2 else "circle")
        if networks.get(pair.member_id, 0) > ground.scheme.guards.claims:
            reasons.append("many_claims")
        counted = (pair.referrer or 0, quarters[pair.id])
        if successes.get(counted, 0) >= ground.scheme.guards.successes:
            reasons.append("many_successes")
        if not reasons:
            successes[counted] = successes.get(counted, 0) + 1
        found[pair.id] = reasons
    return found


def _of_sharing(ground: Ground, shared: Sequence[SharedMark]) -> list[str]:
    household: Mapping[str, bool] = {"address": ground.scheme.guards.household == "allowed"}
    return [
        f"{'same' if each.with_referrer else 'again'}_{each.kind}"
        for each in shared
        if not household.get(each.kind, False)
    ]


def _quarter(ground: Ground, pair: Pair) -> date:
    assert pair.qualified_at is not None
    day = ground.playbook.day_of(pair.qualified_at)
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
