"""The style sheet of a brand: every token of a page, mended, at an address that holds a hash over it."""

import hashlib
from functools import lru_cache
from typing import NamedTuple

from guerdon.program.brand.mending import Mended, mend
from guerdon.program.brand.nouns import Brand, File, Looks
from guerdon.program.brand.typefaces import is_variable
from guerdon.program.model import Program

HASH_LETTERS = 16
# Tokens are set for whatever has a brand: the whole of a member's page, or a specimen on a page of staff.
WHERE = "[data-brand]"
KNOWS_BOTH = "@supports (color: light-dark(#000, #fff))"


class Sheet(NamedTuple):
    """A style sheet, and the hash that its address has."""

    hash: str
    body: bytes


def sheet_of(brand: Brand) -> Sheet:
    """The sheet of a brand; brands that look alike have the same one."""
    return _sheet(brand.looks, brand.typeface)


def sheets_of(program: Program) -> dict[str, Sheet]:
    """All sheets that a program's pages may ask for, by their hashes."""
    if not program.brand.is_given:
        return {}
    found = (sheet_of(brand) for brand in program.brand.places().values())
    return {sheet.hash: sheet for sheet in found}


def sheet_address(program: Program, market: str) -> str:
    """Where the sheet for members of a market lies; empty for a program without a brand."""
    if not program.brand.is_given:
        return ""
    return f"{place_of(program)}/{sheet_of(program.brand.of(market)).hash}.css"


def place_of(program: Program) -> str:
    """Where the sheets of a live program lie, and in `files` beside them what they name."""
    return f"/brand/{program.key}"


def files_of(program: Program) -> dict[str, File]:
    """All files that a program's pages may ask for, by their hashes."""
    brands = program.brand.places().values()
    found = (
        file
        for each in brands
        for file in (each.logo.light, each.logo.dark, each.icon, each.typeface)
        if file
    )
    return {file.mark: file for file in found}


@lru_cache(maxsize=256)
def _sheet(looks: Looks, typeface: File | None) -> Sheet:
    body = (_written(mend(looks)) + _set_in(typeface)).encode()
    return Sheet(hashlib.sha256(body).hexdigest()[:HASH_LETTERS], body)


def _written(mended: Mended) -> str:
    light, dark = mended.tokens["light"], mended.tokens["dark"]
    plain = "".join(f"--{name}:{color};" for name, color in light.items())
    both = "".join(
        f"--{name}:light-dark({color},{dark[name]});" for name, color in light.items() if dark[name] != color
    )
    rules = [
        # Hex first, for whatever does not know light-dark.
        f"{WHERE}{{{plain}--corners:{mended.corners};}}",
        f"{KNOWS_BOTH}{{{WHERE}{{{both}}}}}",
    ]
    if not mended.rosette:
        rules.append(f"{WHERE} .seal,{WHERE} .lines{{display:none;}}")
    return "@layer brand{\n" + "\n".join(rules) + "\n}\n"


def _set_in(typeface: File | None) -> str:
    """The typeface, before ours: it has what letters it has, and ours has the others."""
    if typeface is None:
        return ""
    # Of one weight browsers make a bold by themselves; told that it has all of them, they would not.
    weights = "font-weight:100 900;" if is_variable(typeface.body) else ""
    name = f"Brand {typeface.mark}"
    return (
        f'@font-face{{font-family:"{name}";{weights}font-display:swap;'
        f'src:url("files/{typeface.mark}.woff2") format("woff2");}}\n'
        f'@layer brand{{{WHERE}{{--font:"{name}",Plex,"Plex Arabic",system-ui,sans-serif;}}}}\n'
    )
