"""The check of calls: the functions of CEL that are taken, and those of our own."""

import re
from typing import cast, get_args

from guerdon.expressions import syntax
from guerdon.expressions.calls import FOREIGN, TAKEN
from guerdon.expressions.check_names import NameCheck
from guerdon.expressions.declarations import Type
from guerdon.expressions.instants import UNITS_US, read_duration, read_timestamp, read_zone
from guerdon.expressions.syntax import Node
from guerdon.expressions.terms import (
    Between,
    Broken,
    Constant,
    DaysSince,
    Fact,
    Holding,
    ItemField,
    Length,
    Part,
    Rated,
    Rounding,
    Search,
    Term,
    TextTest,
    Windowed,
    walk,
)
from guerdon.expressions.walking import DURATION_HINT, TIMESTAMP_HINT, pair_hint
from guerdon.expressions.windows import EXAMPLE, Window, read_span
from guerdon.values.problems import did_you_mean

_DECIMAL = re.compile(r"-?(\d{1,9})(?:\.(\d{1,9}))?", re.ASCII)
_ROUNDINGS = get_args(Rounding)


class CallCheck(NameCheck):
    """Types a call."""

    def call(self, node: syntax.Call) -> Term:  # noqa: PLR0911 (one case for each kind)
        """Find the function, and see that it is called as it may be."""
        shape = TAKEN.get(node.name)
        if node.name in FOREIGN:
            return self.refuse(node, *FOREIGN[node.name])
        if shape is None:
            return self.refuse(node, f"unknown function {node.name}()", did_you_mean(node.name, TAKEN))
        if (node.target is not None, len(node.arguments)) not in shape.forms:
            return self.refuse(
                node, f"{node.name}() is not called like this", f"write {shape.example}", shape.type
            )
        given = (*(() if node.target is None else (node.target,)), *node.arguments)
        if node.name.startswith("get"):
            return self.part(node, given)
        if shape.ours:
            return self.own(node, given)
        match node.name:
            case "has":
                return self.present(given[0])
            case "timestamp":
                return self.timestamp(given[0])
            case "duration":
                return self.duration(given[0])
        texts = [self.expect(each, Type.STRING, f"{node.name}() takes") for each in given]
        if node.name == "size":
            return Length(texts[0])
        return TextTest(cast("Search", node.name), texts[0], texts[1])

    def own(self, node: syntax.Call, given: tuple[Node, ...]) -> Term:  # noqa: PLR0911
        """Type a call of one of our own functions."""
        match node.name:
            case "count":
                return self.count(given[0], given[1])
            case "sum":
                return self.sum(given[0], given[1])
            case "holds":
                return self.holds(given)
            case "days_since":
                return self.days_since(node, given[0])
            case "between":
                return self.between(given)
            case "rate":
                return self.rate(given)
            case _:
                return self.segment(given[0])

    def timestamp(self, node: Node) -> Term:
        """`timestamp('...')`."""
        if not isinstance(node, syntax.Literal) or not isinstance(node.value, str):
            return self.refuse(
                node, "timestamp() takes a text that is written out", TIMESTAMP_HINT, Type.TIMESTAMP
            )
        instant = read_timestamp(node.value)
        if instant is None:
            return self.refuse(node, f"{node.value[:40]!r} is no instant", TIMESTAMP_HINT, Type.TIMESTAMP)
        return Constant(instant, Type.TIMESTAMP)

    def duration(self, node: Node) -> Term:
        """`duration('...')`."""
        if not isinstance(node, syntax.Literal) or not isinstance(node.value, str):
            return self.refuse(
                node, "duration() takes a text that is written out", DURATION_HINT, Type.DURATION
            )
        size = read_duration(node.value)
        if size is None:
            hint = f"{DURATION_HINT}; h, m, s, ms and us are known, nothing finer, and 292 years at most"
            return self.refuse(node, f"{node.value[:40]!r} is no duration", hint, Type.DURATION)
        return Constant(size, Type.DURATION)

    def part(self, node: syntax.Call, given: tuple[Node, ...]) -> Term:
        """A part of an instant, or the whole units of a duration."""
        of = self.term(given[0])
        if of.type is Type.DURATION and node.name in UNITS_US and len(given) == 1:
            return Part(node.name, of, "")
        if of.type not in (Type.TIMESTAMP, None):
            what = f"{node.name}() takes timestamp, not {of.type.value}"
            return self.refuse(node, what, f"write {TAKEN[node.name].example}", Type.INT)
        zone = "UTC"
        if len(given) > 1:
            zone = self.written(given[1], "a zone", "'Europe/Berlin'") or ""
            if zone and read_zone(zone) is None:
                hint = "write a name such as 'Europe/Berlin', 'UTC', or an offset such as '+02:00'"
                return self.refuse(given[1], f"{zone[:40]!r} is no time zone", hint, Type.INT)
        return Part(node.name, of, zone)

    def written(self, node: Node, what: str, example: str) -> str | None:
        """A text that has to stand in the condition, and cannot be computed."""
        if isinstance(node, syntax.Literal) and isinstance(node.value, str):
            return node.value
        self.refuse(node, f"{what} is a text that is written out", f"write {example}")
        return None

    def count(self, events: Node, span: Node) -> Term:
        """`count(booking.confirmed, '90d')`."""
        known = self.declarations.events
        event = dotted(events)
        if event is None or event not in known:
            shown = f"unknown event type {event}" if event else "count() takes a type of event"
            return self.refuse(events, shown, did_you_mean(event or "", known), Type.INT)
        return self.window(event, None, span)

    def sum(self, field: Node, span: Node) -> Term:
        """`sum(booking.confirmed.deposit, '12m')`."""
        known = self.declarations.events
        event, _, name = (dotted(field) or "").rpartition(".")
        if event not in known:
            shown = f"unknown event type {event}" if event else "sum() takes a field of a type of event"
            return self.refuse(field, shown, did_you_mean(event, known), Type.INT)
        kind = known[event].get(name)
        if kind is None:
            hint = did_you_mean(name, known[event])
            return self.refuse(field, f"unknown field {event}.{name}", hint, Type.INT)
        if kind is not Type.INT:
            return self.refuse(
                field, f"sum() takes int, not {kind.value}", pair_hint(Type.INT, kind), Type.INT
            )
        return self.window(event, name, span)

    def window(self, event: str, field: str | None, node: Node) -> Term:
        """The days of `count` and `sum`."""
        text = self.written(node, "a window", EXAMPLE)
        span = read_span(text) if text is not None else None
        if span is None:
            if text is not None:
                self.refuse(node, f"{text[:40]!r} is no window", f"write {EXAMPLE}")
            return Broken(Type.INT)
        return Windowed(Window(event, field, span))

    def holds(self, given: tuple[Node, ...]) -> Term:
        """`holds(vehicle)`, or with a condition that some vehicle must meet."""
        known = self.declarations.holdings
        kind = given[0].name if isinstance(given[0], syntax.Name) else None
        if kind is None or kind not in known:
            shown = f"unknown holding {kind}" if kind else "holds() takes a kind of holding"
            return self.refuse(given[0], shown, did_you_mean(kind or "", known), Type.BOOL)
        if len(given) == 1:
            return Holding(kind, None)
        outside, self.items = self.items, {kind: known[kind]}
        condition = self.expect(given[1], Type.BOOL, "the condition of holds() is")
        self.items = outside
        if any(isinstance(part, Holding) for part in walk(condition)):
            # One holding beside each other would cost their product, and more with each level.
            hint = "join two conditions with &&: holds(a) && holds(b)"
            return self.refuse(given[1], "holds() within holds() is not taken", hint, Type.BOOL)
        return Holding(kind, condition)

    def days_since(self, node: Node, given: Node) -> Term:
        """Days up to the day of the event."""
        instant = self.expect(given, Type.TIMESTAMP, "days_since() takes")
        moment = self.declarations.variables.get("event", {}).get("happened_at")
        if moment is not Type.TIMESTAMP:
            hint = "write it where event.happened_at is known"
            return self.refuse(node, "days_since() has no moment to count to here", hint, Type.INT)
        zone = self.declarations.zone
        is_day = (
            isinstance(instant, Fact | ItemField)
            and (instant.variable, instant.name) in self.declarations.days
        )
        happened_at = Fact("event", "happened_at", Type.TIMESTAMP)
        return DaysSince(instant, happened_at, zone, "UTC" if is_day else zone)

    def between(self, given: tuple[Node, ...]) -> Term:
        """`between(value, first, end)`."""
        value = self.term(given[0])
        if value.type not in (Type.INT, Type.TIMESTAMP, None):
            what = f"between() takes int or timestamp, not {value.type.value}"
            return self.refuse(given[0], what, f"write {TAKEN['between'].example}", Type.BOOL)
        ends = [
            self.term(each)
            if value.type is None
            else self.expect(each, value.type, f"between() of {value.type.value} takes")
            for each in given[1:]
        ]
        return Between(value, ends[0], ends[1])

    def rate(self, given: tuple[Node, ...]) -> Term:
        """`rate(amount, '1.25', 'half_up')`."""
        amount = self.expect(given[0], Type.INT, "rate() takes")
        text = self.written(given[1], "a rate", "'1.25'")
        rounding = self.written(given[2], "a rounding", " or ".join(f"'{each}'" for each in _ROUNDINGS))
        if text is None or rounding is None:
            return Broken(Type.INT)
        found = _DECIMAL.fullmatch(text)
        if found is None:
            hint = "write a decimal number such as '1.25', at most 9 digits on each side"
            return self.refuse(given[1], f"{text[:40]!r} is no rate", hint, Type.INT)
        if rounding not in _ROUNDINGS:
            hint = did_you_mean(rounding, _ROUNDINGS)
            return self.refuse(given[2], f"{rounding[:40]!r} is no rounding", hint, Type.INT)
        fraction = found[2] or ""
        times = int(found[1] + fraction) * (-1 if text.startswith("-") else 1)
        return Rated(amount, times, 10 ** len(fraction), cast("Rounding", rounding))


def dotted(node: Node) -> str | None:
    """The name that stands bare, such as booking.confirmed; None for anything else."""
    parts: list[str] = []
    while isinstance(node, syntax.Select):
        parts.append(node.name)
        node = node.owner
    return ".".join([node.name, *reversed(parts)]) if isinstance(node, syntax.Name) else None
