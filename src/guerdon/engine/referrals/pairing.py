"""What becomes of pairs, decided on facts that are handed in: no clock, no chance, no database.

Whoever follows real events, tries one, or replays a history loads the facts their own way and decides here.
A friend's first claim counts. What qualifies or undoes is looked for among all that a friend did, by when it
happened, so it does not matter in which order it is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from guerdon.engine.referrals.codes import read_code
from guerdon.engine.referrals.telling import CAME, WENT, Saying, repeated, repeated_undone
from guerdon.ledger.expiry import add_months
from guerdon.program.schemes import Scheme
from guerdon.rules.playbook import Playbook
from guerdon.store.referrals.codes import CodeRow
from guerdon.store.referrals.pairs import Pair
from guerdon.values.ids import derived_id

# Of pairs in these states an event may still make another one.
OPEN = frozenset({"claimed", "qualified", "held", "released"})
# As much of a code that nobody has as is kept.
UNKNOWN_MAX = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """One scheme of the version that decides, and when that is."""

    playbook: Playbook
    scheme: Scheme
    now: datetime

    @property
    def program_id(self) -> int:
        """Whose scheme it is."""
        return self.playbook.program_id

    @property
    def zone(self) -> ZoneInfo:
        """Where days and quarters begin."""
        return self.playbook.zone


@dataclass(frozen=True, slots=True)
class Done:
    """An event of a friend that qualifies or undoes."""

    id: int
    type: str
    happened_at: datetime
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """A friend said a code: who they are, by which id they are told of it later, and when that was."""

    friend: int
    source: str
    external_id: str
    text: str
    at: datetime


@dataclass(slots=True)
class Book:
    """The pairs of some friends, what is new of them, and what is to be told."""

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


def take_claim(frame: Frame, book: Book, said: Said, whose: CodeRow | None) -> None:
    """Make a pair of a claim; `whose` is the code, if somebody has it. A field left empty is no claim."""
    if not said.text.strip():
        return
    pairs = book.by_friend.setdefault(said.friend, [])
    pair = _pair(frame, said, whose)
    before = [*pairs, *book.by_former.get(said.friend, ())]
    if any(other.code == pair.code for other in before):
        return
    why = _refused(pair, before)
    if why:
        pair.state, pair.reasons = "refused", [why]
    pairs.append(pair)
    book.made.append(pair)


def _pair(frame: Frame, said: Said, whose: CodeRow | None) -> Pair:
    scheme = frame.scheme.key
    code = whose.code if whose is not None else read_code(said.text) or _unknown(said.text)
    return Pair(
        member_id=said.friend,
        # Whoever is only invented has a number below any.
        id=derived_id(max(said.friend, 0), "referral", scheme, code),
        scheme=scheme,
        code=code,
        referrer_id=whose.member_id if whose is not None else None,
        source=said.source,
        external_id=said.external_id,
        referrer_source=whose.source if whose is not None else None,
        referrer_external_id=whose.external_id if whose is not None else None,
        state="claimed",
        reasons=[],
        claimed_at=said.at,
        recorded_at=frame.now,
        friend=said.friend,
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


def qualify(
    frame: Frame, book: Book, friend: int, did: Sequence[Done], attributes: Mapping[str, object]
) -> Iterator[Pair]:
    """The pair that a friend's events qualify, if they do; of others it is noted why not."""
    purchases = [each for each in did if counts(frame.scheme, each, attributes)]
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
        elif purchases[0].happened_at > _until(frame, pair):
            _refuse(book, pair, "late")
        else:
            first = purchases[0]
            pair.qualified_at, pair.qualified_by = first.happened_at, first.id
            pair.said = msgspec.json.encode(repeated(frame.scheme, first.fields)).decode()
            stands = pair
            yield pair


def _refuse(book: Book, pair: Pair, why: str) -> None:
    pair.state = "refused"
    book.change(pair, why)


def counts(scheme: Scheme, done: Done, attributes: Mapping[str, object]) -> bool:
    """Whether something that a friend did qualifies them."""
    if done.type not in scheme.on:
        return False
    condition = scheme.conditions.get(done.type)
    return condition is None or condition(done.fields, attributes) is True


def _until(frame: Frame, pair: Pair) -> datetime:
    """The end of the last day on which a friend may qualify."""
    day = pair.claimed_at.astimezone(frame.zone).date()
    last = add_months(day, frame.scheme.months) + timedelta(days=frame.scheme.days + 1)
    return datetime(last.year, last.month, last.day, tzinfo=frame.zone)


