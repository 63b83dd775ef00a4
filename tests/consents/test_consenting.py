"""What members say of topics and channels: kept with its proof, and what holds by it."""

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.consents.house import WORDS, Quay

from guerdon.engine.messages.consents.consenting import (
    Withdrawal,
    await_begun,
    give,
    join_consents,
    stop_all,
    withdraw,
)
from guerdon.store.database import connect, transaction
from guerdon.store.messages.suppressions import address_mark
from guerdon.values.ids import show

ACTIONS = "select action, count(*)::int from audit where action like 'consent.%%' group by 1 order by 1"


def test_who_agrees_is_kept_with_all_that_proves_it(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    assert quay.give(ole) == "given"
    assert quay.stands(ole) == {("offers", "email"): "given"}
    ((row),) = quay.rows(
        "select topic, channel, what, method, actor, version, language, text_sha, source, happened_at,"
        " recorded_at from consents"
    )
    assert row == (
        *("offers", "email", "given", "page", show("mem", ole), 1, "en", sha256(WORDS.encode()).digest()),
        *("form", quay.now, quay.now),
    )
    assert quay.rows(ACTIONS) == [("consent.given", 1)]
    # Nobody has to confirm what no market wants confirmed.
    assert quay.rows("select from outbox") == []


def test_each_saying_is_a_proof_and_the_last_one_holds(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    quay.give(ole)
    quay.later(hours=1)
    quay.withdraw(ole)
    assert quay.stands(ole) == {("offers", "email"): "withdrawn"}
    quay.later(hours=1)
    quay.withdraw(ole)
    quay.give(ole)
    assert quay.stands(ole) == {("offers", "email"): "given"}
    assert [what for _, what, _ in quay.proofs(ole)] == ["given", "withdrawn", "withdrawn", "given"]
    assert quay.rows(ACTIONS) == [("consent.given", 2), ("consent.withdrawn", 2)]


def test_what_was_agreed_to_before_a_withdrawal_and_comes_later_changes_nothing(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    quay.withdraw(ole)
    before = quay.now - timedelta(days=90)
    with quay.web() as tx:
        assert give(tx, quay.program, quay.grant(ole, method="import", happened_at=before)) == "given"
    assert quay.stands(ole) == {("offers", "email"): "withdrawn"}
    assert [what for _, what, _ in quay.proofs(ole)] == ["withdrawn", "given"]
    # One whose clock is behind says it after all that was said before.
    quay.now -= timedelta(seconds=3)
    quay.give(ole)
    assert quay.stands(ole) == {("offers", "email"): "given"}


def test_of_a_stranger_or_another_topic_nothing_is_kept(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    assert quay.give(ole + 1) == "unknown"
    assert quay.give(ole, topic="gossip") == "unknown"
    assert quay.rows("select from consents") == []


def test_a_page_of_a_member_withdraws_and_sees_nobody_else(quay: Quay) -> None:
    ole, per = quay.enroll("ole", "per", market="NO")
    quay.give(ole)
    quay.give(per)
    with quay.as_member(ole) as tx:
        held = withdraw(tx, quay.withdrawal(ole))
        assert [state.state for state in held.values()] == ["withdrawn"]
        assert tx.execute("select distinct member_id from consents").fetchall() == [(ole,)]
    assert quay.stands(per) == {("offers", "email"): "given"}


def test_stop_ends_all_marketing_over_the_channel_for_whoever_has_the_address(quay: Quay) -> None:
    ole, per, kai = quay.enroll("kai", "ole", "per", market="NO")
    for each, phone in ((ole, "+47 412 34 567"), (per, "004741234567"), (kai, "+4798765432")):
        quay.person(each, f"{each}@example.com", phone)
    quay.give(ole, channel="sms")
    quay.give(ole)
    mark = address_mark(quay.vault, quay.program_id, "sms", "+4741234567")
    of = (quay.program_id, quay.program)
    for _ in range(2):
        with quay.worker() as db, transaction(db, quay.program_id) as tx:
            assert stop_all(tx, of, "sms", mark, "stop", quay.now) == [ole, per]
    assert quay.stands(ole) == {
        ("offers", "sms"): "withdrawn",
        ("marketing", "sms"): "withdrawn",
        ("offers", "email"): "given",
    }
    # An objection is one whether or not there was a consent, and is kept once.
    assert sorted(quay.proofs(per)) == [("marketing", "withdrawn", "stop"), ("offers", "withdrawn", "stop")]
    assert quay.stands(kai) == {}
    assert quay.rows("select channel, mark, reason from suppressions") == [("sms", mark, "stop")]


def test_a_complaint_is_found_by_the_mail_address(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    quay.person(ole, "Ole@Example.com")
    mark = address_mark(quay.vault, quay.program_id, "email", "ole@example.com ")
    with quay.worker() as db, transaction(db, quay.program_id) as tx:
        assert stop_all(tx, (quay.program_id, quay.program), "email", mark, "complaint", quay.now) == [ole]
        assert stop_all(tx, (quay.program_id, quay.program), "email", b"n" * 32, "complaint", quay.now) == []
    assert {method for _, _, method in quay.proofs(ole)} == {"complaint"}


@pytest.mark.parametrize(
    ("mine", "theirs", "holds"),
    [
        ("given", "withdrawn", "withdrawn"),
        ("withdrawn", "given", "withdrawn"),
        ("given", "given", "given"),
        ("", "given", "given"),
        ("", "withdrawn", "withdrawn"),
        ("given", "", "given"),
    ],
)
def test_of_two_who_are_one_person_the_stricter_holds(quay: Quay, mine: str, theirs: str, holds: str) -> None:
    ole, was = quay.enroll("ole", "was", market="NO")
    for member_id, said in ((ole, mine), (was, theirs)):
        if said:
            quay.give(member_id)
        if said == "withdrawn":
            quay.withdraw(member_id)
    with quay.worker() as db, transaction(db, quay.program_id) as tx:
        taken = join_consents(tx, quay.program_id, {was: ole}, quay.now + timedelta(hours=1))
    assert quay.stands(ole) == {("offers", "email"): holds}
    joined = [each for each in quay.proofs(ole) if each[2] == "joined"]
    changes = bool(theirs) and mine not in {"withdrawn", theirs}
    assert taken == len(joined) == int(changes)
    if changes:
        ((source, sha),) = quay.rows("select source, text_sha from consents where method = 'joined'")
        assert source == show("mem", was)
        assert (sha is None) == (theirs == "withdrawn")


def test_whoever_withdraws_waits_for_what_had_begun_and_no_longer_than_the_bound(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    attempt = (
        "insert into message_attempts (program_id, member_id, message_id, channel, ref, state, topic,"
        " marketing, exception, day, begun_at, settled_at)"
        " values (%s, %s, 1, 'email', gen_random_uuid(), %s, 'offers', true, 'soft', now()::date,"
        " now(), now())"
        " on conflict (program_id, member_id, message_id, channel) do update set state = excluded.state"
    )
    waited: list[float] = []

    def settles(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            with quay.worker() as db, transaction(db, quay.program_id) as tx:
                tx.execute(attempt, (quay.program_id, ole, "sent"))

    with quay.worker() as db, transaction(db, quay.program_id) as tx:
        tx.execute(attempt, (quay.program_id, ole, "handing"))
    with connect(quay.url, quay.secret, "web") as db:
        whose = (quay.program_id, ole)
        # Over another channel nothing is on its way.
        assert await_begun(db, whose, ["sms"], sleep=settles)
        assert waited == []
        assert not await_begun(db, whose, ["email"], at_most_s=0)
        assert await_begun(db, whose, ["email"], sleep=settles)
    assert len(waited) == 3


def test_a_saying_that_is_not_audited_is_not_kept(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    said = Withdrawal(quay.program_id, ole, [], ["email"], "page", show("mem", ole), "", None, quay.now)
    with quay.web() as tx:
        # Of no topic there is nothing to write down.
        assert withdraw(tx, said) == {}
    assert quay.rows("select from consents") == []
