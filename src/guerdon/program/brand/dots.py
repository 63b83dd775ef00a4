"""Icons: a PNG of 512 by 512 dots, looked through chunk by chunk, with nothing but the picture kept of it."""

import struct
import zlib
from binascii import crc32
from collections.abc import Iterator

from guerdon.program.brand.vectors import UnfitError

BYTES_MAX = 64 * 1024
SIDE = 512
_BEGIN = b"\x89PNG\r\n\x1a\n"
# All else tells of cameras, programs and people, or moves.
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"IDAT", b"IEND")
# Samples of a dot, by the kind of color; and how many bits a sample may have.
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8), 2: (8,), 3: (1, 2, 4, 8), 4: (8,), 6: (8,)}
FILTERS = 5
HINT = f"export it as a PNG of {SIDE} by {SIDE} dots"


def clean_png(raw: bytes) -> bytes:
    """The picture of a file, without what else was in it; the same again for what is clean.

    Raises `UnfitError`.
    """
    if len(raw) > BYTES_MAX:
        raise UnfitError(f"it is larger than {BYTES_MAX // 1024} KiB", "export it with fewer colors")
    if not raw.startswith(_BEGIN):
        raise UnfitError("this is not a PNG", HINT)
    chunks = list(_chunks(raw))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1] != (b"IEND", b""):
        raise UnfitError("this PNG is broken", HINT)
    _check_dots(chunks)
    kept = [each for each in chunks if each[0] in KEPT]
    return _BEGIN + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))
        for kind, body in kept
    )


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk up to the end of the picture; whatever follows that is none of it."""
    at = len(_BEGIN)
    while at + 12 <= len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        kind, body = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length]
        mark = raw[at + 8 + length : at + 12 + length]
        if len(mark) != 4 or crc32(kind + body) != int.from_bytes(mark, "big"):
            raise UnfitError("this PNG is broken", HINT)
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length


def _check_dots(chunks: list[tuple[bytes, bytes]]) -> None:
    """Look at what the picture says of itself, and whether just that is in it."""
    width, height, depth, color, packing, filtering, woven = struct.unpack(">IIBBBBB", chunks[0][1])
    if (width, height) != (SIDE, SIDE):
        raise UnfitError(f"it is {width} by {height} dots", HINT)
    if depth not in DEPTHS.get(color, ()) or packing or filtering or woven:
        raise UnfitError("it is a PNG of an unusual kind", f"{HINT}, with 8 bits a color, not interlaced")
    if (color == 3) != any(kind == b"PLTE" for kind, _ in chunks) and color == 3:
        raise UnfitError("this PNG is broken", HINT)
    line = 1 + (width * depth * SAMPLES[color] + 7) // 8
    opened = zlib.decompressobj()
    try:
        # A small file can unpack into a large one: no more is unpacked than the picture has.
        dots = opened.decompress(
            b"".join(body for kind, body in chunks if kind == b"IDAT"), line * height + 1
        )
    except zlib.error:
        raise UnfitError("this PNG is broken", HINT) from None
    if len(dots) != line * height or not opened.eof or max(dots[::line]) >= FILTERS:
        raise UnfitError("this PNG is broken", HINT)
