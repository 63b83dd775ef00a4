"""A crowd of honest members who bring friends, and attackers among them, by a seed; and what all of them got.

Honest people are as they are: most of a referral's two live apart, some in one household, a few bring many
friends, some give back what they bought. An attack is worth what its pairs would have been paid.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.referrals.house import SCHEME, House

from guerdon.engine.referrals.claiming import Claim, Origin, claim, note_origin
from guerdon.values.ids import show

BRINGER, FRIEND = 350, 200
WORTH = BRINGER + FRIEND
# All of it in one quarter of a year.
BEGINS = datetime(2026, 4, 2, 12, tzinfo=UTC)
STEPS, STEP = 8, timedelta(days=9)
# Of honest pairs: those of one household, those that give back, those that claim by a page of ours.
ONE_HOUSEHOLD, GIVES_BACK, BY_PAGE = 0.0015, 0.03, 0.5
# From one friend to seven: of these the sixth and the seventh wait.
BRINGS_MANY = (0.78, 0.15, 0.05, 0.014, 0.005, 0.0007, 0.0003)


@dataclass
class Person:
    """Somebody with an account: what they have, and where they ask from."""

    name: str
    has: dict[str, str]
    device: str
    network: str


@dataclass
class Plan:
    """A friend who comes by somebody's code: by a page or not, what they do, and of which attack that is."""

    friend: Person
    referrer: Person
    kind: str
    by_page: bool
    buys_at: int
    gives_back: bool = False


@dataclass
class Got:
    """What became of the pairs of a kind, and how much of their worth somebody has."""

    pairs: int = 0
    states: dict[str, int] = field(default_factory=dict)
    euros: int = 0

    @property
    def stopped(self) -> float:
        """The part of the value that nobody has."""
        return 1 - self.euros / (self.pairs * WORTH)


