"""A condition as parameterized SQL, for sets of members: NULL is unknown, and nothing ever raises.

What an author wrote only ever becomes a parameter; columns are written by the caller, who also sees to it
that each is of its declared type. Integers are computed as numeric and fall to NULL beyond 64 bits, as do a
division by zero and an instant beyond the years 1 to 9999. Nothing hangs on the session: texts are compared
by code point, instants read in a zone that is named.

A term is computed once however often its value is needed (`_once`), so the SQL is as long as the condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from guerdon.expressions.condition import Expression
from guerdon.expressions.declarations import Type
from guerdon.expressions.instants import DURATION_MAX, MICROSECOND, UNITS_US, read_offset
from guerdon.expressions.integers import INT_MAX, INT_MIN
from guerdon.expressions.terms import (
    Arithmetic,
    Between,
    Broken,
    Choice,
    Comparison,
    Constant,
    DaysSince,
    Every,
    Fact,
    Holding,
    ItemField,
    Joined,
    Known,
    Length,
    Membership,
    Negative,
    Not,
    Part,
    Present,
    Rated,
    Some,
    Term,
    TextTest,
    TimeArithmetic,
    Windowed,
)
from guerdon.expressions.three_valued import JOINED_LENGTH_MAX, NotLoaded
from guerdon.expressions.windows import Window

_TYPES = {
    Type.BOOL: "boolean",
    Type.INT: "int8",
    Type.STRING: "text",
    Type.TIMESTAMP: "timestamptz",
    Type.DURATION: "int8",  # in microseconds: an interval's days would hang on the session's zone
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // MICROSECOND
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // MICROSECOND
_DURATION_US = DURATION_MAX // MICROSECOND
_SIGNS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_PARTS = {
    "getFullYear": "extract(year from {})",
    "getMonth": "extract(month from {}) - 1",
    "getDate": "extract(day from {})",
    "getDayOfMonth": "extract(day from {}) - 1",
    "getDayOfWeek": "extract(dow from {})",
    "getDayOfYear": "extract(doy from {}) - 1",
    "getHours": "extract(hour from {})",
    "getMinutes": "extract(minute from {})",
    "getSeconds": "floor(extract(second from {}))",
}
_ROUNDED = {
    "down": "trunc({n})",
    "half_up": "round({n})",
    "half_even": "case when abs({n} - trunc({n})) = 0.5 then 2 * round({n} * 0.5) else round({n}) end",
}
_WITHIN_64_BITS = f"case when {{n}} between {INT_MIN} and {INT_MAX} then ({{n}})::int8 end"


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a member's holdings of one kind are: what follows FROM, and the column of each field."""

    source: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """SQL that the caller wrote, as psycopg reads it (a percent sign is doubled), for what a condition reads.

    A window's column may be NULL: it is 0 then. What a condition reads and is not here raises `NotLoaded`.
    """

    facts: Mapping[tuple[str, str], str]
    windows: Mapping[Window, str] = field(default_factory=dict)
    holdings: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SqlCode:
    """An SQL expression with psycopg's named placeholders, and their values."""

    text: str
    params: Mapping[str, object]


def sql_code(of: Expression | Term, columns: Columns, prefix: str = "c") -> SqlCode:
    """Write the SQL; several in one statement each need a prefix of their own for their parameters."""
    writer = _Writer(columns, prefix)
    try:
        text = writer.sql(of.term if isinstance(of, Expression) else of)
    except KeyError as missing:
        raise NotLoaded(f"no column was given for {missing}") from missing
    return SqlCode(text, writer.params)


