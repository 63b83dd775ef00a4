"""Pieces of work to be killed in: all is laid out, what is left to do may be done again and again.

Each works on a copy of the database that was laid out, at the address that it is given.
"""

import copy
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import LiteralString, Protocol, TypeVar

import psycopg
from tests.approvals.house import House as ApprovalsHouse
from tests.approvals.house import adjustment
from tests.approvals.test_granting import work as carry_out
from tests.channels.mail_server import MailServer
from tests.engine.harbor_house import ENDS, HarborHouse, deed, everything
from tests.engine.house import NOW, House

from guerdon.channels.email import email_channels
from guerdon.connectors.cloudevents.sample import sample_delivery
from guerdon.engine.codes import add_codes
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.messages.delivering import LEASE, Postroom, deliver
from guerdon.engine.proof.seals import anchor_new, seal_new
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold, Reserve, capture, hold, release
from guerdon.engine.wallet.spending import Restore, Spend, restore, spend
from guerdon.ledger.contents import Move, MoveBudgets
from guerdon.ledger.effects import Redeem
from guerdon.ledger.trail import check_trail
from guerdon.queries.invariants import check_invariants
from guerdon.queries.proof.trail import read_trail
from guerdon.store.codes import Code
from guerdon.store.database import connect, transaction
from guerdon.values.money import Money
from guerdon.worker import MAPPERS

Answers = dict[str, list[tuple[object, ...]]]
MORE: dict[str, LiteralString] = {
    "events": """
        select i.external_id, e.type, e.outcome, e.happened_at, count(*)
        from events e left join member_ids i using (program_id, member_id)
        where e.program_id = this_program() group by 1, 2, 3, 4 order by 1, 2, 3, 4
    """,
    "transfers": """
        select i.external_id, from_account, to_account, unit, amount, count(*)
        from transfers t left join member_ids i using (program_id, member_id)
        where t.program_id = this_program() group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    """,
    "holds": """
        select member_id = 0, unit, amount, captured, state, purpose from holds
        where program_id = this_program() order by 1, 2, 3, 4, 5, 6
    """,
    "orders": """
        select member_id, item, unit, value, canceled_at is null from orders
        where program_id = this_program() order by 1, 2, 3, 4, 5
    """,
    "codes": """
        select item, unit, value, state, count(*) from codes
        where program_id = this_program() group by 1, 2, 3, 4 order by 1, 2, 3, 4
    """,
    "requests": """
        select kind, state, unit, amount, count(*) from requests
        where program_id = this_program() group by 1, 2, 3, 4 order by 1, 2, 3, 4
    """,
    "messages": """
        select message, channel, count(*) from (
          select program_id, message, channel from outbox union all
          select program_id, message, channel from messages
        ) m where program_id = this_program() group by 1, 2 order by 1, 2
    """,
    "figures": """
        select day, market, location, rule, unit, issued, issued_value, refused, redeemed, redeemed_value
        from rollups where program_id = this_program() order by 1, 2, 3, 4, 5
    """,
    "inbox": "select count(*) from inbox where program_id = this_program()",
    "quarantine": "select reason, count(*) from quarantine where program_id = this_program() group by 1",
    # Each deed leaves its row once, whoever died over it.
    "audit": """
        select action, count(*) from audit where program_id = this_program() group by 1 order by 1
    """,
}


class Placed(Protocol):
    """Any house: a database, and a program in it."""

    url: str
    secret: str
    program_id: int


P = TypeVar("P", bound=Placed)


def at(house: P, url: str) -> P:
    """The same house, standing on a copy of its database."""
    moved = copy.copy(house)
    moved.url = url
    return moved


def come_to(house: Placed) -> Answers:
    """All that a program came to, in words that a crash leaves alone; its books must be in order."""
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        answers = {name: tx.execute(question).fetchall() for name, question in {**ENDS, **MORE}.items()}
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        assert check_invariants(tx) == []
    return answers


@dataclass(frozen=True, slots=True)
class Scene:
    """A piece of work: done at an address for the n-th time, and what it came to there."""

    do: Callable[[str, int], None]
    ends: Callable[[str], object]


def deciding(url: str, secret: str, _: Path) -> Scene:
    """A worker's batches, with earnings, reversals of what was spent, limits and holds."""
    house = _harbor(url, secret)
    house.call([deed("ann", "gift.given", -9, contract="c1"), deed("bob", "walk.done", -9)])
    house.work()
    house.redeem("ann", "gift")
    house.call(
        [
            deed("ann", "gift.undone", -1, contract="c1"),
            deed("bob", "walk.undone", -1),
            *everything(random.Random(4)),  # noqa: S311  the same scene in every run
            *(deed("cy", kind, -8 + n) for n, kind in enumerate(["visit.done"] * 3 + ["visit.undone"])),
            *(deed("dee", "sale.made", -7, seller="sam") for _ in range(4)),
        ],
        per_request=7,
    )
    return Scene(lambda where, _: at(house, where).work(at_most=25), lambda where: come_to(at(house, where)))


