"""Typefaces: a WOFF2 whose head says just what is in it, and which unpacks to no more than it says.

Browsers check the letters themselves once more before they draw any.
"""

import struct

import brotli  # type: ignore[import-untyped]  # it has no types of its own

from guerdon.program.brand.vectors import UnfitError

BYTES_MAX = 96 * 1024
UNPACKED_MAX = 1024 * 1024
HEAD = struct.Struct(">4sIIHHIIHHIIIII")
TABLES_MAX = 64
# Outlines as TrueType and as OpenType have them; a collection of several is neither.
KINDS = (0x00010000, 0x4F54544F)
# The places of the tables that letters cannot be drawn without, in the list that WOFF2 knows by number.
CMAP, HEAD_TABLE, GLYF, CFF, FVAR = 0, 1, 10, 13, 47
HINT = "bring one typeface as WOFF2"


def check_woff2(raw: bytes) -> bytes:
    """The same file, if it is a typeface; raises `UnfitError`."""
    if len(raw) > BYTES_MAX:
        raise UnfitError(
            f"it is larger than {BYTES_MAX // 1024} KiB",
            "leave out letters of languages that nobody reads here",
        )
    if not raw.startswith(b"wOF2"):
        what = "WOFF" if raw.startswith(b"wOFF") else ""
        raise UnfitError(f"this is {what}, not WOFF2" if what else "this is no WOFF2", HINT)
    if len(raw) < HEAD.size:
        raise UnfitError("this WOFF2 is broken", HINT)
    _, kind, length, tables, zero, _, packed, *_rest = HEAD.unpack_from(raw)
    # What an author added to it, such as a license in XML, is at the end: none may be there.
    if kind not in KINDS or zero or length != len(raw) or not 0 < tables <= TABLES_MAX:
        raise UnfitError("this WOFF2 is broken", HINT)
    if any(_rest[2:]):
        raise UnfitError("there is something beside the typeface in it", "leave out its metadata")
    begin, unpacked, known = _directory(raw, tables)
    end = begin + packed
    if not {CMAP, HEAD_TABLE} <= known or not known & {GLYF, CFF} or len(raw) - end not in range(4):
        raise UnfitError("this WOFF2 is broken", HINT)
    if unpacked > UNPACKED_MAX or _unpacked(raw[begin:end], unpacked) != unpacked:
        raise UnfitError("this WOFF2 is broken", HINT)
    return raw


def is_variable(raw: bytes) -> bool:
    """Whether a file that was checked has every weight in it, and not one."""
    return FVAR in _directory(raw, HEAD.unpack_from(raw)[3])[2]


def _directory(raw: bytes, tables: int) -> tuple[int, int, set[int]]:
    """Where the list of tables ends, how much they are unpacked, and which are in it."""
    at, whole, known = HEAD.size, 0, set[int]()
    for _ in range(tables):
        flags = raw[at] if at < len(raw) else 0
        at += 1
        number, change = flags & 0x3F, flags >> 6
        if number == 0x3F:
            at += 4
        known.add(number)
        length, at = _number(raw, at)
        # Outlines are changed unless it says otherwise, all else only if it says so.
        if (change != 3) if number in {GLYF, GLYF + 1} else change:
            length, at = _number(raw, at)
        whole += length
    return at, whole, known


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """A number of up to five bytes, seven bits in each (UIntBase128), and what follows it."""
    found = 0
    for place in range(at, min(at + 5, len(raw))):
        found = found << 7 | raw[place] & 0x7F
        if raw[place] < 0x80:
            return found, place + 1
    raise UnfitError("this WOFF2 is broken", HINT)


def _unpacked(packed: bytes, most: int) -> int:
    """How much it is unpacked, looking no further than one more than it says."""
    opened, found = brotli.Decompressor(), 0
    try:
        part = opened.process(packed, output_buffer_limit=most + 1)
        found += len(part)
        while not opened.is_finished() and found <= most and (part or not opened.can_accept_more_data()):
            part = opened.process(b"", output_buffer_limit=most + 1 - found)
            found += len(part)
    except brotli.error:
        return -1
    return found if opened.is_finished() else -1
