"""What conditions mean: one table of cases, and the few laws that a table cannot show.

Each reader of conditions (the three-valued one, the Python code, and any to come) has to agree with it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from guerdon.expressions import Condition, Declarations, Type, Unknown, compile_condition

FIELDS = Declarations(
    {
        "event": {
            "deposit": Type.INT,
            "count": Type.INT,
            "order_type": Type.STRING,
            "test": Type.BOOL,
            "happened_at": Type.TIMESTAMP,
        },
        "member": {"employee": Type.BOOL, "market": Type.STRING},
    }
)
EVENT: Mapping[str, object] = {
    "deposit": 50000,
    "count": -7,
    "order_type": "retail",
    "test": False,
    "happened_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
}
MEMBER: Mapping[str, object] = {"employee": False, "market": "DE"}
INT_MIN = "(-9223372036854775808)"
INT_MAX = "9223372036854775807"


def condition(text: str) -> Condition:
    compiled = compile_condition(text, FIELDS)
    assert isinstance(compiled, Condition), [str(each) for each in compiled]
    return compiled


TRUE = [
    "true",
    "!false",
    "event.deposit == 50000 && event.deposit != 1",
    "event.deposit < 50001 && event.deposit <= 50000 && event.deposit > 49999 && event.deposit >= 50000",
    "!member.employee && (!has(event.order_type) || event.order_type == 'retail')",
    "member.market in ['AT', 'DE'] && !(member.market in ['FR'])",
    "event.deposit in [event.count, event.deposit]",
    "!(event.deposit in [])",
    "event.count / 2 == -3 && event.count % 2 == -1",
    "7 / -2 == -3 && 7 % -2 == 1 && -7 / -2 == 3",
    "1 + 2 * 3 - 8 / 4 == 5 && (1 + 2) * 3 == 9 && 10 - 3 - 2 == 5",
    "-event.count == 7 && - -3 == 3 && 2 - -3 == 5 && 2-1 == 1",
    "event.test ? false : true",
    "event.test ? false : event.count < 0 ? true : false",
    "event.test == member.employee && event.test < true",
    "'B' < 'a' && 'a' < 'ab' && 'z' < 'é' && 'é' < '\U0001f600'",
    "'\U0001f600'.size() == 1 && size('') == 0 && size(event.order_type) == 6",
    "event.order_type.startsWith('ret') && event.order_type.endsWith('ail')",
    "event.order_type.contains('tai') && !event.order_type.contains('x')",
    r"'\u00e9\x41\101\\' == r'éAA\'",
    "'''it's''' == \"it's\"",
    "event.happened_at < timestamp('2026-03-01T13:00:00.000001+00:30')",
    "event.happened_at == timestamp('2026-03-01T13:00:00+01:00')",
    "0x1F == 31 && 007 == 7",
    "true || false && false",
    "1 < 2 == true",
    f"{INT_MIN} < {INT_MAX}",
    "event.deposit > 1 // and a remark\n && true",
]


@pytest.mark.parametrize("text", TRUE)
def test_is_true(text: str) -> None:
    assert condition(text)(EVENT, MEMBER) is True


@pytest.mark.parametrize("text", TRUE)
def test_is_false_when_denied(text: str) -> None:
    assert condition(f"!({text}\n)")(EVENT, MEMBER) is False


UNKNOWN_WITHOUT_A_DEPOSIT = [
    "event.deposit == 1",
    "event.deposit != 1",
    "!(event.deposit == 1)",
    "event.deposit in [1, 2]",
    "!(event.deposit in [])",
    "1 in [1, event.deposit]",
    "event.deposit + 1 > 0",
    "-event.deposit > 0",
    "event.deposit == event.deposit",
    "true && event.deposit > 1",
    "event.deposit > 1 && true",
    "false || event.deposit > 1",
    "event.deposit > 1 || false",
    "event.deposit > 1 ? true : true",
    "true ? event.deposit > 1 : true",
    "(event.deposit > 1) == (event.deposit > 1)",
]


@pytest.mark.parametrize("text", UNKNOWN_WITHOUT_A_DEPOSIT)
@pytest.mark.parametrize("event", [{}, {"deposit": None}], ids=["absent", "none"])
def test_is_unknown_when_a_needed_field_has_no_value(text: str, event: Mapping[str, object]) -> None:
    assert condition(text)(event, MEMBER) == Unknown("event.deposit", "event.deposit has no value")


DECIDED_WITHOUT_A_DEPOSIT = {
    "event.deposit > 1 && false": False,
    "false && event.deposit > 1": False,
    "event.deposit > 1 || true": True,
    "true || event.deposit > 1": True,
    "false ? event.deposit > 1 : true": True,
    "has(event.deposit)": False,
    "!has(event.deposit) || event.deposit > 1": True,
    "has(event.deposit) && event.deposit > 1": False,
    "event.deposit > 1 && (event.count > 1 || member.employee) && 1 == 2": False,
}


@pytest.mark.parametrize(("text", "expected"), DECIDED_WITHOUT_A_DEPOSIT.items())
@pytest.mark.parametrize("event", [{}, {"deposit": None}], ids=["absent", "none"])
def test_is_decided_by_the_other_side(text: str, expected: bool, event: Mapping[str, object]) -> None:  # noqa: FBT001
    assert condition(text)(event, MEMBER) is expected


@pytest.mark.parametrize(
    "text",
    [
        *("!event.test", "event.test", "event.test == false"),
        *("event.order_type == 'a'", "event.order_type != 'a'", "event.order_type.contains('a')"),
        *("size(event.order_type) > 0", "event.happened_at > event.happened_at"),
    ],
)
@pytest.mark.parametrize("nothing", [True, False], ids=["absent", "none"])
def test_a_missing_value_of_any_type_is_unknown(text: str, nothing: bool) -> None:  # noqa: FBT001
    event = {} if nothing else dict.fromkeys(EVENT)
    answer = condition(text)(event, MEMBER)
    assert isinstance(answer, Unknown)
    assert answer.field in {"event.test", "event.order_type", "event.happened_at"}


def test_the_first_missing_field_is_named() -> None:
    answer = condition("event.deposit > 1 && member.employee")({}, {})
    assert answer == Unknown("event.deposit", "event.deposit has no value")
    answer = condition("member.employee || event.deposit > 1")({}, {})
    assert answer == Unknown("member.employee", "member.employee has no value")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / (event.count + 7) == 1", "division by zero"),
        ("1 % (event.count + 7) == 1", "division by zero"),
        (f"{INT_MAX} + 1 > 0", "a number beyond 64 bits"),
        (f"{INT_MIN} - 1 < 0", "a number beyond 64 bits"),
        (f"{INT_MAX} * 2 > 0", "a number beyond 64 bits"),
        (f"-{INT_MIN} > 0", "a number beyond 64 bits"),
        (f"{INT_MIN} / -1 > 0", "a number beyond 64 bits"),
        (f"{INT_MIN} % -1 == 0", "a number beyond 64 bits"),
    ],
)
def test_arithmetic_without_a_result_is_unknown_and_names_no_field(text: str, why: str) -> None:
    assert condition(text)(EVENT, MEMBER) == Unknown(None, why)
    assert condition(f"!({text})")(EVENT, MEMBER) == Unknown(None, why)
    assert condition(f"{text} && false")(EVENT, MEMBER) is False
    assert condition(f"{text} || true")(EVENT, MEMBER) is True


def test_unknown_cannot_be_taken_for_true() -> None:
    answer = condition("event.test")({}, {})
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(answer)


def test_a_condition_says_which_fields_it_reads() -> None:
    reads = condition("has(event.order_type) ? event.deposit in [1, event.count] : !member.employee").reads
    assert reads == {
        ("event", "order_type"),
        ("event", "deposit"),
        ("event", "count"),
        ("member", "employee"),
    }
    assert condition("true").reads == frozenset()


def test_a_condition_keeps_its_text() -> None:
    assert condition("event.deposit > 1").text == "event.deposit > 1"
