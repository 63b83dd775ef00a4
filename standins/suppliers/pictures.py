"""Pictures of products: a small one for each name, or what is none, as the control door tells."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from standins.hubspot.wire import Answer

if TYPE_CHECKING:
    from standins.suppliers.application import Call

# Where the first products say that their pictures are; what is listed names the stand-in itself instead.
HOST = "https://images.invalid/"
SIDE = 96
# What stands at an address instead of its picture.
KINDS = (
    "none",  # a page for people
    "large",  # a picture of more bytes than anybody takes
    "slow",  # a picture that comes after half a minute
    "inside",  # a way on to another address, which leads inside
    "gone",  # nothing
    "other",  # another picture than before
)
LARGE_BYTES, SLOW_S = 700 * 1024, 30.0
INSIDE = "http://127.0.0.1:9/inside.png"


def picture(call: Call) -> Answer:
    """A picture; of which kind it is says its first bytes, never a header."""
    name = call.path["name"]
    kind = call.world.pictures.get(name)
    call.world.counts[f"picture {name}"] += 1
    if kind == "none":
        return Answer(200, b"<html>a page for people</html>")
    if kind == "inside":
        return Answer(302, b"", {"Location": INSIDE})
    if kind == "gone":
        return Answer(404, b"")
    drawn = draw(f"{name} again" if kind == "other" else name, LARGE_BYTES if kind == "large" else 0)
    return Answer(200, drawn, delay_s=SLOW_S if kind == "slow" else 0.0)


def put(world: Any, asked: dict[str, Any]) -> dict[str, str]:
    """Say what stands at which address instead of its picture; an empty kind is its picture again."""
    for name, kind in asked.items():
        if kind and kind not in KINDS:
            raise ValueError(kind)
        world.pictures[name] = kind
    return dict(world.pictures)


def here(address: str, origin: str) -> str:
    """An address as it is listed."""
    return address.replace(HOST, f"{origin}/pictures/", 1) if address.startswith(HOST) else address


def draw(name: str, padding: int = 0) -> bytes:
    """A PNG of two colors that its name decides; `padding` bytes of a comment make it larger."""
    shade = zlib.crc32(name.encode())
    colors = bytes((shade >> shift & 0x7F) + 64 for shift in (0, 8, 16)) + bytes((250, 246, 236))
    lines = b"".join(
        b"\0" + bytes(int((x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2 < (SIDE / 3) ** 2) for x in range(SIDE))
        for y in range(SIDE)
    )
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 3, 0, 0, 0)),
        (b"PLTE", colors),
        (b"tEXt", b"Comment\0" + b"x" * padding),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
