"""Logos: an SVG read by a short list of what it may have, and written anew of nothing else.

What editors leave in a file (metadata, comments, names of layers) is left out. What could run, fetch or style
anything is refused, and so is what would be missing from the picture if it were left out, such as text in a
typeface that nobody else has: somebody should see a reason, and not half of a logo.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType
from xml.sax.saxutils import quoteattr

BYTES_MAX = 32 * 1024
ELEMENTS_MAX, DEPTH_MAX = 1500, 24
# How many times as wide as high a logo may be, and the other way round.
WIDE_MAX, HIGH_MAX = 12, 2
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"

SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
GRADIENTS = frozenset({"linearGradient", "radialGradient"})
KEPT = SHAPES | GRADIENTS | {"svg", "g", "defs", "stop", "clipPath", "mask"}
# They say something of the picture and draw nothing.
SILENT = frozenset({"title", "desc", "metadata"})

_DISGUISES = (
    (b"\x89PNG", "a picture of dots (PNG)"),
    (b"\xff\xd8\xff", "a picture of dots (JPEG)"),
    (b"GIF8", "a picture of dots (GIF)"),
    (b"RIFF", "a picture of dots (WebP)"),
    (b"BM", "a picture of dots (BMP)"),
    (b"\x1f\x8b", "compressed (SVGZ)"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an archive"),
)
_HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL
)
_NUMBER = r"[+-]?(\d{1,7}(\.\d{0,12})?|\.\d{1,12})(e[+-]?\d{1,2})?"
_LENGTH = re.compile(rf"{_NUMBER}(px|%)?", re.ASCII)
_NUMBERS = re.compile(r"[\d\s.,eE+-]*", re.ASCII)
_DRAWN = re.compile(r"[MmZzLlHhVvCcSsQqTtAa\d\s.,eE+-]*", re.ASCII)
_MOVED = re.compile(r"\s*((matrix|translate|scale|rotate|skewX|skewY)\([\d\s.,eE+-]*\)[\s,]*)*", re.ASCII)
_ID = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_INNER = re.compile(r"url\(\s*[\"']?#([A-Za-z_][\w.-]{0,63})[\"']?\s*\)", re.ASCII)
_PAINT = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,24}|(rgb|hsl)a?\([\d\s.,%/]*\)", re.ASCII)
_WORD = re.compile(r"[a-zA-Z][a-zA-Z-]{0,23}( (meet|slice))?")

_LENGTHS = (
    *("x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2", "fx", "fy"),
    *("offset", "stroke-width", "stroke-miterlimit", "stroke-dashoffset"),
    *("opacity", "fill-opacity", "stroke-opacity", "stop-opacity"),
)
_WORDS = (
    *("fill-rule", "clip-rule", "stroke-linecap", "stroke-linejoin", "gradientUnits", "spreadMethod"),
    *("clipPathUnits", "maskUnits", "maskContentUnits", "display", "visibility", "preserveAspectRatio"),
)
# What an attribute may say; an attribute that is not in here is left out.
FORMS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(_LENGTHS, _LENGTH),
    **dict.fromkeys(_WORDS, _WORD),
    **dict.fromkeys(("fill", "stroke", "stop-color", "color"), _PAINT),
    **dict.fromkeys(("transform", "gradientTransform"), _MOVED),
    "d": _DRAWN,
    "points": _NUMBERS,
    "viewBox": _NUMBERS,
    "stroke-dasharray": re.compile(r"none|[\d\s.,]*", re.ASCII),
    "id": _ID,
}
_CUTTING = frozenset({"clip-path", "mask"})
_INNER_TOO = _CUTTING | {"fill", "stroke"}


class UnfitError(Exception):
    """A file that cannot be shown: what it is, and what to bring instead."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


OUTLINES = "export it as plain SVG, with texts as outlines"


@dataclass
class _Made:
    """What was written so far of the clean picture."""

    parser: XMLParserType
    parts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    # How deep we are in something that is left out.
    left_out: int = 0
    elements: int = 0
    shapes: int = 0
    ids: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


