"""Conditions a second on one thread, beside a hand-written lambda and Google's evaluator; the cost of a rule.

The condition has four parts, of the event and of the member; its facts are 10,000 pairs, of which about a
third make it true and each part is false for some. All three readers take the same pairs in the same run, in
turns; what is told is the median of the rounds, and once more for the pairs that all four parts are true for.
Fields of an event are flat here, so `event.data.market` is `event.market`; Google is asked for it as it was.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from bench_frame import options_of, print_result
from cel_expr_python import cel  # type: ignore[import-untyped]

from guerdon.expressions import Condition, Declarations, Type, compile_condition

Facts = Mapping[str, object]
Pair = tuple[dict[str, object], dict[str, object]]
PAIRS = 10_000
ROUNDS = 9
GOOGLE_PAIRS = 1_000
RULES = (50, 500)
EVENTS_OF_RULES = 500
CONDITION = (
    "event.type == 'test_drive.completed' && event.market in ['DE', 'FR', 'ES'] && event.value >= 25"
    " && member.status != 'blocked'"
)
FOR_GOOGLE = CONDITION.replace("event.market", "event.data.market").replace("event.value", "event.data.value")
FIELDS = Declarations(
    {
        "event": {"type": Type.STRING, "market": Type.STRING, "value": Type.INT},
        "member": {"status": Type.STRING},
    }
)


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("conditions")
    args = parser.parse_args()
    pairs = make_pairs()
    result: dict[str, object] = {"condition": CONDITION, **_measure_readers(pairs)}
    for number in RULES:
        result[f"rules_{number}"] = _measure_rules(number, pairs[:EVENTS_OF_RULES])
    return print_result(args, result)


def make_pairs() -> list[Pair]:
    """Make facts of which a third meet the condition."""
    chance = Random(1)  # noqa: S311 (no secret hangs on it)
    types = ["test_drive.completed"] * 4 + ["booking.confirmed"]
    return [
        (
            {
                "type": chance.choice(types),
                "market": chance.choice(["DE", "FR", "ES", "DE", "PT"]),
                "value": chance.randint(0, 100),
            },
            {"status": chance.choice(["active", "active", "active", "blocked"])},
        )
        for _ in range(PAIRS)
    ]


def compiled(text: str) -> Condition:
    """Compile a condition that is known to be good."""
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition), found
    return found


def _measure_readers(pairs: Sequence[Pair]) -> dict[str, object]:
    condition = compiled(CONDITION)
    by_hand = _by_hand()
    google, handed = _google(pairs[:GOOGLE_PAIRS])
    expected = [by_hand(event, member) for event, member in pairs]
    assert [condition(event, member) for event, member in pairs] == expected
    assert [google(data) for data in handed] == expected[:GOOGLE_PAIRS]
    rates: dict[str, list[float]] = {"ours": [], "lambda": [], "google": []}
    for _ in range(ROUNDS):
        rates["ours"].append(_rate(condition, pairs))
        rates["lambda"].append(_rate(by_hand, pairs))
        began = time.perf_counter()
        for data in handed:
            google(data)
        rates["google"].append(len(handed) / (time.perf_counter() - began))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    met = [pair for pair, answer in zip(pairs, expected, strict=True) if answer]
    return {
        "true_share": round(sum(expected) / len(expected), 2),
        "evaluations_per_s": {name: round(rate) for name, rate in medians.items()},
        "evaluations_per_s_where_true": round(
            statistics.median(_rate(condition, met) for _ in range(ROUNDS))
        ),
        "ours_to_lambda": round(medians["ours"] / medians["lambda"], 2),
        "ours_to_google": round(medians["ours"] / medians["google"], 1),
    }


def _rate(condition: Callable[[Facts, Facts], object], pairs: Sequence[Pair]) -> float:
    began = time.perf_counter()
    for event, member in pairs:
        condition(event, member)
    return len(pairs) / (time.perf_counter() - began)


def _by_hand() -> Callable[[Mapping[str, Any], Mapping[str, Any]], bool]:
    """What a programmer would write who need not care for missing values."""
    return lambda event, member: (
        event["type"] == "test_drive.completed"
        and event["market"] in ("DE", "FR", "ES")
        and event["value"] >= 25
        and member["status"] != "blocked"
    )


def _google(pairs: Sequence[Pair]) -> tuple[Callable[[object], object], list[object]]:
    """Google's compiled expression, and the facts as it takes them."""
    facts = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    expression = cel.NewEnv(variables={"event": facts, "member": facts}).compile(FOR_GOOGLE)
    handed: list[object] = [
        {
            "event": {"type": event["type"], "data": {"market": event["market"], "value": event["value"]}},
            "member": member,
        }
        for event, member in pairs
    ]
    return (lambda data: expression.eval(data=data).value()), handed


def _measure_rules(number: int, pairs: Sequence[Pair]) -> dict[str, object]:
    """Ask every condition about every event: no rule is like another, and none is found by an index."""
    rules = [compiled(CONDITION.replace("25", str(25 + place))) for place in range(number)]
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for event, member in pairs:
            for rule in rules:
                rule(event, member)
        took.append(time.perf_counter() - began)
    per_event_s = statistics.median(took) / len(pairs)
    began = time.perf_counter()
    for place in range(number):
        compiled(CONDITION.replace("25", str(25 + place)))
    return {
        "per_event_us": round(per_event_s * 1e6, 1),
        "per_rule_ns": round(per_event_s / number * 1e9),
        "compile_per_rule_us": round((time.perf_counter() - began) / number * 1e6),
    }


if __name__ == "__main__":
    sys.exit(main())
