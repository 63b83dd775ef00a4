"""Why a condition applied or did not: its parts as they were written, with what they saw."""

from collections.abc import Sequence

import pytest

from guerdon.expressions import (
    Clause,
    Condition,
    Declarations,
    NotLoaded,
    Type,
    Unknown,
    compile_condition,
    first_not_true,
)

FIELDS = Declarations(
    {"event": {"deposit": Type.INT, "kind": Type.STRING}, "member": {"employee": Type.BOOL}},
    events={"visit": {}},
    holdings={"vehicle": {"class": Type.STRING}},
    segments={"staff": "member.employee"},
)
LOADED = {"count(visit, 90d)": 2, "holds(vehicle)": [{"class": "suv"}]}


def explained(text: str, event: dict[str, object], member: dict[str, object]) -> Sequence[Clause]:
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition)
    return found.explain(event, member)


def test_each_part_has_its_text_its_answer_and_what_it_saw() -> None:
    text = (
        "event.deposit >= 50 && !member.employee && (event.kind == 'a' || event.deposit < 9)"
        " && count(visit, '90d') > 1\n && holds(vehicle)"
    )
    assert explained(text, {"deposit": 7, "kind": "b"}, LOADED) == [
        Clause("event.deposit >= 50", False, {"event.deposit": 7}),
        Clause(
            "!member.employee",
            Unknown("member.employee", "member.employee has no value"),
            {"member.employee": None},
        ),
        Clause("(event.kind == 'a' || event.deposit < 9)", True, {"event.deposit": 7, "event.kind": "b"}),
        Clause("count(visit, '90d') > 1", True, {"count(visit, 90d)": 2}),
        Clause("holds(vehicle)", True, {"holds(vehicle)": [{"class": "suv"}]}),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("true", ["true"]),
        ("true && false || true", ["true && false || true"]),
        ("true && false ? true : true && false", ["true && false ? true : true && false"]),
        ("(true && false) && true", ["(true && false)", "true"]),
        ("(true && (false && true))", ["(true && (false && true))"]),
        ("'a && b' == 'c' && 1 in [1, 2]", ["'a && b' == 'c'", "1 in [1, 2]"]),
        ("segment(staff) && true // && more", ["segment(staff)", "true // && more"]),
        ("((true)) && !(false && true)", ["((true))", "!(false && true)"]),
    ],
)
def test_a_condition_is_cut_where_its_author_joined_it(text: str, parts: list[str]) -> None:
    assert [each.text for each in explained(text, {}, {"employee": True})] == parts


def test_a_part_that_stands_for_two_is_still_one() -> None:
    [first, second] = explained("(event.deposit > 1 && event.deposit < 5) && true", {"deposit": 7}, {})
    assert (first.answer, second.answer) == (False, True)
    assert first.seen == {"event.deposit": 7}


def test_the_reason_is_what_is_false_before_what_is_unknown() -> None:
    clauses = explained("member.employee && event.deposit > 9 && true", {"deposit": 7}, {})
    reason = first_not_true(clauses)
    assert reason is not None
    assert reason.text == "event.deposit > 9"
    unknown = first_not_true(explained("member.employee && event.deposit > 1", {"deposit": 7}, {}))
    assert unknown is not None
    assert unknown.text == "member.employee"
    assert first_not_true(explained("event.deposit > 1", {"deposit": 7}, {})) is None


def test_the_parts_together_are_the_condition() -> None:
    text = "member.employee && (event.deposit > 9 || event.kind == 'a') && event.kind != 'b'"
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition)
    for employee in (True, False, None):
        for deposit in (1, 10, None):
            for kind in ("a", "b", None):
                event, member = {"deposit": deposit, "kind": kind}, {"employee": employee}
                answers = [each.answer for each in found.explain(event, member)]
                unknown = any(isinstance(each, Unknown) for each in answers)
                together = False if False in answers else "unknown" if unknown else True
                answer = found(event, member)
                assert together == ("unknown" if isinstance(answer, Unknown) else answer)


def test_what_was_not_loaded_is_not_explained_away() -> None:
    with pytest.raises(NotLoaded):
        explained("count(visit, '90d') > 1", {}, {})
