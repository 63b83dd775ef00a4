import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests.channels.mail_server import OK, MailServer
from tests.outbox.postal import PostalHouse, opened_house

from guerdon.engine.messages.delivering import LEASE
from guerdon.store.database import UNAVAILABLE, connect, transaction
from guerdon.store.messages.outbox import Claim, Settlement, claim_due, settle_messages

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def marketing_house(database: str, secret: str) -> Iterator[PostalHouse]:
    with opened_house(database, secret, "marketing") as made:
        yield made


def lose_the_database(house: PostalHouse) -> None:
    """Cut the worker's connections, so that no outcome can be settled."""
    with psycopg.connect(house.url, autocommit=True) as owner:
        owner.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where usename = 'guerdon_worker' and datname = current_database()"
        )


def after_the_lease(house: PostalHouse) -> None:
    house.later(seconds=LEASE.total_seconds() + 1)


def test_a_deliverer_killed_after_hand_over_costs_one_more_mail_and_no_letter(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend()
    started: list[subprocess.Popen[bytes]] = []

    def kill(_: object) -> str:
        os.kill(started[0].pid, signal.SIGKILL)
        started[0].wait(10)
        return OK

    server.at_mail = kill
    command = [sys.executable, "-m", "tests.outbox.deliver_once", house.url, house.secret]
    facts = [str(house.program_id), house.clock.now.isoformat(), server.url]
    environment = os.environ | {"PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}"}
    with subprocess.Popen([*command, *facts], cwd=REPOSITORY, env=environment) as deliverer:
        started.append(deliverer)
    assert deliverer.returncode == -signal.SIGKILL
    assert house.outbox() == [(5001, 1, True, True)]

    server.at_mail = lambda _: OK
    assert house.deliver(server) == 0, "its lease has not ended yet"
    after_the_lease(house)
    house.deliver(server)
    assert house.messages() == [(5001, "sent", None, 2)]
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert len(server.mails) == 2


def test_a_letter_about_value_is_sent_again_once_and_then_given_up_as_unknown(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend()

    def cut(_: object) -> str:
        lose_the_database(house)
        return OK

    server.at_mail = cut
    for _ in range(2):
        with pytest.raises(UNAVAILABLE):
            house.deliver(server)
        after_the_lease(house)
    server.at_mail = lambda _: OK
    house.deliver(server)
    assert house.messages() == [(5001, "unknown", "hand_over:unsettled", 3)]
    assert len(server.mails) == 2


def test_other_letters_are_not_sent_again_after_a_crash(
    marketing_house: PostalHouse, server: MailServer
) -> None:
    marketing_house.intend()

    def cut(_: object) -> str:
        lose_the_database(marketing_house)
        return OK

    server.at_mail = cut
    with pytest.raises(UNAVAILABLE):
        marketing_house.deliver(server)
    after_the_lease(marketing_house)
    marketing_house.deliver(server)
    assert marketing_house.messages() == [(5001, "unknown", "hand_over:unsettled", 2)]
    assert len(server.mails) == 1


def test_a_server_that_never_answers_the_hand_over_gets_the_letter_twice_at_most(
    house: PostalHouse, server: MailServer
) -> None:
    server.at_mail = lambda _: None
    house.intend()
    house.deliver(server)
    assert house.outbox() == [(5001, 1, True, False)]
    house.later(minutes=1)
    house.deliver(server)
    assert house.messages() == [(5001, "unknown", "smtp:SMTPServerDisconnected", 2)]
    assert len(server.mails) == 2


def test_being_put_off_does_not_use_up_the_one_repetition(house: PostalHouse, server: MailServer) -> None:
    house.intend()
    server.at_mail = lambda _: None
    house.deliver(server)
    server.at_recipient = lambda _: "451 4.3.2 Restarting"
    for _ in range(3):
        house.later(minutes=2)
        assert house.deliver(server) == 1
    assert house.outbox() == [(5001, 4, True, False)]
    server.at_recipient = lambda _: OK
    server.at_mail = lambda _: OK
    house.later(minutes=2)
    house.deliver(server)
    assert house.messages() == [(5001, "sent", None, 5)]


def test_a_letter_that_may_have_arrived_is_unknown_not_failed_when_it_cannot_be_repeated(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend()
    server.at_mail = lambda _: None
    house.deliver(server)
    house.change("update rewards set state = 'redeemed', remaining = 0, redeemed_at = issued_at")
    house.later(minutes=2)
    house.deliver(server)
    assert house.messages() == [(5001, "unknown", "reward:redeemed", 2)]
    assert len(server.mails) == 1


def test_one_crash_does_not_repeat_what_was_settled_before(house: PostalHouse, server: MailServer) -> None:
    house.intend(count=3)
    turns = count()

    def cut_at_the_third(_: object) -> str:
        if next(turns) == 2:
            lose_the_database(house)
        return OK

    server.at_mail = cut_at_the_third
    with pytest.raises(UNAVAILABLE):
        house.deliver(server, connections=1)
    after_the_lease(house)
    house.deliver(server)
    assert {row[1] for row in house.messages()} == {"sent"}
    assert len(server.mails) == 6, "the whole round was in doubt, and each of its letters is repeated once"


def test_a_deliverer_that_slept_through_its_lease_settles_nothing(house: PostalHouse) -> None:
    house.intend()
    now, late = house.clock.now, house.clock.now + LEASE + timedelta(seconds=1)
    first, second = uuid4(), uuid4()
    settled = [Settlement(1, 5001, "sent", "en", "<x@example.com>", None, late)]
    with closing(connect(house.url, house.secret, "worker")) as connection:
        for fence, at in ((first, now), (second, late)):
            with transaction(connection, house.program_id) as tx:
                claimed = claim_due(tx, Claim(house.program_id, "email", fence, at, at + LEASE, 10))
                assert [(row.id, row.hand_overs) for row in claimed] == [(5001, int(fence is second))]
        with transaction(connection, house.program_id) as tx:
            assert settle_messages(tx, house.program_id, first, settled) == set()
        assert house.messages() == []
        with transaction(connection, house.program_id) as tx:
            assert settle_messages(tx, house.program_id, second, settled) == {5001}
    assert house.outbox() == []
