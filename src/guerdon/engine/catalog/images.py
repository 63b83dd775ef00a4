"""Images of items: really of the kind that they say, and small enough."""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from guerdon.engine.catalog.wrong import Reason, WrongRow

BYTES_MAX = 512 * 1024
SIDE_MAX = 4096
Beside = Callable[[str], bytes | None]
# What an address answers, or why there is nothing; it raises nothing.
FetchesPicture = Callable[[str], bytes | Reason]

_DATA = re.compile(r"data:([a-z/+.-]*)(;base64)?,")
_FILE = re.compile(r"[\w][\w .-]{0,120}\.(png|jpe?g|webp)", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|//", re.IGNORECASE)
_PNG = b"\x89PNG\r\n\x1a\n"
# Markers of JPEG that begin a frame and so tell its size; C4, C8 and CC do not.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Image:
    """An image, by the hash of its bytes."""

    hash: str
    type: str
    bytes: bytes = field(repr=False)


def read_image(given: object, beside: Beside | None) -> Image | None:
    """The image of a row: as data, or the name of a file beside the feed."""
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise WrongRow("image_form")
    return image_of(_bytes_of(given.strip(), beside))


def image_of(raw: bytes) -> Image:
    """Bytes that somebody brought, as the image that they are; raises `WrongRow` for none."""
    if len(raw) > BYTES_MAX:
        raise WrongRow("image_bytes", n=len(raw), most=BYTES_MAX)
    kind, width, height = measured(raw)
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise WrongRow("image_size", width=width, height=height, most=SIDE_MAX)
    return Image(hashlib.sha256(raw).hexdigest(), kind, raw)


def _bytes_of(given: str, beside: Beside | None) -> bytes:
    if _ADDRESS.match(given):
        raise WrongRow("image_address")
    if _FILE.fullmatch(given):
        found = beside(given) if beside is not None else None
        if found is None:
            raise WrongRow("image_beside", given=given[:60])
        return found
    head = _DATA.match(given)
    if head is not None and head[2] is None:
        raise WrongRow("image_encoded")
    text = given[head.end() :] if head is not None else given
    if len(text) > BYTES_MAX * 4 // 3 + 1024:
        raise WrongRow("image_more", most=BYTES_MAX)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise WrongRow("image_base64") from None


def measured(raw: bytes) -> tuple[str, int, int]:
    """Of which kind an image is, how wide and how high, as it says itself; raises `WrongRow` for none."""
    found = _png(raw) or _jpeg(raw) or _webp(raw)
    if found is None:
        raise WrongRow("image_kind")
    return found


def _png(raw: bytes) -> tuple[str, int, int] | None:
    if len(raw) < 45 or raw[:8] != _PNG or raw[12:16] != b"IHDR" or b"IEND" not in raw[-16:]:
        return None
    if binascii.crc32(raw[12:29]) != int.from_bytes(raw[29:33], "big"):
        return None
    width, height = struct.unpack(">II", raw[16:24])
    return "image/png", width, height


def _jpeg(raw: bytes) -> tuple[str, int, int] | None:
    """The size stands in the frame, behind segments that each say how long they are."""
    if raw[:3] != b"\xff\xd8\xff" or b"\xff\xd9" not in raw[-64:]:
        return None
    at = 2
    while at + 9 < len(raw) and raw[at] == 0xFF:
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return "image/jpeg", width, height
        if length < 2:
            return None
        at += 2 + length
    return None


def _webp(raw: bytes) -> tuple[str, int, int] | None:
    if len(raw) < 30 or raw[:4] != b"RIFF" or raw[8:12] != b"WEBP":
        return None
    if int.from_bytes(raw[4:8], "little") + 8 > len(raw) + 1:
        return None
    chunk = raw[12:16]
    if chunk == b"VP8X":
        width, height = int.from_bytes(raw[24:27], "little") + 1, int.from_bytes(raw[27:30], "little") + 1
    elif chunk == b"VP8L" and raw[20] == 0x2F:
        bits = int.from_bytes(raw[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 " and raw[23:26] == b"\x9d\x01\x2a":
        width, height = (part & 0x3FFF for part in struct.unpack("<HH", raw[26:30]))
    else:
        return None
    return "image/webp", width, height