def clean_svg(raw: bytes) -> str:
    """The picture of a file, written anew; the same again for what is clean. Raises `UnfitError`."""
    if len(raw) > BYTES_MAX:
        raise UnfitError(f"it is larger than {BYTES_MAX // 1024} KiB", "simplify its paths")
    for begin, what in _DISGUISES:
        if raw.startswith(begin):
            raise UnfitError(f"this is {what}, not an SVG", "bring the logo as SVG, drawn in paths")
    if _HTML.match(raw.removeprefix(b"\xef\xbb\xbf")):
        raise UnfitError("this is a page of HTML, not an SVG", "bring the logo as SVG, drawn in paths")
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise UnfitError("it is not UTF-8", "save it as UTF-8") from None
    parser = ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.SetParamEntityParsing(0)
    made = _Made(parser)
    parser.StartElementHandler = lambda name, given: _begin(made, name, given)
    parser.EndElementHandler = lambda name: _end(made, name)
    parser.StartDoctypeDeclHandler = _doctype
    parser.EntityDeclHandler = _entity
    parser.ProcessingInstructionHandler = _instruction
    try:
        parser.Parse(raw, True)
    except ExpatError as error:
        raise UnfitError(f"this is not XML: line {error.lineno}", OUTLINES) from None
    if not made.shapes:
        raise UnfitError("nothing is drawn in it", OUTLINES)
    if missing := sorted(made.named - made.ids):
        raise UnfitError(f"it speaks of #{missing[0]}, which is not in it", OUTLINES)
    clean = "".join(made.parts)
    if len(clean) > BYTES_MAX:
        # What is kept is read again by the same rule, so it has to keep it as well.
        raise UnfitError(f"it is larger than {BYTES_MAX // 1024} KiB", "simplify its paths")
    return clean


