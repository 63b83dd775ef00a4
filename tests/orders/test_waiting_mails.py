"""Who waited for a place is told by a mail in their language, once an offer, and only while it is theirs."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from tests.channels.mail_server import MailServer, running
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.test_waiting import TOUR, calls_off, leaves, lists, waits, wants
from tests.redeem.house import opened_house

from guerdon.channels.email import email_channels
from guerdon.engine.gifts.giving import Given, Giving, give
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.orders.waiting import OFFER_KEEPS
from guerdon.ledger.effects import Hold
from guerdon.queries.controls import receipts
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import connect
from guerdon.values.ids import show

LINK = "http://127.0.0.1:8710/r/of-{}"


@pytest.fixture
def counter(database: str, secret: str) -> Iterator[Counter]:
    """Give a counter with a tour of one place, which begins in a month."""
    here = Counter(opened_house(database, secret).__enter__(), {"giftly": Fake("giftly")})
    here.shelve(TOUR, ["manual"], slots=[(1, 1)])
    with here.house.working() as tx:
        tx.execute(
            "update catalog_slots set starts_at = %s, venue = 'Pier 4'", (here.now + timedelta(days=30),)
        )
    yield here
    here.check()


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Give a mail server."""
    with running(MailServer()) as started:
        yield started


def frees(here: Counter) -> None:
    """One has the place, the other waits, and the first calls it off."""
    first = wants(here, 1)
    assert isinstance(first, Hold)
    wants(here, 2)
    assert waits(here, 2) == "waits"
    calls_off(here, 1, first.request)


def send(here: Counter, server: MailServer) -> int:
    """One round of the outbox, a moment later; how many rows it took."""
    here.now += timedelta(seconds=1)
    channels = email_channels(server.url, "Nordlys <rewards@example.com>", 1)
    room = Postroom(
        "email", channels, here.desk.library, lambda *whose: LINK.format(whose[2]), lambda: here.now
    )
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        try:
            return deliver(db, here.house.program_id, room)
        finally:
            for channel in channels:
                channel.close()


def told(here: Counter) -> list[tuple[object, ...]]:
    return here.house.rows("select member_id, state, reason from messages where message = 'place:offered'")


@pytest.mark.parametrize(
    ("language", "subject", "until"),
    [
        ("en", "A place is free: Card", "It is kept for you until"),
        ("de", "Ein Platz ist frei: Card", "für Sie freigehalten"),
        ("ar", "أصبح مكان متاحًا: Card", "محجوز لك حتى"),
    ],
)
def test_an_offer_is_mailed_once_with_its_end_and_its_link(
    counter: Counter, server: MailServer, language: str, subject: str, until: str
) -> None:
    here = counter
    frees(here)
    with here.house.working() as tx:
        tx.execute("update members set language = %s", (language,))
    here.work()
    here.work()
    assert send(here, server) == 1
    assert send(here, server) == 0
    (mail,) = server.mails
    assert (mail["To"].addresses[0].addr_spec, str(mail["Subject"])) == ("ann2@example.com", subject)
    ((reward, item),) = here.house.rows(
        "select r.id, w.item_id from rewards r join slot_waits w using (member_id) where r.member_id = 2"
    )
    link = f"{LINK.format(reward)}/catalog/{show('itm', int(str(item)))}"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        body = part.get_content()
        assert link in body
        assert until in body
        assert "Pier 4" in body
    assert told(here) == [(2, "sent", None)]
    with here.house.opens(None)() as tx:
        books = check_invariants(tx, receipts.CONTROLS)
    assert not [breach for breach in books if breach.startswith("receipts.messages")]


def test_no_mail_goes_out_for_an_offer_that_is_gone(counter: Counter, server: MailServer) -> None:
    here = counter
    frees(here)
    here.work()
    assert leaves(here, 2)
    assert send(here, server) == 1
    assert (server.mails, told(here)) == ([], [(2, "recalled", "place:gone")])


def test_no_mail_goes_out_after_its_end(counter: Counter, server: MailServer) -> None:
    here = counter
    frees(here)
    here.work()
    here.now += OFFER_KEEPS
    assert send(here, server) == 1
    assert (server.mails, told(here)) == ([], [(2, "recalled", "place:gone")])


def test_the_next_one_has_a_mail_of_their_own(counter: Counter, server: MailServer) -> None:
    here = counter
    frees(here)
    wants(here, 3)
    assert waits(here, 3) == "waits"
    here.work()
    assert send(here, server) == 1
    here.work(OFFER_KEEPS.total_seconds() + 1)
    assert lists(here) == [(2, "lapsed"), (3, "offered")]
    assert send(here, server) == 1
    assert [mail["To"].addresses[0].addr_spec for mail in server.mails] == [
        "ann2@example.com",
        "ann3@example.com",
    ]


def test_who_has_nothing_to_pay_with_or_no_address_is_offered_it_without_a_mail(counter: Counter) -> None:
    here = counter
    frees(here)
    with here.house.working() as tx:
        tx.execute("update persons set email = null where member_id = 2")
    here.work()
    assert lists(here) == [(2, "offered")]
    assert here.house.rows("select from outbox where message = 'place:offered'") == []


def test_the_link_is_to_no_reward_that_was_given_away(counter: Counter) -> None:
    here = counter
    frees(here)
    ((reward,),) = here.house.rows("select id from rewards where member_id = 2")
    giving = Giving(here.house.program_id, 2, int(str(reward)), "Mara", "for you")
    with here.house.opens(2)() as tx:
        made = give(tx, here.house.vault, here.program, giving, here.now)
        assert isinstance(made, Given)
    here.work()
    assert lists(here) == [(2, "offered")]
    assert here.house.rows("select from outbox where message = 'place:offered'") == []
