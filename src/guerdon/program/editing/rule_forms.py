"""A rule as a form: what pickers show of it, and the rule that a filled-in form says.

What a form did not change is written as it was, and what it does not show stays: reading a rule and writing
it back gives the same rule, whatever it says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from guerdon.program.editing.conditions import Part, SubjectOf, read_condition, write_condition
from guerdon.program.editing.names import texts_of
from guerdon.program.editing.spans import Plain
from guerdon.program.editing.step_forms import Back, read_backs, with_backs
from guerdon.program.editing.wording import in_flow
from guerdon.values.texts import FALLBACK_LANGUAGE

Shown = TypeVar("Shown")
# other: a reward that only its text can show.
GiftKind = Literal["nothing", "amount", "markets", "rate", "table", "own_table", "other"]
Pending = Literal["", "at_once", "days", "until"]
REWARD_KEYS = ("value", "table", "pay_from", "valid_days", "pending", "reference")
PENDING: tuple[Pending, ...] = ("at_once", "days", "until")
KEYS = (
    *("name", "when", "if", "because", "promise", "markets", "campaign", "valid", "segments", "priority"),
    *("group", "then"),
)


@dataclass(frozen=True, slots=True)
class Gift:
    """What a rule gives, as it is typed."""

    kind: GiftKind = "nothing"
    amount: str = ""
    amounts: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    rate: str = ""
    unit: str = ""
    at_most: str = ""
    table: str = ""
    pay_from: str = ""
    valid_days: str = ""
    pending: Pending = ""
    pending_for: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule, as its form shows it; empty texts are lines that are not there.

    `backs` are the steps that take back or release, `others` those that a form cannot show.
    """

    name: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    parts: tuple[Part, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict)
    promise: str = ""
    markets: tuple[str, ...] = ()
    campaign: str = ""
    first: str = ""
    last: str = ""
    segments: tuple[str, ...] = ()
    priority: str = ""
    group: str = ""
    gift: Gift = field(default_factory=Gift)
    sends: tuple[str, ...] = ()
    backs: tuple[Back, ...] = ()
    others: tuple[str, ...] = ()


def read_rule(rule: Plain, subject_of: SubjectOf) -> RuleForm:
    """What a form shows of a rule."""
    said = rule if isinstance(rule, dict) else {}
    steps = _steps(said.get("then"))
    backs = read_backs(said.get("then"))
    valid = _mapping(said.get("valid"))
    rewards = [_mapping(step["reward"]) for step in steps if "reward" in step]
    return RuleForm(
        name=texts_of(said.get("name")),
        when=_word(said.get("when")),
        parts=tuple(source.part for source in read_condition(_word(said.get("if")), subject_of)),
        because=texts_of(said.get("because")),
        promise=_word(said.get("promise")),
        markets=_words(said.get("markets")),
        campaign=_word(said.get("campaign")),
        first=_word(valid.get("from")),
        last=_word(valid.get("to")),
        segments=_words(said.get("segments")),
        priority=_word(said.get("priority")),
        group=_word(said.get("group")),
        gift=_gift(rewards[0]) if len(rewards) == 1 else Gift("other" if rewards else "nothing"),
        sends=tuple(_word(step["send"]) for step in steps if "send" in step),
        backs=backs,
        others=tuple(
            in_flow(step) for step in steps if not {"send", "reward"} & set(step) and not read_backs([step])
        ),
    )


def write_rule(form: RuleForm, was: Plain, subject_of: SubjectOf) -> dict[str, Plain]:
    """The rule that a form says, in place of the one that was there."""
    old = dict(was) if isinstance(was, dict) else {}
    before = read_rule(old, subject_of)
    condition = write_condition(form.parts, _word(old.get("if")), subject_of)
    lines: dict[str, Plain] = {
        "name": _kept(form.name, before.name, old.get("name"), _text),
        "when": _kept(form.when, before.when, old.get("when"), str),
        "if": _kept(condition, _word(old.get("if")), old.get("if"), str),
        "because": _kept(form.because, before.because, old.get("because"), _text),
        "promise": _kept(form.promise, before.promise, old.get("promise"), str),
        "markets": _kept(form.markets, before.markets, old.get("markets"), list),
        "campaign": _kept(form.campaign, before.campaign, old.get("campaign"), str),
        "valid": _kept((form.first, form.last), (before.first, before.last), old.get("valid"), _days),
        "segments": _kept(form.segments, before.segments, old.get("segments"), list),
        "priority": _kept(form.priority, before.priority, old.get("priority"), str),
        "group": _kept(form.group, before.group, old.get("group"), str),
        "then": _then(form, before, old.get("then")),
    }
    written = {key: value for key, value in lines.items() if value or (key in old and value == old[key])}
    return in_order({**written, **{key: each for key, each in old.items() if key not in KEYS}}, old, KEYS)


def fresh_rule(name: str, event: str) -> dict[str, Plain]:
    """A rule that somebody begins: what is missing in it is told as mistakes."""
    return {"name": name, "when": event, "promise": "public", "then": [{"reward": {"value": ""}}]}


def in_order(said: Mapping[str, Plain], old: Iterable[str], order: Sequence[str]) -> dict[str, Plain]:
    """Lines in the order in which they stood; a new one behind those that people write before it."""
    keys = [key for key in old if key in said]
    for key in (key for key in order if key in said and key not in keys):
        before = [place for place, each in enumerate(keys) if each in order[: order.index(key)]]
        keys.insert(max(before, default=-1) + 1, key)
    return {key: said[key] for key in keys}