def judge(frame: Frame, book: Book, qualified: Sequence[Pair], reasons: Mapping[int, Sequence[str]]) -> None:
    """Reward those pairs that nothing speaks against, and hold the others for people."""
    for pair in qualified:
        pair.state = "held" if reasons[pair.id] else "qualified"
        book.change(pair, *reasons[pair.id])
        if pair.state == "qualified":
            pair.told_at = frame.now
            assert pair.qualified_at is not None
            book.sayings.append(came(frame.scheme, pair, pair.qualified_at))


def came(scheme: Scheme, pair: Pair, at: datetime) -> Saying:
    """What both sides of a pair that came about are told."""
    return Saying(pair, CAME, scheme.tells, at, msgspec.json.decode(pair.said or "{}"))


def undo(frame: Frame, book: Book, friend: int, did: Sequence[Done]) -> None:
    """Undo what a friend's events undo; what was told is taken back, and what waits is not told any more."""
    declared = frame.scheme.undo
    if declared is None:
        return
    for pair in book.of(friend):
        if pair.qualified_at is None:
            continue
        day = pair.qualified_at.astimezone(frame.zone).date()
        last = add_months(day, declared.months) + timedelta(days=declared.days)
        found = next(
            (
                each
                for each in did
                if each.type in declared.on
                and pair.qualified_at <= each.happened_at
                and each.happened_at.astimezone(frame.zone).date() <= last
            ),
            None,
        )
        if found is None:
            continue
        pair.state, pair.undone_at = "undone", found.happened_at
        book.change(pair)
        if pair.told_at is not None:
            pair.untold_at = frame.now
            said = repeated_undone(frame.scheme, found.fields)
            book.sayings.append(Saying(pair, WENT, declared.tells, found.happened_at, said))


@dataclass(frozen=True, slots=True)
class Watched:
    """What guards saw: by friend whom they share what with, circles, networks; rewarded so far a quarter."""

    # By friend: kinds that they share, each with whether it is with their referrer.
    shared: Mapping[int, Sequence[tuple[str, bool]]]
    # By friend and referrer: how many brought each other.
    circles: Mapping[tuple[int, int], int]
    # By who the friend was as they claimed: how many claimed by the link from their network.
    networks: Mapping[int, int]
    # By referrer and first day of the quarter.
    successes: Mapping[tuple[int, date], int]


def guarded(frame: Frame, pairs: Sequence[Pair], watched: Watched) -> dict[int, list[str]]:
    """Why a person is to look at each of these pairs, which are about to be rewarded; empty: for no reason.

    They are asked in the order in which they qualified, so that of a sixth it is known which it is.
    """
    guards = frame.scheme.guards
    successes = dict(watched.successes)
    found: dict[int, list[str]] = {}
    for pair in pairs:
        two = (pair.friend, pair.referrer or 0)
        reasons = [
            f"{'same' if with_referrer else 'again'}_{kind}"
            for kind, with_referrer in watched.shared.get(pair.friend, ())
            if kind != "address" or guards.household != "allowed"
        ]
        if two in watched.circles:
            reasons.append("mutual" if watched.circles[two] == 2 else "circle")
        if watched.networks.get(pair.member_id, 0) > guards.claims:
            reasons.append("many_claims")
        counted = (two[1], quarter_of(frame, pair))
        if successes.get(counted, 0) >= guards.successes:
            reasons.append("many_successes")
        if not reasons:
            successes[counted] = successes.get(counted, 0) + 1
        found[pair.id] = reasons
    return found


def alike(scheme: Scheme, one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """The kinds that two people share by their attributes."""
    return [
        kind
        for kind, attribute in scheme.guards.shared.items()
        if one.get(attribute) not in (None, "") and one.get(attribute) == other.get(attribute)
    ]


def quarter_of(frame: Frame, pair: Pair) -> date:
    """The first day of the quarter in which a pair qualified."""
    assert pair.qualified_at is not None
    day = frame.playbook.day_of(pair.qualified_at)
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def in_order(qualified: Sequence[Pair]) -> list[Pair]:
    """Qualified pairs as guards look at them: who qualified first, first."""
    return sorted(qualified, key=lambda pair: (pair.qualified_at, pair.id))