class Crowd:
    """Everybody of one seed."""

    def __init__(self, house: House, seed: int, honest: int, attacks: int) -> None:
        self.house, self.chance = house, random.Random(seed)  # noqa: S311  the same crowd again
        self.people: list[Person] = []
        self.plans: list[Plan] = []
        self._honest(honest)
        for _ in range(attacks):
            for attack in (
                *(self._self, self._device, self._mutual, self._circle, self._shared),
                *(self._farm, self._cycling, self._book_and_cancel),
            ):
                attack()
        self.chance.shuffle(self.plans)

    def person(self, **shared: str) -> Person:
        number = len(self.people)
        has = {"card": f"card{number}", "street": f"street{number}", "hull": f"hull{number}"}
        device, network = shared.pop("device", f"phone{number}"), shared.pop("network", f"net{number}")
        made = Person(f"p{number}", {**has, **shared}, device, network)
        self.people.append(made)
        return made

    def _plan(
        self, friend: Person, referrer: Person, kind: str, *, page: bool | None = None, back: bool = False
    ) -> None:
        by_page = self.chance.random() < BY_PAGE if page is None else page
        self.plans.append(Plan(friend, referrer, kind, by_page, self.chance.randrange(STEPS - 1), back))

    def _honest(self, members: int) -> None:
        known = [self.person() for _ in range(members)]
        fresh = known[: members // 8]
        referrers = iter(known[members // 8 :])
        at = 0
        while at < len(fresh):
            referrer = next(referrers)
            for _ in range(self.chance.choices(range(1, 8), BRINGS_MANY)[0]):
                if at == len(fresh):
                    break
                friend = fresh[at]
                if self.chance.random() < ONE_HOUSEHOLD:
                    friend.has["street"], friend.network = referrer.has["street"], referrer.network
                self._plan(friend, referrer, "honest", back=self.chance.random() < GIVES_BACK)
                at += 1

    def _self(self) -> None:
        one = self.person()
        self._plan(one, one, "self")
        self._plan(self.person(card=one.has["card"], street=one.has["street"]), one, "self")

    def _device(self) -> None:
        one = self.person()
        self._plan(self.person(device=one.device, network=one.network), one, "same device", page=True)

    def _mutual(self) -> None:
        one, two = self.person(), self.person()
        self._plan(one, two, "mutual")
        self._plan(two, one, "mutual")

    def _circle(self) -> None:
        ring = [self.person() for _ in range(self.chance.choice((3, 4)))]
        for place, one in enumerate(ring):
            self._plan(one, ring[place - 1], "circle")

    def _shared(self) -> None:
        one = self.person()
        for kind in ("card", "street", "hull"):
            self._plan(self.person(**{kind: one.has[kind]}), one, f"shared {kind}")

    def _farm(self) -> None:
        """Thirty accounts by one link: from one network, or each from another, which only the cap stops."""
        one, apart = self.person(), self.person()
        for _ in range(30):
            self._plan(self.person(network="farm" + one.name), one, "farm of one network", page=True)
            self._plan(self.person(), apart, "farm of many networks", page=True)

    def _cycling(self) -> None:
        """The same person comes as a new customer again and again, by other people's codes."""
        card = f"again{len(self.people)}"
        for _ in range(20):
            self._plan(self.person(card=card), self.person(), "account cycling")

    def _book_and_cancel(self) -> None:
        for _ in range(3):
            self._plan(self.person(), self.person(), "book and cancel", back=True)

    def live(self) -> None:
        """Enroll everybody, let them claim, and let the weeks go by."""
        house = self.house
        house.now = BEGINS
        house.enroll_all({person.name: person.has for person in self.people})
        names = sorted({plan.referrer.name for plan in self.plans})
        codes = house.codes(names)
        self._look({plan.referrer.name: plan.referrer for plan in self.plans if plan.by_page}.values())
        self._claim(codes)
        house.work()
        # As the server does by itself within a minute.
        house.rows("analyze referral_pairs, referral_marks, referral_codes, events, members, member_ids")
        for step in range(STEPS):
            house.now += STEP
            bought = [plan for plan in self.plans if plan.buys_at == step]
            house.tell(*((p.friend.name, "boat.bought", -1, {"price": 5_000_000}) for p in bought))
            back = [plan for plan in self.plans if plan.gives_back and plan.buys_at == step - 1]
            house.tell(*((p.friend.name, "boat.returned", -1, {}) for p in back))
            house.work()

    def _look(self, people: Iterable[Person]) -> None:
        """Referrers look at their code on our page."""
        with self.house.web() as tx:
            for person in people:
                whose = (self.house.program_id, SCHEME, self.house.members[person.name])
                origin = Origin(person.device, person.network)
                note_origin(tx, self.house.vault, whose, origin, self.house.now)

    def _claim(self, codes: Mapping[str, str]) -> None:
        house = self.house
        told = [plan for plan in self.plans if not plan.by_page]
        house.tell(*((p.friend.name, "code.used", 0, {"code": codes[p.referrer.name]}) for p in told))
        with house.web() as tx:
            for plan in self.plans:
                if plan.by_page:
                    origin = Origin(plan.friend.device, plan.friend.network)
                    who = (house.members[plan.friend.name], codes[plan.referrer.name])
                    scheme = house.program.referrals[SCHEME]
                    came = claim(
                        tx, house.vault, Claim(house.program_id, scheme, *who, origin, "test", house.now)
                    )
                    assert came == "accepted"

    def got(self) -> dict[str, Got]:
        """By kind, what became of the pairs and what both sides have of them."""
        paid = {
            (name, pair): int(euros)
            for name, pair, euros in self.house.rows(
                "select i.external_id, r.reference, sum(r.value - r.reversed) / 100 from rewards r"
                " join member_ids i using (program_id, member_id) group by 1, 2"
            )
        }
        of_pair: dict[str, int] = {}
        for (_, pair), euros in paid.items():
            of_pair[pair] = of_pair.get(pair, 0) + euros
        rows = {
            (friend, referrer): (number, state)
            for friend, referrer, number, state in self.house.rows(
                "select external_id, referrer_external_id, id, state from referral_pairs"
            )
        }
        found: dict[str, Got] = {}
        for plan in self.plans:
            got = found.setdefault(plan.kind, Got())
            number, state = rows[plan.friend.name, plan.referrer.name]
            got.pairs += 1
            got.states[state] = got.states.get(state, 0) + 1
            got.euros += of_pair.get(show("ref", number), 0)
        return found