def announcing(url: str, secret: str, _: Path) -> Scene:
    """A worker's batches with messages about what was given."""
    house = House(url, secret)
    house.publish()
    house.enroll(range(1, 9))
    house.tell([(n, "booking_status", "confirmed") for n in range(1, 9)], per_request=2)

    def do(where: str, _: int) -> None:
        with at(house, where).worker() as worker:
            worker.work(at_most=3)

    return Scene(do, lambda where: come_to(at(house, where)))


def recording(url: str, secret: str, _: Path) -> Scene:
    """What was told is recorded, told again by whoever got no answer, and decided once nobody dies."""
    house = _harbor(url, secret)
    events: list[dict[str, object]] = [
        {
            "id": f"e{n}",
            "source": "shop",
            "specversion": "1.0",
            "type": kind,
            "subject": f"crm:{who}",
            "time": (NOW - timedelta(hours=30 - n)).isoformat(),
            "data": data,
        }
        for n, (who, kind, _, data) in enumerate(everything(random.Random(5)))  # noqa: S311
    ]
    told = [sample_delivery(house.program, events[n : n + 9]) for n in range(0, len(events), 9)]
    deliveries = [each for each in told if isinstance(each, Delivery)]
    assert deliveries == told

    def do(where: str, _: int) -> None:
        with connect(where, secret, "web") as db:
            for each in deliveries:
                keep_deliveries(db, house.vault, house.program_id, [each], NOW)

    def ends(where: str) -> object:
        at(house, where).work()
        return come_to(at(house, where))

    return Scene(do, ends)


def redeeming(url: str, secret: str, _: Path) -> Scene:
    """Members choose: a reward whole, and a part of a balance."""
    house = _harbor(url, secret)
    house.call(
        [deed(who, "order.placed", -5, order_no=who, amount=4_000) for who in ("ann", "bob")]
        + [deed("cy", "visit.done", -5)]
    )
    house.work()
    with connect(url, secret, "worker") as db, transaction(db, house.program_id) as tx:
        codes = [Code("cake", Money(*value), f"{value}{n}") for value in _VALUES for n in range(4)]
        assert all(add_codes(tx, house.vault, house.program_id, codes))
    chosen = [
        Choice(house.program_id, member, reward, "cake", "phone")
        for member, reward in house.rows(
            "select member_id, id from rewards where rule in ('order', 'visit') order by member_id, rule"
        )
        if isinstance(member, int) and isinstance(reward, int)
    ]
    assert len(chosen) == 3

    def do(where: str, _: int) -> None:
        for choice in chosen:
            with connect(where, secret, "web") as db:
                answer = redeem(
                    lambda db=db, who=choice.member_id: transaction(db, house.program_id, who),  # type: ignore[misc]
                    house.program,
                    choice,
                    NOW,
                )
            # Whoever asks again finds it used: their page shows the code that is there already.
            assert isinstance(answer, Redeem) or getattr(answer, "reason", "") == "used", answer

    return Scene(do, lambda where: come_to(at(house, where)))


_VALUES = ((20_000, "EUR"), (60, "CAP"))


def spending(url: str, secret: str, _: Path) -> Scene:
    """A wallet's commands, each of them given again until it is answered."""
    house = _harbor(url, secret)
    house.call([deed("ann", "order.placed", -5, order_no=f"a{n}", amount=2_000) for n in range(4)])
    house.work()
    whose = (house.program_id, house.member("ann"))

    def commanded(where: str, what: Callable[[psycopg.Connection], object]) -> int:
        with connect(where, secret, "worker") as db, transaction(db, house.program_id) as tx:
            done = what(tx)
        assert isinstance(done, Done), done
        return done.event_id

    def do(where: str, _: int) -> None:
        program = house.program
        spent = commanded(where, lambda tx: spend(tx, program, Spend(*whose, "one", "PTS", 150), NOW))
        held, freed = (
            commanded(where, lambda tx, key=key: hold(tx, program, Reserve(*whose, key, "PTS", 70, "x"), NOW))  # type: ignore[misc]
            for key in ("two", "three")
        )
        commanded(where, lambda tx: capture(tx, OfHold(*whose, held), 40, NOW))
        commanded(where, lambda tx: release(tx, OfHold(*whose, freed), NOW))
        commanded(where, lambda tx: restore(tx, program, Restore(*whose, spent), NOW))

    return Scene(do, lambda where: come_to(at(house, where)))


