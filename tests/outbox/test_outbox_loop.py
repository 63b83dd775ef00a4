import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Event, Thread

import psycopg
from tests.channels.mail_server import MailServer
from tests.outbox.postal import PostalHouse

from guerdon.engine.messages.delivering import ROWS_MAX, deliver
from guerdon.engine.messages.loops import OutboxLoop
from guerdon.engine.turns import Turns
from guerdon.store.database import connect, wait_for_news
from guerdon.store.messages.outbox import listen_for_outbox
from guerdon.values.clock import utc_now

PATIENCE_S = 20.0


def becomes(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


@contextmanager
def looping(house: PostalHouse, server: MailServer) -> Iterator[Thread]:
    stop = Event()
    postroom = house.postroom(server.url)

    def close() -> None:
        for channel in postroom.connections:
            channel.close()

    loop = OutboxLoop(
        partial(connect, house.url, house.secret, "worker"),
        partial(deliver, postroom=postroom),
        ROWS_MAX,
        close,
    )
    thread = Thread(target=loop.run, args=(Turns(utc_now, stop),))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_news_that_comes_while_a_statement_runs_is_not_missed(house: PostalHouse) -> None:
    with (
        closing(connect(house.url, house.secret, "worker")) as listening,
        closing(connect(house.url, house.secret, "worker")) as other,
    ):
        listen_for_outbox(listening)
        assert not wait_for_news(listening, 0.0)
        statement = Thread(target=listening.execute, args=("select pg_sleep(0.5)",))
        statement.start()
        other.execute("select pg_sleep(0.1)")
        other.execute("notify guerdon_outbox, '1'")
        statement.join()
        assert wait_for_news(listening, 5.0)
        assert not wait_for_news(listening, 0.0)


def test_delivers_what_was_there_and_what_comes(house: PostalHouse, server: MailServer) -> None:
    house.intend(count=3)
    with looping(house, server):
        assert becomes(lambda: len(house.messages()) == 3)
        house.intend(count=2)
        assert becomes(lambda: len(house.messages()) == 5)
    assert house.outbox() == []
    assert len(server.mails) == 5


def test_a_retry_needs_nobody_to_announce_it(house: PostalHouse, server: MailServer) -> None:
    server.at_recipient = lambda _: "451 Later"
    house.intend()
    with looping(house, server):
        assert becomes(lambda: house.outbox() == [(5001, 1, False, False)])
        server.at_recipient = lambda _: "250 OK"
        house.later(minutes=1)
        assert becomes(lambda: house.messages() == [(5001, "sent", None, 2)])


def test_a_database_that_went_away_is_waited_for(house: PostalHouse, server: MailServer) -> None:
    house.intend()
    with looping(house, server):
        assert becomes(lambda: len(house.messages()) == 1)
        with psycopg.connect(house.url, autocommit=True) as owner:
            owner.execute(
                # Gone, not only told to go: what the test itself asks next has a connection that answers.
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where usename = 'guerdon_worker' and datname = current_database()"
            )
        house.intend()
        assert becomes(lambda: len(house.messages()) == 2)
