"""An erasure is asked for, waits while an order is under way, is certified, and has its tombstone."""

import json
from datetime import datetime, timedelta
from threading import Event

import msgspec
import psycopg
import pytest
from tests.engine.harbor_house import deed
from tests.privacy.test_forgetting import BOOKS, attributes
from tests.why.conftest import Bakery

from guerdon.engine.crm.following import tell_joined
from guerdon.engine.library import Library
from guerdon.engine.privacy.certifying import certified
from guerdon.engine.privacy.erasing import WAITS_AT_MOST, Asking, ask_erasure, erase_asked
from guerdon.engine.privacy.forgetting import forget
from guerdon.engine.privacy.retention import Term, keep_to_term
from guerdon.engine.privacy.tombstones import read_tombstones
from guerdon.engine.proof.seals import seal_new
from guerdon.ledger.erased import (
    Certificate,
    Certified,
    certificate_hash,
    check_certified,
    open_certificate,
    read_certified,
    write_certified,
)
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person as Who
from guerdon.store.persons import record_persons, seal_person
from guerdon.store.privacy.erasures import find_erasure
from guerdon.values.ids import show
from guerdon.worker import MAPPERS

HOUR = timedelta(hours=1)


def ask(bakery: Bakery, who: str, at: datetime | None = None) -> bool:
    asking = Asking(bakery.member(who), "staff", "per_dpo", "asked by letter", at or bakery.now)
    with connect(bakery.url, bakery.secret, "web") as db, transaction(db, bakery.program_id) as tx:
        return ask_erasure(tx, bakery.program_id, asking)


def work(bakery: Bakery, at: datetime | None = None) -> int:
    with connect(bakery.url, bakery.secret, "worker") as db:
        return erase_asked(db, bakery.graveyard, bakery.program_id, at or bakery.now)


def buried(bakery: Bakery) -> int:
    return read_tombstones(bakery.vault, [bakery.graveyard.file]).total


def proof_of(bakery: Bakery, who: str) -> Certified:
    with connect(bakery.url, bakery.secret, "worker") as db:
        seal_new(db, bakery.now)
        with transaction(db, bakery.program_id) as tx:
            found = certified(tx, (bakery.program_id, "bakery"), bakery.member(who))
    assert found is not None
    return found


def know(bakery: Bakery, who: str) -> None:
    sealed = seal_person(bakery.vault, bakery.program_id, bakery.member(who), Who(who, f"{who}@example.org"))
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        record_persons(tx, bakery.program_id, [sealed])


def order(bakery: Bakery, who: str, state: str) -> None:
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute(
            "insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at, next_at)"
            " values (%s, %s, %s, 's', %s, now(), now())",
            (bakery.program_id, bakery.member(who), bakery.member(who), state),
        )


def settle(bakery: Bakery) -> None:
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute("update fulfillments set state = 'fulfilled', settled_at = now(), next_at = null")


def cleared(bakery: Bakery) -> None:
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute("delete from fulfillments")


def test_whoever_asked_is_erased_by_the_worker_with_the_key_and_the_books_stay(bakery: Bakery) -> None:
    bakery.tell_and_work(deed("ada", "oven.lit"), deed("ben", "oven.lit"))
    know(bakery, "ada")
    books = [bakery.rows(each) for each in BOOKS]
    assert [ask(bakery, "ada"), ask(bakery, "ada")] == [True, False]
    assert buried(bakery) == 0
    term = Term(Library(bakery.vault, MAPPERS), timedelta(days=30), Event(), bakery.graveyard)
    with connect(bakery.url, bakery.secret, "worker") as db:
        keep_to_term(db, term, bakery.now)
    assert attributes(bakery, "ada")[-1] == {"employee": True}
    assert [row[0] for row in bakery.rows("select member_id from persons")] == [bakery.member("ben")]
    assert [bakery.rows(each) for each in BOOKS] == books
    assert buried(bakery) == 1
    assert bakery.rows(
        "select action, actor, on_behalf_of, reason from audit where subject ~ '^mem_' order by id"
    ) == [
        ("erasure.asked", "per_dpo", None, "asked by letter"),
        ("member.forgotten", "worker", "per_dpo", "privacy_request"),
    ]
    # And once more: there is nothing, and it is certified all the same.
    assert ask(bakery, "ada", bakery.now + HOUR)
    assert work(bakery, bakery.now + HOUR) == 1
    assert bakery.rows("select count(*) from erasures where done_at is not null") == [(2,)]


