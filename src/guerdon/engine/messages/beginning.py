"""Beginning: what is due asks the conscience, in the transaction that hands it over.

The reach of each member is locked, so of two messages that would both be the last under a cap one goes, and
whoever withdraws a consent either finds that nothing has begun or waits until it has ended. What is decided
is written down before anybody is asked.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from guerdon.engine.messages.consents.addressing import usable
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.diverting import recipient_of
from guerdon.engine.messages.falling import Ending, decide_fall, settled, topic_of
from guerdon.engine.messages.hindrance import REQUESTED, decide_hindrance
from guerdon.engine.messages.port import Address, Mailbox, Phone
from guerdon.engine.messages.telling import zone_of
from guerdon.program.messages.nouns import ChannelKind, Topic
from guerdon.program.model import Program
from guerdon.rules.conscience.deciding import decide_reach
from guerdon.rules.conscience.nouns import AddressState, Answer, Ask, Go, No, NotNow, Told
from guerdon.store.database import Transaction
from guerdon.store.messages.attempts import Beginning, write_beginnings
from guerdon.store.messages.known import Wanted, load_known
from guerdon.store.messages.outbox import Due, Postponement
from guerdon.store.messages.reach import lock_reach
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.persons import Person
from guerdon.store.sealing import Vault
from guerdon.values.mail import usable_address
from guerdon.values.phones import PhoneNumber, read_phone

LATE, CLOSED = "late:no receipt", "channel:closed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is reached over a channel, and the mark by which that place is suppressed.

    `state` is the conscience's: without an `address` it says why there is none.
    """

    address: Address | None = field(repr=False, default=None)
    state: AddressState = "missing"
    mark: bytes | None = field(repr=False, default=None)
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Going:
    """A row that goes: to whom, by which key, and by which generation of the member's links."""

    row: Due
    person: Person
    place: Place
    ref: UUID
    generation: int = 0

    @property
    def addressed(self) -> Addressed:
        """For whoever writes it out."""
        return Addressed(self.row, self.person, self.generation)


@dataclass(frozen=True, slots=True)
class Begun:
    """What goes, and how the rest ended or waits; every claimed row is in one of the two."""

    going: Sequence[Going]
    ended: Mapping[tuple[int, int], Ending]


# A row that asks, to whom, and where they are reached.
Asking = tuple[Due, Person, Place]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the conscience said of a row, the key of its attempt, and the generation of the member's links."""

    answer: Answer
    ref: UUID
    generation: int


@dataclass(frozen=True, slots=True)
class Channelled:
    """What a round is about: the channel, whether anybody takes parcels for it, and where members are."""

    kind: ChannelKind
    is_open: bool
    persons: Mapping[int, Person]
    place_of: Callable[[Due, Person], Place]


def begin(tx: Transaction, desk: Desk, rows: Sequence[Due], round_: Channelled, now: datetime) -> Begun:
    """Ask the conscience for all rows of a round at once, and write down what it said."""
    ended: dict[tuple[int, int], Ending] = {}
    asking: list[Asking] = []
    for row in rows:
        ending = _unasked(desk, row, round_, now)
        if ending is not None:
            ended[row.whose] = ending
            continue
        person = recipient_of(round_.persons[row.member_id], desk.diverted.get(row.whose))
        asking.append((row, person, round_.place_of(row, person)))
    if not asking:
        return Begun((), ended)
    advised = consult(tx, desk, asking, round_, now)
    going: list[Going] = []
    for (row, person, place), advice in zip(asking, advised, strict=True):
        if isinstance(advice.answer, Go):
            going.append(Going(row, person, place, advice.ref, advice.generation))
        else:
            ended[row.whose] = _refused(desk.program, row, advice.answer, now)
    return Begun(going, ended)


def consult(
    tx: Transaction, desk: Desk, asking: Sequence[Asking], round_: Channelled, now: datetime
) -> list[Advice]:
    """What the conscience says of each, in their order; written down, with the members' reach locked."""
    generations = lock_reach(tx, desk.program_id, [row.member_id for row, _, _ in asking])
    wanted = [wanted_of(desk, round_.kind, row, place) for row, _, place in asking]
    known = load_known(tx, desk.program_id, desk.program.contact, wanted, now)
    # Of two messages to one member in a round the later one knows of the first.
    told: dict[int, list[Told]] = defaultdict(list)
    answers: list[Answer] = []
    for row, _, _ in asking:
        ask, mine = ask_of(desk, round_.kind, row, now), known[row.whose]
        answer = decide_reach(
            desk.program.contact, ask, replace(mine, told=[*mine.told, *told[row.member_id]])
        )
        if isinstance(answer, Go) and answer.counts:
            marketing = ask.topic.kind == "marketing"
            told[row.member_id].append(Told(row.id, now, answer.day, marketing))
        answers.append(answer)
    beginnings = [
        _beginning(topic_of(row.message, desk.program), row, answer, place, now)
        for (row, _, place), answer in zip(asking, answers, strict=True)
    ]
    refs = write_beginnings(tx, desk.program_id, round_.kind, beginnings)
    return [
        Advice(answer, refs[row.whose], generations.get(row.member_id, 0))
        for (row, _, _), answer in zip(asking, answers, strict=True)
    ]


