"""Arithmetic of CEL's 64-bit integers: what leaves the range is an error, never a larger number.

Division cuts toward zero and a remainder has the sign of the dividend, where Python rounds down.
"""

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1


def added(left: int, right: int) -> int:
    """`left + right`."""
    return _in_range(left + right)


def subtracted(left: int, right: int) -> int:
    """`left - right`."""
    return _in_range(left - right)


def multiplied(left: int, right: int) -> int:
    """`left * right`."""
    return _in_range(left * right)


def negated(value: int) -> int:
    """`-value`."""
    return _in_range(-value)


def quotient(left: int, right: int) -> int:
    """`left / right`, cut toward zero."""
    if right == 0:
        raise ZeroDivisionError("division by zero")
    size = abs(left) // abs(right)
    return _in_range(size if (left < 0) == (right < 0) else -size)


def remainder(left: int, right: int) -> int:
    """`left % right`, with the sign of `left`."""
    if right == 0:
        raise ZeroDivisionError("division by zero")
    if right == -1 and left == INT_MIN:
        # The result would be 0, but CEL computes the quotient first, and that overflows.
        raise OverflowError("a number beyond 64 bits")
    size = abs(left) % abs(right)
    return size if left >= 0 else -size


def rated(amount: int, times: int, parts: int, rounding: str) -> int:
    """`amount * times / parts`, exact and then rounded to a whole; down is toward zero."""
    product = amount * times
    whole, rest = divmod(abs(product), parts)
    match rounding:
        case "half_up":
            whole += 2 * rest >= parts
        case "half_even":
            whole += 2 * rest + whole % 2 > parts
    return _in_range(whole if product >= 0 else -whole)


def _in_range(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise OverflowError("a number beyond 64 bits")
