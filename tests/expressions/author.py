"""An author who writes well-typed expressions and facts by chance, each twice: as ours and as Google's.

What CEL does not have is said for Google in what it has: a window is a variable, holds() is exists() over
a list, between() two comparisons, days_since() Julian day numbers out of CEL's own getters. rate() is a
function that Google is taught, with an implementation of its own (`google.py`).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from guerdon.expressions import Declarations, Derived, Type

Facts = dict[str, dict[str, object]]
# West of Greenwich, where the day of midnight UTC is another one.
ZONE = "America/New_York"

SHAPE = {
    **dict.fromkeys(("number", "other"), Type.INT),
    "word": Type.STRING,
    "flag": Type.BOOL,
    **dict.fromkeys(("at", "edge", "day"), Type.TIMESTAMP),
}
EVENT = {**SHAPE, "happened_at": Type.TIMESTAMP}
VEHICLE = {"class": Type.STRING, "price": Type.INT, "bought_on": Type.TIMESTAMP, "leased": Type.BOOL}
WINDOWS = (
    *("count(visit, '90d')", "count(visit, 'ever')", "count(booking.confirmed, 'month')"),
    *("sum(booking.confirmed.deposit, '12m')", "sum(booking.confirmed.deposit, 'year')"),
)
# For Google, a derived attribute or a segment is its own text in brackets.
LEVEL = "(member.number + count(visit, '90d'))"
TITLE = "(member.word + '!')"
LOYAL = "(member.flag && member.number > 3)"
RECENT = "(timestamp('2026-01-01T00:00:00Z') < member.at || member.flag)"
FIELDS = Declarations(
    {"event": EVENT, "member": SHAPE},
    events={"visit": {}, "booking.confirmed": {"deposit": Type.INT}},
    holdings={"vehicle": VEHICLE},
    derived={"level": Derived(LEVEL, Type.INT), "title": Derived(TITLE, Type.STRING)},
    segments={"loyal": LOYAL, "recent": RECENT},
    zone=ZONE,
    days=[("event", "day"), ("member", "day"), ("vehicle", "bought_on")],
)

ENDS = [-(2**63), -(2**63) + 1, 2**63 - 2, 2**63 - 1, -(2**62), 2**62]
NUMBERS = [-7, -3, -2, -1, 0, 1, 2, 3, 5, 7, 50, 3037000500]
WORDS = ["", "a", "B", "aB", "Ba", "aBa", "é", "\U0001f600", "a\U0001f600", "'", "\\", "\n\\'", "%", "%s{}"]
INSTANTS = [
    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, microseconds=microseconds)
    for hours in (-1, 0, 2, 75, 4344)
    for microseconds in (0, 1, 700_000)
]
# Far enough from the ends of the calendar to have a local time, near enough to leave it by an addition.
EDGES = [datetime(1, 1, 5, tzinfo=UTC), datetime(9999, 12, 27, 12, 30, 15, 999999, tzinfo=UTC), INSTANTS[0]]
DAYS = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 28, 29, 30)]
VALUES: dict[str, Sequence[object]] = {
    "word": WORDS,
    "class": WORDS[:6],
    "flag": (True, False),
    "leased": (True, False),
    **dict.fromkeys(("at", "happened_at"), INSTANTS),
    "edge": EDGES,
    **dict.fromkeys(("day", "bought_on"), DAYS),
}
DURATIONS = ["1h", "90m", "-1.5s", "36h", "0s", "1500ms", "1h30m5s", "2562047h", "-2562047h", "1us", "8000h"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "+02:00", "-08:30"]
SIGNS = "== != < <= > >="


class Both(NamedTuple):
    """One expression in our words and in Google's."""

    ours: str
    google: str


Write = Callable[[int], Both]


def both(template: str, *parts: Both) -> Both:
    """Put expressions into a text that is the same on both sides."""
    return Both(
        template.format(*(each.ours for each in parts)), template.format(*(each.google for each in parts))
    )


def same(text: str) -> Both:
    return Both(text, text)


