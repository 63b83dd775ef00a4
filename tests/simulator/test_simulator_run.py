"""Whole runs against a tiny front door: what was sent, what was taken, and what is written down agree."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from examples.ev_maker.simulator.contacts import invent_contacts, is_late
from examples.ev_maker.simulator.faults import FAULTS, pack
from examples.ev_maker.simulator.parcels import Parcel
from examples.ev_maker.simulator.record import load_expectations
from examples.ev_maker.simulator.run import Assignment, run, spread
from examples.ev_maker.simulator.story import DAY_MS, prepare_world, tell
from examples.ev_maker.simulator.tally import resolve
from examples.ev_maker.simulator.terms import Terms
from examples.ev_maker.simulator.wire import Address, now_ms
from tests.simulator.front_door import PUBLIC_URL, SECRET, FrontDoor

SIMULATOR = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "simulator"
PATH = "/hooks/hubspot/hubspot_eu"
NOW = 1_795_258_800_000
CUSTOMERS, EVENTS = 60, 900
FORGED = {"wrong_signature", "stale", "future", "missing_signature", "missing_timestamp", "stale_replay"}


def assignment(terms: Terms, url: str, folder: Path, *, live: bool = False) -> Assignment:
    address = Address(url, PUBLIC_URL, PATH, SECRET.encode(), terms.portal)
    rate = 400.0 if live else 0.0
    return Assignment(terms, address, folder, CUSTOMERS, EVENTS, seed=7, rate=rate, live=live)


def stop_when(reached: Callable[[], bool]) -> Flag:
    """Stop a run as soon as something is so."""
    stopping = Flag()

    def watch() -> None:
        while not reached():
            time.sleep(0.005)
        stopping.set()

    Thread(target=watch, daemon=True).start()
    return stopping


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def parcels(terms: Terms, seed: int, start: int = 1) -> list[Parcel]:
    world = prepare_world(terms, invent_contacts(terms, CUSTOMERS, seed), seed, start)
    return list(pack(world, tell(world, spread(NOW - 3_600_000, NOW, EVENTS)), 4, [1, 5, 100]))


def test_the_same_seed_sends_the_same_requests(terms: Terms) -> None:
    first, again, other = ([parcel.body(1) for parcel in parcels(terms, seed)] for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_each_start_has_event_ids_of_its_own(terms: Terms) -> None:
    first, second = parcels(terms, 7, start=1), parcels(terms, 7, start=2)
    numbers = [{item.change.number for parcel in sent for item in parcel.items} for sent in (first, second)]
    assert not numbers[0] & numbers[1]


def test_a_member_keeps_to_one_lane_and_is_once_in_a_request(terms: Terms) -> None:
    lanes: dict[int, int] = {}
    for parcel in parcels(terms, 7):
        new = [item.change.contact_id for item in parcel.items if item.expectation and parcel.seal == "right"]
        assert len(new) == len(set(new))
        assert len(parcel.items) <= 100
        for contact_id in new:
            assert lanes.setdefault(contact_id, parcel.lane) == parcel.lane


def test_a_short_run_meets_every_kind_of_fault_and_of_event(terms: Terms) -> None:
    sent = parcels(terms, 7)
    kinds = {parcel.kind for parcel in sent} | {item.kind for parcel in sent for item in parcel.items}
    faults = {
        fault for fault in FAULTS if not fault.endswith(("_again", "_is_object", "_is_text", "_is_number"))
    }
    assert kinds >= faults | {"wrong_types", "normal", "late", "out_of_order", "waiting", "noise"}
    assert kinds >= {"unknown_contact", "unknown_property"}


def test_some_of_a_members_news_comes_after_newer_news(terms: Terms) -> None:
    newest: dict[int, int] = {}
    reversed_pairs = 0
    for parcel in parcels(terms, 7):
        for item in parcel.items:
            if item.kind == "out_of_order":
                reversed_pairs += item.change.occurred_at < newest[item.change.contact_id]
            if item.expectation and parcel.seal == "right":
                newest[item.change.contact_id] = item.change.occurred_at
    assert reversed_pairs > 0


@pytest.mark.parametrize("stumbles", [0, 5])
def test_what_was_sent_is_what_was_taken(
    terms: Terms, front_door: FrontDoor, tmp_path: Path, stumbles: int
) -> None:
    front_door.stumbles = stumbles
    counts = run(assignment(terms, front_door.url, tmp_path / "out"), Flag()).counts
    taken = front_door.counts
    assert counts == json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert counts["events_sent"] == EVENTS == len(front_door.recorded)
    assert counts["events_unanswered"] == 0
    assert counts["noise"] == taken["ignored"]
    assert counts["stale_or_forged"] == taken["refused"] + counts["requests_huge_unsigned"]
    if not stumbles:  # what was recorded before it was answered 503 comes twice
        assert counts["duplicate"] == taken["duplicate"]
        assert counts["quarantined"] == taken["quarantined"]
    assert (counts["retries"] > 0) == bool(stumbles)


def test_every_line_says_what_became_of_an_event(terms: Terms, front_door: FrontDoor, tmp_path: Path) -> None:
    run(assignment(terms, front_door.url, tmp_path), Flag())
    sent, expectations = lines(tmp_path / "sent.jsonl"), list(load_expectations(tmp_path))
    assert len({one.event_id for one in expectations}) == len(expectations)
    assert {line["event_id"] for line in sent} >= set(front_door.recorded)
    for line in sent:
        assert line["status"] == (401 if line["kind"] in FORGED else 200)
    absent = {one.event_id for one in expectations if one.must == "absent"}
    assert {one.event_id for one in expectations} - absent == set(front_door.recorded)
    assert absent
    assert not absent & set(front_door.recorded)
    assert sum(line["events"] for line in lines(tmp_path / "requests.jsonl")) > EVENTS


def test_foretold_and_folded_outcomes_agree_where_no_budget_is_tight(
    terms: Terms, front_door: FrontDoor, tmp_path: Path
) -> None:
    front_door.stumbles = 6
    run(assignment(terms, front_door.url, tmp_path), Flag())
    expectations = list(load_expectations(tmp_path))
    outcomes = resolve(expectations, front_door.recorded, terms.pools)
    tight = [one for one in expectations if one.budget]
    assert {one.budget for one in tight} == {"by_market:PT"}
    for one in expectations:
        if one.must != "absent" and one.market != "PT":
            outcome = outcomes[one.event_id]
            foretold = (one.must, one.amount_minor, one.reason)
            assert (outcome.must, outcome.amount_minor, outcome.reason) == foretold
    reasons = {outcome.reason for outcome in outcomes.values()}
    assert reasons >= {"issued", "condition", "no_rule", "unknown_contact", "ignored", "unknown_property"}
    assert reasons >= {"limit:member_month", "limit:test_drive_month", "budget:by_market"}
    in_portugal = [
        outcomes[one.event_id] for one in expectations if one.market == "PT" and one.must != "absent"
    ]
    assert 0 < sum(each.amount_minor - each.taken_minor for each in in_portugal) <= 100_000
    assert any(outcome.must == "take_back" for outcome in outcomes.values())


def test_a_second_live_start_catches_up_no_more_and_goes_on_with_new_events(
    terms: Terms, front_door: FrontDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examples.ev_maker.simulator.run.CATCH_UP_EVENTS", 30)
    live = assignment(terms, front_door.url, tmp_path, live=True)
    first = run(live, stop_when(lambda: len(front_door.recorded) > 40)).counts["events_sent"]
    second = run(live, stop_when(lambda: len(front_door.recorded) > first + 40)).counts["events_sent"]
    assert 40 < first < second == len(front_door.recorded)
    days_ago = [(now_ms() - event["occurredAt"]) // DAY_MS for event in front_door.recorded.values()]
    assert max(days_ago[:first]) > 50
    assert max(days_ago[first:]) <= 40, "late news is at most 40 days old"


def test_a_kill_in_the_middle_of_a_line_spoils_no_file(
    terms: Terms, front_door: FrontDoor, tmp_path: Path
) -> None:
    (tmp_path / "sent.jsonl").write_text('{"event_id":"whole"}\n{"event_id":"cut sh', "utf-8")
    run(assignment(terms, front_door.url, tmp_path), Flag())
    assert lines(tmp_path / "sent.jsonl")[0] == {"event_id": "whole"}


def test_a_signal_ends_a_live_run_cleanly(program_file: Path, front_door: FrontDoor, tmp_path: Path) -> None:
    options: list[str | Path] = [
        "--program",
        program_file,
        "--base-url",
        front_door.url,
        "--public-url",
        PUBLIC_URL,
    ]
    command: list[str | Path] = [
        sys.executable,
        SIMULATOR,
        "run",
        "--live",
        "--out",
        tmp_path / "out",
        *options,
    ]
    with subprocess.Popen(command, env={"HUBSPOT_CLIENT_SECRET": SECRET}, stdout=subprocess.PIPE) as running:
        stop_when(lambda: len(front_door.recorded) > 10).wait(30)
        running.send_signal(signal.SIGTERM)
        printed, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert json.loads(printed)["events_sent"] == len(front_door.recorded) > 10


def test_a_door_that_is_shut_loses_nothing_without_saying_so(terms: Terms, tmp_path: Path) -> None:
    foretold = tmp_path / "expected.jsonl"
    stopping = stop_when(lambda: foretold.exists() and foretold.stat().st_size > 0)
    counts = run(assignment(terms, "http://127.0.0.1:9", tmp_path), stopping).counts
    assert counts["events_unanswered"] == counts["events_sent"] > 0
    assert all(line["status"] == 0 for line in lines(tmp_path / "sent.jsonl"))


def test_late_contacts_are_the_same_on_every_start(terms: Terms) -> None:
    late = [[is_late(one) for one in invent_contacts(terms, 2_000, 7)] for _ in range(2)]
    assert late[0] == late[1]
    assert 20 < sum(late[0]) < 100