def _doctype(name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
    if name.lower() != "svg":
        raise UnfitError(f"this is a document of {name[:20]}, not an SVG", OUTLINES)
    if has_subset:
        raise UnfitError("its DOCTYPE declares something", OUTLINES)


def _entity(*_declared: object) -> None:
    raise UnfitError("its DOCTYPE declares something", OUTLINES)


def _instruction(target: str, _data: str) -> None:
    if target.lower() == "xml-stylesheet":
        raise UnfitError("it asks for a style sheet", "export it with presentation attributes")


def _begin(made: _Made, name: str, given: Mapping[str, str]) -> None:
    space, _, element = name.rpartition(" ")
    if made.left_out:
        made.left_out += 1
        # What is left out is not looked at any closer, but it may not be without end.
        _count(made)
        return
    if not made.open and (space, element) != (SVG, "svg"):
        raise UnfitError(f"it begins with {element[:20]} that is no svg of SVG", f'write <svg xmlns="{SVG}">')
    if space != SVG or element in SILENT:
        if space != SVG and element in {
            "html",
            "script",
            "iframe",
            "img",
            "style",
            "link",
            "object",
            "embed",
        }:
            raise UnfitError(f"there is {element} of HTML in it", OUTLINES)
        made.left_out = 1
        return
    _count(made)
    if element not in KEPT or (element == "svg" and made.open):
        raise UnfitError(*_refused(element))
    if len(made.open) >= DEPTH_MAX:
        raise UnfitError(f"it is nested deeper than {DEPTH_MAX} levels", OUTLINES)
    said = _attributes(made, element, given)
    if not made.open:
        said = {"xmlns": SVG, **_sized(said)}
    made.shapes += element in SHAPES
    made.open.append(element)
    made.parts.append(f"<{element}{''.join(f' {key}={quoteattr(text)}' for key, text in said.items())}>")


def _end(made: _Made, _name: str) -> None:
    if made.left_out:
        made.left_out -= 1
        return
    made.parts.append(f"</{made.open.pop()}>")


def _count(made: _Made) -> None:
    made.elements += 1
    if made.elements > ELEMENTS_MAX:
        raise UnfitError(f"it has more than {ELEMENTS_MAX} elements", "simplify its paths")


def _refused(element: str) -> tuple[str, str]:
    """Why an element cannot be in a logo, and what to do instead."""
    known = {
        "script": ("there is a script in it", "take it out"),
        "style": ("there is a style sheet in it", "export it with presentation attributes"),
        "image": ("there is a picture of dots in it", "bring the logo drawn in paths"),
        "foreignObject": ("there is a page in it (foreignObject)", OUTLINES),
        "text": ("there is text in it, in a typeface that others may not have", "turn texts into outlines"),
        "a": ("there is a link in it", "take it out"),
        "use": ("it draws parts of itself again (use)", "write each shape out"),
    }
    return known.get(element, (f"there is {element[:30]} in it, which logos have no use for", OUTLINES))


def _attributes(made: _Made, element: str, given: Mapping[str, str]) -> dict[str, str]:
    """The attributes that are kept, those of a style attribute among them."""
    said: dict[str, str] = {}
    for name, text in given.items():
        space, _, key = name.rpartition(" ")
        if key.lower().startswith("on") and not space:
            raise UnfitError(f"there is a script in it ({key[:20]})", "take it out")
        if key == "href" and space in {XLINK, ""}:
            _refer(made, element, text, said)
        elif space:
            continue
        elif key == "style":
            for part in text.split(";"):
                prop, _, value = part.partition(":")
                _keep(made, prop.strip(), value.strip(), said)
        else:
            _keep(made, key, text.strip(), said)
    return said


def _refer(made: _Made, element: str, text: str, said: dict[str, str]) -> None:
    target = text.strip()
    if element not in GRADIENTS or not target.startswith("#") or not _ID.fullmatch(target[1:]):
        raise UnfitError(f"it refers to something outside itself: {_cut(target)}", OUTLINES)
    made.named.add(target[1:])
    said["href"] = target


def _keep(made: _Made, key: str, text: str, said: dict[str, str]) -> None:
    if key in _CUTTING and not _CUTTING.isdisjoint(_within(made)):
        # One in another in a third is drawn over and over.
        raise UnfitError("a clip or mask in it is cut itself", OUTLINES)
    if key in _INNER_TOO and (found := _INNER.fullmatch(text)):
        made.named.add(found[1])
        said[key] = f"url(#{found[1]})"
        return
    if "url(" in text.lower() or "@import" in text.lower():
        raise UnfitError(f"it refers to something outside itself: {_cut(text)}", OUTLINES)
    form = FORMS.get(key)
    if form is None or not text:
        return
    if not form.fullmatch(text):
        raise UnfitError(f"{key} says {_cut(text)}, which is nothing it may say", OUTLINES)
    if key == "id":
        if text in made.ids:
            raise UnfitError(f"the id {_cut(text)} stands in it twice", OUTLINES)
        made.ids.add(text)
    said[key] = " ".join(text.split())


def _within(made: _Made) -> set[str]:
    return {"clip-path" if each == "clipPath" else each for each in made.open}


def _sized(said: Mapping[str, str]) -> dict[str, str]:
    """The root's attributes with a view box, and without a size: whoever shows a logo says that."""
    box = said.get("viewBox", "")
    if not box:
        sides = [said.get(key, "").removesuffix("px") for key in ("width", "height")]
        box = f"0 0 {sides[0]} {sides[1]}"
    try:
        _, _, width, height = (float(part) for part in re.split(r"[\s,]+", box.strip()))
    except ValueError:
        raise UnfitError("it does not say how large it is", "give svg a viewBox") from None
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise UnfitError("it does not say how large it is", "give svg a viewBox")
    if width > height * WIDE_MAX or height > width * HIGH_MAX:
        raise UnfitError(
            f"it is {width:g} by {height:g}",
            f"a logo is at most {WIDE_MAX} times as wide as high, and {HIGH_MAX} times as high as wide",
        )
    rest = {key: text for key, text in said.items() if key not in {"viewBox", "width", "height", "x", "y"}}
    return {"viewBox": box, **rest}


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:40]}..."
