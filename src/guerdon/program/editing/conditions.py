"""A condition as parts that pickers can show: what is asked, how it is compared, and with what.

Parts are what `&&` joins outside of all brackets. One that is more than a comparison with plain values stays
the text that it is; nothing is ever lost, for what was not touched is written as it was.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.tokens import Token, find_tokens
from guerdon.program.editing.subjects import Kind, Subject
from guerdon.values.money import parse_amount, plain_amount

COMPARED = ("==", "!=", "<", "<=", ">", ">=")
SEARCHED = {"contains": "contains", "startsWith": "starts", "endsWith": "ends"}
WITHOUT_VALUE = ("yes", "no", "known", "unknown")
LISTED = ("in", "not_in")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "bool": ("yes", "no"),
    "string": ("==", "!=", "in", "not_in", "contains", "starts", "ends", "known", "unknown"),
    "int": (">=", "<=", ">", "<", "==", "!=", "between", "known", "unknown"),
    "money": (">=", "<=", ">", "<", "==", "!=", "between", "known", "unknown"),
    "timestamp": (">=", "<=", ">", "<", "known", "unknown"),
    "date": (">=", "<=", ">", "<", "known", "unknown"),
}
CALLS = ("count", "sum", "days_since", "segment", "holds")
MIDNIGHT = "T00:00:00Z"
SEPARATOR = "|"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A part that pickers show; values are as people type them."""

    subject: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """A part that stays a text."""

    text: str