def place_finder(
    tx: Transaction, vault: Vault, program_id: int, kind: ChannelKind, members: Sequence[int]
) -> Callable[[Due, Person], Place]:
    """Where these members are reached over a channel: what gives it, row by row."""
    if kind == "inapp":
        return in_the_app
    marked = partial(address_mark, vault, program_id, kind)
    devices = usable(tx, vault, program_id, sorted(members)) if kind == "push" else {}

    def place_of(row: Due, person: Person) -> Place:
        if kind == "push":
            # The one that was added last is the one in their hand.
            held = devices.get(row.member_id, [])
            return Place(held[0].address, "usable", held[0].mark, held[0].id) if held else Place()
        if kind == "sms":
            return place_by_phone(marked, row.market or "", person)
        return place_by_mail(marked, person)

    return place_of


def in_the_app(row: Due, person: Person) -> Place:
    """Everybody has their place in the app: whoever comes to look finds it."""
    del row, person
    return Place(state="usable")


def place_by_mail(mark_of: Callable[[str], bytes], person: Person) -> Place:
    """Where e-mail reaches somebody."""
    if not person.email:
        return Place()
    if usable_address(person.email) is None:
        return Place(state="unusable")
    return Place(Mailbox(person.email, person.name), "usable", mark_of(person.email))


def place_by_phone(mark_of: Callable[[str], bytes], market: str, person: Person) -> Place:
    """Where text messages reach somebody; a number without its country is read as one of the market."""
    if not person.phone:
        return Place()
    read = read_phone(person.phone, market)
    if not isinstance(read, PhoneNumber):
        return Place(state="unusable")
    return Place(Phone(read.number, read.country), "usable", mark_of(read.number))


def _unasked(desk: Desk, row: Due, round_: Channelled, now: datetime) -> Ending | None:
    """What becomes of a row whatever the conscience says."""
    hindered = decide_hindrance(row, round_.persons.get(row.member_id), desk, now)
    if hindered is not None:
        return hindered
    if row.awaits:
        ending = decide_fall(row, desk.program, LATE, now)
        # The provider had it, and there is no other channel any more: that is all that is known.
        return ending if isinstance(ending, Postponement) else settled(row, "sent", LATE, now)
    if not round_.is_open:
        return decide_fall(row, desk.program, CLOSED, now, kept_back=True)
    return None


def wanted_of(desk: Desk, kind: ChannelKind, row: Due, place: Place) -> Wanted:
    """What has to be known before it is asked whether a row may go."""
    topic = topic_of(row.message, desk.program)
    return Wanted(row.member_id, row.id, topic.key, kind, place.mark, place.state)


def ask_of(desk: Desk, kind: ChannelKind, row: Due, now: datetime) -> Ask:
    """The question whether a row may go over a channel at a moment."""
    assert row.market is not None, "whoever is in no market is not asked about"
    return Ask(
        row.id,
        topic_of(row.message, desk.program),
        kind,
        row.market,
        zone_of(desk.program, row),
        now,
        requested=row.message in REQUESTED,
    )


def _beginning(topic: Topic, row: Due, answer: Answer, place: Place, now: datetime) -> Beginning:
    # Most have no row yet; whoever has one keeps its key.
    made = partial(
        Beginning,
        *(row.member_id, row.id),
        ref=uuid4(),
        topic=topic.key,
        marketing=topic.kind == "marketing",
        at=now,
        address_id=place.id,
    )
    match answer:
        case Go(consent_id, exception, day, counts):
            return made(
                state="handing",
                begun_at=now,
                consent_id=consent_id,
                exception=exception,
                day=day,
                counts=counts,
            )
        case NotNow(_, reason):
            return made(state="waiting", reason=reason)
        case No(reason):
            return made(state="withheld", reason=reason)


def _refused(program: Program, row: Due, answer: NotNow | No, now: datetime) -> Ending:
    if isinstance(answer, NotNow):
        return Postponement(row.member_id, row.id, answer.until, row.hand_overs, began=False)
    if answer.everywhere:
        return settled(row, "unknown" if row.hand_overs else "withheld", answer.reason, now)
    return decide_fall(row, program, answer.reason, now, kept_back=True)
