"""Following referrals: what the events of a batch make of pairs, in the commit that decides them.

A friend's first claim counts. What qualifies or undoes is looked for among the events of the batch and those
that came before it, so it does not matter in which order they are told: a purchase that happened before the
claim makes its buyer a customer already, whenever we hear of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.referrals.codes import read_code
from guerdon.engine.referrals.guards import Ground, mark_people, reasons_of
from guerdon.engine.referrals.telling import CAME, WENT, Saying, repeated, repeated_undone, tell
from guerdon.engine.stored_events import EventReader
from guerdon.ledger.expiry import add_months
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.referrals import codes as store
from guerdon.store.referrals.pairs import (
    Pair,
    change_pairs,
    load_done,
    load_former,
    load_own_ids,
    load_pairs_of,
    lock_referrals,
    record_pairs,
)
from guerdon.store.sealing import Vault
from guerdon.values.ids import derived_id

# Of pairs in these states an event may still make another one.
OPEN = frozenset({"claimed", "qualified", "held", "released"})
# As much of a code that nobody has as is kept.
UNKNOWN_MAX = 32

Ready = Sequence[tuple[Event, Standing]]


def follow(tx: Transaction, vault: Vault, playbook: Playbook, ready: Ready, now: datetime) -> None:
    """See what the events of a batch mean for referrals: after its members are locked, before any pool is."""
    for scheme in playbook.program.referrals.values():
        concerns = scheme.concerns
        theirs = [(event, member) for event, member in ready if event.type in concerns]
        if theirs:
            _follow(Ground(tx, vault, playbook, scheme, now), theirs)


@dataclass(slots=True)
class _Book:
    """The pairs of a batch's friends, what is new of them, and what is to be told."""

    by_friend: dict[int, list[Pair]] = field(default_factory=dict)
    # Of who claimed and is somebody else by now, by who they were: they claim no second time either.
    by_former: dict[int, list[Pair]] = field(default_factory=dict)
    made: list[Pair] = field(default_factory=list)
    changed: dict[int, Pair] = field(default_factory=dict)
    sayings: list[Saying] = field(default_factory=list)

    def of(self, friend: int) -> list[Pair]:
        """A friend's pairs that may still become something."""
        return [pair for pair in self.by_friend.get(friend, ()) if pair.state in OPEN]

    def change(self, pair: Pair, *reasons: str) -> None:
        """Note that a pair is to be written, for these reasons more."""
        pair.reasons += [each for each in reasons if each not in pair.reasons]
        self.changed[pair.id] = pair


def _follow(ground: Ground, theirs: Ready) -> None:
    scheme, where = ground.scheme, (ground.tx, ground.program_id, ground.scheme.key)
    friends = sorted({member.member_id for _, member in theirs})
    claims = [(event, member) for event, member in theirs if event.type == scheme.claim_event]
    # Whoever makes a pair has locked its friend, as we have: what is not there now is not made meanwhile.
    if not claims and not any(pair.state in OPEN for pair in load_pairs_of(*where, friends)):
        return
    lock_referrals(ground.tx, ground.program_id)
    book, attributes = _Book(), {member.member_id: member.attributes for _, member in theirs}
    for pair in load_pairs_of(*where, friends):
        if pair.friend in attributes:
            book.by_friend.setdefault(pair.friend, []).append(pair)
        if pair.friend != pair.member_id:
            book.by_former.setdefault(pair.member_id, []).append(pair)
    _claim(ground, book, claims)
    done = _done(ground, book, theirs)
    qualified = [
        pair
        for friend in friends
        for pair in _qualify(ground, book, friend, (done.get(friend, ()), attributes[friend]))
    ]
    record_pairs(ground.tx, ground.program_id, book.made)
    mark_people(ground, [*book.made, *qualified])
    _judge(ground, book, sorted(qualified, key=lambda pair: (pair.qualified_at, pair.id)))
    for friend in friends:
        _undo(ground, book, friend, done.get(friend, ()))
    if book.changed:
        change_pairs(ground.tx, ground.program_id, list(book.changed.values()))
    tell(ground.tx, ground.vault, ground.program_id, book.sayings, ground.now)


