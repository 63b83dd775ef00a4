from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import count

import psycopg
from tests.channels.mail_server import MailServer, body_of, running
from tests.outbox.postal import NOW, PostalHouse
from tests.races import RACED, Race

from guerdon.engine.messages.delivering import LEASE, ROWS_MAX, SENDING_MAX, deliver
from guerdon.store.database import Connection


def test_an_intent_is_delivered_once_and_kept_as_a_message(house: PostalHouse, server: MailServer) -> None:
    house.intend("Zoë Müller", language="de", market="AT")
    house.later(milliseconds=340)
    assert house.deliver(server) == 1
    assert house.deliver(server) == 0
    assert house.outbox() == []
    kept = house.rows(
        "select id, event_id, reward_id, message, channel, language, state, provider_id, reason, attempts,"
        " created_at, settled_at from messages"
    )
    provider_id = "<msg_00000000004W9.1@example.com>"
    assert kept == [
        (
            5001,
            1,
            1001,
            "reward_ready",
            "email",
            "de",
            "sent",
            provider_id,
            None,
            1,
            NOW,
            house.clock.now,
        )
    ]
    [mail] = server.mails
    assert mail["Message-ID"] == provider_id
    assert mail["Subject"] == "Ihre Prämie über €\u00a0200 ist bereit"
    assert mail["To"].addresses[0].display_name == "Zoë Müller"
    text = body_of(mail, "plain")
    assert house.claim_url(house.program_id, 1, 1001, house.clock.now.date()) in text.split()
    assert "Buchung, 4. Mai 2026." in text
    assert "bis 31. Okt. 2026." in text


def test_an_arabic_member_gets_an_arabic_mail(house: PostalHouse, server: MailServer) -> None:
    house.intend("عائشة مثال", language="ar", market="DE")
    house.deliver(server)
    [mail] = server.mails
    assert '<html lang="ar" dir="rtl"' in body_of(mail, "html")
    link = house.claim_url(house.program_id, 1, 1001, house.clock.now.date())
    assert link in body_of(mail, "plain").split()


