"""One event of the history after the other: first as it was, then as the text that is tried would have it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from guerdon.engine.approvals.announcements import GRANTED, INTERNAL
from guerdon.engine.memory import remember
from guerdon.engine.replay.books import Books
from guerdon.engine.replay.folding import Folding, keep_asked
from guerdon.engine.replay.money import Money
from guerdon.engine.replay.states import Asked, State, Who
from guerdon.engine.replay.tally import DRAFT, LIVE, Side, Tally, count_difference, count_member, month_of
from guerdon.engine.standings import standing_of
from guerdon.ledger.contents import GiveReward
from guerdon.ledger.effects import Draw, Effect, Hold, Issue, Post, decode_decision
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.program.fields import Read, read_field
from guerdon.program.model import Field
from guerdon.queries.replay.history import EventRow
from guerdon.rules.approved import decide_reward, limited
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import NOTHING_NEEDED, Playbook
from guerdon.store.members import MemberRow
from guerdon.values.ids import read as read_id

# What an event can do to a text that never met it: it is counted, and the others go on.
POISON = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
_TIMES = ("timestamp", "date")
_fields = msgspec.json.Decoder(dict[str, object]).decode


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
        self._met: Mapping[tuple[int, int], Who] = {}
        self._declared: dict[str, Sequence[tuple[str, Field]]] = {}
        self._due_at = money.next_at

    def take(self, books: Books, rows: Sequence[EventRow], met: Mapping[tuple[int, int], Who]) -> None:
        """Take these events, whose members' books are open; `met` is who members were, by state."""
        self.books, self._met = books, met
        for row in rows:
            self.keep_time(row.decided_at)
            books.facts.now = row.decided_at
            effects = decode_decision(row.decision).effects
            _count_outstanding(self.tally.outstanding, effects)
            if not row.member_id:
                self._move(effects)
                continue
            event, standing = self._event(row), self._standing(row)
            # So that a reward has the id that it really has, where it is the same one.
            self.playbook.version = row.version
            if row.source == INTERNAL:
                self._own(row, event, standing, effects)
            elif row.decided_at < self.since:
                remember(books.facts, self.playbook, event, standing)
                Folding(books, event, standing, effects).fold()
            else:
                self._decide(row, event, standing, effects)
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

    def _own(self, row: EventRow, event: Event, standing: Standing, effects: Sequence[Effect]) -> None:
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
        self._mark_real(state, effects)
        self._count(row, event, standing, effects, made)

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

    def _decide(self, row: EventRow, event: Event, standing: Standing, effects: Sequence[Effect]) -> None:
        assert self.books is not None
        books, member = self.books, standing.member_id
        self._age(standing)
        made: Sequence[Effect] = []
        seen = (
            remember(books.facts, self.playbook, event, standing)
            if row.type in self.playbook.needs
            else standing
        )
        if row.type in self.playbook.plays:
            needs = self.playbook.needs.get(row.type, NOTHING_NEEDED)
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
        self._mark_real(books.states[member], effects)
        self.tally.events += 1
        self.tally.types.add(row.type)
        self._count(row, event, seen, effects, made)

    def _ask(self, event: Event, member: int, hold: Hold) -> None:
        assert self.books is not None
        reward = self.playbook.by_rule[hold.rule].reward
        told = event.fields.get(reward.reference) if reward is not None and reward.reference else None
        keep_asked(self.books, event.id, member, hold, None if told is None else str(told))

    def _count(
        self,
        row: EventRow,
        event: Event,
        standing: Standing,
        effects: Sequence[Effect],
        made: Sequence[Effect],
    ) -> None:
        assert self.books is not None
        month = month_of(self.playbook.day_of(row.decided_at))
        place, state = (row.market, row.location or ""), self.books.states[row.member_id]
        sides = (
            Side(LIVE, self.versions.get(row.version), event, standing, effects),
            Side(DRAFT, self.playbook, event, standing, made),
        )
        live, draft = (side.count(self.tally, month, place) for side in sides)
        if live or draft:
            count_member(state, live, draft)
        if live != draft:
            count_difference(self.tally, state, place, sides, (live, draft))

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

    @staticmethod
    def _mark_real(state: State, effects: Sequence[Effect]) -> None:
        """Remember which rewards the books have, too: what really became of them is told by them."""
        given = {effect.reward for effect in effects if isinstance(effect, Issue)}
        if given:
            for lot in state.lots:
                if lot.id in given:
                    lot.real = True

    def _event(self, row: EventRow) -> Event:
        said = _fields(row.data) if row.data else {}
        declared = self._declared.get(row.type)
        if declared is None:
            found = self.playbook.program.events.get(row.type)
            declared = self._declared[row.type] = tuple(found.fields.items()) if found else ()
        fields: dict[str, object] = {**said, "happened_at": row.happened_at}
        if row.source != INTERNAL:
            for key, field in declared:
                value = said.get(key)
                if value is not None and (field.type in _TIMES or not _fits(field, value)):
                    read = read_field(field, value)
                    if isinstance(read, Read):
                        fields[key] = read.value
                    else:
                        del fields[key]
        return Event(
            id=row.id,
            type=row.type,
            connection=row.source,
            external_id=row.external_id,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
            day=self.playbook.day_of(row.happened_at),
            data=said,
            fields=fields,
        )

    def _standing(self, row: EventRow) -> Standing:
        assert self.books is not None
        state = self.books.states[row.member_id]
        who = state.who = self._met.get((row.member_id, row.state), state.who)
        assert who is not None, "it was loaded with the batch"
        member = MemberRow(
            row.member_id, who.market, who.language, who.location, who.attributes, who.enrolled_at, who.state
        )
        return standing_of(self.playbook.program, member)


def _count_outstanding(outstanding: dict[str, int], effects: Sequence[Effect]) -> None:
    """What members really have in all: what was given, less what was drawn from it."""
    units: dict[int, str] = {}
    for effect in effects:
        if isinstance(effect, Issue):
            outstanding[effect.unit] = outstanding.get(effect.unit, 0) + effect.value
        elif isinstance(effect, Post):
            units[effect.id] = effect.unit
    for effect in effects:
        if isinstance(effect, Draw) and effect.post in units:
            outstanding[units[effect.post]] = outstanding.get(units[effect.post], 0) - effect.amount


def _fits(field: Field, value: object) -> bool:
    match field.type:
        case "bool":
            return isinstance(value, bool)
        case "int" | "money":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _request_of(event: Event) -> tuple[int, bool] | None:
    """The request that an event came from, and whether an event had earned what it gave."""
    approval = event.fields.get("approval")
    if not isinstance(approval, Mapping):
        return None
    request = read_id("apr", str(approval.get("request", "")))
    return None if request is None else (request, bool(approval.get("event")))
