"""Styles, scripts, fonts and icons: read once, served from memory, kept by browsers for a year.

The address of each holds a hash over all of them (`/static/3f2a…/css/tokens.css`), so the files may refer
to one another by relative addresses and a new release never meets an old one in a cache.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from django.http import Http404, HttpRequest, HttpResponse

_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}
_TYPES |= {".wasm": "application/wasm"}
_COMPRESSED = frozenset({".css", ".js", ".svg", ".txt", ".wasm"})
_VERSION_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    body: bytes
    zipped: bytes | None
    type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files, and the hash over them."""

    version: str
    by_name: dict[str, Asset]


@cache
def load_assets() -> Assets:
    """Read all static files of the package."""
    found = dict(sorted(_walk(files("guerdon.web").joinpath("static"), "")))
    digest = hashlib.sha256()
    for name, body in found.items():
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return Assets(
        digest.hexdigest()[:_VERSION_LETTERS], {name: _asset(name, body) for name, body in found.items()}
    )


def asset(name: str) -> str:
    """The address of a static file, such as `css/tokens.css`."""
    assets = load_assets()
    assert name in assets.by_name, f"there is no static file {name}"
    return f"/static/{assets.version}/{name}"


def serve_asset(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """Answer with a static file; one of another release is served too, but not kept."""
    assets = load_assets()
    found = assets.by_name.get(name)
    if found is None:
        raise Http404
    zipped = found.zipped if "gzip" in request.headers.get("Accept-Encoding", "") else None
    response = HttpResponse(zipped or found.body, content_type=found.type)
    if zipped:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    lasting = "public, max-age=31536000, immutable"
    response["Cache-Control"] = lasting if version == assets.version else "no-store"
    return response


def _asset(name: str, body: bytes) -> Asset:
    ending = name[name.rfind(".") :]
    kind = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = "; charset=utf-8" if kind.startswith("text/") else ""
    zipped = gzip.compress(body, 9, mtime=0) if ending in _COMPRESSED else None
    return Asset(body, zipped, kind + text)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found += _walk(entry, f"{name}/")
        else:
            found.append((name, entry.read_bytes()))
    return found
