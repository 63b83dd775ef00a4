"""Files of a brand as people bring them: whole ones, and such as they are not."""

import struct
import zlib
from binascii import crc32
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
EXAMPLE = PACKAGE / "examples" / "ev_maker"
FONTS = PACKAGE / "src" / "guerdon" / "web" / "static" / "fonts"
VARIABLE = FONTS / "ibm-plex-sans-latin-ext-wght-normal.woff2"
STATIC = FONTS / "ibm-plex-mono-latin-400-normal.woff2"
SPACE = "http://www.w3.org/2000/svg"


def svg(inner: str = '<path d="M0 0h10v10z"/>', more: str = 'viewBox="0 0 40 10"') -> bytes:
    """A picture of these elements."""
    return f'<svg xmlns="{SPACE}" {more}>{inner}</svg>'.encode()


def png(
    side: int = 512, color: int = 3, depth: int = 8, extra: bytes = b"", dots: bytes | None = None
) -> bytes:
    """A picture of one color, by the parts of the format."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    line = b"\0" + bytes((side * depth * samples + 7) // 8)
    packed = zlib.compress(line * side if dots is None else dots, 9)
    palette = chunk(b"PLTE", b"\x10\x20\x30") if color == 3 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + palette + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))
