"""One event of the history after the other: first as it was, then as the text that is tried would have it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec

from guerdon.engine.approvals.announcements import GRANTED, INTERNAL
from guerdon.engine.memory import remember
from guerdon.engine.replay.books import Books
from guerdon.engine.replay.folding import Folding, keep_asked
from guerdon.engine.replay.inviting import Inviting
from guerdon.engine.replay.money import Money
from guerdon.engine.replay.states import Asked, State, Who
from guerdon.engine.replay.tally import (
    DRAFT,
    LIVE,
    Count,
    Side,
    Tally,
    count_difference,
    count_member,
    month_of,
)
from guerdon.engine.standings import standing_of
from guerdon.engine.stored_events import EventReader
from guerdon.ledger.contents import GiveReward
from guerdon.ledger.effects import Draw, Effect, Hold, Issue, Post, decode_decision
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.program.model import Program
from guerdon.queries.replay.history import EventRow
from guerdon.rules.approved import decide_reward, limited
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import NOTHING_NEEDED, Playbook
from guerdon.store.members import MemberRow
from guerdon.values.ids import read as read_id

# What an event can do to a text that never met it: it is counted, and the others go on.
POISON = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError)

# So many different kinds of members are remembered at a time.
KNOWN_MAX = 20_000


class _Policed(msgspec.Struct):
    """Of a program's text, its policy."""

    policy: dict[str, object] | None = None