def test_how_long_members_waited_is_counted_in_the_same_commit(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend(count=3, market="DE")
    house.intend(market="FR")
    house.later(milliseconds=340)
    house.deliver(server)
    figures = house.rows("select day, market, stage, upto_ms, n from delays order by market")
    assert figures == [(NOW.date(), "DE", "message", 400, 3), (NOW.date(), "FR", "message", 400, 1)]
    house.intend(market="DE")
    house.later(milliseconds=340)
    house.deliver(server)
    assert house.rows("select n from delays where market = 'DE'") == [(4,)]


def test_open_screens_are_told(house: PostalHouse, server: MailServer) -> None:
    house.intend()
    with closing(psycopg.connect(house.url, autocommit=True)) as screen:
        screen.execute("listen guerdon_live")
        house.deliver(server)
        told = [notice.payload for notice in screen.notifies(timeout=5, stop_after=1)]
    assert told == [str(house.program_id)]


def test_a_recipient_who_is_put_off_gets_it_later(house: PostalHouse, server: MailServer) -> None:
    turns = count()
    server.at_recipient = lambda _: "451 4.7.1 Later" if next(turns) < 2 else "250 OK"
    house.intend()
    for attempt in (1, 2):
        house.deliver(server)
        assert house.outbox() == [(5001, attempt, False, False)]
        assert house.deliver(server) == 0
        house.later(minutes=1)
    house.deliver(server)
    assert house.messages() == [(5001, "sent", None, 3)]
    assert len(server.mails) == 1


def test_a_recipient_who_does_not_exist_is_given_up_at_once(house: PostalHouse, server: MailServer) -> None:
    server.at_recipient = lambda to: f"550 5.1.1 <{to}>: unknown" if to.startswith("gone") else "250 OK"
    house.intend(address="gone@example.com")
    house.intend()
    house.deliver(server)
    assert house.messages() == [(5001, "failed", "smtp:550 5.1.1", 1), (5002, "sent", None, 1)]
    house.later(days=1)
    assert house.deliver(server) == 0


def test_where_nobody_is_nothing_more_is_sent_for_thirty_days(house: PostalHouse, server: MailServer) -> None:
    server.at_recipient = lambda to: "550 5.1.1 unknown" if to.startswith("gone") else "550 5.7.1 not so"
    for address in ("gone@example.com", "here@example.com"):
        for _ in range(2):
            house.intend(address=address)
            house.deliver(server)
    assert [row[1:3] for row in house.messages()] == [
        ("failed", "smtp:550 5.1.1"),
        ("withheld", "suppressed:bounce"),
        ("failed", "smtp:550 5.7.1"),
        ("failed", "smtp:550 5.7.1"),
    ]
    server.at_recipient = lambda _: "250 OK"
    house.later(days=31)
    house.intend(address="gone@example.com")
    house.deliver(server)
    assert house.messages()[-1][1] == "sent"


def test_who_has_no_address_or_was_erased_is_written_down_not_retried(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend(address="")
    house.intend(address="no address")
    house.intend()
    house.change("delete from persons where member_id = 3")
    house.deliver(server)
    assert house.messages() == [
        (5001, "withheld", "address:missing", 1),
        (5002, "withheld", "address:unusable", 1),
        (5003, "failed", "member:missing", 1),
    ]
    assert house.outbox() == []
    assert server.connections == 0


def test_a_reward_that_is_not_there_to_choose_any_more_is_not_announced(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend(count=3)
    house.change(
        "update rewards set state = 'redeemed', remaining = 0, redeemed_at = issued_at where member_id = 1"
    )
    house.change("update rewards set expires_at = %s where member_id = 2", NOW)
    house.change("delete from rewards where member_id = 3")
    house.deliver(server)
    assert house.messages() == [
        (5001, "recalled", "reward:redeemed", 1),
        (5002, "recalled", "reward:expired", 1),
        (5003, "failed", "reward:missing", 1),
    ]


def test_of_what_lost_a_part_the_rest_is_announced(house: PostalHouse, server: MailServer) -> None:
    house.intend(count=2)
    house.change("update rewards set reversed = 5000, remaining = 15000 where member_id = 1")
    house.deliver(server)
    subjects = sorted(str(mail["Subject"]) for mail in server.mails)
    assert [("150" in each, "200" in each) for each in subjects] == [(True, False), (False, True)]


def test_letters_wait_while_the_mail_server_is_away(house: PostalHouse) -> None:
    house.intend(count=5)
    with running(MailServer()) as gone:
        pass
    house.deliver(gone)
    assert house.outbox() == [(5000 + n, 1, False, False) for n in range(1, 6)]
    house.later(minutes=1)
    with running(MailServer(), gone.port) as back:
        # Five in a row failed: one tries whether it is well again, and then all go.
        assert house.deliver(back) == 1
        assert len(back.mails) == 1
        assert house.deliver(back) == 4
        assert len(back.mails) == 5
    assert {state for _, state, _, _ in house.messages()} == {"sent"}


@RACED
def test_many_deliverers_at_once_never_send_one_letter_twice(
    house: PostalHouse, server: MailServer, race: Race
) -> None:
    letters = ROWS_MAX * race.connections // 2
    house.intend(count=letters)

    def deliver_all(connection: Connection) -> int:
        postroom, taken = house.postroom(server.url, 1), 0
        while round_ := deliver(connection, house.program_id, postroom):
            taken += round_
        for channel in postroom.connections:
            channel.close()
        return taken

    assert sum(race.run(house, [("worker", deliver_all)] * race.connections)) == letters
    race.figures.update(letters=letters)
    sent = Counter(mail["Message-ID"] for mail in server.mails)
    assert len(sent) == letters
    assert set(sent.values()) == {1}
    assert house.rows("select state, count(*) from messages group by state") == [("sent", letters)]
    assert house.rows("select sum(n) from delays") == [(letters,)]


def test_a_round_takes_the_oldest_and_no_more_than_its_share(house: PostalHouse, server: MailServer) -> None:
    house.intend(count=ROWS_MAX)
    house.later(seconds=1)
    [newest] = house.intend()
    assert house.deliver(server) == ROWS_MAX
    assert [row[0] for row in house.outbox()] == [newest]


def test_what_did_not_get_its_turn_in_time_is_given_back_untouched(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend(count=4)
    # Every look at the clock costs a third of the time that a round may send.
    house.clock.step = SENDING_MAX / 3
    house.deliver(server, connections=1)
    sent = len(server.mails)
    assert 0 < sent < 4
    assert house.outbox() == [(5001 + n, 0, False, False) for n in range(sent, 4)]
    house.clock.step = timedelta(0)
    house.deliver(server)
    assert Counter(row[1] for row in house.messages()) == {"sent": 4}
    assert {row[3] for row in house.messages()} == {1}


def test_a_letter_that_cannot_be_written_does_not_hold_up_the_others(
    house: PostalHouse, server: MailServer
) -> None:
    house.intend(count=3)
    house.change("update rewards set unit = 'no_such_unit' where member_id = 2")
    house.deliver(server)
    assert [row[0] for row in house.messages()] == [5001, 5003]
    assert house.outbox() == [(5002, 1, False, False)]
    house.later(days=4)
    house.deliver(server)
    assert house.messages()[1] == (5002, "failed", "gave_up:writing:KeyError", 2)


def test_a_claim_is_nobody_elses_until_its_lease_ends(house: PostalHouse, server: MailServer) -> None:
    house.intend()
    seen = []

    def look(_: object) -> str:
        seen.append(house.deliver(MailServer(port=server.port)))
        return "250 OK"

    server.at_mail = look
    house.deliver(server)
    assert seen == [0]
    house.later(seconds=LEASE.total_seconds())
    assert house.deliver(server) == 0