class _Writer:
    """Writes expressions and gathers their parameters."""

    def __init__(self, columns: Columns, prefix: str) -> None:
        self.columns, self.prefix = columns, prefix
        self.params: dict[str, object] = {}

    def sql(self, term: Term) -> str:  # noqa: C901, PLR0911, PLR0912 (one case for each term)
        match term:
            case Constant(value=value, type=kind):
                return self.constant(value, kind)
            case Fact() | ItemField():
                return self.column(term)
            case Windowed(window=window):
                return f"coalesce(({self.columns.windows[window]})::int8, 0)"
            case Holding():
                return self.holding(term)
            case Present(fact=fact):
                return f"({self.column(fact)} is not null)"
            case Known(operand=operand):
                return f"({self.sql(operand)} is not null)"
            case Not(operand=operand):
                return f"(not {self.sql(operand)})"
            case Every(parts=parts):
                return f"({' and '.join(map(self.sql, parts))})"
            case Some(parts=parts):
                return f"({' or '.join(map(self.sql, parts))})"
            case Choice(condition=condition, then=then, otherwise=otherwise):
                decided, one, other = map(self.sql, (condition, then, otherwise))
                return f"(case {decided} when true then {one} when false then {other} end)"
            case Comparison():
                return self.comparison(term)
            case Between(value=value, first=first, end=end):
                low, middle, high = map(self.sql, (first, value, end))
                return _once("{a} <= {b} and {b} < {c}", a=low, b=middle, c=high)
            case Membership():
                return self.membership(term)
            case TextTest():
                return self.text_test(term)
            case Length(text=text):
                return f"char_length({self.sql(text)})::int8"
            case Joined(left=left, right=right):
                whole = f"{self.sql(left)} || {self.sql(right)}"
                return _once(f"case when char_length({{t}}) <= {JOINED_LENGTH_MAX} then {{t}} end", t=whole)
            case DaysSince():
                return self.days_since(term)
            case Part():
                return self.part(term)
            case TimeArithmetic():
                return self.time(term)
            case Broken():
                raise AssertionError("a condition with mistakes has no code")
            case _:
                return self.number(term)

    def param(self, value: object, kind: str) -> str:
        name = f"{self.prefix}{len(self.params)}"
        self.params[name] = value
        return f"%({name})s::{kind}"

    def constant(self, value: object, kind: Type) -> str:
        return self.param(value // MICROSECOND if isinstance(value, timedelta) else value, _TYPES[kind])

    def column(self, fact: Fact | ItemField) -> str:
        if isinstance(fact, ItemField):
            written = self.columns.holdings[fact.variable].fields[fact.name]
        else:
            written = self.columns.facts[fact.variable, fact.name]
        return f"({written})::{_TYPES[fact.type]}"

    def holding(self, term: Holding) -> str:
        """Write `exists` that knows unknown: true if one is, else unknown if one is, else false."""
        source = self.columns.holdings[term.kind].source
        if term.condition is None:
            return f"exists (select from {source})"
        met = "case when bool_or(each.met) then true when count(*) = count(each.met) then false end"
        return f"(select {met} from (select {self.sql(term.condition)} as met from {source}) as each)"  # noqa: S608 (columns and source are the caller's own)

    def comparison(self, term: Comparison) -> str:
        left, right = self.sql(term.left), self.sql(term.right)
        by_code_point = ' collate "C"' if term.left.type is Type.STRING else ""
        return f"({left}{by_code_point} {_SIGNS[term.sign]} {right})"

    def membership(self, term: Membership) -> str:
        item = self.sql(term.item)
        if not term.options:
            # Unknown if the item is, and false otherwise.
            return f"nullif({item} is null, true)"
        if all(isinstance(each, Constant) for each in term.options):
            options = ", ".join(map(self.sql, term.options))
            return f"({item} in ({options}))"
        known = {f"o{place}": self.sql(each) for place, each in enumerate(term.options)}
        names = ", ".join(f"{{{name}}}" for name in known)
        return _once(f"case when num_nulls({{i}}, {names}) = 0 then {{i}} in ({names}) end", i=item, **known)

    def text_test(self, term: TextTest) -> str:
        text, part = self.sql(term.text), self.sql(term.part)
        match term.search:
            case "startsWith":
                return f"starts_with({text}, {part})"
            case "endsWith":
                return f"starts_with(reverse({text}), reverse({part}))"
            case "contains":
                return f"(strpos({text}, {part}) > 0)"

    def number(self, term: Negative | Arithmetic | Rated) -> str:
        match term:
            case Negative(operand=operand):
                return _once(_WITHIN_64_BITS, n=f"-({self.sql(operand)})::numeric")
            case Rated(amount=amount, times=times, parts=parts, rounding=rounding):
                # Exact: a division by a power of ten, as a product.
                rate = self.param(Decimal(times).scaleb(1 - len(str(parts))), "numeric")
                product = f"({self.sql(amount)})::numeric * {rate}"
                return _once(_WITHIN_64_BITS, n=_once(_ROUNDED[rounding], n=product))
            case Arithmetic(sign=sign, left=left, right=right):
                one, other = f"({self.sql(left)})::numeric", f"({self.sql(right)})::numeric"
                match sign:
                    case "/":
                        return _once(_WITHIN_64_BITS, n=f"div({one}, nullif({other}, 0))")
                    case "%":
                        # The quotient of this one would be beyond 64 bits, and CEL computes it first.
                        most = f"{{b}} = -1 and {{a}} = {INT_MIN}"
                        rest = f"case when {most} then null else mod({{a}}, nullif({{b}}, 0))::int8 end"
                        return _once(rest, a=one, b=other)
                    case _:
                        return _once(_WITHIN_64_BITS, n=f"{one} {sign} {other}")

    def time(self, term: TimeArithmetic) -> str:
        one, other = (_microseconds(self.sql(each), each.type) for each in (term.left, term.right))
        total = f"{one} {term.sign} {other}"
        if term.type is Type.DURATION:
            return _once(
                f"case when {{n}} between {-_DURATION_US} and {_DURATION_US} then {{n}} end", n=total
            )
        # In two steps, as an interval times a number is exact to 53 bits only.
        instant = (
            "'epoch'::timestamptz + ({n} / 1000000) * interval '1 second'"
            " + mod({n}, 1000000) * interval '1 microsecond'"
        )
        return _once(f"case when {{n}} between {_FIRST_US} and {_LAST_US} then {instant} end", n=total)

    def local(self, instant: str, zone: str) -> str:
        """Write the time on the clocks of a zone, within the years that a calendar of ours has."""
        offset = read_offset(zone)
        if offset is None:
            named = self.param(zone, "text")
        else:
            named = f"make_interval(mins => {self.param(offset // timedelta(minutes=1), 'int4')})"
        return _once(
            "case when {t} between '0001-01-01' and '9999-12-31 23:59:59.999999' then {t} end",
            t=f"({instant} at time zone {named})",
        )

    def part(self, term: Part) -> str:
        of = self.sql(term.of)
        if not term.zone:
            return f"({of} / {UNITS_US[term.part]})"
        return f"({_PARTS[term.part].format(self.local(of, term.zone))})::int8"

    def days_since(self, term: DaysSince) -> str:
        first = self.local(self.sql(term.instant), term.zone_of_instant)
        last = self.local(self.sql(term.happened_at), term.zone)
        return f"({last}::date - {first}::date)::int8"


def _microseconds(text: str, kind: Type | None) -> str:
    """Write an instant as microseconds since 1970; a duration is in microseconds already."""
    return f"(extract(epoch from {text}) * 1000000)::int8" if kind is Type.TIMESTAMP else text


def _once(meaning: str, **parts: str) -> str:
    """Write what needs its parts several times, with each of them computed once.

    OFFSET 0 keeps the planner from writing the parts out again, which would double with each level.
    """
    computed = ", ".join(f"{text} as {name}" for name, text in parts.items())
    named: dict[str, Any] = {name: f"v.{name}" for name in parts}
    return f"(select {meaning.format(**named)} from (select {computed} offset 0) as v)"  # noqa: S608 (all written here)