class Trial:
    """A text, and what it is tried on: one batch at a time."""

    def __init__(
        self,
        playbook: Playbook,
        versions: Mapping[int, Playbook],
        money: Money,
        tally: Tally,
        since: datetime,
    ) -> None:
        self.playbook, self.versions, self.money = playbook, versions, money
        self.tally, self.since = tally, since
        self.books: Books | None = None
        self.inviting: Inviting | None = None
        self._met: Mapping[tuple[int, int], Who] = {}
        self._reader = EventReader(playbook)
        self._due_at = money.next_at
        # Until when it is the month of what is counted: those who read come in the order of time.
        self._month_ends = datetime.min.replace(tzinfo=UTC)
        self._counting = Count(tally, "")
        self._known: dict[tuple[str, str, str | None, str], Mapping[str, object]] = {}
        self._asks_who = reads_personal(playbook.program)

    def hear(self, inviting: Inviting) -> None:
        """Let the text tell what its own referrals come to."""
        self.inviting = inviting

    def open(self, books: Books, met: Mapping[tuple[int, int], Who]) -> None:
        """Open members' books for the next events; `met` is who members were, by state."""
        self.books, self._met = books, met

    def take(self, rows: Sequence[EventRow]) -> None:
        """Take these events, whose members' books are open."""
        books = self.books
        assert books is not None
        for row in rows:
            if self._due_at is not None and row.decided_at >= self._due_at:
                self.keep_time(row.decided_at)
            books.facts.now = row.decided_at
            effects = decode_decision(row.decision).effects
            given = _count_outstanding(self.tally.outstanding, effects)
            if not row.member_id:
                self._move(effects)
                continue
            event, standing = self._reader.event(row, row.data), self.standing(row)
            # So that a reward has the id that it really has, where it is the same one.
            self.playbook.version = row.version
            if row.source == INTERNAL:
                self._own(row, event, standing, effects, given)
            elif row.decided_at < self.since:
                remember(books.facts, self.playbook, event, standing)
                Folding(books, event, standing, effects).fold()
            elif self._asks_who and self._is_forgotten(row.member_id):
                self._let_stand(row, event, standing, effects)
            else:
                self._decide(row, event, standing, effects, given)
        books.close()

    def keep_time(self, now: datetime) -> None:
        """Do what is due by now with budgets."""
        if self._due_at is None or now < self._due_at:
            return
        for (day, account), amount in self.money.keep_time(now).items():
            if now >= self.since:
                self.tally.use(month_of(day), account, DRAFT, self.money.units[account]).given += amount
        self._due_at = self.money.next_at

    def _move(self, effects: Sequence[Effect]) -> None:
        """What people moved between budgets."""
        assert self.books is not None
        for post in effects:
            if isinstance(post, Post):
                self.books.facts.fold_pool(post.from_account, -post.amount, post.unit)
                self.books.facts.fold_pool(post.to_account, post.amount, post.unit)

    def _own(
        self, row: EventRow, event: Event, standing: Standing, effects: Sequence[Effect], given: Sequence[int]
    ) -> None:
        """What no rule decided."""
        assert self.books is not None
        self._age(standing)
        asked_for = _request_of(event) if row.type == GRANTED else None
        if asked_for is None:
            Folding(self.books, event, standing, effects).fold()
            return
        request, is_earned = asked_for
        self.money.release(request)
        state = self.books.states[standing.member_id]
        asked = state.asked.pop(request, None)
        if row.decided_at < self.since or not is_earned:
            Folding(self.books, event, standing, effects).fold()
            return
        made: Sequence[Effect] = []
        if asked is not None:
            made = self._grant(event, standing, asked)
        _mark_real(state, given)
        self._count(row, (event, event), standing, effects, made)

    def _grant(self, event: Event, standing: Standing, asked: Asked) -> Sequence[Effect]:
        """What people really agreed to, in the amount that they would have been asked for."""
        assert self.books is not None
        facts = self.books.facts
        content = GiveReward(
            member=standing.member_id,
            rule=asked.rule,
            reward_id=asked.reward,
            unit=asked.unit,
            value=asked.value,
            payer=asked.payer,
            market=standing.market,
            location=standing.location,
            happened_at=event.happened_at,
            reference=asked.reference,
        )
        approval = event.fields["approval"]
        if isinstance(approval, Mapping) and approval.get("counted") is True:
            limited(self.playbook, facts, event, standing, content)
        if asked.rule in self.playbook.awaited_rules and facts.waiting.get(standing.member_id):
            self.books.lend_lots(standing.member_id)
        made = decide_reward(self.playbook, facts, event, standing, content)
        self.books.take_lots(event, standing, made)
        self.tally.approved += 1
        return made

    def _decide(
        self, row: EventRow, event: Event, standing: Standing, effects: Sequence[Effect], given: Sequence[int]
    ) -> None:
        assert self.books is not None
        books, member = self.books, standing.member_id
        self._age(standing)
        told = event if self.inviting is None else self.inviting.tells(row, event)
        made, seen = ([], standing) if told is None else self._would(told, standing)
        _mark_real(books.states[member], given)
        self.tally.events += self.inviting is None or row.id not in self.inviting.alone
        self.tally.types.add(row.type if told is None else told.type)
        self._count(row, (event, told or event), seen, effects, made)

    def _would(self, event: Event, standing: Standing) -> tuple[Sequence[Effect], Standing]:
        """What the text would have made of an event, and its member as rules saw them."""
        assert self.books is not None
        books, member, kind = self.books, standing.member_id, event.type
        made: Sequence[Effect] = []
        known = kind in self.playbook.needs
        seen = remember(books.facts, self.playbook, event, standing) if known else standing
        if kind in self.playbook.plays:
            needs = self.playbook.needs.get(kind, NOTHING_NEEDED)
            if needs.takes_back or (needs.awaited and books.facts.waiting.get(member)):
                books.lend_lots(member)
            try:
                made = decide(self.playbook, books.facts, event, seen).effects
            except POISON:
                self.tally.failed += 1
                books.facts.lots.pop(member, None)
            books.take_lots(event, seen, made)
            for hold in made:
                if isinstance(hold, Hold):
                    self._ask(event, member, hold)
        return made, seen

    def _is_forgotten(self, member_id: int) -> bool:
        assert self.books is not None
        who = self.books.states[member_id].who
        return who is not None and who.forgotten

    def _let_stand(self, row: EventRow, event: Event, standing: Standing, effects: Sequence[Effect]) -> None:
        """What hung on something that was forgotten cannot be decided again: it stands as it was decided."""
        assert self.books is not None
        self._age(standing)
        remember(self.books.facts, self.playbook, event, standing)
        Folding(self.books, event, standing, effects).fold()
        self.tally.events += 1
        self.tally.types.add(row.type)
        self._count(row, (event, event), standing, effects, effects)

    def _ask(self, event: Event, member: int, hold: Hold) -> None:
        assert self.books is not None
        reward = self.playbook.by_rule[hold.rule].reward
        told = event.fields.get(reward.reference) if reward is not None and reward.reference else None
        keep_asked(self.books, event.id, member, hold, None if told is None else str(told))

    def _count(
        self,
        row: EventRow,
        events: tuple[Event, Event],
        standing: Standing,
        effects: Sequence[Effect],
        made: Sequence[Effect],
    ) -> None:
        """Count what was and what would have been, each with its event."""
        assert self.books is not None
        if row.decided_at >= self._month_ends:
            self._turn(row.decided_at)
        counting = self._counting
        place, state = (row.market, row.location or ""), self.books.states[row.member_id]
        if not effects and not made:
            return
        was = Side(LIVE, self.versions.get(row.version), events[0], standing, effects)
        would = Side(DRAFT, self.playbook, events[1], standing, made)
        live, draft = counting.count(was, place), counting.count(would, place)
        if live or draft:
            count_member(state, live, draft)
        if live != draft:
            count_difference(self.tally, state, place, (was, would), (live, draft))

    def _age(self, standing: Standing) -> None:
        """What time does to rewards that only the text would have given: for the others the books tell."""
        assert self.books is not None
        facts, state = self.books.facts, self.books.states[standing.member_id]
        for lot in state.lots:
            if lot.real or not lot.remaining:
                continue
            available = lot.available_at
            if lot.state == "pending" and available is not None and UNTIL_TOLD != available <= facts.now:
                lot.state = "ready"
            if lot.state == "ready" and lot.expires_at is not None and lot.expires_at <= facts.now:
                facts.fold_pool(lot.payer, lot.remaining, lot.unit)
                purse = (standing.member_id, lot.unit)
                if purse in facts.balances:
                    facts.fold_balance(purse, -lot.remaining)
                lot.ended, lot.remaining, lot.state = lot.ended + lot.remaining, 0, "expired"

    def _turn(self, now: datetime) -> None:
        """Begin to count another month: that of the program's time zone."""
        day = self.playbook.day_of(now)
        self._counting = Count(self.tally, month_of(day))
        first = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        self._month_ends = datetime.combine(first, time.min, self.playbook.zone).astimezone(UTC)

    def standing(self, row: EventRow) -> Standing:
        """A member as they were when an event of theirs was decided."""
        assert self.books is not None
        state = self.books.states[row.member_id]
        who = state.who = self._met.get((row.member_id, row.state), state.who)
        assert who is not None, "it was loaded with the batch"
        # Members are many, but what rules may know of them repeats.
        known = (who.market, who.language, who.location, who.attributes)
        attributes = self._known.get(known)
        if attributes is None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            member = MemberRow(row.member_id, *known, who.enrolled_at, who.state)
            attributes = self._known[known] = standing_of(self.playbook.program, member).attributes
        return Standing(
            row.member_id, who.market, who.language, who.location, attributes, who.enrolled_at, who.state
        )


