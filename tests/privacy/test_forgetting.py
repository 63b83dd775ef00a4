"""Whoever asks to be forgotten is: who they are, and what rules saw of them that says so; the books stay."""

from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import LiteralString

import pytest
from tests.engine.harbor_house import deed
from tests.replay.trying import LATER, ask, changed, found, run, tried
from tests.why.conftest import Bakery

from guerdon.engine.crm.following import tell_joined
from guerdon.engine.enroll import enroll_members
from guerdon.engine.library import Library
from guerdon.engine.privacy.forgetting import forget, forget_what_is_left
from guerdon.engine.privacy.retention import Term, keep_to_term
from guerdon.engine.publish import publish
from guerdon.engine.why.telling import Teller
from guerdon.store.crm.contacts import Departure, record_departures
from guerdon.store.database import connect, transaction
from guerdon.values.ids import show
from guerdon.worker import MAPPERS

EVERYWHERE: LiteralString = """
    select attributes::text from members union all select attributes::text from member_states
    union all select facts::text from events
"""
BOOKS: tuple[LiteralString, ...] = (
    "select id, decision::text, state, data::text from events order by id",
    "select id, value, remaining, state from rewards order by id",
    "select id, amount from transfers order by id",
)


def forgotten(bakery: Bakery, *who: str) -> int:
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        return forget(
            tx, bakery.graveyard, bakery.program_id, [bakery.member(each) for each in who], bakery.now
        )


def attributes(bakery: Bakery, who: str) -> list[object]:
    """What is kept of a member, as they were and as they are."""
    rows = bakery.rows(
        "select member_id, attributes::jsonb from (select member_id, state, attributes from member_states"
        " union all select member_id, state, attributes from members) s order by state"
    )
    return [row[1] for row in rows if row[0] == bakery.member(who)]


def lit(bakery: Bakery) -> None:
    bakery.tell_and_work(deed("ada", "oven.lit"), deed("ben", "oven.lit"))


def test_what_says_who_a_member_is_goes_from_all_their_states_and_the_books_stay(
    bakery: Bakery, tmp_path: Path
) -> None:
    lit(bakery)
    bakery.enroll_rows("crm,ada,DE,de-kiel,true,a-2")
    lit(bakery)
    assert bakery.outcomes().count("earned") == 1
    books = [bakery.rows(each) for each in BOOKS]
    assert forgotten(bakery, "ada") == 1
    assert attributes(bakery, "ada") == [{"employee": True}] * 3
    assert attributes(bakery, "ben") == [{"badge": "b-1", "employee": True}]
    assert not [row for row in bakery.rows(EVERYWHERE) if "a-1" in str(row[0]) or "a-2" in str(row[0])]
    assert [row[0] for row in bakery.rows("select member_id from persons")] == [bakery.member("ben")]
    assert [bakery.rows(each) for each in BOOKS] == books
    ((sha,),) = bakery.rows("select encode(certificate_sha, 'hex') from erasures")
    assert bakery.rows("select reason, detail::jsonb from audit where action = 'member.forgotten'") == [
        ("privacy_request", {"attributes": ["badge"], "certificate": sha})
    ]
    # Once more is nothing.
    assert forgotten(bakery, "ada") == 0
    # What cannot be computed again is said to be so, and a replay lets it stand as it was decided.
    troubles = {account.trouble for account in bakery.accounts("ada")}
    assert "forgotten" in troubles
    assert troubles <= {"forgotten", ""}
    assert "as they asked" in Teller(bakery.program, "en").trouble("forgotten", 1)
    assert {account.trouble for account in bakery.accounts("ben")} == {""}
    result, members = tried(bakery, tmp_path, bakery.program)
    assert (result["events"], result["otherwise"], members) == (4, 0, [])


def test_what_comes_later_is_decided_without_it_and_no_old_file_brings_it_back(bakery: Bakery) -> None:
    forgotten(bakery, "ada")
    lit(bakery)
    assert bakery.rows("select count(*) from rewards") == [(0,)]
    lines = [
        "external_source,external_id,market,location,employee,badge,name\n",
        "crm,ada,DE,de-kiel,true,a-1,Ada\n",
        "crm,cem,DE,,true,a-1,Cem\n",
    ]
    with connect(bakery.url, bakery.secret, "worker") as db:
        done = enroll_members(db, bakery.vault, (bakery.program_id, bakery.program), lines, bakery.now)
    assert (done.enrolled, done.updated) == (1, 0)
    assert [(each.line, each.what) for each in done.problems] == [(2, "asked to be forgotten, and stays so")]
    assert attributes(bakery, "ada") == [{"employee": True}] * 2
    whose = {row[0] for row in bakery.rows("select member_id from persons")}
    assert whose == {bakery.member("ben"), bakery.member("cem")}


