"""Google's own CEL, asked about a condition as the author wrote it for Google."""

from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from functools import cache

from cel_expr_python import cel  # type: ignore[import-untyped]
from tests.expressions.author import LEVEL, Facts, says

_ROUNDINGS = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def rate(amount: int, text: str, rounding: str) -> int:
    """What Google is taught: the decimal module's own product and rounding."""
    with localcontext(prec=60):
        found = int((Decimal(amount) * Decimal(text)).quantize(Decimal(1), _ROUNDINGS[rounding]))
    if not -(2**63) <= found < 2**63:
        raise OverflowError("a number beyond 64 bits")
    return found


@cache
def google() -> cel.Env:
    facts = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    texts = [cel.Type.INT, cel.Type.STRING, cel.Type.STRING]
    taught = cel.Overload("rate_of", return_type=cel.Type.INT, parameters=texts, impl=rate)
    return cel.NewEnv(
        variables={
            **dict.fromkeys(("event", "member"), facts),
            "vehicles": cel.Type.List(facts),
            "window": cel.Type.Map(cel.Type.STRING, cel.Type.INT),
            "known": cel.Type.Map(cel.Type.STRING, cel.Type.BOOL),
        },
        functions=[cel.FunctionDecl("rate", [taught])],
    )


@cache
def level() -> cel.Expression:
    return google().compile(says(LEVEL))


def answer_of_google(expression: cel.Expression, facts: Facts) -> object:
    """The value, or None where Google says that it is an error."""
    data = handed(facts)
    if "known" not in data:
        # CEL cannot ask whether a value could be computed, so Google is asked for the value.
        found = level().eval(data={**data, "known": {}})
        data["known"] = {"level": found.type() != cel.Type.ERROR}
    value = expression.eval(data=data)
    return None if value.type() == cel.Type.ERROR else value.plain_value()


def handed(facts: Facts) -> dict[str, object]:
    event, member = facts["event"], facts["member"]
    plain_member = {name: plain(value) for name, value in member.items() if "(" not in name}
    vehicles = member.get("holds(vehicle)", [])
    assert isinstance(vehicles, list)
    return {
        "event": {name: plain(value) for name, value in event.items()},
        "member": plain_member,
        "vehicles": [{name: plain(value) for name, value in each.items()} for each in vehicles],
        "window": {name: value for name, value in member.items() if name.startswith(("count(", "sum("))},
    }


def plain(value: object) -> object:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
