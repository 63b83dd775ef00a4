"""`./guerdon demo --check`: a bounded run through the real doors, and whether its figures are right.

What each event must earn comes from the simulator's own code, in a process of its own; here the two are
only joined, by event id, in the order in which Guerdon decided.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from guerdon.cli.demo.filling import fill, summary_of
from guerdon.cli.demo.found import CHANNELS, Found, find_told
from guerdon.cli.demo.house import DemoHouse, tell
from guerdon.cli.installation import Refused
from guerdon.ledger.effects import Issue, Refuse, Reverse, decode_decision
from guerdon.queries import demo as figures
from guerdon.queries.demo import Decided
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import transaction

SHOWN = 10
EVENTS_THAT_EMPTY_A_BUDGET = 5_000
# Lists that are not part of the result: their first lines are said beside it.
LISTED = {"differing": "differs", "missing": "told and not found", "surplus": "found and not told"}


def check_demo(house: DemoHouse, events: int) -> dict[str, object]:
    """Run it and give the figures; `failed` lists what did not hold."""
    started = time.monotonic()
    waited, released = fill(house, events)
    tell("comparing the books with what the simulator says was due ...")
    result = {**_figures(house), **_found_outside(find_told(house))}
    result["waited_then_decided"] = released
    result["seconds"] = round(time.monotonic() - started, 1)
    result["failed"] = [
        *_what_failed(house, result),
        *([] if waited else ["no event waited for its contact"]),
    ]
    return result


def print_result(result: dict[str, object]) -> int:
    """Print the object; the exit code."""
    for name, said in LISTED.items():
        lines = result.pop(name)
        assert isinstance(lines, list)
        for line in lines[:SHOWN]:
            print(f"{said}: {line}", file=sys.stderr)
    print(json.dumps(result, indent=2))
    return 1 if result["failed"] else 0


def _figures(house: DemoHouse) -> dict[str, object]:
    summary = summary_of(house)
    with house.opened.connect("worker") as db, transaction(db, house.program_id) as tx:
        counts = figures.load_counts(tx, house.program_id)
        intake = figures.load_intake_counts(tx, house.program_id)
        decided = figures.list_decided(tx, house.program_id)
        broken = check_invariants(tx)
        reward_ms = figures.load_reward_delay(tx, house.program_id)
        message_ms = figures.load_message_delay(tx, house.program_id)
        sums = figures.load_balance_sums(tx, house.program_id)
        overspent = figures.load_overspent(tx, house.program_id)
        differing = _differing(house, decided, figures.list_set_apart(tx, house.program_id))
    return {
        "events_sent": summary["events_sent"],
        "events_accepted": counts["keys"],
        "duplicates": intake.get("duplicate", 0),
        "stale_or_forged": sum(n for what, n in intake.items() if what.startswith("rejected_")),
        "quarantined": counts["quarantine"],
        "ignored": intake.get("ignored", 0),
        "waiting_for_contact": counts["waiting"],
        "rewards_issued": counts["rewards"],
        "reward_value_minor": counts["reward_value_minor"],
        "rewards_taken_back": counts["taken_back"],
        "rewards_refused": dict(_refusals(decided)),
        "messages_delivered": counts["delivered"],
        "rewards_redeemed": counts["orders"],
        "budget_overspent": overspent,
        "balance_sum": dict(sums),
        "balances_equal_fold": not broken,
        "invariants_broken": broken,
        "event_to_reward_ms": asdict(reward_ms) if reward_ms else None,
        "event_to_message_ms": asdict(message_ms) if message_ms else None,
        "differing_from_the_simulator": len(differing),
        "differing": differing,
        "undelivered": counts["undelivered"],
        "taken_back_untold": counts["untold"],
        "taken_back_told": counts["told_taken_back"],
    }


def _refusals(decided: Sequence[Decided]) -> Counter[str]:
    return Counter(
        effect.reason
        for d in decided
        for effect in decode_decision(d.decision).effects
        if isinstance(effect, Refuse)
    )


def _found_outside(found: Found) -> dict[str, object]:
    """What of the messages is found with whoever they were for."""
    return {
        "messages_told": dict(found.told),
        "messages_handed_over": found.messages,
        "texts_confirmed": found.confirmed,
        "told_and_not_found": len(found.missing),
        "missing": found.missing,
        "found_and_not_told": len(found.surplus),
        "surplus": found.surplus,
    }


def _differing(house: DemoHouse, decided: Sequence[Decided], apart: Mapping[str, str]) -> list[str]:
    """Where Guerdon and the simulator do not agree about an event."""
    must = _resolved(house, decided)
    lines = [
        f"{d.external_id}: decided {_said(d)}, must be {must.get(d.external_id)}"
        for d in decided
        if must.get(d.external_id) != _said(d)
    ]
    seen = {d.external_id for d in decided}
    for line in (house.record / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        expected = json.loads(line)
        event_id = expected["event_id"]
        if event_id in seen:
            continue
        stands = apart.get(event_id, "nowhere or waiting")
        if expected["must"] in ("earn", "nothing") and expected["type"]:
            lines.append(
                f"{event_id}: not decided (stands {stands}), must be {expected['must']} {expected['rule']}"
            )
        elif expected["must"] == "quarantine" and stands != "quarantine":
            lines.append(f"{event_id}: stands {stands}, must be in quarantine")
    return lines


def _resolved(house: DemoHouse, decided: Sequence[Decided]) -> dict[str, str]:
    """What each decided event must have earned, by the simulator's own code in its own process."""
    asked = subprocess.run(
        [sys.executable, *map(str, house.simulator("resolve"))],
        input="\n".join(d.external_id for d in decided),
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise Refused(f"the simulator could not say what was due: {asked.stderr}")
    found = [json.loads(line) for line in asked.stdout.splitlines()]
    return {o["event_id"]: _in_words(_earned(o), _taken(o)) for o in found}


def _earned(outcome: Mapping[str, object]) -> list[str]:
    return [f"{outcome['rule']} {outcome['amount_minor']}"] if outcome["must"] == "earn" else []


def _taken(outcome: Mapping[str, object]) -> list[str]:
    return [f"{outcome['taken_by']} takes {outcome['taken_minor']}"] if outcome["taken_by"] else []


def _said(decided: Decided) -> str:
    effects = decode_decision(decided.decision).effects
    issued = [f"{e.rule} {e.value}" for e in effects if isinstance(e, Issue)]
    return _in_words(issued, [f"{e.rule} takes {e.amount}" for e in effects if isinstance(e, Reverse)])


def _in_words(earned: Sequence[str], taken: Sequence[str]) -> str:
    return " and ".join([*earned, *taken]) or "nothing"


def _what_failed(house: DemoHouse, result: Mapping[str, object]) -> list[str]:
    summary = summary_of(house)
    sums, told = result["balance_sum"], result["messages_told"]
    assert isinstance(sums, dict)
    assert isinstance(told, dict)
    held = {
        "every event sent was accepted": result["events_accepted"] == summary["events_sent"],
        "every duplicate was known as one": result["duplicates"] == summary["duplicate"],
        "every stale or forged request was turned away": result["stale_or_forged"]
        == summary["stale_or_forged"],
        "every unusable event is in quarantine": result["quarantined"] == summary["quarantined"],
        "no budget was overspent": result["budget_overspent"] == 0,
        "balances sum to zero": bool(sums) and not any(sums.values()),
        "balances equal the fold of transfers": result["balances_equal_fold"] is True,
        "rewards were issued": bool(result["rewards_issued"]),
        "rewards were redeemed": bool(result["rewards_redeemed"]),
        # Of what was taken back before its mail went out, nobody is told.
        "every reward was told of, and each that was taken back": result["messages_delivered"]
        == int(str(result["rewards_issued"]))
        - int(str(result["taken_back_untold"]))
        + int(str(result["rewards_taken_back"]))
        and result["taken_back_told"] == result["rewards_taken_back"]
        and result["undelivered"] == 0,
        "rewards were taken back": bool(result["rewards_taken_back"])
        or summary["events_sent"] < EVENTS_THAT_EMPTY_A_BUDGET,
        "each message that went was handed over": result["messages_handed_over"]
        == result["messages_delivered"],
        "every told message is found on one of the other sides": result["told_and_not_found"] == 0,
        "the other sides have each message once, and no other": result["found_and_not_told"] == 0,
        "the provider told of each text message that it arrived": result["texts_confirmed"] == told["sms"],
        "messages went over every channel": all(told[channel] for channel in CHANNELS)
        or summary["events_sent"] < EVENTS_THAT_EMPTY_A_BUDGET,
        "Guerdon and the simulator agree about every event": result["differing_from_the_simulator"] == 0,
        # A small run does not empty the smallest budget; the default one must.
        "some rewards were refused by a limit and by a budget": _refused_both(result["rewards_refused"])
        or summary["events_sent"] < EVENTS_THAT_EMPTY_A_BUDGET,
    }
    return [what for what, did in held.items() if not did]


def _refused_both(refused: object) -> bool:
    assert isinstance(refused, dict)
    return any(r.startswith("limit:") for r in refused) and any(r.startswith("budget:") for r in refused)
