"""What a condition reads of a member, as columns: attributes, what is counted by day, and holdings.

A value is read as `program.fields` reads it: what does not fit its declaration is NULL, and nothing raises.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString
from zoneinfo import ZoneInfo

from guerdon.expressions import Condition, Window
from guerdon.expressions.integers import INT_MAX, INT_MIN
from guerdon.expressions.sql_code import Columns, Rows
from guerdon.program.declared import BUILT_IN_ATTRIBUTES, Field, FieldType
from guerdon.program.fields import FALSE_WORDS, TEXT_LENGTH_MAX, TRUE_WORDS
from guerdon.program.model import Program
from guerdon.rules.windows import bucket_of

_MONTHS = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
# Only days that there are, in the years that a field may have: a cast of it never raises.
_LEAP = "(?:19(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26]))"
_DAY = f"(?:(?:19|20)[0-9]{{2}}-(?:{_MONTHS})|{_LEAP}-02-29)"
_TIME = (
    "(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
    "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?)?"
)
_INSTANT = f"^{_DAY}{_TIME}$"
# As we write them ourselves, but for the last days of a month: much sooner seen than all that is allowed.
_OUR_INSTANT = "^(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T00:00:00Z$"

# v.j is the JSON value, v.t the same as text; {choices} asks for one of the texts that a field may hold.
_READ: Mapping[FieldType, LiteralString] = {
    "bool": (
        "case json_typeof(v.j) when 'boolean' then v.t::boolean when 'string' then"
        " case when lower(btrim(v.t)) = any(%(true_words)s::text[]) then true"
        " when lower(btrim(v.t)) = any(%(false_words)s::text[]) then false end end"
    ),
    "int": (
        "case when json_typeof(v.j) in ('number', 'string') and v.t ~ '^ *-?[0-9]{{1,19}} *$' then"
        " case when char_length(v.t) < 19 then v.t::int8"
        " when v.t::numeric between %(int_min)s::numeric and %(int_max)s::numeric then v.t::int8 end end"
    ),
    "string": (
        "case when json_typeof(v.j) = 'string' and char_length(v.t) <= %(text_max)s::int4{choices}"
        " then v.t end"
    ),
    "timestamp": (
        "case when json_typeof(v.j) = 'string' and v.t ~ %(our_instant)s::text then v.t::timestamptz"
        " when json_typeof(v.j) = 'string' and v.t ~ %(instant)s::text then"
        " (select t.at from (select v.t::timestamptz as at offset 0) as t"
        " where t.at >= '1900-01-01Z' and t.at < '2100-01-01Z')"
        " when json_typeof(v.j) in ('number', 'string') and v.t ~ '^-?[0-9]{{10,15}}$'"
        " and v.t::int8 between -2208988800000 and 4102444799999"
        " and (abs(v.t::int8) >= 4102444800 or mod(v.t::int8, 86400000) = 0)"
        " and abs(v.t::int8) >= 1000000000"
        " then 'epoch'::timestamptz + v.t::int8 * interval '1 millisecond' end"
    ),
}
READ: Mapping[FieldType, LiteralString] = {**_READ, "money": _READ["int"], "date": _READ["timestamp"]}
# What these ask for, beside the choices of a field.
READ_PARAMS: Mapping[str, object] = {
    "true_words": list(TRUE_WORDS),
    "false_words": list(FALSE_WORDS),
    "int_min": INT_MIN,
    "int_max": INT_MAX,
    "text_max": TEXT_LENGTH_MAX,
    "instant": _INSTANT,
    "our_instant": _OUR_INSTANT,
}
# Not NULL where nothing was counted: of several values, `greatest` takes those that are not.
_CLAMPED = "least(greatest(coalesce({sum}, 0), %(int_min)s::numeric), %(int_max)s::numeric)::int8"


# Further ahead nobody looks: all members are looked at every night.
HORIZON_DAYS = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant for which members are looked at, and its day in the program's time zone."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day in the program's time zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def midnights(self) -> list[datetime]:
        """When each of the next days begins there; the first time, where a clock is put back over it."""
        days = [self.today + timedelta(days=n) for n in range(1, HORIZON_DAYS + 1)]
        return [datetime.combine(day, time(), self.zone).astimezone(UTC) for day in days]


@dataclass(slots=True)
class MemberColumns:
    """The columns that some conditions read, with what makes them.

    `attributes`, `days` and `ends` are select lists over a member's row, their day-buckets and holdings;
    `exits` say in how many days a window could count otherwise, `turns` when a holding begins or ends.
    """

    columns: Columns
    params: dict[str, object]
    attributes: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    buckets: frozenset[str] = frozenset()
    first_day: date = date.max
    ends: list[str] = field(default_factory=list)
    exits: dict[Window, str] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)


def member_columns(program: Program, conditions: Iterable[Condition], moment: Moment) -> MemberColumns:
    """Write the columns that these conditions read."""
    listed = list(conditions)
    made = MemberColumns(Columns({}), dict(READ_PARAMS))
    facts = _attributes(program, {name for each in listed for _, name in each.reads}, made)
    windows = sorted({window for each in listed for window in each.windows}, key=lambda each: each.key)
    for place, window in enumerate(windows):
        _window(window, place, moment, made)
    made.buckets = frozenset(bucket_of(window) for window in windows)
    held = {
        kind: _holding(program, kind, place, made)
        for place, kind in enumerate(sorted({kind for each in listed for kind in each.holdings}))
    }
    made.columns = Columns(facts, {window: f"f.w{n}" for n, window in enumerate(windows)}, held)
    return made


def _attributes(program: Program, asked: set[str], made: MemberColumns) -> dict[tuple[str, str], str]:
    facts = {("event", "happened_at"): "%(now)s::timestamptz"}
    facts |= {("member", key): f"f.{key}" for key in BUILT_IN_ATTRIBUTES}
    known = [each for key, each in program.attributes.items() if key in asked]
    for place, attribute in enumerate(known):
        made.params[f"a{place}"] = attribute.key
        read = read_as(attribute, "m.attributes", f"a{place}", made.params)
        made.attributes.append(f"{read} as a{place}")
        facts["member", attribute.key] = f"f.a{place}"
    return facts


def read_as(declared: Field, of: str, name: str, params: dict[str, object]) -> str:
    """Write how a field is read out of a JSON object; `name` is the parameter that holds its key."""
    choices = ""
    if declared.one_of:
        params[f"{name}_of"] = list(declared.one_of)
        choices = f" and v.t = any(%({name}_of)s::text[])"
    key = f"%({name})s::text"
    read = READ[declared.type].format(choices=choices)
    # Taken out of the object twice, however often it is looked at.
    return f"(select {read} from (select {of} -> {key} as j, {of} ->> {key} as t offset 0) as v)"  # noqa: S608


def _window(window: Window, place: int, moment: Moment, made: MemberColumns) -> None:
    today, first = moment.today, window.span.first_day(moment.today)
    made.first_day = min(made.first_day, first)
    made.params |= {f"w{place}": bucket_of(window), f"w{place}_first": first}
    within = f"(where d.what = %(w{place})s and d.day between %(w{place}_first)s::date and %(today)s::date)"
    total = _CLAMPED.format(sum=f"sum(d.amount) filter {within}")
    oldest = f"min(d.day) filter {within}"
    coming = f"min(d.day) filter (where d.what = %(w{place})s and d.day > %(today)s::date)"
    made.days.append(f"{total} as w{place}")
    span = window.span.text
    match span[-1]:
        case _ if span in ("month", "year"):
            made.params[f"w{place}_next"] = _following(span, today)
            leaving = f"case when {oldest} is not null then %(w{place}_next)s::date end"
        case "d":
            leaving = f"{oldest} + {int(span[:-1])}"
        case "m":
            # A month is never shorter than this: where it is longer, the next look says so.
            leaves = f"({oldest} + {int(span[:-1])} * interval '1 month')::date"
            leaving = f"case when {oldest} is not null then greatest({leaves}, %(today)s::date + 1) end"
        case _:
            leaving = "null::date"
    made.days.append(f"least({leaving}, {coming}) - %(today)s::date as x{place}")
    made.exits[window] = f"f.x{place}"


def _following(span: str, day: date) -> date:
    if span == "year" or day.month == 12:
        return date(day.year + 1, 1, 1)
    return day.replace(month=day.month + 1, day=1)


def _holding(program: Program, kind: str, place: int, made: MemberColumns) -> Rows:
    """A member's things as arrays, an element each; made once, however many conditions look at them."""
    made.params[f"h{place}"] = kind
    of_kind = f"e.kind = %(h{place})s"
    lasts = (
        f"{of_kind} and e.opened_at <= %(now)s::timestamptz and (e.closed_at is null"
        " or e.closed_at < e.opened_at or e.closed_at > %(now)s::timestamptz)"
    )
    turn = (
        "least(case when e.opened_at > %(now)s::timestamptz then e.opened_at end,"
        " case when e.closed_at > %(now)s::timestamptz then e.closed_at end)"
    )
    made.ends.append(f"min({turn}) filter (where {of_kind}) as t{place}")
    made.turns[kind] = f"f.t{place}"
    arrays, fields = [f"h{place}"], {}
    made.ends.append(f"array_agg(1) filter (where {lasts}) as h{place}")
    for number, declared in enumerate(program.holdings[kind].fields.values()):
        name = f"h{place}_{number}"
        made.params[name] = declared.key
        read = read_as(declared, "e.fields", name, made.params)
        made.ends.append(f"array_agg({read}) filter (where {lasts}) as {name}")
        arrays.append(name)
        fields[declared.key] = f"h.{name}"
    made.held += [f"t{place}", *arrays]
    listed = ", ".join(f"f.{each}" for each in arrays)
    # Nobody's things are looked for who has none.
    some = f"f.h{place} is not null"
    return Rows(f"unnest({listed}) as h ({', '.join(arrays)}) where {some}", fields)