def reads_personal(program: Program) -> bool:
    """Whether rules of a program may read what it marks as personal."""
    policy = msgspec.json.decode(program.text, type=_Policed).policy
    return policy is not None and policy.get("personal_data") == "allowed"


def _count_outstanding(outstanding: dict[str, int], effects: Sequence[Effect]) -> Sequence[int]:
    """What members really have in all: what was given, less what was drawn from it; the rewards given."""
    given: list[int] = []
    drawn = False
    for effect in effects:
        if isinstance(effect, Issue):
            outstanding[effect.unit] = outstanding.get(effect.unit, 0) + effect.value
            given.append(effect.reward)
        elif isinstance(effect, Draw):
            drawn = True
    if drawn:
        units = {effect.id: effect.unit for effect in effects if isinstance(effect, Post)}
        for effect in effects:
            if isinstance(effect, Draw) and effect.post in units:
                outstanding[units[effect.post]] = outstanding.get(units[effect.post], 0) - effect.amount
    return given


def _mark_real(state: State, given: Sequence[int]) -> None:
    """Remember which rewards the books have, too: what really became of them is told by them."""
    if given:
        for lot in state.lots:
            if lot.id in given:
                lot.real = True


def _request_of(event: Event) -> tuple[int, bool] | None:
    """The request that an event came from, and whether an event had earned what it gave."""
    approval = event.fields.get("approval")
    if not isinstance(approval, Mapping):
        return None
    request = read_id("apr", str(approval.get("request", "")))
    return None if request is None else (request, bool(approval.get("event")))
