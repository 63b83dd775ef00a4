"""Small images, made here byte by byte."""

import base64
import struct
import zlib


def png(width: int = 2, height: int = 2, padding: int = 0) -> bytes:
    """A PNG of one color; `padding` bytes of a comment make it as large as wanted."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + b"\x80" * min(width, 8) for _ in range(min(height, 8)))
    parts = [
        (b"IHDR", head),
        (b"tEXt", b"a\0" + b"x" * padding),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def jpeg(width: int = 3, height: int = 5) -> bytes:
    """The skeleton of a JPEG: its segments, a frame with the size, and its end."""
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"abcd"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + comment + frame + b"\xff\xda\0\x02" + b"\0" * 8 + b"\xff\xd9"


def webp(width: int = 7, height: int = 9) -> bytes:
    """The skeleton of a lossless WebP."""
    body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 12
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
