"""Rules, conditions and tables as forms: whatever was not changed is written as it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from guerdon.config import REPOSITORY
from guerdon.program.editing.conditions import (
    Asked,
    Free,
    read_condition,
    shown_values,
    typed_values,
    write_condition,
)
from guerdon.program.editing.names import names_of
from guerdon.program.editing.rule_forms import Gift, RuleForm, fresh_rule, read_rule, write_rule
from guerdon.program.editing.spans import Plain, plain, spans_of
from guerdon.program.editing.step_forms import Back
from guerdon.program.editing.subjects import Subjects
from guerdon.program.editing.table_forms import (
    read_table,
    with_column,
    with_row,
    with_row_moved,
    without_column,
    without_row,
    write_table,
)

TESTS = Path(__file__).parents[1] / "program"
PATHS = (
    TESTS / "club.yaml",
    TESTS / "rich.yaml",
    TESTS / "small.yaml",
    REPOSITORY / "examples" / "ev_maker" / "program.yaml",
)


def tree(path: Path) -> dict[str, Plain]:
    root = spans_of(path.read_text(encoding="utf-8"))
    assert root is not None
    said = plain(root)
    assert isinstance(said, dict)
    return said


CLUB = names_of(tree(PATHS[0]))
FIND = Subjects(CLUB, "bike.purchased").find
ASKED = {
    "!member.employee": Asked("member.employee", "no"),
    "member.busy": Asked("member.busy", "yes"),
    "member.level == 'plus'": Asked("member.level", "==", ("plus",)),
    "event.price >= 20050": Asked("event.price", ">=", ("200.50",)),
    "event.price != -5": Asked("event.price", "!=", ("-0.05",)),
    "member.km_year < 7": Asked("member.km_year", "<", ("7",)),
    "segment(loyal)": Asked("segment(loyal)", "yes"),
    "!holds(bike)": Asked("holds(bike)", "no"),
    "has(event.kind)": Asked("event.kind", "known"),
    "!has(event.kind)": Asked("event.kind", "unknown"),
    "event.kind in ['city', 'race']": Asked("event.kind", "in", ("city", "race")),
    "!(event.kind in ['city'])": Asked("event.kind", "not_in", ("city",)),
    "event.frame.startsWith('A')": Asked("event.frame", "starts", ("A",)),
    "event.frame.endsWith('A')": Asked("event.frame", "ends", ("A",)),
    "event.frame.contains('A')": Asked("event.frame", "contains", ("A",)),
    "between(event.price, 100, 20000)": Asked("event.price", "between", ("1.00", "200.00")),
    "count(ride.finished, '90d') >= 3": Asked("count(ride.finished, '90d')", ">=", ("3",)),
    "days_since(member.birthday) > 365": Asked("days_since(member.birthday)", ">", ("365",)),
    "member.birthday < timestamp('2000-01-01T00:00:00Z')": Asked("member.birthday", "<", ("2000-01-01",)),
    "member.market == 'DE'": Asked("member.market", "==", ("DE",)),
}
FREE = (
    "a || b",
    "(event.kind == 'a' || member.busy)",
    "event.price * 2 > 10",
    "event.price > event.price",
    "event.kind == 5",
    "event.price == 'x'",
    "5 < event.price",
    "event.kind in ['a|b']",
    "bad 'quote",
    "member.busy ? true : false",
    "has(event.kind) == true",
    "event.kind == 'x' // why",
    "rate(event.price, '1.25', 'down') > 4",
)


@pytest.mark.parametrize("text", list(ASKED))
def test_a_plain_comparison_has_pickers_and_is_written_back(text: str) -> None:
    (source,) = read_condition(text, FIND)
    assert source.part == ASKED[text]
    assert write_condition([source.part], "", FIND) == text
    assert isinstance(source.part, Asked)
    assert typed_values(shown_values(source.part), source.part.operator) == source.part.values


@pytest.mark.parametrize("text", FREE)
def test_what_is_more_than_that_stays_text(text: str) -> None:
    (source,) = read_condition(text, FIND)
    assert source.part == Free(text)
    assert write_condition([source.part], text, FIND) == text


def test_parts_that_nobody_touched_keep_their_letters() -> None:
    was = "!member.employee  &&  (event.kind=='city' || member.busy) && event.price>=100"
    parts = [source.part for source in read_condition(was, FIND)]
    assert write_condition(parts, was, FIND) == was
    more = [*parts[1:], Asked("segment(loyal)", "yes")]
    assert write_condition(more, was, FIND) == (
        "(event.kind=='city' || member.busy) && event.price>=100 && segment(loyal)"
    )
    loose = [Free("member.busy || segment(loyal)"), parts[0]]
    assert write_condition(loose, was, FIND) == "(member.busy || segment(loyal)) && !member.employee"


def test_a_part_says_where_it_stands() -> None:
    text = "!member.employee && event.nothing == 'x'"
    assert [(source.start, source.text) for source in read_condition(text, FIND)] == [
        (0, "!member.employee"), (20, "event.nothing == 'x'"),
    ]  # fmt: skip


@pytest.mark.parametrize("quoted", ["it's", 'say "x"', "back\\slash", "naïve 日本", "a'b\"c\\d"])
def test_a_typed_value_is_read_again_as_it_was_typed(quoted: str) -> None:
    part = Asked("event.frame", "==", (quoted,))
    (source,) = read_condition(write_condition([part], "", FIND), FIND)
    assert source.part == part


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_rule_and_table_is_written_back_as_it_was(path: Path) -> None:
    root = tree(path)
    names = names_of(root)
    rules, tables = root["rules"], root.get("tables", {})
    assert isinstance(rules, dict)
    assert isinstance(tables, dict)
    for rule in rules.values():
        assert isinstance(rule, dict)
        find = Subjects(names, str(rule["when"])).find
        form = read_rule(rule, find)
        made = write_rule(form, rule, find)
        assert made == rule
        assert list(made) == list(rule)
        # And of nothing else than the form, the same form comes again.
        steps = rule["then"]
        assert isinstance(steps, list)
        if not form.others and form.gift.kind != "own_table":
            assert read_rule(write_rule(form, {}, find), find) == form
    for table in tables.values():
        assert write_table(read_table(table), table) == table


ODD: dict[str, Plain] = {
    "name": ["no", "name"],
    "when": {"a": "b"},
    "markets": "DE",
    "valid": "soon",
    "priority": [],
    "surprise": "kept",
    "then": [
        {"reward": {"value": "1 EUR", "table": "t", "pay_from": ["x"]}},
        "word",
        {"reverse": {"rule": "a", "surprise": "kept"}},
        {"release": "a"},
    ],
}


def test_what_a_form_cannot_show_is_not_lost() -> None:
    form = read_rule(ODD, FIND)
    assert form.gift.kind == "other"
    assert form.others == ("{ reverse: { rule: a, surprise: kept } }", "{ release: a }")
    assert form.backs == ()
    assert write_rule(form, ODD, FIND) == ODD
    changed = RuleForm(
        **{**{f: getattr(form, f) for f in form.__slots__}, "promise": "public", "sends": ("a",)}
    )
    made = write_rule(changed, ODD, FIND)
    steps = ODD["then"]
    assert isinstance(steps, list)
    assert made == {**ODD, "promise": "public", "then": [*steps, {"send": "a"}]}


def test_steps_that_look_back_change_come_and_go_in_their_places() -> None:
    rule: dict[str, Plain] = {
        "name": "Return",
        "when": "bike.sold",
        "then": [
            {"reverse": {"whole": "price", "part": "back", "rule": "bike"}},
            {"send": "told"},
            {"release": {"rule": "ride", "reference": "frame"}},
            {"reverse": {"rule": "odd", "surprise": "kept"}},
        ],
    }
    form = read_rule(rule, FIND)
    taken, freed = Back("reverse", "bike", part="back", whole="price"), Back("release", "ride", "frame")
    assert form.backs == (taken, freed)
    assert [back.place for back in form.backs] == [0, 2]
    assert write_rule(form, rule, FIND) == rule

    def steps(*backs: Back) -> list[Plain]:
        then = write_rule(replace(form, backs=backs), rule, FIND)["then"]
        assert isinstance(then, list)
        return then

    then = rule["then"]
    assert isinstance(then, list)
    first, second = form.backs
    owed = replace(first, if_spent="forgive", part="")
    assert steps(owed, second) == [
        {"reverse": {"whole": "price", "rule": "bike", "if_spent": "forgive"}}, *then[1:],
    ]  # fmt: skip
    assert steps(second) == then[1:]
    assert steps(first, second, Back("release"), Back("reverse", "x")) == [
        *then, {"release": {"rule": ""}}, {"reverse": {"rule": "x"}},
    ]  # fmt: skip
    # A place that is none of theirs changes nothing that stands there.
    assert steps(first, replace(second, place=1, rule="new")) == [
        then[0], then[1], then[3], {"release": {"rule": "new", "reference": "frame"}},
    ]  # fmt: skip


def test_gifts_of_each_kind_are_written() -> None:
    said = {
        "amount": Gift("amount", amount="5 KM", valid_days="9"),
        "markets": Gift("markets", amounts={"DE": "1 EUR", "NO": "2 NOK"}, pay_from="by_market"),
        "rate": Gift("rate", of="km", rate="0.5", unit="KM", at_most="9 KM", pending="days", pending_for="3"),
        "table": Gift("table", table="bike_value", pending="until", pending_for="bike.sold"),
        "nothing": Gift(),
    }
    for kind, gift in said.items():
        made = write_rule(RuleForm(gift=gift), fresh_rule("x", "a.b"), FIND)
        assert read_rule(made, FIND).gift == gift, kind
    made = write_rule(RuleForm(gift=said["rate"]), fresh_rule("x", "a.b"), FIND)
    assert made["then"] == [
        {
            "reward": {
                "value": {"of": "km", "rate": "0.5", "unit": "KM", "at_most": "9 KM"},
                "pending": {"days": "3"},
            }
        }
    ]


def test_rows_and_columns_come_go_and_move() -> None:
    table: Plain = {"columns": ["a", "b"], "rows": [["1", "2", "5 EUR"], ["3", "4", "6 EUR"]]}
    form = read_table(table)
    assert write_table(with_row(form, 1), table)["rows"] == [
        ["1", "2", "5 EUR"], ["-", "-", ""], ["3", "4", "6 EUR"],
    ]  # fmt: skip
    assert write_table(with_row_moved(form, 0, 1), table)["rows"] == [
        ["3", "4", "6 EUR"],
        ["1", "2", "5 EUR"],
    ]
    assert with_row_moved(form, 0, -1) == form
    assert write_table(without_row(form, 0), table)["rows"] == [["3", "4", "6 EUR"]]
    wider = write_table(with_column(form, "c"), table)
    assert wider["columns"] == ["a", "b", "c"]
    assert wider["rows"] == [["1", "2", "-", "5 EUR"], ["3", "4", "-", "6 EUR"]]
    assert write_table(without_column(form, 0), table) == {
        "columns": ["b"], "rows": [["2", "5 EUR"], ["4", "6 EUR"]],
    }  # fmt: skip


def test_a_row_that_does_not_fit_is_shown_and_kept_until_it_is_changed() -> None:
    table: Plain = {"columns": ["a"], "rows": [["1"], ["2", "5 EUR", "more"], ["3", "6 EUR"]]}
    form = read_table(table)
    assert form.rows == (("1", ""), ("2", "5 EUR"), ("3", "6 EUR"))
    assert write_table(form, table) == table
    assert write_table(without_row(form, 2), table)["rows"] == [["1"], ["2", "5 EUR", "more"]]
