"""What was approved is carried out by the worker, once and exactly; what lost its ground is not."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest
from tests.approvals.house import BONN, GERMANY, KIEL, NOW, OSLO, POINTS, House, adjustment

from guerdon.engine.approvals.asking import edit
from guerdon.engine.approvals.signing import Word
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.ledger.contents import (
    AdjustMany,
    Adjustment,
    ChangeGrant,
    Move,
    MoveBudgets,
    PublishVersion,
    content_sha,
)
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect
from guerdon.store.lanes import lease_lanes, let_go_lanes
from guerdon.values.ids import show
from guerdon.worker import MAPPERS


def work(house: House, now: object = NOW) -> int:
    """Let a worker take everything that waits in the inbox."""
    name, total = uuid4(), 0
    with connect(house.url, house.secret, "worker") as db:
        library = Library(house.vault, MAPPERS)
        with db.transaction():
            lease = lease_lanes(db, name)
        while done := process(db, library, lease, lambda: now, 1000):  # type: ignore[arg-type, return-value]
            total += done
        with db.transaction():
            let_go_lanes(db, name)
    assert house.rows("select reason, detail from quarantine") == []
    return total


def approved(house: House, content: object, *signers: str, by: str = "fay") -> int:
    """Ask for something and let these people sign it."""
    request = house.asked(by, content)  # type: ignore[arg-type]
    for signer in signers:
        house.say(signer, request)
    assert house.state(request) == "approved"
    return request


@pytest.mark.parametrize(
    ("unit", "member", "value", "signers"),
    [
        ("EUR", KIEL, 25_000, ["kim"]),
        ("NOK", OSLO, 1_000_000, ["olga"]),
        ("PTS", BONN, 20_001, ["olga", "finn"]),
    ],
)
def test_a_reward_is_issued_as_it_was_signed(
    house: House, unit: str, member: int, value: int, signers: list[str]
) -> None:
    content = house.reward(value, unit, member, sends=[("reward_ready", "email", 99)], reference="A-1")
    posted, held = house.pool(content.payer, unit)
    request = approved(house, content, *signers, by="fay")
    assert house.pool(content.payer, unit) == (posted, held + value)
    assert work(house) == 1
    # What was set aside and what was there fall together.
    assert house.pool(content.payer, unit) == (posted - value, held)
    assert house.purse(member, unit) == (value, 0)
    assert house.state(request) == "done"
    assert house.rows("select state, captured from holds") == [("captured", value)]
    issued = house.rows("select id, rule, value, remaining, payer, reference, state from rewards")
    assert issued == [(content.reward_id, content.rule, value, value, content.payer, "A-1", "ready")]
    assert house.rows("select id, message from outbox") == [(content.reward_id ^ 99, "reward_ready")]
    told = house.rows("select type, source, outcome, data -> 'approval' ->> 'request' from events")
    assert told == [("approval.granted", "guerdon", "earned", show("apr", request))]
    assert house.audit(request)[-1] == "request.done"


def test_an_approved_reward_has_all_its_days_from_now(house: House) -> None:
    later = NOW + timedelta(days=10)
    request = house.asked("lea", house.reward(20_000))
    house.say("kim", request, now=later)
    work(house, later)
    lasts = house.rows("select expires_at - issued_at from rewards")[0][0]
    assert isinstance(lasts, timedelta)
    assert timedelta(days=180) <= lasts <= timedelta(days=181)


def test_what_is_done_is_done_once_however_often_it_is_announced(house: House) -> None:
    approved(house, house.reward(20_000), "kim", by="lea")
    with house.opened("worker") as tx:
        tx.execute(
            """
            insert into inbox
            select program_id, id + 1000000, lane, connection, delivery_id, position, recorded_at from inbox
            """
        )
        tx.execute(
            "insert into event_keys select program_id, gen_random_uuid(), 1, id from inbox where id > 1000000"
        )
    assert work(house) == 2
    assert house.purse() == (20_000, 0)
    assert house.rows("select outcome from events order by outcome") == [("earned",), ("nothing",)]


def test_an_adjustment_upward_is_a_lot_of_its_own(house: House) -> None:
    request = approved(house, adjustment(5_000), by="fay")
    work(house)
    assert house.purse() == (5_000, 0)
    assert house.rows("select rule, value, payer from rewards") == [("adjustment", 5_000, GERMANY)]
    assert house.rows("select outcome from events") == [("adjusted",)]
    assert house.state(request) == "done"


def test_an_adjustment_downward_takes_what_ends_first(house: House) -> None:
    for days, value in ((300, 400), (10, 300), (100, 200)):
        now = NOW - timedelta(days=365 - days)
        house.asked("fay", adjustment(value, "PTS"), now=now)
        work(house, now)
    assert house.purse(unit="PTS") == (900, 0)
    approved(house, adjustment(-450, "PTS"))
    work(house)
    assert house.purse(unit="PTS") == (450, 0)
    lots = house.rows("select value, remaining from rewards where unit = 'PTS' order by expires_at")
    assert lots == [(300, 0), (200, 50), (400, 400)]
    drawn = house.rows("select sum(amount) from draws")
    assert drawn == [(450,)]
    # It is back where it came from.
    assert house.pool(POINTS, "PTS") == (500_000 - 450, 0)


def test_more_than_there_is_is_taken_only_where_it_may_be_owed(house: House) -> None:
    approved(house, adjustment(300, "PTS"))
    work(house)
    approved(house, adjustment(-500, "PTS", debt=True))
    work(house)
    assert house.purse(unit="PTS") == (0, 200)
    # What comes later pays that first.
    approved(house, adjustment(250, "PTS"))
    work(house)
    assert house.purse(unit="PTS") == (50, 0)


def test_what_was_spent_between_asking_and_doing_fails_and_says_so(house: House) -> None:
    approved(house, adjustment(1_000, "PTS"))
    work(house)
    first = house.asked("fay", adjustment(-900, "PTS"))
    second = house.asked("finn", adjustment(-900, "PTS"))
    work(house)
    states = {house.state(first), house.state(second)}
    assert states == {"done", "failed"}
    assert house.rows("select why from requests where state = 'failed'") == [("balance",)]
    assert house.purse(unit="PTS") == (100, 0)


def test_a_bulk_happens_together(house: House) -> None:
    rows = [
        Adjustment(KIEL, "EUR", 1_000, GERMANY, "a"),
        Adjustment(BONN, "EUR", 2_000, GERMANY, "b"),
        Adjustment(KIEL, "PTS", 50, "budget:points:", "c"),
        Adjustment(KIEL, "EUR", -400, GERMANY, "d"),
    ]
    # What is taken is there only once the row before it is done: at asking it is not.
    assert house.ask("fay", AdjustMany(rows)).reason == "wrong"  # type: ignore[union-attr]
    request = approved(house, AdjustMany(rows[:3]), "olga", "finn")
    posted, held = house.pool()
    assert held == 3_000
    work(house)
    assert house.pool() == (posted - 3_000, 0)
    assert house.purse(KIEL) == (1_000, 0)
    assert house.purse(BONN) == (2_000, 0)
    assert house.purse(KIEL, "PTS") == (50, 0)
    assert house.state(request) == "done"
    told = house.rows("select member_id, outcome from events order by id")
    assert told == [(0, "nothing"), (KIEL, "adjusted"), (BONN, "adjusted"), (KIEL, "adjusted")]


def test_a_bulk_of_which_one_row_cannot_be_done_any_more_does_nothing(house: House) -> None:
    for member in (KIEL, BONN):
        approved(house, adjustment(1_000, "PTS", member))
    work(house)
    rows = [Adjustment(m, "PTS", -800, POINTS, "x") for m in (BONN, KIEL)]
    request = house.asked("fay", AdjustMany(rows))
    house.say("olga", request)
    approved(house, adjustment(-300, "PTS"))
    work(house)
    assert house.say("finn", request) == "approved"
    work(house)
    assert house.rows("select state, why from requests where id = %s", request) == [("failed", "balance:2")]
    assert house.purse(KIEL, "PTS") == (700, 0)
    assert house.purse(BONN, "PTS") == (1_000, 0)


def test_money_moves_between_budgets(house: House) -> None:
    central, germany = house.pool("budget:central:"), house.pool()
    request = approved(house, MoveBudgets([Move("budget:central:", GERMANY, "EUR", 5_000)]), "finn")
    assert house.pool("budget:central:") == (central[0], 5_000)
    work(house)
    assert house.pool("budget:central:") == (central[0] - 5_000, 0)
    assert house.pool() == (germany[0] + 5_000, 0)
    assert house.state(request) == "done"


def test_a_version_is_published(house: House) -> None:
    text = house.program.text.replace("Harbor Motors", "Harbor and Sons")
    made = read_program(text, None, house.program.key)
    assert isinstance(made, Program)
    request = approved(house, PublishVersion(made.sha, made.text), "otto", by="olga")
    work(house)
    assert house.state(request) == "done"
    found = house.rows("select version, sha, published_by from program_versions order by 1")
    assert found[1] == (2, made.sha, show("per", house.people["olga"]))


def test_a_grant_is_given_and_taken_back(house: House) -> None:
    mara = show("per", house.people["mara"])
    request = approved(house, ChangeGrant(mara, "finance", NOW), "olga", by="opa")
    work(house)
    assert house.state(request) == "done"
    number = house.rows(
        "select id from grants where role = 'finance' and person_id = %s", house.people["mara"]
    )
    revoke = ChangeGrant(mara, "finance", NOW, revoke=int(str(number[0][0])))
    request = approved(house, revoke, "olga", by="opa")
    work(house)
    assert house.state(request) == "done"
    assert house.rows("select count(*) from grants where revoked_at is not null") == [(1,)]


def leave(house: House) -> None:
    house.dismiss("kim")


def lose_the_role(house: House) -> None:
    house.revoke("kim")


def turn_out_to_be_the_member(house: House) -> None:
    house.tell_membership("kim", KIEL)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [(leave, "left"), (lose_the_role, "role"), (turn_out_to_be_the_member, "beneficiary")],
)
def test_who_loses_the_ground_between_signing_and_issue_is_not_counted(
    house: House, meanwhile: object, why: str
) -> None:
    request = approved(house, house.reward(20_000), "kim", by="lea")
    meanwhile(house)  # type: ignore[operator]
    work(house)
    assert house.purse() == (0, 0)
    assert house.pool()[1] == 20_000
    kim = show("per", house.people["kim"])
    assert house.rows("select state, why from requests") == [("open", f"{why}:{kim}")]
    assert house.audit(request)[-1] == "request.reopened"
    # Another signature completes it again, under an announcement of its own.
    assert house.say("karl", request) == "approved"
    work(house)
    assert house.state(request) == "done"
    assert house.purse() == (20_000, 0)


def test_a_grant_that_ended_between_signing_and_issue_is_not_counted(house: House) -> None:
    house.employ("tom", "dealer_manager", ("DE", "de-kiel"), until=NOW + timedelta(minutes=1))
    request = approved(house, house.reward(20_000), "tom", by="lea")
    work(house, NOW + timedelta(minutes=1))
    assert house.state(request) == "open"


def test_a_stand_in_whose_days_ended_between_signing_and_issue_is_not_counted(house: House) -> None:
    house.replace("kim", "mara", NOW, NOW + timedelta(minutes=1))
    request = approved(house, house.reward(20_000), "mara", by="lea")
    work(house, NOW + timedelta(minutes=1))
    why = house.rows("select state, why from requests where id = %s", request)
    assert why == [("open", f"stand_in:{show('per', house.people['mara'])}")]


def test_who_asked_without_a_signature_has_to_be_allowed_still(house: House) -> None:
    request = approved(house, adjustment(1_000))
    house.revoke("fay")
    work(house)
    assert house.state(request) == "open"
    assert house.purse() == (0, 0)


def test_what_is_over_before_the_worker_comes_ends_and_frees_its_money(house: House) -> None:
    request = approved(house, house.reward(20_000), "kim", by="lea")
    work(house, NOW + timedelta(days=14))
    assert house.state(request) == "expired"
    assert house.pool()[1] == 0
    assert house.purse() == (0, 0)


@pytest.mark.parametrize("column", ["content", "content_sha"])
def test_what_is_not_what_was_signed_is_not_done_and_sounds_an_alarm(house: House, column: str) -> None:
    request = approved(house, house.reward(20_000), "kim", by="lea")
    house.spoiled = True
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        if column == "content":
            db.execute("update revisions set content = replace(content::text, '20000', '90000')::json")
        else:
            db.execute("update revisions set content_sha = sha256('another')")
    work(house)
    assert house.state(request) == "failed"
    assert house.rows("select why from requests") == [("hash",)]
    assert house.purse() == (0, 0)
    assert house.pool()[1] == 0
    assert house.rows("select kind, subject from alarms") == [("approval_hash", show("apr", request))]


def test_what_was_approved_before_an_edit_is_not_done_after_it(house: House) -> None:
    content = house.reward(150_000)
    request = house.asked("lea", content)
    house.say("fay", request)
    with house.opened() as tx:
        edit(
            tx, house.acting(tx, "lea"), (request, 1), msgspec.structs.replace(content, value=900_000), "more"
        )
    house.say("olga", request, revision=2)
    assert house.state(request) == "open"
    assert work(house) == 0


def test_the_same_reward_is_not_given_twice_by_two_requests(house: House) -> None:
    content = house.reward(20_000)
    first, second = (approved(house, content, "kim", by="lea") for _ in range(2))
    work(house)
    assert sorted([house.state(first), house.state(second)]) == ["done", "failed"]
    assert house.purse() == (20_000, 0)
    assert house.pool()[1] == 0


def test_sixteen_signed_at_once_are_all_carried_out(house: House) -> None:
    requests = [house.asked("lea", house.reward(1_000 + n)) for n in range(16)]
    with house.opened() as tx:
        for number in requests:
            house.said(tx, "kim", Word(number, 1, "approve"))
    assert work(house) == 16
    assert {house.state(number) for number in requests} == {"done"}
    assert house.purse() == (sum(1_000 + n for n in range(16)), 0)


def test_the_hash_is_over_the_very_text_that_is_stored(house: House) -> None:
    house.asked("lea", house.reward(20_000))
    text, sha = house.rows("select content::text, content_sha from revisions")[0]
    assert isinstance(text, str)
    assert content_sha(text) == sha