class Author:
    """Writes from a seed.

    Hypothesis chooses the seeds only; left to choose each branch, it keeps writing the same small trees.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 (no secret hangs on it)
        self.item = False

    def facts(self) -> Facts:
        windows = {google_window(each): self.chance.choice([0, 1, 2, 7, 2**62]) for each in WINDOWS}
        vehicles = [self.values(VEHICLE) for _ in range(self.chance.choice([0, 1, 1, 2, 3]))]
        holdings: dict[str, object] = {"holds(vehicle)": vehicles}
        return {"event": self.values(EVENT), "member": {**self.values(SHAPE), **windows, **holdings}}

    def values(self, shape: dict[str, Type]) -> dict[str, object]:
        return {
            name: self.integer() if kind is Type.INT else self.chance.choice(VALUES[name])
            for name, kind in shape.items()
            if self.chance.random() < 0.8
        }

    def integer(self) -> int:
        return self.chance.choice(ENDS if self.chance.random() < 0.1 else NUMBERS)

    def condition(self) -> Both:
        return self.boolean(self.chance.choice([1, 2, 3, 4]))

    def expression(self) -> tuple[Both, Type]:
        """Write a condition, or a value: that shows more than its comparison with another."""
        match self.chance.choice("bbbiis"):
            case "i":
                return self.number(self.chance.choice([1, 2, 3])), Type.INT
            case "s":
                return self.word(2), Type.STRING
            case _:
                return self.condition(), Type.BOOL

    def any_of(self, *ways: Callable[[], Both]) -> Both:
        return self.chance.choice(ways)()

    def field(self, *names: str) -> Both:
        name = self.chance.choice(names)
        owner = self.chance.choice(["event", "member"])
        return read(owner, name)

    def pair(self, signs: str, write: Write, depth: int) -> Both:
        sign = self.chance.choice(signs.split())
        return both(f"({{}} {sign} {{}})", write(depth - 1), write(depth - 1))

    def row(self, signs: str, write: Write, depth: int) -> Both:
        """Write operators in a row and without brackets, so that precedence is tried too."""
        parts = [write(depth)]
        template = "{}"
        for _ in range(self.chance.randint(1, 3)):
            template += f" {self.chance.choice(signs.split())} {{}}"
            parts.append(write(depth))
        return both(template, *parts)

    def choice(self, write: Write, depth: int) -> Both:
        return both("({} ? {} : {})", self.boolean(depth - 1), write(depth - 1), write(depth - 1))

    def number(self, depth: int) -> Both:
        if depth <= 0:
            return self.any_of(
                lambda: self.field("number", "other"),
                lambda: self.field("number", "other"),
                lambda: same(str(self.integer())),
                lambda: same("vehicle.price") if self.item else self.window(),
            )
        return self.any_of(
            lambda: self.number(0),
            lambda: self.row("+ - * / %", self.number, 0),
            lambda: self.pair("+ - * / %", self.number, depth),
            lambda: self.pair("/ %", self.number, depth),
            lambda: both("-({})", self.number(depth - 1)),
            lambda: both("size({})", self.word(depth - 1)),
            lambda: both("({}).size()", self.word(depth - 1)),
            lambda: self.choice(self.number, depth),
            *[lambda: self.part(depth)] * 4,
            lambda: self.days_since(depth),
            lambda: self.rate(depth),
            lambda: Both("member.level", says(LEVEL)),
        )

    def window(self) -> Both:
        text = self.chance.choice(WINDOWS)
        return Both(text, says(text))

    def part(self, depth: int) -> Both:
        if self.chance.random() < 0.2:
            part = self.chance.choice(["getHours", "getMinutes", "getSeconds"])
            return both(f"({{}}).{part}()", self.duration(depth - 1))
        part = self.chance.choice(
            [
                *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
                *("getHours", "getMinutes", "getSeconds"),
            ]
        )
        zone = self.chance.choice(["", *(f"'{each}'" for each in ZONES)])
        return both(f"({{}}).{part}({zone})", self.instant(depth - 1, far=False))

    def days_since(self, depth: int) -> Both:
        """Days between two dates, for Google by their Julian day numbers."""
        if self.item and self.chance.random() < 0.4:
            return Both("days_since(vehicle.bought_on)", apart("timestamp(vehicle.bought_on)", "UTC"))
        instant = self.instant(depth - 1, far=False)
        # A day has no zone, and ends in none: its instant is a way to write it.
        zone = "UTC" if instant.ours.endswith(".day") else ZONE
        return Both(f"days_since({instant.ours})", apart(instant.google, zone))

    def rate(self, depth: int) -> Both:
        rate = self.chance.choice(["1.25", "0.5", "0.5", "-0.5", "1.5", "2", "0.333333333", "1.005", "0"])
        rounding = self.chance.choice(["down", "half_up", "half_even"])
        return both(f"rate({{}}, '{rate}', '{rounding}')", self.number(self.chance.choice([0, depth - 1])))

    def word(self, depth: int) -> Both:
        if depth > 0 and self.chance.random() < 0.5:
            return self.any_of(
                lambda: self.choice(self.word, depth),
                lambda: both("({} + {})", self.word(depth - 1), self.word(depth - 1)),
                lambda: Both("member.title", TITLE),
            )
        return self.any_of(
            lambda: same("vehicle.class") if self.item else self.field("word"),
            lambda: self.field("word"),
            lambda: same(written_word(self.chance.choice(WORDS))),
        )

    def duration(self, depth: int) -> Both:
        if depth <= 0 or self.chance.random() < 0.5:
            return same(f"duration('{self.chance.choice(DURATIONS)}')")
        return self.any_of(
            lambda: self.pair("+ -", self.duration, depth),
            lambda: both("({} - {})", self.instant(depth - 1), self.instant(depth - 1)),
        )

    def instant(self, depth: int, *, far: bool = True) -> Both:
        near = ["at", "day"]
        if depth <= 0 or not far or self.chance.random() < 0.5:
            return self.any_of(
                lambda: self.field(*near, *(["edge"] if far else [])),
                lambda: read("event", "happened_at"),
                lambda: same(written_instant(self.chance.choice(INSTANTS))),
            )
        return self.any_of(
            lambda: both("({} + {})", self.instant(depth - 1), self.duration(depth - 1)),
            lambda: both("({} + {})", self.duration(depth - 1), self.instant(depth - 1)),
            lambda: both("({} - {})", self.instant(depth - 1), self.duration(depth - 1)),
        )

    def anything(self) -> Write:
        return self.chance.choice(
            [self.number, self.number, self.word, self.instant, self.duration, self.boolean]
        )

    def among(self, depth: int) -> Both:
        write = self.anything()
        options = [write(0) for _ in range(self.chance.randint(0, 4))]
        return both(f"({{}} in [{', '.join(['{}'] * len(options))}])", write(depth - 1), *options)

    def search(self, depth: int) -> Both:
        function = self.chance.choice(["startsWith", "endsWith", "contains"])
        return both(f"({{}}).{function}({{}})", self.word(depth - 1), self.word(depth - 1))

    def between(self, depth: int) -> Both:
        write = self.chance.choice([self.number, self.instant])
        value, first, end = write(depth - 1), write(0), write(0)
        google = f"({first.google} <= {value.google} && {value.google} < {end.google})"
        return Both(f"between({value.ours}, {first.ours}, {end.ours})", google)

    def presence(self) -> Both:
        if self.item:
            return same(f"has(vehicle.{self.chance.choice(list(VEHICLE))})")
        if self.chance.random() < 0.2:
            return Both("has(member.level)", "known.level")
        return same(f"has({self.chance.choice(['event', 'member'])}.{self.chance.choice(list(SHAPE))})")

    def holding(self, depth: int) -> Both:
        if self.item:
            return same("vehicle.leased")
        if self.chance.random() < 0.2:
            return Both("holds(vehicle)", "(size(vehicles) > 0)")
        self.item = True
        condition = self.boolean(depth - 1)
        self.item = False
        return Both(f"holds(vehicle, {condition.ours})", f"vehicles.exists(vehicle, {condition.google})")

    def segment(self) -> Both:
        return self.any_of(
            lambda: Both("segment(loyal)", LOYAL), lambda: Both("segment(recent)", says(RECENT))
        )

    def boolean(self, depth: int) -> Both:
        if depth <= 0:
            return self.any_of(
                lambda: same("vehicle.leased") if self.item else self.field("flag"),
                lambda: self.field("flag"),
                self.presence,
                lambda: same(self.chance.choice(["true", "false"])),
            )
        return self.any_of(
            lambda: self.pair(SIGNS, self.anything(), depth),
            lambda: self.pair(SIGNS, self.anything(), depth),
            lambda: self.among(depth),
            lambda: self.search(depth),
            lambda: both("!({})", self.boolean(depth - 1)),
            lambda: self.pair("&& ||", self.boolean, depth),
            lambda: self.pair("&& ||", self.boolean, depth),
            lambda: both("({})", self.row("&& ||", self.boolean, depth - 1)),
            lambda: both("({})", self.row("== != < &&", self.boolean, 0)),
            lambda: self.choice(self.boolean, depth),
            lambda: self.between(depth),
            lambda: self.holding(depth),
            self.segment,
        )


def read(owner: str, name: str) -> Both:
    """A field; Google's binding takes instants within maps only as texts, which are converted there."""
    text = f"{owner}.{name}"
    return Both(text, f"timestamp({text})" if EVENT[name] is Type.TIMESTAMP else text)


