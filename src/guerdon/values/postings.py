"""Lists of numbers as they are stored and put together: two bytes each, within a chunk of 32,768.

What is looked up is put together over all numbers at once: a byte each, so that 200,000 of them are one
operation on one large integer instead of 200,000 steps.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping
from functools import lru_cache

CHUNK_BITS = 15
CHUNK_SIZE = 1 << CHUNK_BITS
# From so many bytes on, a list is put together once: words that are in many names are typed often, and one
# word stands in several lists that are the same. At most so many are kept, some 25 MB.
LONG, KEPT = 512, 256


def pack(numbers: Iterable[int]) -> dict[int, bytes]:
    """Numbers by their chunk, each as two bytes."""
    listed = array("I", numbers)
    if not listed:
        return {}
    if max(listed) < CHUNK_SIZE:
        # Nearly every list of a catalog that is not large: taken over as it is.
        return {0: _ordered(array("H", listed)).tobytes()}
    found: dict[int, array[int]] = {}
    for number in listed:
        chunk = found.get(number >> CHUNK_BITS)
        if chunk is None:
            chunk = found[number >> CHUNK_BITS] = array("H")
        chunk.append(number & (CHUNK_SIZE - 1))
    return {chunk: _ordered(each).tobytes() for chunk, each in found.items()}


def mark(flags: bytearray, chunk: int, packed: bytes) -> None:
    """Set the byte of each number of a list; what lies beyond the end came in after the end was asked for."""
    base, end = chunk << CHUNK_BITS, len(flags)
    numbers = array("H")
    numbers.frombytes(packed)
    _ordered(numbers)
    if base + CHUNK_SIZE <= end:
        for number in numbers:
            flags[base + number] = 1
        return
    for number in numbers:
        if base + number < end:
            flags[base + number] = 1


def in_all(flags: Iterable[bytes], size: int) -> int:
    """What is set in every one of them, as one large integer with a byte for each number."""
    met = int.from_bytes(b"\x01" * size, "little")
    for each in flags:
        met &= int.from_bytes(each, "little")
    return met


def numbers_set(levels: bytes, most: int) -> list[int] | None:
    """The numbers whose byte is not zero; None when there are more than so many."""
    if len(levels) - levels.count(0) > most:
        return None
    found, at = [], 0
    rest = levels.translate(_AS_MARKS)
    while (at := rest.find(b"\x01", at)) >= 0:
        found.append(at)
        at += 1
    return found


def merged(lists: Iterable[tuple[int, bytes]], size: int) -> bytes:
    """A byte for each number up to the end: whether it is in one of the lists."""
    flags = bytearray(size)
    long: dict[int, int] = {}
    for chunk, packed in lists:
        if len(packed) < LONG:
            mark(flags, chunk, packed)
        else:
            long[chunk] = long.get(chunk, 0) | _marks(packed)
    for chunk, marks in long.items():
        base = chunk << CHUNK_BITS
        there = flags[base : base + CHUNK_SIZE]
        both = marks | int.from_bytes(there, "little")
        flags[base : base + CHUNK_SIZE] = both.to_bytes(CHUNK_SIZE, "little")[: len(there)]
    return bytes(flags)


@lru_cache(maxsize=KEPT)
def _marks(packed: bytes) -> int:
    """A list as one large integer with a byte for each number; known by what it says, so never another."""
    flags = bytearray(CHUNK_SIZE)
    mark(flags, 0, packed)
    return int.from_bytes(flags, "little")


def packed_all(found: Mapping[str, Iterable[int]]) -> list[tuple[str, int, bytes]]:
    """Many lists, by name."""
    return [(name, chunk, nos) for name, each in found.items() for chunk, nos in pack(each).items()]


def _ordered(numbers: "array[int]") -> "array[int]":
    # Least significant byte first, wherever it was written.
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


_AS_MARKS = bytes([0]) + bytes([1]) * 255