def _claim(ground: Ground, book: _Book, claims: Ready) -> None:
    """Make pairs of claims, the earliest first."""
    said = sorted(claims, key=lambda each: (each[0].happened_at, each[0].id))
    codes = {read_code(str(event.fields.get(ground.scheme.claim_field, ""))) for event, _ in said}
    own = load_own_ids(ground.tx, ground.program_id, sorted({member.member_id for _, member in said}))
    known = store.load_codes(ground.tx, ground.program_id, ground.scheme.key, sorted(codes - {""}))
    for event, member in said:
        text = str(event.fields.get(ground.scheme.claim_field, ""))
        # A field that was left empty is no claim.
        if not text.strip():
            continue
        pairs = book.by_friend.setdefault(member.member_id, [])
        pair = _pair(ground, (event, *own[member.member_id]), member, known.get(read_code(text)))
        before = [*pairs, *book.by_former.get(member.member_id, ())]
        if any(other.code == pair.code for other in before):
            continue
        why = _refused(pair, before)
        if why:
            pair.state, pair.reasons = "refused", [why]
        pairs.append(pair)
        book.made.append(pair)


def _pair(
    ground: Ground, told: tuple[Event, str, str], member: Standing, whose: store.CodeRow | None
) -> Pair:
    """A pair of a claim, whose friend is told of it by the first of their ids, as whoever has a code."""
    event, source, external_id = told
    scheme = ground.scheme.key
    text = str(event.fields[ground.scheme.claim_field])
    code = whose.code if whose is not None else read_code(text) or _unknown(text)
    return Pair(
        member_id=member.member_id,
        id=derived_id(member.member_id, "referral", scheme, code),
        scheme=scheme,
        code=code,
        referrer_id=whose.member_id if whose is not None else None,
        source=source,
        external_id=external_id,
        referrer_source=whose.source if whose is not None else None,
        referrer_external_id=whose.external_id if whose is not None else None,
        state="claimed",
        reasons=[],
        claimed_at=event.happened_at,
        recorded_at=ground.now,
        friend=member.member_id,
        referrer=whose.member_id if whose is not None else None,
    )


def _unknown(text: str) -> str:
    """What is kept of a code that was never one of ours: letters and digits, and few of them."""
    kept = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    return kept[:UNKNOWN_MAX] or "?"


def _refused(pair: Pair, pairs: Sequence[Pair]) -> str:
    """Why a claim comes to nothing at once; nothing: it stands."""
    if pair.referrer is None:
        return "unknown_code"
    if pair.referrer == pair.friend:
        return "self"
    return "second_claim" if any(other.state != "refused" for other in pairs) else ""


@dataclass(frozen=True, slots=True)
class _Done:
    """An event of a friend that qualifies or undoes."""

    id: int
    type: str
    happened_at: datetime
    fields: Mapping[str, object]


def _done(ground: Ground, book: _Book, theirs: Ready) -> dict[int, list[_Done]]:
    """What open friends did: in this batch, and before it where that may still matter."""
    scheme = ground.scheme
    types = sorted(scheme.concerns - {scheme.claim_event})
    found: dict[int, list[_Done]] = {}
    open_friends = sorted(friend for friend in book.by_friend if any(
        pair.state == "claimed" for pair in book.by_friend[friend]
    ))  # fmt: skip
    if open_friends:
        reader = EventReader(ground.playbook)
        # What they did under another number, before two contacts became one, is theirs too.
        whose = {each: each for each in open_friends}
        for friend in open_friends:
            for pair in book.by_friend[friend]:
                whose.setdefault(pair.member_id, friend)
        for was, friend in load_former(ground.tx, ground.program_id, open_friends):
            whose.setdefault(was, friend)
        for row in load_done(ground.tx, ground.program_id, sorted(whose), types):
            event = reader.event(row, row.data)
            found.setdefault(whose[row.member_id], []).append(
                _Done(event.id, event.type, event.happened_at, event.fields)
            )
    for event, member in theirs:
        if event.type in types:
            of_member = found.setdefault(member.member_id, [])
            of_member.append(_Done(event.id, event.type, event.happened_at, event.fields))
    for each in found.values():
        each.sort(key=lambda done: (done.happened_at, done.id))
    return found


