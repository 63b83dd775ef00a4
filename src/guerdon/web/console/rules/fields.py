"""A filled-in form of a rule or a table, as what it says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from guerdon.program.editing.conditions import (
    OPERATORS,
    SEPARATOR,
    Asked,
    Free,
    Part,
    SubjectOf,
    typed_values,
)
from guerdon.program.editing.rule_forms import PENDING, Gift, GiftKind, Pending, RuleForm
from guerdon.program.editing.step_forms import KINDS as BACK_KINDS
from guerdon.program.editing.step_forms import LINES as BACK_LINES
from guerdon.program.editing.step_forms import Back
from guerdon.program.editing.table_forms import (
    TableForm,
    with_column,
    with_row,
    with_row_moved,
    without_column,
    without_row,
)
from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from django.http import QueryDict

PARTS_MAX = 40
STEPS_MAX = 20
CELLS_MAX = 13
ROWS_MAX = 500
LETTERS_MAX = 2000


def rule_of(given: "QueryDict", was: RuleForm, subject_of: SubjectOf) -> RuleForm:
    """What somebody filled in; lines that the form does not show are those that were there."""
    shows = set(given.getlist("markets"))
    return replace(
        was,
        name=_texts(given, "name", was.name),
        when=_word(given, "when"),
        parts=_parts(given, subject_of),
        because=_texts(given, "because", was.because),
        promise=_word(given, "promise"),
        markets=_markets(given, was, shows),
        campaign=_word(given, "campaign"),
        first=_word(given, "first"),
        last=_word(given, "last"),
        segments=tuple(given.getlist("segments")),
        priority=_word(given, "priority"),
        group=_word(given, "group"),
        gift=_gift(given, was.gift),
        sends=tuple(given.getlist("sends")),
        backs=_backs(given, was.backs),
    )


def _markets(given: "QueryDict", was: RuleForm, shows: set[str]) -> tuple[str, ...]:
    """The chosen markets, in the order in which they stand; all of them is none of them."""
    # Who ticks markets where all of them were meant so far means those, whatever "all" still says.
    if "everywhere" in given and (was.markets or not shows):
        return ()
    kept = [market for market in was.markets if market in shows]
    return (*kept, *(market for market in given.getlist("markets") if market not in kept))


def _texts(given: "QueryDict", field: str, was: Mapping[str, str]) -> dict[str, str]:
    said = {language: _word(given, f"{field}.{language}") for language in LANGUAGES}
    order = [*(each for each in was if each in said), *(each for each in said if each not in was)]
    rest = {language: text for language, text in was.items() if language not in said}
    return {**{language: said[language] for language in order if said[language]}, **rest}


def _parts(given: "QueryDict", subject_of: SubjectOf) -> tuple[Part, ...]:
    found: list[Part] = []
    for at in range(min(_number(given.get("parts", "")), PARTS_MAX)):
        if f"free.{at}" in given:
            text = _word(given, f"free.{at}")
            found += [Free(text)] if text else []
            continue
        subject, operator = _word(given, f"subject.{at}"), _word(given, f"operator.{at}")
        if not subject:
            continue
        known = subject_of(subject)
        fits = OPERATORS[known.kind] if known is not None else ()
        # Another subject may know other comparisons.
        operator = operator if operator in fits or known is None else fits[0]
        typed = SEPARATOR.join(given.getlist(f"value.{at}"))
        found.append(Asked(subject, operator, typed_values(typed[:LETTERS_MAX], operator)))
    found += _part_begun(given, subject_of)
    gone = given.get("act", "")
    if gone.startswith("remove."):
        at = _number(gone.removeprefix("remove."))
        found = [part for place, part in enumerate(found) if place != at]
    return tuple(found)


def _part_begun(given: "QueryDict", subject_of: SubjectOf) -> list[Part]:
    """The part that somebody adds."""
    subject = _word(given, "subject.new")
    if subject:
        known = subject_of(subject)
        operator = OPERATORS[known.kind][0] if known is not None else "yes"
        return [Asked(subject, operator, typed_values("", operator))]
    text = _word(given, "free.new")
    return [Free(text)] if text else []


def _backs(given: "QueryDict", was: tuple[Back, ...]) -> tuple[Back, ...]:
    """The steps that look back, with the one that somebody adds, without the one that they remove."""
    if "steps" not in given:
        return was
    found = []
    for at in range(min(_number(given.get("steps", "")), STEPS_MAX)):
        kind = next((each for each in BACK_KINDS if each == given.get(f"step.{at}.kind")), None)
        if kind is not None and given.get("act") != f"remove_step.{at}":
            lines = {line: _word(given, f"step.{at}.{line}") for line in BACK_LINES[kind]}
            typed = _word(given, f"step.{at}.place")
            found.append(Back(kind, **lines, place=_number(typed) if typed else -1))
    new = next((each for each in BACK_KINDS if each == given.get("step.new")), None)
    return (*found, *([Back(new)] if new is not None else []))


def _gift(given: "QueryDict", was: Gift) -> Gift:
    kinds: tuple[GiftKind, ...] = get_args(GiftKind)
    kind = next((each for each in kinds if each == given.get("gift")), was.kind)
    if kind == "other":
        return was
    pending: Pending = next((each for each in PENDING if each == given.get("pending")), "")
    amounts = {
        name.removeprefix("amount."): _word(given, name) for name in given if name.startswith("amount.")
    }
    order = [
        *(key for key in was.amounts if key in amounts),
        *(key for key in amounts if key not in was.amounts),
    ]
    return Gift(
        kind=kind,
        amount=_word(given, "amount") if kind == "amount" else "",
        amounts={key: amounts[key] for key in order if amounts[key]} if kind == "markets" else {},
        of=_word(given, "of") if kind == "rate" else "",
        rate=_word(given, "rate") if kind == "rate" else "",
        unit=_word(given, "unit") if kind == "rate" else "",
        at_most=_word(given, "at_most") if kind == "rate" else "",
        table=_word(given, "table") if kind == "table" else "",
        pay_from=_word(given, "pay_from") if kind != "nothing" else "",
        valid_days=_word(given, "valid_days") if kind != "nothing" else "",
        pending=pending if kind != "nothing" else "",
        pending_for=_word(given, f"pending.{pending}") if kind != "nothing" and pending else "",
        reference=_word(given, "reference") if kind != "nothing" else "",
    )


def table_of(given: "QueryDict", was: TableForm) -> TableForm:
    """What somebody filled into a grid, with the row or column that they added, moved or removed."""
    columns = min(_number(given.get("columns", "")), CELLS_MAX)
    rows = min(_number(given.get("rows", "")), ROWS_MAX)
    form = replace(
        was,
        name=_texts(given, "name", was.name),
        hit=_word(given, "hit"),
        columns=tuple(_word(given, f"column.{at}") for at in range(columns)),
        rows=tuple(
            tuple(_word(given, f"cell.{row}.{at}") for at in range(columns + 1)) for row in range(rows)
        ),
    )
    act, _, place = given.get("act", "").partition(".")
    return _acted(form, act, _number(place) if place else rows, _word(given, "column.new"))


def _acted(form: TableForm, act: str, at: int, head: str) -> TableForm:
    done: dict[str, Callable[[], TableForm]] = {
        "row": lambda: with_row(form, at),
        "remove_row": lambda: without_row(form, at),
        "up": lambda: with_row_moved(form, at, at - 1),
        "down": lambda: with_row_moved(form, at, at + 1),
        "column": lambda: with_column(form, head) if head else form,
        "remove_column": lambda: without_column(form, at),
    }
    return done[act]() if act in done else form


def _word(given: "QueryDict", name: str) -> str:
    return str(given.get(name, "")).strip()[:LETTERS_MAX]


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 0
