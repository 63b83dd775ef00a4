"""The functions of CEL and of our own: those that are taken, and those that are refused.

A function that CEL has and Guerdon does not is refused with a word on what to write instead, so that nobody
looks for a slip of the pen where there is none.
"""

from dataclasses import dataclass

from guerdon.expressions.declarations import Type


@dataclass(frozen=True, slots=True)
class Shape:
    """How a function is called: with a target or not, and with how many arguments."""

    forms: tuple[tuple[bool, int], ...]
    type: Type
    example: str
    ours: bool = False


_IN_ZONE = ((True, 0), (True, 1))

TAKEN = {
    "has": Shape(((False, 1),), Type.BOOL, "has(event.x)"),
    "size": Shape(((False, 1), (True, 0)), Type.INT, "size(event.x)"),
    "startsWith": Shape(((True, 1),), Type.BOOL, "event.x.startsWith('a')"),
    "endsWith": Shape(((True, 1),), Type.BOOL, "event.x.endsWith('a')"),
    "contains": Shape(((True, 1),), Type.BOOL, "event.x.contains('a')"),
    "timestamp": Shape(((False, 1),), Type.TIMESTAMP, "timestamp('2026-01-31T00:00:00Z')"),
    "duration": Shape(((False, 1),), Type.DURATION, "duration('36h')"),
    "getFullYear": Shape(_IN_ZONE, Type.INT, "event.happened_at.getFullYear('Europe/Berlin')"),
    "getMonth": Shape(_IN_ZONE, Type.INT, "event.happened_at.getMonth('Europe/Berlin')"),
    "getDate": Shape(_IN_ZONE, Type.INT, "event.happened_at.getDate('Europe/Berlin')"),
    "getDayOfMonth": Shape(_IN_ZONE, Type.INT, "event.happened_at.getDayOfMonth('Europe/Berlin')"),
    "getDayOfWeek": Shape(_IN_ZONE, Type.INT, "event.happened_at.getDayOfWeek('Europe/Berlin')"),
    "getDayOfYear": Shape(_IN_ZONE, Type.INT, "event.happened_at.getDayOfYear('Europe/Berlin')"),
    "getHours": Shape(_IN_ZONE, Type.INT, "event.happened_at.getHours('Europe/Berlin')"),
    "getMinutes": Shape(_IN_ZONE, Type.INT, "event.happened_at.getMinutes('Europe/Berlin')"),
    "getSeconds": Shape(_IN_ZONE, Type.INT, "event.happened_at.getSeconds()"),
    "count": Shape(((False, 2),), Type.INT, "count(booking.confirmed, '90d')", ours=True),
    "sum": Shape(((False, 2),), Type.INT, "sum(booking.confirmed.deposit, '12m')", ours=True),
    "holds": Shape(((False, 1), (False, 2)), Type.BOOL, "holds(vehicle, vehicle.class == 'suv')", ours=True),
    "days_since": Shape(((False, 1),), Type.INT, "days_since(event.x)", ours=True),
    "between": Shape(((False, 3),), Type.BOOL, "between(event.x, 1, 10)", ours=True),
    "rate": Shape(((False, 3),), Type.INT, "rate(event.x, '1.25', 'half_up')", ours=True),
    "segment": Shape(((False, 1),), Type.BOOL, "segment(loyal)", ours=True),
}
OPERATORS = ("&&", "||", "!", "?:", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%")

_MACRO_HINT = "compare fields one by one, or write event.x in ['a', 'b']"
_CONVERSION_HINT = "declare the field with the type you want to compare"
FOREIGN: dict[str, tuple[str, str]] = {
    **{
        name: (f"{name}() over a list is not taken", _MACRO_HINT)
        for name in ("all", "exists", "exists_one", "existsOne", "map", "filter")
    },
    **{
        name: (f"conversion with {name}() is not taken", _CONVERSION_HINT)
        for name in ("int", "uint", "double", "string", "bytes", "bool", "dyn", "type")
    },
    "matches": ("matches() is not taken", "use startsWith, endsWith or contains"),
    "getMilliseconds": (
        "getMilliseconds() is not taken",
        "compare instants or durations, or use getSeconds()",
    ),
}
