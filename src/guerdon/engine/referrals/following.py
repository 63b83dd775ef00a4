"""Following referrals: what the events of a batch make of pairs, in the commit that decides them.

The facts are loaded and kept here; what follows from them is decided in `pairing`.
"""

from collections.abc import Sequence
from datetime import datetime

from guerdon.engine.referrals.codes import read_code
from guerdon.engine.referrals.guards import Ground, mark_people, reasons_of
from guerdon.engine.referrals.pairing import (
    OPEN,
    Book,
    Done,
    Said,
    in_order,
    judge,
    qualify,
    take_claim,
    undo,
)
from guerdon.engine.referrals.telling import tell
from guerdon.engine.stored_events import EventReader
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.referrals import codes as store
from guerdon.store.referrals.pairs import (
    change_pairs,
    load_done,
    load_former,
    load_own_ids,
    load_pairs_of,
    lock_referrals,
    record_pairs,
)
from guerdon.store.sealing import Vault

Ready = Sequence[tuple[Event, Standing]]


def follow(tx: Transaction, vault: Vault, playbook: Playbook, ready: Ready, now: datetime) -> None:
    """See what the events of a batch mean for referrals: after its members are locked, before any pool is."""
    for scheme in playbook.program.referrals.values():
        concerns = scheme.concerns
        theirs = [(event, member) for event, member in ready if event.type in concerns]
        if theirs:
            _follow(Ground(playbook, scheme, now, tx, vault), theirs)


def _follow(ground: Ground, theirs: Ready) -> None:
    scheme, where = ground.scheme, (ground.tx, ground.program_id, ground.scheme.key)
    friends = sorted({member.member_id for _, member in theirs})
    claims = [(event, member) for event, member in theirs if event.type == scheme.claim_event]
    # Whoever makes a pair has locked its friend, as we have: what is not there now is not made meanwhile.
    if not claims and not any(pair.state in OPEN for pair in load_pairs_of(*where, friends)):
        return
    lock_referrals(ground.tx, ground.program_id)
    book, attributes = Book(), {member.member_id: member.attributes for _, member in theirs}
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
        for pair in qualify(ground, book, friend, done.get(friend, ()), attributes[friend])
    ]
    record_pairs(ground.tx, ground.program_id, book.made)
    mark_people(ground, [*book.made, *qualified])
    if qualified:
        ordered = in_order(qualified)
        judge(ground, book, ordered, reasons_of(ground, ordered))
    for friend in friends:
        undo(ground, book, friend, done.get(friend, ()))
    if book.changed:
        change_pairs(ground.tx, ground.program_id, list(book.changed.values()))
    tell(ground.tx, ground.vault, ground.program_id, book.sayings, ground.now)


def _claim(ground: Ground, book: Book, claims: Ready) -> None:
    """Make pairs of claims, the earliest first; a friend is told of it by the first of their ids."""
    said = sorted(claims, key=lambda each: (each[0].happened_at, each[0].id))
    texts = [str(event.fields.get(ground.scheme.claim_field, "")) for event, _ in said]
    codes = {read_code(text) for text in texts}
    own = load_own_ids(ground.tx, ground.program_id, sorted({member.member_id for _, member in said}))
    known = store.load_codes(ground.tx, ground.program_id, ground.scheme.key, sorted(codes - {""}))
    for (event, member), text in zip(said, texts, strict=True):
        who = member.member_id
        claim = Said(who, *own[who], text, event.happened_at)
        take_claim(ground, book, claim, known.get(read_code(text)))


def _done(ground: Ground, book: Book, theirs: Ready) -> dict[int, list[Done]]:
    """What open friends did: in this batch, and before it where that may still matter."""
    scheme = ground.scheme
    types = sorted(scheme.concerns - {scheme.claim_event})
    found: dict[int, list[Done]] = {}
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
                Done(event.id, event.type, event.happened_at, event.fields)
            )
    for event, member in theirs:
        if event.type in types:
            of_member = found.setdefault(member.member_id, [])
            of_member.append(Done(event.id, event.type, event.happened_at, event.fields))
    for each in found.values():
        each.sort(key=lambda done: (done.happened_at, done.id))
    return found