def says(text: str) -> str:
    """What one of ours is for Google: windows are of one variable, and instants are texts to be read."""
    for window in WINDOWS:
        text = text.replace(window, f'window["{google_window(window)}"]')
    return text.replace("member.at", "timestamp(member.at)")


def google_window(text: str) -> str:
    """The key of a window's fact, as the contract of conditions has it."""
    return text.replace("'", "")


def apart(instant: str, zone: str) -> str:
    """How many days lie between an instant and the event, for Google."""
    return f"(({julian_day('timestamp(event.happened_at)', ZONE)}) - ({julian_day(instant, zone)}))"


def julian_day(instant: str, zone: str) -> str:
    """The number of a day, by the formula of Fliegel and Van Flandern, over what CEL says of an instant."""
    year, month, day = (f"{instant}.{part}('{zone}')" for part in ("getFullYear", "getMonth", "getDate"))
    winter = f"((13 - {month}) / 12)"
    years = f"({year} + 4800 - {winter})"
    months = f"({month} + 1 + 12 * {winter} - 3)"
    return f"{day} + (153 * {months} + 2) / 5 + 365 * {years} + {years} / 4 - {years} / 100 + {years} / 400"


def written_word(word: str) -> str:
    for plain, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("é", "\\u00e9")):
        word = word.replace(plain, escape)
    return f"'{word}'"


def written_instant(instant: datetime) -> str:
    return f"timestamp('{instant.isoformat().replace('+00:00', 'Z')}')"
