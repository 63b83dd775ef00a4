"""Referrals of the text that is tried: its pairs, decided as live ones are, and what it would tell of them.

What the books told as well is decided where that stands in the history; what the text alone tells comes next,
as rows that nobody decided. Before the time that is replayed pairs are what they really were. Marks, circles
and networks are those that are stored, as they were at that instant; people's word over a pair is theirs.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.engine.referrals.codes import read_code
from guerdon.engine.referrals.pairing import (
    Book,
    Done,
    Frame,
    Said,
    Watched,
    alike,
    came,
    guarded,
    in_order,
    judge,
    qualify,
    quarter_of,
    take_claim,
    undo,
)
from guerdon.engine.referrals.telling import CAME, Saying, own_events
from guerdon.engine.replay.states import State
from guerdon.engine.replay.told import Kept, coming_of, is_since, is_told, owed_of, told_at_of
from guerdon.engine.replay.world import World
from guerdon.engine.stored_events import EventReader, read_fields
from guerdon.program.schemes import Scheme
from guerdon.queries.replay import invited
from guerdon.queries.replay.history import EventRow
from guerdon.queries.replay.invited import Claimants, DoneThen, Glance, LivePair
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.referrals.pairs import Pair

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Pair]).decode


@dataclass(frozen=True, slots=True)
class _Hand:
    """One scheme and the rows in hand that concern it, with what is stored of their members."""

    scheme: Scheme
    rows: Sequence[tuple[EventRow, Event, Standing]]
    found: Claimants
    live: Mapping[int, LivePair]
    done: Mapping[int, Sequence[tuple[datetime, Done]]]


class Inviting:
    """The referrals of a replay."""

    def __init__(
        self,
        tx: Transaction,
        playbook: Playbook,
        versions: Mapping[int, Playbook],
        where: tuple[World, datetime],
    ) -> None:
        self.tx, self.playbook, self.versions = tx, playbook, versions
        self.world, self.since = where
        self.kept = Kept()
        # Of the rows in hand those that nobody decided.
        self.alone: set[int] = set()
        self._schemes = playbook.program.referrals
        self._reader = EventReader(playbook)
        self._joined = invited.load_joined(tx, playbook.program_id) if self._schemes else {}
        # By which version the books told what stands in hand, by pair.
        self._told_by: dict[int, int] = {}
        # What was told of pairs before the time that is replayed stands as it was told.
        self._standing: set[str] = set()

    def owed(self, states: Callable[[Collection[int]], Mapping[int, State]]) -> list[EventRow]:
        """What the text alone told since, as rows that nobody decided."""
        rows, self.kept.owed = self.kept.owed, []
        self.alone = {row.id for row in rows}
        if not rows:
            return []
        members = sorted({row.member_id for row in rows})
        known, now = states(members), invited.load_standings(self.tx, self.playbook.program_id, members)
        placed = []
        for row in rows:
            who = known[row.member_id].who
            at = now[row.member_id] if who is None else who
            placed.append(row._replace(state=at.state, market=at.market, location=at.location))
        return placed

    def tells(self, row: EventRow, event: Event) -> Event | None:
        """What the text tells where the books told something of a pair; None: nothing."""
        if not is_told(row) or row.external_id in self._standing or row.id in self.alone:
            return event
        coming = self.kept.coming.pop(row.external_id, None)
        if coming is None:
            return None
        declared = self.playbook.program.events[coming.type].fields
        fields = {**read_fields(declared.items(), coming.fields), "happened_at": coming.happened_at}
        return Event(
            id=event.id,
            type=coming.type,
            connection=event.connection,
            external_id=event.external_id,
            happened_at=coming.happened_at,
            recorded_at=event.recorded_at,
            day=self.playbook.day_of(coming.happened_at),
            data=coming.fields,
            fields=fields,
        )

    def follow(self, rows: Sequence[EventRow], standing_of: Callable[[EventRow], Standing]) -> None:
        """See what the rows in hand mean for pairs, before any of them is decided."""
        rows = [row for row in rows if row.decided_at >= self.since and row.member_id]
        told = [row for row in rows if is_told(row) and row.id not in self.alone]
        if not told and not self._schemes:
            return
        live = self._live([int(row.external_id.partition(".")[0]) for row in told]) if told else {}
        self._told_by = {int(row.external_id.partition(".")[0]): row.version for row in told}
        self._standing = {
            row.external_id
            for row in told
            for at in [told_at_of(live.get(int(row.external_id.partition(".")[0])), row.external_id)]
            if at is not None and at < self.since
        }
        for scheme in self._schemes.values():
            concerns = scheme.concerns
            ours = [row for row in rows if row.type in concerns]
            theirs = {pair.id: pair for pair in live.values() if pair.scheme == scheme.key}
            if ours or theirs:
                self._follow(scheme, ours, (told, theirs), standing_of)

    def _follow(
        self,
        scheme: Scheme,
        rows: Sequence[EventRow],
        told: tuple[Sequence[EventRow], Mapping[int, LivePair]],
        standing_of: Callable[[EventRow], Standing],
    ) -> None:
        friends = sorted({self._now(row.member_id) for row in rows} | {p.friend for p in told[1].values()})
        texts = [
            str(self._reader.event(row, row.data).fields.get(scheme.claim_field, ""))
            for row in rows
            if row.type == scheme.claim_event
        ]
        codes = sorted({read_code(text) for text in texts} - {""})
        found = invited.load_claimants(self.tx, self.playbook.program_id, scheme.key, friends, codes)
        stored = {pair.friend for pair in found.pairs}
        if not texts and not stored:
            return
        live = self._live([pair.id for pair in found.pairs]) if stored else {}
        read = [(row, self._reader.event(row, row.data), standing_of(row)) for row in rows]
        hand = _Hand(scheme, read, found, live, self._done(scheme, friends, rows))
        books = self._books(hand, friends)
        released = [row for row in told[0] if int(row.external_id.partition(".")[0]) in told[1]]
        steps = sorted([*((row.decided_at, 1) for row in rows), *((row.decided_at, 0) for row in released)])
        for now in dict.fromkeys(at for at, _ in steps):
            frame = Frame(self.playbook, scheme, now)
            self._people_said(frame, hand, books)
            self._group(frame, hand, books, [each for each in read if each[0].decided_at == now])
        self.world.keep_pairs(
            scheme.key, {friend: _pack(book.by_friend[friend]) for friend, book in books.items()}
        )

    def _group(
        self,
        frame: Frame,
        hand: _Hand,
        books: Mapping[int, Book],
        group: Sequence[tuple[EventRow, Event, Standing]],
    ) -> None:
        """What one batch of then makes of pairs."""
        scheme, attributes = frame.scheme, {}
        for row, event, member in sorted(group, key=lambda each: (each[1].happened_at, each[1].id)):
            friend = self._now(row.member_id)
            attributes[friend] = member.attributes
            if row.type == scheme.claim_event:
                text = str(event.fields.get(scheme.claim_field, ""))
                own = hand.found.own.get(friend, ("", ""))
                said = Said(friend, *own, text, event.happened_at)
                take_claim(frame, books[friend], said, hand.found.codes.get(read_code(text)))
        qualified: list[Pair] = []
        did: dict[int, Sequence[Done]] = {}
        for friend in sorted(attributes):
            open_ = any(pair.state == "claimed" for pair in books[friend].by_friend[friend])
            did[friend] = self._did(frame, hand, friend, before=open_)
            qualified += qualify(frame, books[friend], friend, did[friend], attributes[friend])
        if qualified:
            version = self.versions.get(group[0][0].version)
            live = version.program.referrals.get(scheme.key) if version is not None else None
            ordered = in_order(qualified)
            watched = self._watched(frame, ordered, live, attributes)
            reasons = guarded(frame, ordered, watched)
            for pair in ordered:
                judge(frame, books[pair.friend], [pair], reasons)
        for friend in sorted(attributes):
            undo(frame, books[friend], friend, did[friend])
            self._say(frame, hand, books[friend], group[0][0].version)

    def _did(self, frame: Frame, hand: _Hand, friend: int, *, before: bool) -> list[Done]:
        """What a friend did in a batch, and before it where that may still matter."""
        now = [
            Done(event.id, event.type, event.happened_at, event.fields)
            for row, event, _ in hand.rows
            if row.decided_at == frame.now
            and self._now(row.member_id) == friend
            and row.type != frame.scheme.claim_event
        ]
        earlier = [done for at, done in hand.done.get(friend, ()) if at < frame.now] if before else []
        return sorted([*earlier, *now], key=lambda done: (done.happened_at, done.id))

    def _say(self, frame: Frame, hand: _Hand, book: Book, version: int) -> None:
        """Tell what came about: where the books tell it, else next."""
        sayings, book.sayings = book.sayings, []
        for saying, side, event in own_events(self.tx, frame.program_id, sayings):
            live = hand.live.get(saying.pair.id)
            at = told_at_of(live, event.id)
            same = at == frame.now and (saying.what != CAME or live is None or live.settled_at != at)
            if same and self._told_then(frame.scheme, version, saying, side):
                self.kept.coming[event.id] = coming_of(event)
            else:
                self.kept.owed.append(owed_of(frame, event, saying.pair, (side, version)))
        for saying in sayings:
            if saying.what == CAME and saying.pair.qualified_at is not None:
                day = quarter_of(frame, saying.pair).isoformat()
                key = (frame.scheme.key, saying.pair.referrer or 0, day)
                self.kept.told[key] = self.kept.told.get(key, 0) + 1

    def _told_then(self, scheme: Scheme, version: int, saying: Saying, side: str) -> bool:
        """Whether the version that decided told this side."""
        known = self.versions.get(version)
        if known is None:
            return True
        live = known.program.referrals.get(scheme.key)
        if live is None:
            return False
        tells = live.tells if saying.what == CAME else live.undo.tells if live.undo is not None else {}
        return side in tells

    def _people_said(self, frame: Frame, hand: _Hand, books: Mapping[int, Book]) -> None:
        """What people said by then of pairs that the text holds as well."""
        for book in books.values():
            for pairs in book.by_friend.values():
                for pair in pairs:
                    live = hand.live.get(pair.id)
                    if pair.state != "held" or live is None or live.settled_at is None:
                        continue
                    if live.settled_at > frame.now:
                        continue
                    if live.told_at is None:
                        pair.state = "refused"
                        continue
                    pair.state, pair.told_at = "released", live.settled_at
                    book.sayings.append(came(frame.scheme, pair, live.settled_at))
                    self._say_released(frame, book)

    def _say_released(self, frame: Frame, book: Book) -> None:
        sayings, book.sayings = book.sayings, []
        for saying, side, event in own_events(self.tx, frame.program_id, sayings):
            version = self._told_by.get(saying.pair.id)
            if version is None or self._told_then(frame.scheme, version, saying, side):
                self.kept.coming[event.id] = coming_of(event)
            else:
                self.kept.owed.append(owed_of(frame, event, saying.pair, (side, version)))

    def _books(self, hand: _Hand, friends: Iterable[int]) -> dict[int, Book]:
        """Pairs as the text has them; of friends it has not met yet, as they really were when it began."""
        kept = self.world.pairs(hand.scheme.key, friends)
        books = {}
        for friend in friends:
            if friend in kept:
                pairs = _unpack(kept[friend])
            else:
                pairs = [
                    self._as_begun(hand, pair, hand.live[pair.id])
                    for pair in hand.found.pairs
                    if pair.friend == friend and pair.recorded_at < self.since
                ]
            books[friend] = Book(by_friend={friend: pairs})
        return books

    def _as_begun(self, hand: _Hand, pair: Pair, live: LivePair) -> Pair:
        """A stored pair as it was when the time that is replayed began."""
        done = hand.done.get(pair.friend, ())
        before = [each for at, each in done if at < self.since]
        settled = live.settled_at is not None and live.settled_at < self.since
        if pair.state == "undone" and is_since(live.untold_at or live.undone_at, self.since):
            pair.state, pair.undone_at, pair.untold_at = "qualified" if pair.told_at else "held", None, None
        if pair.state in ("released", "qualified") and is_since(pair.told_at, self.since):
            pair.told_at, pair.state = None, "held"
        if pair.state == "refused" and live.settled_at is not None and not settled:
            pair.state = "held"
        if pair.state == "held" and not any(each.id == pair.qualified_by for each in before):
            pair.state, pair.reasons = "claimed", []
            pair.qualified_at = pair.qualified_by = pair.said = None
        asked = any(each.type in hand.scheme.on for each in before)
        if pair.state == "refused" and {"customer", "late"} & set(pair.reasons) and not asked:
            pair.state, pair.reasons = "claimed", []
        return pair

    def _done(
        self, scheme: Scheme, friends: Sequence[int], rows: Sequence[EventRow]
    ) -> dict[int, list[tuple[datetime, Done]]]:
        if not rows:
            return {}
        members = {*friends, *(was for was, now in self._joined.items() if now in set(friends))}
        types = sorted(scheme.concerns - {scheme.claim_event})
        until = max(row.decided_at for row in rows)
        found: dict[int, list[tuple[datetime, Done]]] = {}
        stored: list[DoneThen] = invited.load_done_then(
            self.tx, self.playbook.program_id, sorted(members), types, until
        )
        for row in stored:
            event = self._reader.event(row, row.data)
            done = Done(event.id, event.type, event.happened_at, event.fields)
            found.setdefault(self._now(row.member_id), []).append((row.decided_at, done))
        return found

    def _watched(
        self,
        frame: Frame,
        pairs: Sequence[Pair],
        live: Scheme | None,
        attributes: Mapping[int, Mapping[str, object]],
    ) -> Watched:
        """What guards would have seen: kinds that were not kept then are compared by what both have."""
        where, scheme = (self.tx, frame.program_id, frame.scheme.key), frame.scheme
        glance = Glance(frame.now, pairs, self._numbers(pairs))
        was = live.guards.shared if live is not None else {}
        other = {
            kind for kind in {*was, *scheme.guards.shared} if was.get(kind) != scheme.guards.shared.get(kind)
        }
        shared: dict[int, list[tuple[str, bool]]] = {}
        for friend, kind, with_referrer in invited.load_shared_then(*where, glance):
            if kind not in other:
                shared.setdefault(friend, []).append((kind, with_referrer))
        if other:
            of_referrers = invited.load_attributes_now(*where[:2], [pair.referrer or 0 for pair in pairs])
            for pair in pairs:
                kinds = alike(
                    scheme, attributes.get(pair.friend, {}), of_referrers.get(pair.referrer or 0, {})
                )
                shared.setdefault(pair.friend, []).extend((kind, True) for kind in kinds if kind in other)
        referrers = sorted({pair.referrer or 0 for pair in pairs})
        zone = self.playbook.program.time_zone
        successes = invited.count_told_before(*where, (referrers, zone, self.since))
        counted = {(pair.referrer or 0, quarter_of(frame, pair)) for pair in pairs}
        for referrer, quarter in counted:
            since = self.kept.told.get((scheme.key, referrer, quarter.isoformat()), 0)
            successes[referrer, quarter] = successes.get((referrer, quarter), 0) + since
        return Watched(
            shared,
            invited.load_circles_then(*where, glance),
            invited.load_networks_then(*where, glance),
            successes,
        )

    def _numbers(self, pairs: Sequence[Pair]) -> list[tuple[int, int]]:
        people = {each for pair in pairs for each in (pair.friend, pair.referrer or 0)}
        found = {(each, each) for each in people} | {(pair.friend, pair.member_id) for pair in pairs}
        return sorted(found | {(now, was) for was, now in self._joined.items() if now in people})

    def _live(self, pairs: Sequence[int]) -> dict[int, LivePair]:
        return invited.load_live_pairs(self.tx, self.playbook.program_id, sorted(set(pairs)))

    def _now(self, member: int) -> int:
        """Who a member became: of two contacts that are one in the end, it is one all along."""
        return self._joined.get(member, member)