def test_an_erasure_waits_for_an_order_but_not_for_ever(bakery: Bakery) -> None:
    for who in ("ada", "ben"):
        order(bakery, who, "ordered")
        assert ask(bakery, who)
    assert work(bakery, bakery.now + WAITS_AT_MOST) == 0
    with connect(bakery.url, bakery.secret, "web") as db, transaction(db, bakery.program_id) as tx:
        stands = find_erasure(tx, bakery.program_id, bakery.member("ada"))
    assert stands is not None
    assert (stands.done_at, stands.under_way) == (None, 1)
    assert work(bakery, bakery.now + WAITS_AT_MOST + HOUR) == 2
    cleared(bakery)


def test_it_goes_on_when_the_order_has_come(bakery: Bakery) -> None:
    order(bakery, "ada", "unknown")
    assert ask(bakery, "ada")
    assert work(bakery) == 0
    settle(bakery)
    assert work(bakery) == 1
    cleared(bakery)


def test_whoever_was_joined_into_them_is_erased_with_them(bakery: Bakery) -> None:
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        pair = {show("mem", bakery.member("ada")): [show("mem", bakery.member("ben"))]}
        tell_joined(tx, bakery.program_id, pair, bakery.now)
    ask(bakery, "ada")
    assert work(bakery) == 2
    assert buried(bakery) == 2
    assert bakery.rows("select distinct method, asked_by from erasures") == [("staff", "per_dpo")]


def test_the_tombstone_is_there_before_the_commit(bakery: Bakery) -> None:
    """Killed in between, the line is an erasure that was asked for; nobody is erased without one."""
    with connect(bakery.url, bakery.secret, "worker") as db, db.transaction(force_rollback=True):
        forget(db, bakery.graveyard, bakery.program_id, [bakery.member("ada")], bakery.now)
    assert buried(bakery) == 1
    assert bakery.rows("select count(*) from forgotten_members") == [(0,)]


def test_nobody_is_erased_where_no_tombstone_can_be_written(bakery: Bakery) -> None:
    ask(bakery, "ada")
    bakery.graveyard.file.mkdir()
    with pytest.raises(IsADirectoryError):
        work(bakery)
    assert bakery.rows("select count(*) from forgotten_members") == [(0,)]
    bakery.graveyard.file.rmdir()
    assert work(bakery) == 1


def test_what_the_tombstones_hold_says_nothing_of_anybody(bakery: Bakery) -> None:
    know(bakery, "ada")
    ask(bakery, "ada")
    work(bakery)
    line = json.loads(bakery.graveyard.file.read_text())
    assert {*line} == {"program", "mark", "erased_at", "check"}
    assert "example.org" not in bakery.graveyard.file.read_text()
    assert show("mem", bakery.member("ada")) not in bakery.graveyard.file.read_text()


def test_a_certificate_holds_by_itself_and_no_letter_of_it_can_be_changed(bakery: Bakery) -> None:
    know(bakery, "ada")
    ask(bakery, "ada", bakery.now - HOUR)
    work(bakery)
    found = proof_of(bakery, "ada")
    read = read_certified(write_certified(found))
    assert read == found
    assert check_certified(found) is None
    said = open_certificate(found)
    assert said is not None
    assert (said.method, said.asked_by, said.key_destroyed) == ("staff", "per_dpo", True)
    assert said.asked_at < said.done_at
    assert {each.table: each.rows for each in said.erased}["persons"] == 1
    assert all(each.words for each in said.kept)
    other = _with(found, msgspec.structs.replace(said, key_destroyed=False))
    assert "one of them was changed" in (check_certified(other) or "")
    # Of somebody else: of whom nothing was asked, and whose row it is not.
    other = _with(found, msgspec.structs.replace(said, member=show("mem", bakery.member("ben"))))
    assert "does not tell of the erasure of" in (check_certified(other) or "")
    assert read_certified(write_certified(found).replace(b"staff", b"staph")) is not None
    assert check_certified(msgspec.structs.replace(found, certificate="{}")) is not None
    row = msgspec.structs.replace(
        found.case.row,
        detail=msgspec.json.encode({"certificate": certificate_hash(other.certificate).hex()}).decode(),
    )
    forged = msgspec.structs.replace(
        found,
        certificate=_with(found, msgspec.structs.replace(said, key_destroyed=False)).certificate,
        case=msgspec.structs.replace(found.case, row=row),
    )
    assert check_certified(forged) is not None


def _with(found: Certified, certificate: Certificate) -> Certified:
    return msgspec.structs.replace(found, certificate=msgspec.json.encode(certificate).decode())


def test_it_is_not_proven_before_it_is_sealed(bakery: Bakery) -> None:
    ask(bakery, "ada")
    work(bakery)
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        found = certified(tx, (bakery.program_id, "bakery"), bakery.member("ada"))
        assert certified(tx, (bakery.program_id, "bakery"), bakery.member("ben")) is None
    assert found is not None
    assert "not sealed yet" in (check_certified(found) or "")