def test_what_a_later_version_marks_as_personal_goes_too(bakery: Bakery) -> None:
    forgotten(bakery, "ada")
    marked = changed(bakery.program.text, ('"employee": {', '"employee": {"personal": true,'))
    with connect(bakery.url, bakery.secret, "owner") as db:
        publish(db, marked, "test", bakery.now)
    term = Term(Library(bakery.vault, MAPPERS), timedelta(days=30), Event(), bakery.graveyard)
    with connect(bakery.url, bakery.secret, "worker") as db:
        keep_to_term(db, term, bakery.now)
        keep_to_term(db, term, bakery.now)
    assert attributes(bakery, "ada") == [{}] * 3
    assert attributes(bakery, "ben") == [{"badge": "b-1", "employee": True}]
    assert bakery.rows("select reason from audit where action = 'member.forgotten' order by id") == [
        ("privacy_request",),
        ("marked_personal",),
    ]


def test_whoever_asked_before_attributes_were_forgotten_is_forgotten_whole_however_many(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Ada and Ben the row of persons alone is gone; who was joined into Ada is she."""
    monkeypatch.setattr("guerdon.engine.privacy.forgetting.AT_MOST", 1)
    bakery.enroll_rows("crm,old,DE,,true,o-1", "crm,cem,DE,,true,c-1")
    ada, old = bakery.member("ada"), bakery.member("old")
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        tell_joined(tx, bakery.program_id, {show("mem", ada): [show("mem", old)]}, bakery.now)
        gone: dict[str, Departure] = {"ada": "forgotten", "ben": "forgotten", "cem": "deleted"}
        record_departures(tx, bakery.program_id, "crm", gone, bakery.now)
        tx.execute("delete from persons where member_id = any(%s)", ([ada, bakery.member("ben")],))
    stop = Event()
    with connect(bakery.url, bakery.secret, "worker") as db:
        stop.set()
        assert forget_what_is_left(db, bakery.graveyard, bakery.program_id, bakery.now, stop) == 0
        stop.clear()
        assert forget_what_is_left(db, bakery.graveyard, bakery.program_id, bakery.now, stop) == 3
        assert forget_what_is_left(db, bakery.graveyard, bakery.program_id, bakery.now, stop) == 0
    for who in ("ada", "ben", "old"):
        assert attributes(bakery, who)[-1] == {"employee": True}
    assert attributes(bakery, "cem") == [{"badge": "c-1", "employee": True}]
    assert [row[0] for row in bakery.rows("select member_id from persons")] == [bakery.member("cem")]
    reasons = bakery.rows("select distinct reason from audit where action = 'member.forgotten'")
    assert reasons == [("privacy_request",)]


@pytest.mark.parametrize("meanwhile", [True, False])
def test_a_replay_that_had_begun_before_forgets_with_it(
    bakery: Bakery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: bool,  # noqa: FBT001
) -> None:
    """Its file holds members as they were: whoever goes on after somebody was forgotten begins again."""
    monkeypatch.setattr("guerdon.engine.replay.running.CHECKPOINT_EVENTS", 1)
    lit(bakery)
    number = ask(bakery, bakery.program)
    assert isinstance(number, int)

    def kill(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    monkeypatch.setattr("guerdon.engine.replay.running.HEARD_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run(bakery, number, tmp_path, kill)
    (world,) = (tmp_path / "replays").glob("*.world")
    assert b"a-1" in b"".join(each.read_bytes() for each in world.parent.iterdir())
    if meanwhile:
        forgotten(bakery, "ada")
    started: list[int] = []
    run(bakery, number, tmp_path, lambda done, _total: started.append(done), LATER + timedelta(hours=1))
    assert (0 in started) is meanwhile
    assert found(bakery, number)[0]["otherwise"] == 0
