"""Whoever asks what is kept of them is handed all of it, in clear, and nothing of anybody else."""

import json
from typing import Any

import pytest
from tests.engine.harbor_house import deed
from tests.privacy.test_erasing import ask, know, work
from tests.why.conftest import Bakery

from guerdon.engine.privacy.exporting import Person, export_person, show_code
from guerdon.queries.privacy.person import CodeRow, tables_of_members
from guerdon.store.codes import Code, seal_code
from guerdon.store.database import connect, transaction
from guerdon.store.orders.cases import PURPOSE
from guerdon.values.ids import show
from guerdon.values.money import Money


def exported(bakery: Bakery, who: str) -> dict[str, Any]:
    person = Person(bakery.program_id, bakery.member(who), bakery.vault, "per_dpo", "asked by letter")
    with connect(bakery.url, bakery.secret, "worker") as db:
        said: dict[str, Any] = json.loads(b"".join(export_person(db, person, bakery.now)))
        # The connection is as it was.
        with transaction(db, bakery.program_id) as tx:
            tx.execute("update members set language = language")
    return said


def test_all_of_a_member_is_there_and_nothing_of_another(bakery: Bakery) -> None:
    bakery.tell_and_work(deed("ada", "oven.lit"), deed("ben", "oven.lit"))
    know(bakery, "ada")
    know(bakery, "ben")
    said = exported(bakery, "ada")
    assert said["member"] == show("mem", bakery.member("ada"))
    assert said["person"] == {"name": "ada", "email": "ada@example.org", "phone": ""}
    assert {key.removeprefix("table ") for key in said if key.startswith("table ")} == {*tables_of_members()}
    assert len(said["table events"]) == len(said["decisions"]) == 1
    assert said["table members"][0]["attributes"]["badge"] == "a-1"
    assert len(said["table rewards"]) == 1
    assert said["decisions"][0]["said"]
    text = json.dumps(said)
    assert "ben" not in text
    assert "b-1" not in text
    # Nothing that is sealed, and no hash.
    assert '"key"' not in text
    assert "\\\\x" not in text
    assert bakery.rows("select actor, subject, reason from audit where action = 'member.exported'") == [
        ("per_dpo", show("mem", bakery.member("ada")), "asked by letter")
    ]


def test_what_they_wrote_is_in_clear_and_after_an_erasure_gone(bakery: Bakery) -> None:
    know(bakery, "ada")
    sealed = bakery.vault.seal(PURPOSE, f"{bakery.program_id}|5", b"my cousin Zoe said")
    with connect(bakery.url, bakery.secret, "owner") as db, transaction(db, bakery.program_id) as tx:
        tx.execute("set constraints all immediate")
        tx.execute("alter table order_cases disable trigger user")
        tx.execute(
            "insert into order_cases (program_id, member_id, id, order_id, what, words, opened_at)"
            " values (%s, %s, 5, 1, 'other', %s, now())",
            (bakery.program_id, bakery.member("ada"), sealed),
        )
        tx.execute("alter table order_cases enable trigger user")
    words = exported(bakery, "ada")["words"]
    assert words == [{"table": "order_cases", "id": "5", "column": "words", "text": "my cousin Zoe said"}]
    ask(bakery, "ada")
    work(bakery)
    said = exported(bakery, "ada")
    assert (said["person"], said["words"]) == (None, [])
    assert "ada@example.org" not in json.dumps(said)
    assert "a-1" not in json.dumps(said["table members"] + said["table member_states"])


@pytest.mark.parametrize("seen", [True, False])
def test_a_code_is_shown_whole_to_whoever_has_seen_it(bakery: Bakery, seen: bool) -> None:  # noqa: FBT001
    sealed = seal_code(bakery.vault, bakery.program_id, Code("cake", Money(500, "EUR"), "ABCD-EFGH-1234"))
    person = Person(bakery.program_id, 1, bakery.vault, "per_dpo", "why")
    row = CodeRow(1, "cake", "issued", sealed.index, sealed.sealed, None, seen)
    shown = show_code(person, row)["code"]
    assert shown == ("ABCD-EFGH-1234" if seen else "••••••••••1234")