def _qualify(
    ground: Ground, book: _Book, friend: int, did: tuple[Sequence[_Done], Mapping[str, object]]
) -> Iterator[Pair]:
    """The pair that a friend's events qualify, if they do; of others it is noted why not."""
    purchases = [each for each in did[0] if _counts(ground, each, did[1])]
    if not purchases:
        return
    stands: Pair | None = None
    for pair in book.of(friend):
        before = purchases[0].happened_at < pair.claimed_at
        if pair.state != "claimed":
            if before:
                # It was judged before we heard of this: people are told where they look at pairs.
                book.change(pair, "customer")
            stands = pair
        elif stands is not None:
            _refuse(book, pair, "second_claim")
        elif pair.referrer == friend:
            _refuse(book, pair, "self")
        elif before:
            _refuse(book, pair, "customer")
        elif purchases[0].happened_at > _until(ground, pair):
            _refuse(book, pair, "late")
        else:
            first = purchases[0]
            pair.qualified_at, pair.qualified_by = first.happened_at, first.id
            pair.said = msgspec.json.encode(repeated(ground.scheme, first.fields)).decode()
            stands = pair
            yield pair


def _refuse(book: _Book, pair: Pair, why: str) -> None:
    pair.state = "refused"
    book.change(pair, why)


def _counts(ground: Ground, done: _Done, attributes: Mapping[str, object]) -> bool:
    if done.type not in ground.scheme.on:
        return False
    condition = ground.scheme.conditions.get(done.type)
    return condition is None or condition(done.fields, attributes) is True


def _until(ground: Ground, pair: Pair) -> datetime:
    """The end of the last day on which a friend may qualify."""
    zone = ground.playbook.zone
    day = pair.claimed_at.astimezone(zone).date()
    last = add_months(day, ground.scheme.months) + timedelta(days=ground.scheme.days + 1)
    return datetime(last.year, last.month, last.day, tzinfo=zone)


def _judge(ground: Ground, book: _Book, qualified: Sequence[Pair]) -> None:
    """Reward those pairs that nothing speaks against, and hold the others for people."""
    if not qualified:
        return
    reasons = reasons_of(ground, qualified)
    for pair in qualified:
        pair.state = "held" if reasons[pair.id] else "qualified"
        book.change(pair, *reasons[pair.id])
        if pair.state == "qualified":
            pair.told_at = ground.now
            assert pair.qualified_at is not None
            assert pair.said is not None
            said = msgspec.json.decode(pair.said)
            book.sayings.append(Saying(pair, CAME, ground.scheme.tells, pair.qualified_at, said))


def _undo(ground: Ground, book: _Book, friend: int, did: Sequence[_Done]) -> None:
    """Undo what a friend's events undo; what was told is taken back, and what waits is not told any more."""
    undo = ground.scheme.undo
    if undo is None:
        return
    for pair in book.of(friend):
        if pair.qualified_at is None:
            continue
        day = pair.qualified_at.astimezone(ground.playbook.zone).date()
        last = add_months(day, undo.months) + timedelta(days=undo.days)
        found = next(
            (
                each
                for each in did
                if each.type in undo.on
                and pair.qualified_at <= each.happened_at
                and each.happened_at.astimezone(ground.playbook.zone).date() <= last
            ),
            None,
        )
        if found is None:
            continue
        pair.state, pair.undone_at = "undone", found.happened_at
        book.change(pair)
        if pair.told_at is not None:
            pair.untold_at = ground.now
            said = repeated_undone(ground.scheme, found.fields)
            book.sayings.append(Saying(pair, WENT, undo.tells, found.happened_at, said))