def keeping_time(url: str, secret: str, _: Path) -> Scene:
    """The tick in which value matures, a hold runs out and much ends."""
    house = _harbor(url, secret)
    house.call(everything(random.Random(6)))  # noqa: S311
    house.call([deed(who, "walk.done", -400) for who in ("ann", "bob", "cy")])
    house.work()
    whose = (house.program_id, house.member("ann"))
    with connect(url, secret, "worker") as db, transaction(db, house.program_id) as tx:
        until = NOW + timedelta(days=2)
        asked = Reserve(*whose, "key", "PTS", 1, "x", until)
        assert isinstance(hold(tx, house.program, asked, NOW), Done)

    def do(where: str, _: int) -> None:
        with connect(where, secret, "worker") as db:
            run_timers(db, Clockwork(house.program_id, house.program, NOW + timedelta(days=500), at_most=3))

    return Scene(do, lambda where: come_to(at(house, where)))


def approving(url: str, secret: str, _: Path) -> Scene:
    """The last signature on a reward, an adjustment and a transfer of budget, and the worker after it."""
    house = ApprovalsHouse(url, secret)
    house.open()
    asked = [
        (house.asked("lea", house.reward(20_000, reference="A-1")), "kim"),
        (house.asked("fay", adjustment(40_000)), "finn"),
        (
            house.asked("fay", MoveBudgets([Move("budget:by_market:DE", "budget:central:", "EUR", 100)])),
            "finn",
        ),
    ]

    def do(where: str, _: int) -> None:
        moved = at(house, where)
        for request, signer in asked:
            moved.say(signer, request)
        carry_out(moved)

    def ends(where: str) -> object:
        assert {at(house, where).state(request) for request, _ in asked} == {"done"}
        return come_to(at(house, where))

    return Scene(do, ends)


def sealing(url: str, secret: str, folder: Path) -> Scene:
    """What is new in the audit is sealed, and told outside."""
    house = _harbor(url, secret)
    house.call(everything(random.Random(7)))  # noqa: S311
    house.work(at_most=5)
    (key,) = [str(row[0]) for row in house.rows("select key from programs")]

    def do(where: str, _: int) -> None:
        with connect(where, secret, "worker") as db:
            seal_new(db, NOW)
            anchor_new(db, folder / where.rpartition("/")[2].partition("?")[0], NOW)

    def ends(where: str) -> object:
        with connect(where, secret, "web") as db, transaction(db, house.program_id) as tx:
            checked = check_trail(read_trail(tx, house.program_id, key, NOW))
        sealed = at(house, where).rows(
            "select number, rows, root, previous, total_rows, sealed_at from seals"
        )
        anchored = at(house, where).rows("select number, total_rows, root, seal, anchored_at from anchors")
        return checked, len(sealed), len(anchored), come_to(at(house, where))

    return Scene(do, ends)


def posting(url: str, secret: str, server: MailServer) -> Scene:
    """The round of a worker that hands letters over; each is sent twice at the most."""
    house = House(url, secret)
    house.publish()
    lines = ["external_source,external_id,market,employee,name,email\n"]
    lines += [f"hubspot,{n},DE,false,Ada Example,m{n}@example.com\n" for n in range(1, 4)]
    with connect(url, secret, "worker") as db:
        enroll_members(db, house.vault, (house.program_id, house.program), lines, NOW)
    house.tell([(n, "booking_status", "confirmed") for n in range(1, 4)])
    with house.worker() as worker:
        worker.work()

    def do(where: str, times: int) -> None:
        channels = email_channels(server.url, "Nordlys Circle <rewards@example.com>", 1)
        # Whoever died over a letter keeps it until the lease has ended.
        now = NOW + times * 2 * LEASE
        library = Library(house.vault, MAPPERS)
        room = Postroom("email", channels, library, lambda *ids: f"http://127.0.0.1/r/{ids[2]}", lambda: now)
        with closing(connect(where, secret, "worker")) as db:
            while deliver(db, house.program_id, room):
                pass
        for channel in channels:
            channel.close()

    def ends(where: str) -> object:
        mails = [(str(mail["To"]), str(mail["Message-ID"])) for mail in server.mails]
        server.envelopes.clear()
        assert all(mails.count(each) <= 2 for each in mails), mails
        mailed = {number for number in range(1, 4) if any(f"m{number}@" in to for to, _ in mails)}
        assert len(set(mails)) == len(mailed), "a letter that is sent again is the same letter"
        settled = at(house, where).rows(
            "select external_id::int, state from messages"
            " join member_ids using (program_id, member_id) order by 1"
        )
        assert [number for number, _ in settled] == [1, 2, 3]
        # What is said to be sent went out; who died twice over a letter leaves it unknown.
        assert {number for number, state in settled if state == "sent"} <= mailed
        assert {state for _, state in settled} <= {"sent", "unknown"}
        return come_to(at(house, where))

    return Scene(do, ends)


def _harbor(url: str, secret: str) -> HarborHouse:
    house = HarborHouse(url, secret)
    house.open()
    house.join("ann", "bob", "cy", "dee")
    return house
