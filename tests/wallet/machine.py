"""The property machine (T-01): whatever is done to a member's points, the house agrees with a model of it.

An example is one transaction that is rolled back, so a hundred of them need one database and none sees
another. Its roles are those of the processes: the door's for what comes in, the worker's for the rest.
`rewrite` replaces parts of SQL statements, for mutants; Python is replaced where it stands.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.wallet.house import NOW
from tests.wallet.model import POT, PROGRAM, Lot, Wallet, end_after

from guerdon.connectors.cloudevents.payload import CONNECTION, read_arrivals, read_events
from guerdon.engine import timers
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.wallet import holding, spending
from guerdon.engine.wallet.commands import Done
from guerdon.ledger.effects import Refuse
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import OPTIONS, transaction
from guerdon.store.lanes import Lease, lease_lanes
from guerdon.store.sealing import Vault
from guerdon.worker import MAPPERS

UNIT = "PTS"
_NAME = uuid4()
FOLD = """
    with legs as (
      select case when from_account in ('purse', 'pending', 'debt') then member_id else 0 end as member_id,
             from_account as name, unit, -amount as change from transfers where program_id = %(p)s
      union all
      select case when to_account in ('purse', 'pending', 'debt') then member_id else 0 end,
             to_account, unit, amount from transfers where program_id = %(p)s
    ),
    fold as (select member_id, name, unit, sum(change) as amount from legs group by 1, 2, 3),
    stored as (
      select member_id, name, unit, posted as amount from accounts where program_id = %(p)s
      union all
      select member_id, 'pending', unit, pending from accounts where program_id = %(p)s and name = 'purse'
      union all
      select member_id, 'debt', unit, -debt from accounts where program_id = %(p)s and name = 'purse'
    )
    select name, s.amount, f.amount from fold f full join stored s using (member_id, name, unit)
    where coalesce(s.amount, 0) <> coalesce(f.amount, 0)