Part = Asked | Free
SubjectOf = Callable[[str], Subject | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A part with the letters that it has in a condition."""

    part: Part
    text: str
    start: int


def read_condition(text: str, subject_of: SubjectOf) -> list[Source]:
    """The parts of a condition; of a text that cannot be cut, one part."""
    found = []
    for start, end in _cuts(text):
        said = text[start:end]
        lead = len(said) - len(said.lstrip())
        if said.strip():
            found.append(Source(read_part(said.strip(), subject_of), said.strip(), start + lead))
    return found


def write_condition(parts: Sequence[Part], was: str, subject_of: SubjectOf) -> str:
    """The text of some parts; those that stood in the text that was there keep their letters."""
    known = read_condition(was, subject_of)
    if [source.part for source in known] == list(parts):
        return was
    letters: dict[Part, list[str]] = {}
    for source in known:
        letters.setdefault(source.part, []).append(source.text)
    said = []
    for part in parts:
        kept = letters.get(part)
        said.append(kept.pop(0) if kept else write_part(part, subject_of))
    joined = [each for each in said if each]
    if len(joined) == 1:
        return joined[0]
    return " && ".join(f"({each})" if _is_loose(each) else each for each in joined)


def write_part(part: Part, subject_of: SubjectOf) -> str:  # noqa: PLR0911  an operator each
    """The text of one part."""
    if isinstance(part, Free):
        return part.text.strip()
    found = subject_of(part.subject)
    values = [_literal(value, found) for value in part.values]
    first = values[0] if values else _literal("", found)
    match part.operator:
        case "yes":
            return part.subject
        case "no":
            return f"!{part.subject}"
        case "known":
            return f"has({part.subject})"
        case "unknown":
            return f"!has({part.subject})"
        case "in":
            return f"{part.subject} in [{', '.join(values)}]"
        case "not_in":
            return f"!({part.subject} in [{', '.join(values)}])"
        case "between":
            return f"between({part.subject}, {first}, {values[1] if len(values) > 1 else first})"
        case "contains" | "starts" | "ends":
            name = next(name for name, mine in SEARCHED.items() if mine == part.operator)
            return f"{part.subject}.{name}({first})"
        case _:
            return f"{part.subject} {part.operator} {first}"


def read_part(text: str, subject_of: SubjectOf) -> Part:
    """One part: pickers where they can show it whole, else the text."""
    tokens = find_tokens(text)
    if isinstance(tokens, Mistake) or not tokens:
        return Free(text)
    asked = _asked(text, tokens, subject_of)
    if asked is None:
        return Free(text)
    again = find_tokens(write_part(asked, subject_of))
    # What pickers would write must be what stands here.
    same = not isinstance(again, Mistake) and _spelled(again) == _spelled(tokens)
    return asked if same and "//" not in text else Free(text)


def typed_values(text: str, operator: str) -> tuple[str, ...]:
    """The values that somebody typed into one field."""
    if operator in WITHOUT_VALUE:
        return ()
    if operator in LISTED:
        return tuple(each.strip() for each in text.split(SEPARATOR) if each.strip())
    if operator == "between":
        low, _, high = text.partition("..")
        return low.strip(), high.strip()
    return (text.strip(),)


def shown_values(part: Asked) -> str:
    """Its values as one field shows them."""
    return ("..".join if part.operator == "between" else SEPARATOR.join)(part.values)


def _asked(text: str, tokens: list[Token], subject_of: SubjectOf) -> Asked | None:  # noqa: PLR0911  a form each
    kinds = [token.kind for token in tokens]
    if kinds[:3] == ["!", "(", "IDENT"] and kinds[-1] == ")":
        inner = _asked(text, tokens[2:-1], subject_of)
        listed = inner is not None and inner.operator == "in"
        return Asked(inner.subject, "not_in", inner.values) if inner is not None and listed else None
    if kinds[0] == "!":
        inner = _asked(text, tokens[1:], subject_of)
        opposite = {"yes": "no", "known": "unknown"}.get(inner.operator if inner is not None else "")
        return Asked(inner.subject, opposite) if inner is not None and opposite else None
    if tokens[0].text == "has" and kinds[1:2] == ["("] and kinds[-1] == ")":
        end = _subject_end(tokens, 2)
        return Asked(_letters(text, tokens, 2, end), "known") if end == len(tokens) - 1 else None
    if tokens[0].text == "between" and kinds[1:2] == ["("]:
        return _between(text, tokens, subject_of)
    end = _subject_end(tokens, 0)
    if not end:
        return None
    if (
        kinds[end - 1 : end] == ["IDENT"]
        and tokens[end - 1].text in SEARCHED
        and kinds[end : end + 1] == ["("]
    ):
        subject = _letters(text, tokens, 0, end - 2)
        value = _value(tokens[end + 1 : -1], subject_of(subject))
        return Asked(subject, SEARCHED[tokens[end - 1].text], (value,)) if value is not None else None
    subject = _letters(text, tokens, 0, end)
    return _compared(tokens[end:], subject, subject_of(subject))


def _compared(rest: list[Token], subject: str, found: Subject | None) -> Asked | None:
    if not rest:
        return Asked(subject, "yes")
    sign = rest[0].kind
    if sign == "in":
        values = _values(rest[1:], found)
        return Asked(subject, "in", values) if values else None
    value = _value(rest[1:], found) if sign in COMPARED else None
    return Asked(subject, sign, (value,)) if value is not None else None


def _between(text: str, tokens: list[Token], subject_of: SubjectOf) -> Asked | None:
    end = _subject_end(tokens, 2)
    if not end or tokens[end].kind != "," or tokens[-1].kind != ")":
        return None
    subject = _letters(text, tokens, 2, end)
    inside = tokens[end + 1 : -1]
    comma = next((at for at, token in enumerate(inside) if token.kind == ","), 0)
    low, high = (_value(part, subject_of(subject)) for part in (inside[:comma], inside[comma + 1 :]))
    return Asked(subject, "between", (low, high)) if low is not None and high is not None else None


def _subject_end(tokens: list[Token], at: int) -> int:
    """Where a subject that begins here ends; 0 where none begins."""
    if at >= len(tokens) or tokens[at].kind != "IDENT":
        return 0
    if tokens[at].text in CALLS and [token.kind for token in tokens[at + 1 : at + 2]] == ["("]:
        depth = 0
        for place in range(at + 1, len(tokens)):
            depth += (tokens[place].kind in ("(", "[")) - (tokens[place].kind in (")", "]"))
            if depth == 0:
                return place + 1
        return 0
    end = at + 1
    while end + 1 < len(tokens) and tokens[end].kind == "." and tokens[end + 1].kind == "IDENT":
        end += 2
    return end if end > at + 1 else 0


def _letters(text: str, tokens: list[Token], start: int, end: int) -> str:
    stop = tokens[end].at if end < len(tokens) else len(text)
    said = text[tokens[start].at : stop].rstrip()
    while end >= len(tokens) and said.endswith(")") and said.count("(") < said.count(")"):
        said = said[:-1].rstrip()
    return said


def _values(tokens: list[Token], found: Subject | None) -> tuple[str, ...]:
    if len(tokens) < 3 or tokens[0].kind != "[" or tokens[-1].kind != "]":
        return ()
    places = [0, *(at for at, token in enumerate(tokens) if token.kind == ","), len(tokens) - 1]
    values = [_value(tokens[low + 1 : high], found) for low, high in pairwise(places)]
    if any(value is None or not value or SEPARATOR in value for value in values):
        return ()
    return tuple(value for value in values if value is not None)


def _value(tokens: list[Token], found: Subject | None) -> str | None:
    """A plain value as people type it; None where something else stands here."""
    kinds = [token.kind for token in tokens]
    kind = found.kind if found is not None else "string"
    if kinds == ["STRING_LIT"] and kind == "string":
        return tokens[0].text if tokens[0].text.isprintable() and tokens[0].text.strip() else None
    if kinds in (["INT_LIT"], ["-", "INT_LIT"]) and kind in ("int", "money"):
        digits = "".join(token.text for token in tokens)
        unit = found.unit if found is not None else None
        if kind == "money" and unit is not None and digits.removeprefix("-").isdecimal():
            return plain_amount(int(digits), unit)
        return digits
    if kinds == ["IDENT", "(", "STRING_LIT", ")"] and tokens[0].text == "timestamp":
        moment = tokens[2].text
        if kind == "date":
            return moment.removesuffix(MIDNIGHT) if moment.endswith(MIDNIGHT) else None
        return moment if kind == "timestamp" else None
    return None


def _literal(value: str, found: Subject | None) -> str:
    kind = found.kind if found is not None else "string"
    match kind:
        case "int" | "bool":
            return value or "0"
        case "money":
            amount = parse_amount(value, found.unit) if found is not None and found.unit is not None else None
            return str(amount) if isinstance(amount, int) else value or "0"
        case "date":
            return f"timestamp('{value}{MIDNIGHT if _DAY.fullmatch(value) else ''}')"
        case "timestamp":
            return f"timestamp({_quoted(value)})"
        case _:
            return _quoted(value)


def _quoted(value: str) -> str:
    return f"'{value}'" if value.isprintable() and not set(value) & set("'\\") else json.dumps(value)


def _cuts(text: str) -> list[tuple[int, int]]:
    tokens = find_tokens(text)
    if isinstance(tokens, Mistake):
        return [(0, len(text))]
    found, start, depth = [], 0, 0
    for token in tokens:
        depth += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if depth == 0 and token.kind in ("||", "?"):
            return [(0, len(text))]
        if depth == 0 and token.kind == "&&":
            found.append((start, token.at))
            start = token.at + 2
    return [*found, (start, len(text))]


def _is_loose(text: str) -> bool:
    """Whether a text would fall apart beside `&&`."""
    tokens = find_tokens(text)
    if isinstance(tokens, Mistake):
        return False
    depth = 0
    for token in tokens:
        depth += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if depth == 0 and token.kind in ("||", "?"):
            return True
    return False


def _spelled(tokens: list[Token]) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens]
