"""An event that is tried comes out as it would, and leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.why.conftest import TEXT, Bakery

from guerdon.engine.why.accounts import Account
from guerdon.engine.why.trying import Invented, Trial, try_event
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import connect, transaction


def outcomes(tried: object) -> dict[str, str]:
    assert isinstance(tried, Account), tried
    return {story.rule: story.reason or story.outcome for story in tried.stories}


def test_what_is_tried_comes_out_as_what_then_happens(bakery: Bakery) -> None:
    said: dict[str, Any] = {"price": 2500, "kind": "plum_cake"}
    for _ in range(4):
        before = bakery.everything()
        tried = bakery.tried("ada", **said)
        assert bakery.everything() == before
        bakery.buy("ada", **said)
        assert outcomes(tried) == outcomes(bakery.accounts("ada")[0])
    assert outcomes(tried)["big"] == "limit:twice"


def test_nothing_can_be_written_by_a_trial(bakery: Bakery) -> None:
    book = Playbook(bakery.program, bakery.program_id, 1)
    trial = Trial("cake.bought", {"price": 1}, bakery.member("ada"), bakery.now)
    with connect(bakery.url, bakery.secret, "web") as db, transaction(db, bakery.program_id) as tx:
        assert isinstance(try_event(tx, book, trial, bakery.now), Account)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tx.execute("update members set language = 'en'")


def test_somebody_invented_has_nothing_and_is_refused_by_nothing_of_others(bakery: Bakery) -> None:
    for _ in range(2):
        bakery.buy("ada", price=2500, kind="plum_cake")
    who = Invented("DE", attributes={"employee": False})
    assert outcomes(bakery.tried(who, price=2500, kind="plum_cake")) == {
        "big": "given",
        "small": "missing:event.badge",
        "loyal": "segment:regular",
    }
    # What is not said of them is not known.
    assert (
        outcomes(bakery.tried(Invented("DE"), price=2500, kind="plum_cake"))["big"]
        == "missing:member.employee"
    )


def test_every_mistake_is_named_at_once(bakery: Bakery) -> None:
    who = Invented("SE", "xx", "de-kiel", {"employe": True, "employee": "perhaps"})
    found = bakery.tried(who, bakery.now + timedelta(days=9), price="much", colour="red", kind="pie")
    assert isinstance(found, list)
    assert [problem.where for problem in found] == [
        "at",
        "fields.price",
        "fields.colour",
        "fields.kind",
        "market",
        "language",
        "attributes.employe",
        "attributes.employee",
    ]
    assert "did you mean employee?" in [problem.hint for problem in found]
    unknown = bakery.tried("ada", of="cake.baked")
    assert isinstance(unknown, list)
    assert [(problem.where, problem.hint) for problem in unknown] == [
        ("type", "known: cake.bought, oven.cleaned, oven.lit")
    ]


def test_a_draft_that_counts_something_new_is_tried_on_what_there_was(bakery: Bakery) -> None:
    for _ in range(3):
        bakery.tell_and_work(("ada", "oven.cleaned", -1, {}))
    head, _, tail = TEXT.partition("segments:\n")
    text = (head + "events:" + tail.partition("events:")[2]).replace(
        "segments: [regular]", "if: \"count(oven.cleaned, '7d') == 3\""
    )
    draft = read_program(text)
    assert isinstance(draft, Program), draft
    book = Playbook(replace(draft), bakery.program_id, 2).at_present(
        Playbook(bakery.program, bakery.program_id, 1)
    )
    assert outcomes(bakery.tried("ada", None, book, price=1))["loyal"] == "given"
    assert outcomes(bakery.tried("cem", None, book, price=1))["loyal"] == "condition"


def test_the_event_that_is_tried_counts_itself(bakery: Bakery) -> None:
    bakery.buy("cem", price=2100)
    bakery.buy("cem", price=2100)
    assert outcomes(bakery.tried("cem", price=2100))["loyal"] == "given"
    assert (
        outcomes(bakery.tried("cem", bakery.now - timedelta(days=60), price=1))["loyal"] == "segment:regular"
    )
