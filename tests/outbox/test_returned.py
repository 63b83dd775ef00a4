"""Mails that come back: what they say is kept once, stops what it should, and nothing if it is forged."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.channels.mail_server import MailServer, running
from tests.channels.returns import complained, undelivered
from tests.outbox.postal import PostalHouse, example_program, opened_house
from tests.rooms import opened_room

from guerdon.channels.email import email_channels
from guerdon.channels.email.listening import Busy
from guerdon.channels.email.returning import ReturnPath
from guerdon.config import Settings, read_settings
from guerdon.engine.library import Library
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.messages.noticing import MAIL, take_notices
from guerdon.store.database import connect, transaction
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.ids import show
from guerdon.values.returns import OPEN_DAYS
from guerdon.web.intake.returned import ReturnDesk
from guerdon.web.rooms import Room, room

DOMAIN = "example.com"
HOLIDAY = b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday\r\n"
WISH = b"From: m1@example.com\r\nSubject: unsubscribe\r\n\r\n"


class Depot:
    """A house whose mails come back, and the desk that takes them."""

    def __init__(self, house: PostalHouse, here: Room, server: MailServer) -> None:
        self.house, self.server = house, server
        self.desk = ReturnDesk(here, DOMAIN, house.clock)

    def sent(self) -> tuple[int, str, str]:
        """Let a mail go out; its id, where it comes back to, and where its reader wants no more of it."""
        (message,) = self.house.intend()
        path = ReturnPath(self.house.vault, DOMAIN)
        channels = email_channels(self.server.url, "Nordlys <rewards@example.com>", 1, (), path)
        member_url = lambda *_: "https://example.com/u/token"  # noqa: E731
        library, clock = Library(self.house.vault, {}), self.house.clock
        postroom = Postroom("email", channels, library, self.house.claim_url, clock, member_url=member_url)
        with closing(connect(self.house.url, self.house.secret, "worker")) as db:
            assert deliver(db, self.house.program_id, postroom) == 1
        for channel in channels:
            channel.close()
        listed = str(self.server.mails[-1]["List-Unsubscribe"] or "")
        way_out = listed.partition("<mailto:")[2].partition("?")[0]
        return message, str(self.server.envelopes[-1].mail_from), way_out

    def back(self, address: str, content: bytes, *, reported: bool = True) -> None:
        """Let a mail come back, and the worker take what was noted."""
        self.desk.take((address,), content, reported=reported)
        house = self.house
        with (
            closing(connect(house.url, house.secret, "worker")) as db,
            transaction(db, house.program_id) as tx,
        ):
            take_notices(tx, house.program_id, example_program(), house.clock.now, channel=MAIL)

    def state(self, message: int) -> object:
        return self.house.rows("select state from messages where id = %s", message)[0][0]

    def suppressed(self, message: int) -> str | None:
        mark = address_mark(
            self.house.vault, self.house.program_id, "email", f"m{message - 5000}@example.com"
        )
        rows = self.house.rows("select reason from suppressions where channel = 'email' and mark = %s", mark)
        return str(rows[0][0]) if rows else None

    def said(self, message: int) -> list[tuple[object, ...]]:
        return self.house.rows(
            "select topic, channel, what, method, source from consents where member_id = %s order by id",
            message - 5000,
        )

    def nothing_happened(self) -> bool:
        counted = "select (select count(*) from suppressions) + (select count(*) from consents)"
        failed = "select count(*) from messages where state <> 'sent'"
        return self.house.rows(counted) == [(0,)] and self.house.rows(failed) == [(0,)]


@contextmanager
def opened_depot(database: str, secret: str, home: Path, topic: str) -> Iterator[Depot]:
    with opened_house(database, secret, topic) as house, running(MailServer()) as server:
        given = {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(home),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
        settings = read_settings(given)
        assert isinstance(settings, Settings)
        with opened_room(settings):
            yield Depot(house, room(), server)


@pytest.fixture
def depot(database: str, secret: str, tmp_path: Path) -> Iterator[Depot]:
    with opened_depot(database, secret, tmp_path, "marketing") as made:
        yield made


def test_a_mailbox_that_is_not_there_is_not_written_to_again(depot: Depot) -> None:
    (message, came, _), (fine, _, _) = depot.sent(), depot.sent()
    for _ in range(2):
        depot.back(came, undelivered("5.1.1"))
    assert (depot.state(message), depot.suppressed(message)) == ("failed", "bounce")
    assert (depot.state(fine), depot.suppressed(fine)) == ("sent", None)
    attempts = "select state, reason from message_attempts where message_id = %s"
    assert depot.house.rows(attempts, message) == [("failed", "bounce:5.1.1")]
    assert depot.house.rows("select count(*) from message_notices") == [(1,)]
    assert depot.said(message) == []


def test_a_mailbox_that_is_full_loses_that_mail_alone(depot: Depot) -> None:
    message, came, _ = depot.sent()
    depot.back(came, undelivered("5.2.2"))
    assert (depot.state(message), depot.suppressed(message)) == ("failed", None)


@pytest.mark.parametrize("mail", [undelivered("4.4.1", "delayed"), HOLIDAY, b"", b"\0" * 300])
def test_what_says_nothing_is_counted_and_let_go(depot: Depot, mail: bytes) -> None:
    _, came, _ = depot.sent()
    depot.back(came, mail)
    assert depot.nothing_happened()
    assert depot.desk.counts.total() == 1


def test_another_address_of_theirs_is_not_stopped_for_the_one_before(depot: Depot) -> None:
    message, came, _ = depot.sent()
    house = depot.house
    with closing(connect(house.url, house.secret, "worker")) as db, transaction(db, house.program_id) as tx:
        moved = Person("Ada Example", "new@example.com")
        record_persons(
            tx, house.program_id, [seal_person(house.vault, house.program_id, message - 5000, moved)]
        )
    depot.back(came, undelivered("5.1.1"))
    assert depot.house.rows("select count(*) from suppressions") == [(0,)]
    assert depot.state(message) == "failed"
    # A complaint is theirs all the same.
    depot.back(came, complained())
    assert depot.house.rows("select count(*) from suppressions") == [(0,)]
    assert {(channel, what, method) for _, channel, what, method, _ in depot.said(message)} == {
        ("email", "withdrawn", "complaint")
    }


@pytest.mark.parametrize("named", [True, False])
def test_a_complaint_ends_all_offers_by_mail(depot: Depot, *, named: bool) -> None:
    message, came, _ = depot.sent()
    # To the address that mail providers were told, or to where the mail came from.
    to, mail = ("Complaints@Example.com", complained(came)) if named else (came, complained())
    for _ in range(2):
        depot.back(to, mail, reported=False)
    assert depot.suppressed(message) == "complaint"
    assert ("marketing", "email", "withdrawn", "complaint", "") in depot.said(message)
    assert {channel for _, channel, *_ in depot.said(message)} == {"email"}
    # A mailbox that dies afterwards takes nothing of that back.
    depot.back(came, undelivered("5.1.1"))
    assert depot.suppressed(message) == "complaint"


@pytest.mark.parametrize("kind", ["not-spam", "virus"])
def test_that_it_is_none_ends_nothing(depot: Depot, kind: str) -> None:
    _, came, _ = depot.sent()
    depot.back(came, complained(came, kind), reported=False)
    depot.back(f"complaints@{DOMAIN}", complained(came, kind), reported=False)
    assert depot.nothing_happened()


def test_a_mail_to_the_way_out_withdraws_its_topic_once(depot: Depot) -> None:
    message, _, way_out = depot.sent()
    assert depot.desk.knows(way_out)
    # A report in its name comes from nobody who wants that.
    depot.back(way_out, undelivered("5.1.1"))
    assert depot.nothing_happened()
    depot.back(way_out, WISH, reported=False)
    withdrawn = [("marketing", "email", "withdrawn", "one_click", "mail")]
    assert depot.said(message) == withdrawn
    standing = "select state from standing_consents where member_id = %s"
    assert depot.house.rows(standing, message - 5000) == [("withdrawn",)]
    audited = "select actor from audit where action = 'consent.withdrawn'"
    assert depot.house.rows(audited) == [(show("mem", message - 5000),)]
    # Sent again by whoever has it, it withdraws nothing that was agreed to since.
    depot.house.change("update standing_consents set state = 'given' where member_id = %s", message - 5000)
    depot.back(way_out, WISH, reported=False)
    assert depot.said(message) == withdrawn


def test_forged_and_old_addresses_change_nothing(depot: Depot) -> None:
    _, came, way_out = depot.sent()
    for address in (came, way_out):
        letter = address[20]
        forged = [
            address[:20] + ("0" if letter != "0" else "1") + address[21:],
            address.replace("example.com", "example.org"),
            address.replace("bounces+", "x+").replace("unsubscribe+", "bounces+"),
            f"rewards@{DOMAIN}",
        ]
        for each in forged:
            assert not depot.desk.knows(each)
            depot.back(each, undelivered("5.1.1"))
            depot.back(each, WISH, reported=False)
            depot.back(f"complaints@{DOMAIN}", complained(each), reported=False)
    assert depot.nothing_happened()
    assert depot.house.rows("select count(*) from message_notices") == [(0,)]


def test_an_address_holds_for_its_time(depot: Depot) -> None:
    _, came, way_out = depot.sent()
    assert [depot.desk.knows(came), depot.desk.knows(way_out)] == [True, True]
    depot.house.later(days=OPEN_DAYS["bounces"] + 1)
    assert [depot.desk.knows(came), depot.desk.knows(way_out)] == [False, True]
    depot.back(came, undelivered("5.1.1"))
    assert depot.nothing_happened()


def test_while_the_database_is_away_nothing_is_lost(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg  # noqa: PLC0415

    message, came, _ = depot.sent()

    def away(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("away")

    with monkeypatch.context() as gone:
        gone.setattr(Room, "reading", away)
        with pytest.raises(Busy):
            depot.desk.take((came,), undelivered("5.1.1"), reported=True)
    depot.back(came, undelivered("5.1.1"))
    assert depot.suppressed(message) == "bounce"