"""


class Rewriting(psycopg.Connection[tuple[Any, ...]]):
    """A connection on which some parts of statements are others."""

    rewrite: Mapping[str, str] = {}

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        if isinstance(query, str):
            for part, other in self.rewrite.items():
                query = query.replace(part, other)
        return super().execute(query, *args, **kwargs)


@dataclass
class Ground:
    """The house that examples run in, for as long as its connection is open."""

    db: Rewriting
    secret: str
    program: Program
    program_id: int
    vault: Vault = field(init=False)
    library: Library = field(init=False)

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)
        self.library = Library(self.vault, MAPPERS)


def connect_ground(url: str, rewrite: Mapping[str, str] | None = None) -> Rewriting:
    """As a superuser, who may take on any role."""
    db = Rewriting.connect(url, autocommit=True, options=OPTIONS)
    db.rewrite = rewrite or {}
    return db


def agree(what: str, found: object, wanted: object) -> None:
    assert found == wanted, f"{what}: the house has {found}, the model {wanted}"


amounts = st.integers(1, 120)
parts = st.integers(1, 4)
picks = st.integers(0, 999)


class WalletMachine(RuleBasedStateMachine):
    """One member's points; a sub-class says in which house (`ground`)."""

    ground: Ground

    def __init__(self) -> None:
        super().__init__()
        self.db, self.now, self.steps = self.ground.db, NOW, 0
        self.sent: list[tuple[str, bytes]] = []
        self.events: dict[str, int] = {}
        self.outer = self.db.transaction(force_rollback=True)
        self.outer.__enter__()
        self._take_role("worker")
        with self.db.transaction():
            self.lease: Lease = lease_lanes(self.db, _NAME)

    @initialize()
    def begin(self) -> None:
        program_id = self.ground.program_id
        self.member = 77
        with transaction(self.db, program_id) as tx:
            tx.execute("reset role")
            tx.execute(
                "insert into members (program_id, member_id, market, language, enrolled_at)"
                " values (%s, %s, 'DE', 'de', %s)",
                (program_id, self.member, self.now),
            )
            tx.execute("insert into member_ids values (%s, 'crm', 'one', %s)", (program_id, self.member))
            pools = dict(
                tx.execute(
                    "select name, posted from accounts where program_id = %s and unit = %s and member_id = 0",
                    (program_id, UNIT),
                ).fetchall()
            )
        self.funded = int(pools[PROGRAM])
        self.wallet = Wallet(int(pools[POT]))
        self._take_role("worker")

    def teardown(self) -> None:
        try:
            if hasattr(self, "wallet"):
                self._take_role("worker")
                # What waits for the commit is asked now, for there will be none.
                self.db.execute("set constraints all immediate")
                with transaction(self.db, self.ground.program_id) as tx:
                    agree("invariants", check_invariants(tx), [])
        finally:
            with suppress(psycopg.Error):
                self.outer.__exit__(None, None, None)
            if self.db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self.db.execute("rollback")

    # What happens in the world.

    @rule(amount=amounts)
    def earn(self, amount: int) -> None:
        number = self._tell("order.paid", amount=amount)
        self.wallet.earn(Lot(number, PROGRAM, amount, self.now, end_after(90, self.now)))

    @rule(amount=amounts)
    def be_given(self, amount: int) -> None:
        number = self._tell("gift.given", amount=amount)
        self.wallet.earn(Lot(number, POT, amount, self.now, end_after(30, self.now)))

    @rule(amount=amounts)
    def earn_pending(self, amount: int) -> None:
        number = self._tell("trip.booked", amount=amount)
        there = self.now + timedelta(days=14)
        self.wallet.earn(Lot(number, PROGRAM, amount, self.now, end_after(90, there), there))

    @precondition(lambda self: self._numbers("trip"))
    @rule(pick=picks)
    def mature_early(self, pick: int) -> None:
        number = self._pick(self._numbers("trip"), pick)
        self._tell("trip.ended", order_no=number)
        self.wallet.release(number)

    @precondition(lambda self: self._numbers("order"))
    @rule(pick=picks, part=parts, whole=parts)
    def refund(self, pick: int, part: int, whole: int) -> None:
        number = self._pick(self._numbers("order"), pick)
        self._tell("order.returned", order_no=number, refunded=part, total=whole)
        self.wallet.take_back(number, part, whole)

    @precondition(lambda self: self._gone())
    @rule(pick=picks)
    def refund_what_is_gone(self, pick: int) -> None:
        """What was spent or is set aside: where debts come from."""
        number = self._pick(self._gone(), pick)
        self._tell("order.returned", order_no=number, refunded=1, total=1)
        self.wallet.take_back(number, 1, 1)

    @precondition(lambda self: self._numbers("gift"))
    @rule(pick=picks)
    def withdraw_gift(self, pick: int) -> None:
        number = self._pick(self._numbers("gift"), pick)
        self._tell("gift.withdrawn", order_no=number)
        self.wallet.take_back(number, 1, 1)

    @precondition(lambda self: self.sent)
    @rule(pick=picks)
    def hear_twice(self, pick: int) -> None:
        _, body = self._pick(self.sent, pick)
        self._receive(body)

    # What the member and those who serve them ask for.

    @rule(amount=amounts)
    def spend(self, amount: int) -> None:
        key, amount = f"s{self.steps}", self._likely(amount)
        self._command(key, self._spending(key, amount), self.wallet.spend(key, amount, self.now))

    @rule(more=amounts)
    def spend_too_much(self, more: int) -> None:
        key = f"s{self.steps}"
        answer = self._spending(key, self.wallet.spendable(self.now) + more)()
        assert isinstance(answer, Refuse)
        assert answer.reason == "balance"

    @precondition(lambda self: self._spends())
    @rule(pick=picks)
    def spend_twice(self, pick: int) -> None:
        key = self._pick(self._spends(), pick)
        answer = self._spending(key, sum(self.wallet.spends[key].values()))()
        assert isinstance(answer, Done)
        assert answer.again
        assert answer.event_id == self.events[key]

    @precondition(lambda self: self.wallet.spends)
    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        key = self._pick(sorted(self.wallet.spends), pick)
        asked = spending.Restore(self.ground.program_id, self.member, self.events[key])
        answer = self._done(lambda tx: spending.restore(tx, self.ground.program, asked, self.now))
        assert isinstance(answer, Done)
        assert answer.again == (key in self.wallet.given_back)
        self.wallet.restore(key, self.now)

    @rule(amount=amounts, days=st.sampled_from([1, 7, 45, 120]))
    def hold(self, amount: int, days: int) -> None:
        self._hold(self._likely(amount), days)

    @precondition(lambda self: self.wallet.holds)
    @rule(pick=picks, share=parts)
    def capture(self, pick: int, share: int) -> None:
        self._capture(self._pick_hold(pick), share)

    @precondition(lambda self: self.wallet.holds)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        self._release(self._pick_hold(pick))

    @precondition(lambda self: self._numbers("order") and self.wallet.spendable(self.now))
    @rule(pick=picks, share=parts, end=st.sampled_from(["captured", "released", "run out"]))
    def refund_while_all_is_held(self, pick: int, share: int, end: str) -> None:
        """A debt that nothing can pay until a hold ends, in each of the ways it can."""
        key = self._hold(self.wallet.spendable(self.now), 7)
        if self._gone():
            self.refund_what_is_gone(pick)
        if end == "captured":
            self._capture(key, share)
        elif end == "released":
            self._release(key)
        else:
            self.let_time_pass(7)

    @precondition(lambda self: any(held.open for held in self.wallet.holds.values()))
    @rule(pick=picks, known=st.booleans())
    def doubt_or_learn(self, pick: int, known: bool) -> None:  # noqa: FBT001  drawn
        key = self._pick(sorted(k for k, held in self.wallet.holds.items() if held.open), pick)
        note = holding.learn if known else holding.doubt
        assert self._done(lambda tx: note(tx, self._of(key), self.now))
        self.wallet.holds[key].known = known

    # What time does.

    @rule(days=st.sampled_from([0, 1, 7, 14, 31, 60]))
    def let_time_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        self._run_timers()
        self.wallet.pass_time(self.now)

    # What must hold.

    @invariant()
    def the_house_agrees_with_the_model(self) -> None:
        if not hasattr(self, "wallet"):
            return
        self.steps += 1
        self.now += timedelta(seconds=1)
        values = {"p": self.ground.program_id, "m": self.member, "u": UNIT}
        purse = self.db.execute(
            "select posted, held, pending, debt from accounts"
            " where program_id = %(p)s and member_id = %(m)s and name = 'purse' and unit = %(u)s",
            values,
        ).fetchone()
        agree("purse", purse or (0, 0, 0, 0), self.wallet.purse)
        lots = self.db.execute(
            "select reference, value, remaining, held, reversed, state = 'pending' from rewards"
            " where program_id = %(p)s and member_id = %(m)s",
            values,
        ).fetchall()
        wanted = [
            (lot.number, lot.value, lot.remaining, lot.held, lot.reversed, lot.pending and lot.remaining > 0)
            for lot in self.wallet.lots.values()
        ]
        agree("lots", sorted(lots), sorted(wanted))
        pools = dict(
            self.db.execute(
                "select name, posted from accounts"
                " where program_id = %(p)s and member_id = 0 and unit = %(u)s",
                values,
            ).fetchall()
        )
        agree("pools", {name: pools.get(name, 0) for name in self._pools()}, self._pools())
        agree(
            "accounts that are not the fold of their transfers", self.db.execute(FOLD, values).fetchall(), []
        )

    def _pools(self) -> dict[str, int]:
        wallet = self.wallet
        return {
            POT: wallet.pot,
            PROGRAM: self.funded - wallet.paid_out,
            "spent:pot:DE": wallet.spent[POT],
            "program:spent": wallet.spent[PROGRAM],
            "owed:pot:DE": wallet.debts[POT],
            "program:owed": wallet.debts[PROGRAM],
        }

    # How it is done.

    def _take_role(self, role: str) -> None:
        self.db.execute(
            {"worker": "set local role guerdon_worker", "web": "set local role guerdon_web"}[role]
        )

    def _numbers(self, kind: str) -> list[str]:
        return [number for number in self.wallet.lots if number.startswith(kind)]

    def _gone(self) -> list[str]:
        lots = [self.wallet.lots[number] for number in self._numbers("order")]
        return [lot.number for lot in lots if lot.value - lot.reversed - lot.ended > lot.free]

    def _pick_hold(self, pick: int) -> str:
        """One that is open, if there is any; now and then any."""
        holds = self.wallet.holds
        still = [key for key in sorted(holds) if holds[key].open]
        return str(self._pick(still if still and pick % 3 else sorted(holds), pick))

    def _hold(self, amount: int, days: int) -> str:
        key, until = f"h{self.steps}", self.now + timedelta(days=days)
        asked = holding.Reserve(self.ground.program_id, self.member, key, UNIT, amount, "an order", until)
        self._command(
            key,
            lambda: self._done(lambda tx: holding.hold(tx, self.ground.program, asked, self.now)),
            self.wallet.hold(key, amount, self.now, until),
        )
        return key

    def _capture(self, key: str, share: int) -> None:
        held = self.wallet.holds[key]
        amount, was_open = max(held.amount // share, 1), held.open
        answer = self._done(lambda tx: holding.capture(tx, self._of(key), amount, self.now))
        assert (isinstance(answer, Done) and not answer.again) == was_open
        if was_open:
            assert isinstance(answer, Done)
            self.events[f"c{key}"] = answer.event_id
            self.wallet.capture(key, amount)
            self.wallet.spends[f"c{key}"] = self.wallet.spends.pop(key)

    def _release(self, key: str) -> None:
        held = self.wallet.holds[key]
        was_free = held.open and held.known
        answer = self._done(lambda tx: holding.release(tx, self._of(key), self.now))
        assert (isinstance(answer, Done) and not answer.again) == was_free
        if was_free:
            self.wallet.free_hold(key)

    def _likely(self, amount: int) -> int:
        """An amount that mostly is there: now and then all there is, now and then any."""
        there = self.wallet.spendable(self.now)
        if not there or amount % 4 == 0:
            return amount
        return there if amount % 4 == 1 else min(amount, there)

    def _spends(self) -> list[str]:
        return sorted(key for key in self.wallet.spends if key.startswith("s"))

    @staticmethod
    def _pick(things: list[Any], pick: int) -> Any:
        return things[pick % len(things)]

    def _of(self, key: str) -> holding.OfHold:
        return holding.OfHold(self.ground.program_id, self.member, self.events[key])

    def _spending(self, key: str, amount: int) -> Callable[[], Any]:
        asked = spending.Spend(self.ground.program_id, self.member, key, UNIT, amount)
        return lambda: self._done(lambda tx: spending.spend(tx, self.ground.program, asked, self.now))

    def _done(self, do: Callable[[Any], Any]) -> Any:
        with transaction(self.db, self.ground.program_id) as tx:
            return do(tx)

    def _command(self, key: str, do: Callable[[], Any], may: bool) -> None:  # noqa: FBT001  the model's word
        answer = do()
        assert isinstance(answer, Done if may else Refuse)
        if isinstance(answer, Done):
            self.events[key] = answer.event_id

    def _tell(self, kind: str, order_no: str | None = None, **data: int) -> str:
        number = order_no or f"{kind.partition('.')[0]}-{self.steps}"
        event = {
            "specversion": "1.0",
            "id": f"e{self.steps}",
            "source": "/tests",
            "type": kind,
            "subject": "crm:one",
            "time": self.now.isoformat(),
            "data": {"order_no": number, **data},
        }
        body = json.dumps(event).encode()
        self.sent.append((number, body))
        self._receive(body)
        return number

    def _receive(self, body: bytes) -> None:
        events = read_events(body)
        assert isinstance(events, list)
        ground = self.ground
        self._take_role("web")
        keep_deliveries(
            self.db,
            ground.vault,
            ground.program_id,
            [Delivery(CONNECTION, body, read_arrivals(events))],
            self.now,
        )
        self._take_role("worker")
        process(self.db, ground.library, self.lease, lambda: self.now)

    def _run_timers(self) -> None:
        ground = self.ground
        timers.run_timers(self.db, timers.Clockwork(ground.program_id, ground.program, self.now, 3))