def _kept(now: Shown, before: Shown, old: Plain | None, write: Callable[[Shown], Plain]) -> Plain:
    """What was there where nobody changed it, else what is there now."""
    return write(now) if now != before or old is None else old


def _then(form: RuleForm, before: RuleForm, old: Plain | None) -> Plain:
    if (form.gift, form.sends, form.backs) == (before.gift, before.sends, before.backs):
        return old if old is not None else []
    steps: list[Plain] = list(old) if isinstance(old, list) else []
    if form.backs != before.backs:
        steps = with_backs(steps, form.backs)
    if form.gift != before.gift and form.gift.kind != "other":
        steps = _with_gift(steps, form.gift)
    sends = list(form.sends)
    kept: list[Plain] = []
    for step in steps:
        message = _word(step["send"]) if isinstance(step, dict) and "send" in step else None
        if message is None or message in sends:
            kept.append(step)
        if message in sends:
            sends.remove(message or "")
    kept += [{"send": message} for message in sends]
    return kept


def _with_gift(steps: Sequence[Plain], gift: Gift) -> list[Plain]:
    place = next((at for at, step in enumerate(steps) if isinstance(step, dict) and "reward" in step), None)
    if gift.kind == "nothing":
        return [step for at, step in enumerate(steps) if at != place]
    if place is None:
        return [{"reward": _reward(gift, {})}, *steps]
    step = _mapping(steps[place])
    made: dict[str, Plain] = {**step, "reward": _reward(gift, _mapping(step["reward"]))}
    return [made if at == place else each for at, each in enumerate(steps)]


def _reward(gift: Gift, old: Mapping[str, Plain]) -> Plain:
    before = _gift(old)
    table = old.get("table", "") if gift.kind == "own_table" else gift.table if gift.kind == "table" else ""
    lines: dict[str, Plain] = {
        "value": _value(gift, before, old.get("value")),
        "table": table,
        "pay_from": _kept(gift.pay_from, before.pay_from, old.get("pay_from"), str),
        "valid_days": _kept(gift.valid_days, before.valid_days, old.get("valid_days"), str),
        "pending": _kept(
            (gift.pending, gift.pending_for),
            (before.pending, before.pending_for),
            old.get("pending"),
            _pending,
        ),
        "reference": _kept(gift.reference, before.reference, old.get("reference"), str),
    }
    written = {key: value for key, value in lines.items() if value}
    # What is not known here is kept: its mistake is told, and nobody loses it.
    rest = {key: value for key, value in old.items() if key not in lines}
    return in_order({**written, **rest}, old, REWARD_KEYS)


def _value(gift: Gift, before: Gift, old: Plain | None) -> Plain:
    match gift.kind:
        case "amount":
            return gift.amount
        case "markets":
            return {market: amount for market, amount in gift.amounts.items() if amount}
        case "rate":
            if old is not None and before.kind == "rate" and _rate(gift) == _rate(before):
                return old
            return {key: value for key, value in _rate(gift).items() if value}
        case _:
            return ""


def _rate(gift: Gift) -> dict[str, Plain]:
    return {"of": gift.of, "rate": gift.rate, "unit": gift.unit, "at_most": gift.at_most}


def _gift(reward: Mapping[str, Plain]) -> Gift:
    value, table, pending = reward.get("value"), reward.get("table"), reward.get("pending")
    kind = _kind(value, table)
    told = _mapping(value)
    rate = told if kind == "rate" else {}
    until = _mapping(pending)
    return Gift(
        kind=kind,
        amount=_word(value) if kind == "amount" else "",
        amounts={key: _word(each) for key, each in told.items()} if kind == "markets" else {},
        of=_word(rate.get("of")),
        rate=_word(rate.get("rate")),
        unit=_word(rate.get("unit")),
        at_most=_word(rate.get("at_most")),
        table=_word(table) if kind == "table" else "",
        pay_from=_word(reward.get("pay_from")),
        valid_days=_word(reward.get("valid_days")),
        pending=next((each for each in PENDING if each in until or each == pending), ""),
        pending_for=_word(until.get("days", until.get("until"))),
        reference=_word(reward.get("reference")),
    )


def _kind(value: Plain | None, table: Plain | None) -> GiftKind:
    if table is not None:
        return "other" if value is not None else "table" if isinstance(table, str) else "own_table"
    if value is None or isinstance(value, str):
        return "amount"
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        return "other"
    return "rate" if {"of", "rate", "unit"} & set(value) else "markets"


def _pending(told: tuple[str, str]) -> Plain:
    kind, what = told
    return {kind: what} if kind in ("days", "until") else kind


def _days(told: tuple[str, str]) -> Plain:
    return {key: day for key, day in zip(("from", "to"), told, strict=True) if day}


def _text(said: Mapping[str, str]) -> Plain:
    filled: dict[str, Plain] = {language: text for language, text in said.items() if text}
    return filled[FALLBACK_LANGUAGE] if set(filled) == {FALLBACK_LANGUAGE} else filled


def _steps(value: Plain | None) -> list[dict[str, Plain]]:
    return [step for step in value if isinstance(step, dict)] if isinstance(value, list) else []


def _mapping(value: Plain | None) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _word(value: Plain | None) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Plain | None) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
