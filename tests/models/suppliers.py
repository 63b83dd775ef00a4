"""An order that two suppliers could deliver, worked off by the engine's own steps, through every fault.

Requests may lie on the wire for any time, answers are lost, workers killed, keys forgotten. However it goes,
the order is delivered once at most, and its value is back only when nothing can come any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product

from tests.models.explorer import Model

from guerdon.engine.orders.port import Abilities, Idempotency
from guerdon.engine.orders.resolving import Step, believes_no, next_step
from guerdon.store.orders.attempts import Attempt, AttemptState

BUGS = frozenset(
    {
        "a second while it is unknown",
        "a new key at once",
        "not found is believed at once",
        "a key is used for ever",
        "released while it is unknown",
    }
)
CLASSES: tuple[Idempotency, ...] = ("returns_original", "replays_response", "reject_duplicate", "none")
# Each with each, and those that cannot be asked by our reference.
PAIRS = tuple(product([(kind, finds) for kind in CLASSES for finds in (True, False)], repeat=2))
FAULTS_MAX, ATTEMPTS_MAX = 3, 3
NOW, LIVES = datetime(2026, 5, 4, tzinfo=UTC), timedelta(days=1)
OPEN = ("reserved", "ordered", "unknown")
# A supplier and the number of an attempt with it.
Key = tuple[int, int]


@dataclass(frozen=True)
class World:
    """What we know of the order, what is on its way, and what the two suppliers did."""

    pair: int = -1
    state: str = "reserved"
    # The attempt that may come to something: whose, which number, doubted, asked how often, not found.
    key: Key | None = None
    doubted: bool = False
    asks: int = 0
    absences: int = 0
    attempts: int = 0
    out: frozenset[int] = frozenset()
    asking: Step | None = None
    answer: str = ""
    wire: frozenset[Key] = frozenset()
    # What a supplier said under a key that it still knows, and what it delivered.
    said: frozenset[tuple[Key, str]] = frozenset()
    vouchers: tuple[Key, ...] = ()
    late: bool = False
    faults: int = 0


@dataclass(frozen=True)
class _Steps:
    """The ways out of a state, with one thing done wrong."""

    bug: str

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        if world.pair < 0:
            for number in range(len(PAIRS)):
                yield f"suppliers {PAIRS[number]}", replace(world, pair=number)
            return
        yield from self._suppliers(world)
        if world.state not in OPEN:
            return
        if world.asking is None:
            yield from self._look(world)
            if world.state == "reserved":
                yield "cancel", replace(world, state="canceled")
        else:
            yield from self._answers(world)
        if not world.late:
            yield "a day passes", replace(world, late=True)
        elif any(True for _ in world.said) and not world.wire and world.asking is None:
            yield "keys are forgotten", replace(world, said=frozenset())

    def _look(self, world: World) -> Iterator[tuple[str, World]]:
        if self.bug == "released while it is unknown" and world.state == "unknown":
            yield "give up", replace(world, state="failed")
        step: Step = "nothing"
        if world.key is not None:
            step = self._step(world, world.key)
        if step == "person":
            yield "a person looks", replace(world, state="person")
        elif step in ("place", "find"):
            yield from self._ask(world, step)
        else:
            left = [each for each in (0, 1) if each not in world.out]
            if not left or world.attempts >= ATTEMPTS_MAX:
                yield "nobody is left", replace(world, state="failed")
                return
            fresh = replace(world, key=(left[0], world.attempts), attempts=world.attempts + 1)
            fresh = replace(fresh, doubted=False, asks=0, absences=0, late=False)
            yield from self._ask(fresh, "place")

    def _step(self, world: World, key: Key) -> Step:
        if world.state == "unknown" and self.bug in ("a second while it is unknown", "a new key at once"):
            return "nothing"
        now = NOW if not world.late or self.bug == "a key is used for ever" else NOW + LIVES
        state: AttemptState = "sent" if world.state == "reserved" else "unknown"
        said = (world.doubted, world.asks, world.absences)
        tried = Attempt(key[1], "s", "s", "k", state, *said, None, NOW, NOW)
        return next_step(_abilities(world, key[0]), tried, now)

    def _ask(self, world: World, step: Step) -> Iterator[tuple[str, World]]:
        assert world.key is not None
        state = "unknown" if world.state == "unknown" else "ordered"
        asked = replace(world, state=state, asking=step, answer="")
        if step == "place":
            asks = min(world.asks + 1, 3)
            asked = replace(asked, asks=asks, absences=0, wire=world.wire | {world.key})
        yield step, asked

    def _suppliers(self, world: World) -> Iterator[tuple[str, World]]:
        for key in sorted(world.wire):
            off = replace(world, wire=world.wire - {key})
            kind = _abilities(world, key[0]).idempotency
            known = dict(world.said).get(key) if kind != "none" else None
            if known is not None and (kind != "returns_original" or known == "done"):
                told = "no" if kind == "reject_duplicate" else known
                yield "it is known", _told(off, key, told)
                continue
            done = replace(off, vouchers=tuple(sorted((*off.vouchers, key))))
            yield "it is delivered", _told(_said(done, key, "done"), key, "done")
            yield "it is refused", _told(_said(off, key, "no"), key, "no")
            if world.faults < FAULTS_MAX:
                fault = _said(replace(off, faults=world.faults + 1), key, "fault")
                yield "it fails", _told(fault, key, "fault")

    def _answers(self, world: World) -> Iterator[tuple[str, World]]:
        assert world.key is not None
        if world.faults < FAULTS_MAX:
            lost = replace(world, asking=None, answer="", doubted=True, faults=world.faults + 1)
            yield "killed", lost
            yield "the answer is lost", replace(lost, state="unknown")
        told = world.answer
        if world.asking == "find":
            mine = [key for key in world.vouchers if key[0] == world.key[0]]
            told = "done" if mine else "absent"
        if told:
            yield told, self._settled(world, told)

    def _settled(self, world: World, told: str) -> World:
        assert world.key is not None
        after = replace(world, asking=None, answer="", doubted=True)
        if told == "done":
            return replace(after, state="fulfilled")
        if told == "absent":
            # What was asked last cannot come any more, or it proves nothing.
            proof = not any(key[0] == world.key[0] for key in world.wire)
            proof = proof or self.bug == "not found is believed at once"
            return replace(after, state="unknown", absences=int(proof))
        abilities = _abilities(world, world.key[0])
        believed = believes_no(abilities, "place", doubted=world.doubted, proved=world.key not in world.wire)
        if told == "no" and believed:
            return replace(after, state="reserved", key=None, out=world.out | {world.key[0]})
        return replace(after, state="unknown")


def _abilities(world: World, supplier: int) -> Abilities:
    kind, finds = PAIRS[world.pair][supplier]
    return Abilities(kind, LIVES, 60, 1.0, finds)


def _said(world: World, key: Key, what: str) -> World:
    rest = frozenset(each for each in world.said if each[0] != key)
    return replace(world, said=rest | {(key, what)})


def _told(world: World, key: Key, answer: str) -> World:
    """The answer arrives, if somebody still waits for it."""
    waits = world.asking == "place" and world.key == key and not world.answer
    return replace(world, answer=answer) if waits else world


def model(bug: str = "") -> Model[World]:
    """The model, with one thing done wrong."""
    assert not bug or bug in BUGS
    return Model(World(), _Steps(bug).steps, _broken, _is_end)


def _is_end(world: World) -> bool:
    return world.state not in OPEN


def _broken(world: World) -> str | None:
    if len(world.vouchers) > 1:
        return "delivered twice"
    if world.state in ("failed", "canceled") and (world.vouchers or world.wire):
        return "value returned, and something is or may be out"
    if world.state == "fulfilled" and not world.vouchers:
        return "paid, and nothing was delivered"
    return None
