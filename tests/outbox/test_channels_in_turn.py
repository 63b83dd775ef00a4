"""One channel after the other until one takes it, each by its own consent, pace and health."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest
from tests.outbox.histories import ABILITIES, KINDS, World, opened_world

from guerdon.engine.library import Library
from guerdon.engine.messages.consents.addressing import Wanted, add_device
from guerdon.engine.messages.consents.consenting import Withdrawal, await_begun, withdraw
from guerdon.engine.messages.delivering import ROWS_MAX, Postroom, deliver
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import (
    Abilities,
    Accepted,
    Device,
    Outcome,
    Parcel,
    Push,
    Rejected,
    Retry,
    Sms,
    Unsure,
)
from guerdon.engine.messages.posting import NoticeBoard, post_due
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.store.sealing import Vault

HOUR = timedelta(hours=1)


@dataclass
class Provider:
    """Takes everything unless told otherwise, and keeps what it was given."""

    kind: str
    taken: list[Letter | Parcel] = field(default_factory=list)
    says: Callable[[Letter | Parcel], Outcome | None] = lambda _: None

    @property
    def abilities(self) -> Abilities:
        return ABILITIES[self.kind]

    def send(self, written: Letter | Parcel) -> Outcome:
        said = self.says(written)
        if said is None or isinstance(said, Accepted):
            self.taken.append(written)
        return said or Accepted(f"{self.kind} {len(self.taken)}")

    def find(self, *_: object) -> Accepted:
        return Accepted("found")

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Bench:
    """A member who can be reached everywhere, and the providers."""

    world: World
    providers: dict[str, Provider]
    members: int = 0

    def member(
        self, email: str = "m@example.com", phone: str = "+4915112345678", *, device: bool = True
    ) -> int:
        self.members += 1
        world, number, vault = self.world, self.members, Vault(self.world.secret)
        with closing(connect(world.url, world.secret, "worker")) as db:
            with transaction(db, world.program_id) as tx:
                person = Person("Ada", email, phone)
                record_persons(tx, world.program_id, [seal_person(vault, world.program_id, number, person)])
                tx.execute(
                    "insert into members (program_id, member_id, market, language, enrolled_at)"
                    " values (%s, %s, 'DE', 'en', %s)",
                    (world.program_id, number, world.now),
                )
            if device:
                with transaction(db, world.program_id) as tx:
                    wanted = Wanted(
                        world.program_id, number, Device(f"t{number}"), "phone", "test", world.now
                    )
                    add_device(tx, vault, wanted)
        return number

    def tell(self, member: int, message: str = "reward_ready", first: str = "push") -> int:
        world, number = self.world, 100 + len(self.world.messages)
        world.messages[number] = message
        world.change(
            "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,"
            " happened_at, issued_at, available_at)"
            " values (%s, %s, %s, %s, 'order', 'EUR', 2500, 2500, 'budget:all:', %s, %s, %s)",
            *(world.program_id, member, number, number, world.now, world.now, world.now),
        )
        world.change(
            "insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel,"
            " created_at, next_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            *(world.program_id, member, number, number, number, message, first, world.now, world.now),
        )
        return number

    def agreed(self, member: int, *channels: str) -> None:
        for channel in channels:
            self.world.change(
                "insert into standing_consents values (%s, %s, 'offers', %s, 'confirmed', 1, %s)",
                *(self.world.program_id, member, channel, self.world.now),
            )

    def round(self, kind: str) -> int:
        world, library = self.world, Library(Vault(self.world.secret), {})
        with closing(connect(world.url, world.secret, "worker")) as db:
            if kind == "inapp":
                return post_due(db, world.program_id, NoticeBoard(library, url, world.clock))
            provider = self.providers[kind]
            room = Postroom(
                *(provider.kind, [provider], library, url, world.clock),  # type: ignore[arg-type]
                abilities=provider.abilities,
            )
            return deliver(db, world.program_id, room)

    def rounds(self) -> None:
        while sum([self.round(kind) for kind in (*KINDS, "inapp")]):
            pass

    def attempts(self, number: int) -> list[tuple[str, str, str | None]]:
        return self.world.rows(
            "select channel, state, reason from message_attempts where message_id = %s"
            " order by settled_at, channel = 'inapp'",
            number,
        )

    def ended(self, number: int) -> list[tuple[str, str | None, str]]:
        return self.world.rows(
            "select state, reason, coalesce(via, channel) from messages where id = %s", number
        )


def url(*whose: object) -> str:
    return f"http://127.0.0.1/r/{whose[2]}"


@pytest.fixture
def bench(database: str, secret: str) -> Iterator[Bench]:
    """Give a house whose providers take everything, on a Saturday in the afternoon."""
    with opened_world(database, secret, seed=1) as world:
        world.kills = 0
        yield Bench(world, {kind: Provider(kind) for kind in KINDS})


def test_the_first_that_takes_it_is_the_last_and_in_the_app_it_lies_beside(bench: Bench) -> None:
    number = bench.tell(bench.member())
    bench.rounds()
    [parcel] = bench.providers["push"].taken
    assert isinstance(parcel, Parcel)
    assert isinstance(parcel.content, Push)
    assert parcel.content.url == f"http://127.0.0.1/r/{number}"
    assert bench.providers["sms"].taken == bench.providers["email"].taken == []
    assert bench.ended(number) == [("sent", None, "push")]
    assert bench.attempts(number) == [("inapp", "delivered", None), ("push", "sent", None)] or bench.attempts(
        number
    ) == [("push", "sent", None), ("inapp", "delivered", None)]
    assert bench.world.rows("select id, message from inapp") == [(number, "reward_ready")]


def test_who_has_no_device_is_written_to_and_where_nobody_tells_that_it_came_a_mail_follows(
    bench: Bench,
) -> None:
    number = bench.tell(bench.member(device=False))
    bench.rounds()
    [parcel] = bench.providers["sms"].taken
    assert isinstance(parcel, Parcel)
    assert isinstance(parcel.content, Sms)
    assert bench.ended(number) == []
    bench.world.now += timedelta(minutes=9)
    bench.rounds()
    assert bench.providers["email"].taken == []
    bench.world.now += timedelta(minutes=2)
    bench.rounds()
    assert len(bench.providers["email"].taken) == 1
    assert bench.ended(number) == [("sent", None, "email")]
    assert [each for each in bench.attempts(number) if each[0] != "inapp"] == [
        ("push", "withheld", "address:missing"),
        ("sms", "sent", None),
        ("email", "sent", None),
    ]


def test_what_a_provider_has_was_sent_though_its_reason_is_gone(bench: Bench) -> None:
    number = bench.tell(bench.member(device=False))
    bench.rounds()
    assert len(bench.providers["sms"].taken) == 1
    bench.world.change("update rewards set state = 'reversed', reversed = value, remaining = 0")
    bench.world.now += timedelta(minutes=11)
    bench.rounds()
    # It goes over no other channel, and nobody says that it was called off.
    assert bench.providers["email"].taken == []
    assert bench.ended(number) == [("sent", "reward:reversed", "sms")]


def test_a_device_that_is_gone_is_not_asked_again(bench: Bench) -> None:
    member = bench.member()
    bench.providers["push"].says = lambda _: Rejected("push:410", retires=True)
    bench.tell(member)
    bench.rounds()
    assert bench.world.rows("select state, reason from addresses") == [("retired", "gone")]
    bench.providers["push"].says = lambda _: pytest.fail("it was asked again")
    second = bench.tell(member)
    bench.rounds()
    assert ("push", "withheld", "address:missing") in bench.attempts(second)
    assert len(bench.providers["sms"].taken) == 2


def test_a_number_that_is_gone_is_suppressed_and_one_that_said_stop_is_too(bench: Bench) -> None:
    for reason, outcome in (
        ("bounce", Rejected("twilio:21211", retires=True)),
        ("stop", Rejected("twilio:21610", stopped=True)),
    ):
        member = bench.member(phone=f"+49151123456{bench.members:02d}", device=False)
        bench.providers["sms"].says = lambda _, outcome=outcome: outcome  # type: ignore[misc]
        bench.tell(member)
        bench.rounds()
        second = bench.tell(member)
        bench.rounds()
        assert ("sms", "withheld", f"suppressed:{reason}") in bench.attempts(second)
    assert len(bench.providers["email"].taken) == 4


def test_what_may_have_arrived_goes_over_no_other_channel(bench: Bench) -> None:
    member = bench.member()
    bench.agreed(member, *KINDS)
    bench.providers["email"].says = lambda _: Unsure("smtp:TimeoutError")
    number = bench.tell(member, "thanks", "email")
    bench.rounds()
    bench.world.now += HOUR
    bench.rounds()
    assert bench.ended(number) == [("unknown", "smtp:TimeoutError", "email")]
    assert bench.providers["sms"].taken == bench.providers["push"].taken == []


def test_marketing_goes_only_where_it_was_agreed_to_and_says_why_not(bench: Bench) -> None:
    member = bench.member()
    bench.agreed(member, "sms")
    number = bench.tell(member, "thanks", "email")
    bench.rounds()
    assert bench.attempts(number)[:2] == [("email", "withheld", "consent:none"), ("sms", "sent", None)]
    nobody = bench.tell(bench.member(), "thanks", "email")
    bench.rounds()
    assert bench.ended(nobody) == [("withheld", "consent:none", "push")]


def test_over_a_cap_nothing_goes_over_any_channel(bench: Bench) -> None:
    member = bench.member()
    bench.agreed(member, *KINDS)
    numbers = [bench.tell(member, "thanks", "email") for _ in range(3)]
    bench.rounds()
    ended = [bench.ended(number)[0][:2] for number in numbers]
    assert sorted(ended, key=str) == [("sent", None), ("sent", None), ("withheld", "cap:day:2:2")]


def test_at_night_it_waits_for_the_morning(bench: Bench) -> None:
    bench.world.now += timedelta(hours=6)
    number = bench.tell(bench.member())
    bench.rounds()
    assert bench.attempts(number)[0] == ("push", "waiting", "quiet:08:00")
    # The clocks are put forward in that night: eight o'clock comes an hour earlier.
    bench.world.now = bench.world.now.replace(day=29, hour=5, minute=59)
    bench.rounds()
    assert bench.ended(number) == []
    bench.world.now += timedelta(minutes=2)
    bench.rounds()
    assert bench.ended(number) == [("sent", None, "push")]


def test_a_provider_in_trouble_is_left_alone_for_a_while_and_no_other_is(bench: Bench) -> None:
    for _ in range(6):
        bench.tell(bench.member())
        bench.tell(bench.member(device=False), "reward_taken_back", "email")
    bench.providers["push"].says = lambda _: Retry("http:timeout")
    assert bench.round("push") == 6
    assert bench.round("push") == 0
    assert bench.world.rows("select channel, failures, reason from channel_lanes") == [
        ("push", 6, "http:timeout")
    ]
    bench.rounds()
    assert len(bench.providers["email"].taken) == 6
    bench.world.now += timedelta(minutes=1)
    bench.providers["push"].says = lambda _: None
    # One tries it, then all go.
    assert bench.round("push") == 1
    assert bench.round("push") == 5


def test_a_provider_that_asks_for_less_is_given_time(bench: Bench) -> None:
    bench.tell(bench.member())
    bench.providers["push"].says = lambda _: Retry("429", timedelta(minutes=3))
    assert bench.round("push") == 1
    bench.tell(bench.member())
    assert bench.round("push") == 0
    bench.world.now += timedelta(minutes=4)
    bench.providers["push"].says = lambda _: None
    assert bench.round("push") == 2


def test_what_one_members_own_service_answers_holds_up_nobody_else(bench: Bench) -> None:
    """Anybody may name a push service of their own, which says whatever they like."""
    for said in (Retry("push:429", timedelta(hours=24), alone=True), Unsure("http:timeout", alone=True)):
        bench.providers["push"].says = lambda _, said=said: said  # type: ignore[misc]
        for _ in range(6):
            bench.tell(bench.member())
            assert bench.round("push") == 1
    bench.providers["push"].says = lambda _: None
    bench.tell(bench.member())
    assert bench.round("push") == 1
    assert len(bench.providers["push"].taken) == 1


def test_no_more_a_second_than_a_provider_takes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ABILITIES, "push", Abilities(keyed=True, per_second=10))
    for _ in range(40):
        bench.tell(bench.member())
    taken = bench.round("push")
    assert taken <= 10
    sums = [taken]
    while sum(sums) < 40:
        bench.world.now += timedelta(seconds=1)
        sums.append(bench.round("push"))
    assert max(sums) <= 10 < ROWS_MAX


def test_of_what_was_withdrawn_nothing_is_sent_after_it_was_answered(bench: Bench) -> None:
    member, world = bench.member(), bench.world
    bench.agreed(member, "email")
    number, under_way, go_on = bench.tell(member, "thanks", "email"), Event(), Event()

    def slow(_: Letter | Parcel) -> None:
        under_way.set()
        assert go_on.wait(20)

    bench.providers["email"].says = slow
    sending = Thread(target=bench.round, args=("email",))
    sending.start()
    assert under_way.wait(20)
    said = Withdrawal(world.program_id, member, ["offers"], ["email"], "page", "m", "t", None, at=world.now)
    with closing(connect(world.url, world.secret, "worker")) as db:
        began = monotonic()
        with transaction(db, world.program_id) as tx:
            withdraw(tx, said)
        # It had begun: whoever answers waits until it has ended, but not for ever.
        whose = (world.program_id, member)
        assert not await_begun(db, whose, ["email"], at_most_s=0.3)
        go_on.set()
        assert await_begun(db, whose, ["email"])
        assert monotonic() - began < 20
    sending.join(20)
    bench.providers["email"].says = lambda _: pytest.fail("it was sent all the same")
    later = bench.tell(member, "thanks", "email")
    bench.rounds()
    assert bench.ended(number)[0][0] == "sent"
    assert bench.attempts(later)[0][:2] == ("email", "withheld")
    assert str(bench.attempts(later)[0][2]).startswith("consent:withdrawn@")
