"""Logos, icons and typefaces: what is kept of a file, what is refused and why, how they stand in a text."""

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.brand.pictures import EXAMPLE, SPACE, STATIC, VARIABLE, chunk, png, svg
from tests.program.programs import SMALL

from guerdon.program.brand import dots, typefaces, vectors
from guerdon.program.brand.dots import clean_png
from guerdon.program.brand.files import CHECKS, Beside, as_text, file_of
from guerdon.program.brand.nouns import Kind
from guerdon.program.brand.typefaces import check_woff2, is_variable
from guerdon.program.brand.vectors import UnfitError, clean_svg
from guerdon.program.load import bundle, load_program, read_program
from guerdon.program.model import Program
from guerdon.program.plain_yaml import as_yaml

PATH = '<path d="M0 0h10v10z"/>'
GRADIENT = '<linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient>'
HOSTILE = {
    '<script>alert(1)</script><path d="M0 0"/>': "there is a script in it",
    "<style>path{fill:red}</style>" + PATH: "there is a style sheet in it",
    '<image href="data:image/png;base64,AAAA"/>': "there is a picture of dots in it",
    '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>': "foreignObject",
    '<text x="1">Club</text>': "there is text in it",
    '<a href="https://elsewhere.example">' + PATH + "</a>": "there is a link in it",
    '<path id="p" d="M0 0"/><use href="#p"/>': "it draws parts of itself again",
    '<path d="M0 0" onclick="alert(1)"/>': "there is a script in it (onclick)",
    '<path d="M0 0" OnLoad="alert(1)"/>': "there is a script in it (OnLoad)",
    '<path d="M0 0" fill="url(https://elsewhere.example/a)"/>': "it refers to something outside itself",
    '<path d="M0 0" style="fill:URL(//elsewhere.example/a)"/>': "it refers to something outside itself",
    '<path d="M0 0" style="x:@import a"/>': "it refers to something outside itself",
    '<path d="M0 0" fill="red;}body{display:none"/>': "fill says red;}body{display:none",
    '<path d="M0 0" fill="expression(alert(1))"/>': "fill says expression(alert(1))",
    '<linearGradient id="a" xmlns:x="http://www.w3.org/1999/xlink" x:href="other.svg#a"/>'
    + PATH: "outside itself",
    '<path d="M0 0" fill="url(#none)"/>': "it speaks of #none, which is not in it",
    '<path id="a" d="M0 0"/><path id="a" d="M0 0"/>': "the id a stands in it twice",
    '<animate attributeName="href" to="javascript:alert(1)"/>' + PATH: "there is animate in it",
    '<filter id="f"/>' + PATH: "there is filter in it",
    '<svg viewBox="0 0 1 1"/>' + PATH: "there is svg in it",
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'
    + PATH: "there is script of HTML in it",
    '<clipPath id="a"><path clip-path="url(#a)" d="M0 0"/></clipPath>'
    + PATH: "a clip or mask in it is cut itself",
    "<g>" * 40 + PATH + "</g>" * 40: "it is nested deeper than",
    PATH * 1300 + "<g/>" * 300: "it has more than",
    # Written anew, it would be longer than what may be read.
    '<g opacity="1.00000"/>' * 1400 + PATH: "it is larger than 32 KiB",
    '<path d="M0 \u0660"/>': "d says M0 \u0660",
    "<title>nothing</title>": "nothing is drawn in it",
    "<path d='M0 0'": "this is not XML",
}
DISGUISED = {
    b"\x89PNG\r\n\x1a\nxxxx": "this is a picture of dots (PNG), not an SVG",
    b"\xff\xd8\xff\xe0": "this is a picture of dots (JPEG), not an SVG",
    b"GIF89a": "this is a picture of dots (GIF), not an SVG",
    b"\x1f\x8b\x08": "this is compressed (SVGZ), not an SVG",
    b"<!DOCTYPE html><html><body></body></html>": "this is a page of HTML, not an SVG",
    b"  <!-- a --><HTML></HTML>": "this is a page of HTML, not an SVG",
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>': "begins with html that is no svg",
    b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>': "its DOCTYPE declares something",
    b'<?xml-stylesheet href="a.css"?><svg xmlns="http://www.w3.org/2000/svg"/>': "it asks for a style sheet",
    b'<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>': "it begins with svg that is no svg of SVG",
    "<svg>\u00e9</svg>".encode("latin-1"): "it is not UTF-8",
    b"x" * (vectors.BYTES_MAX + 1): "it is larger than 32 KiB",
}


@pytest.mark.parametrize(("inner", "what"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_what_could_run_fetch_or_be_missing_is_refused(inner: str, what: str) -> None:
    with pytest.raises(UnfitError) as fault:
        clean_svg(svg(inner))
    assert what in fault.value.what
    assert fault.value.hint


@pytest.mark.parametrize(("raw", "what"), DISGUISED.items(), ids=range(len(DISGUISED)))
def test_what_is_no_svg_is_named(raw: bytes, what: str) -> None:
    with pytest.raises(UnfitError) as fault:
        clean_svg(raw)
    assert what in fault.value.what


@pytest.mark.parametrize("more", ["", 'viewBox="0 0 0 10"', 'viewBox="0 0 500 10"', 'width="10%" height="1"'])
def test_a_logo_says_how_large_it_is(more: str) -> None:
    with pytest.raises(UnfitError):
        clean_svg(svg(more=more))
    assert 'viewBox="0 0 40 10"' in clean_svg(svg(more='width="40px" height="10"'))


def test_only_the_picture_is_kept() -> None:
    drawn = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
        f'<svg xmlns="{SPACE}" xmlns:i="http://inkscape/x" i:a="1" class="a" data-b="c" viewBox="0 0 40 10">'
        "<!-- by somebody --><title>Club</title><metadata><i:script>x</i:script></metadata><i:view/>"
        f'{GRADIENT}<g i:label="Layer 1" style="fill:url(#a);mix-blend-mode:multiply">'
        '<path class="b" d="M0 0&#10;h10" tabindex="1"/></g></svg>'
    )
    assert clean_svg(drawn.encode()) == (
        f'<svg xmlns="{SPACE}" viewBox="0 0 40 10"><linearGradient id="a"><stop offset="0" stop-color="#fff">'
        '</stop></linearGradient><g fill="url(#a)"><path d="M0 0 h10"></path></g></svg>'
    )


ATTRIBUTES = st.sampled_from(
    ["d", "fill", "style", "onload", "href", "id", "clip-path", "transform", "class", "x"]
)
VALUES = st.sampled_from(
    [
        "#fff",
        "url(#a)",
        "url(//x)",
        "javascript:1",
        "M0 0",
        '"><script>',
        "a",
        "1",
        "fill:red",
        "scale(2)",
        "&",
    ]
)
ELEMENTS = st.sampled_from(
    ["path", "g", "script", "use", "image", "style", "mask", "metadata", "linearGradient"]
)


@given(st.lists(st.tuples(ELEMENTS, st.dictionaries(ATTRIBUTES, VALUES, max_size=3)), max_size=4))
def test_whatever_comes_what_is_kept_is_of_the_list_and_clean_already(
    parts: list[tuple[str, dict[str, str]]],
) -> None:
    root = ET.Element("svg", {"xmlns": SPACE, "viewBox": "0 0 4 4"})
    for element, said in parts:
        ET.SubElement(root, element, said)
    try:
        made = clean_svg(ET.tostring(root))
    except UnfitError:
        return
    assert clean_svg(made.encode()) == made
    for each in ET.fromstring(made).iter():  # noqa: S314  it is what we wrote
        assert each.tag.removeprefix(f"{{{SPACE}}}") in vectors.KEPT
        assert set(each.attrib) <= {*vectors.FORMS, "href", "clip-path", "mask"}
        assert not any("//" in text or "script" in text for text in each.attrib.values())


def test_an_icon_is_512_dots_wide_and_nothing_beside_them_is_kept() -> None:
    told = png(extra=chunk(b"tEXt", b"Author\0somebody") + chunk(b"eXIf", b"where"))
    assert clean_png(told + b"<script>") == clean_png(png()) == png()
    for color in (0, 2, 4, 6):
        assert clean_png(png(color=color)) == png(color=color)
    assert clean_png(png(depth=1)) == png(depth=1)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (png(side=256), "it is 256 by 256 dots"),
        (b"GIF89a", "this is not a PNG"),
        (svg(), "this is not a PNG"),
        (png()[:-4], "this PNG is broken"),
        (png().replace(b"PLTE", b"PLTF"), "this PNG is broken"),
        (png(dots=bytes(513 * 512 + 1)), "this PNG is broken"),
        (png(dots=bytes(513 * 511)), "this PNG is broken"),
        (png(dots=b"\x05" + bytes(513 * 512 - 1)), "this PNG is broken"),
        (png(depth=16, color=2), "it is a PNG of an unusual kind"),
        (b"\x89PNG\r\n\x1a\n" + bytes(dots.BYTES_MAX), "it is larger than 64 KiB"),
        (png(dots=bytes(40_000_000)), "this PNG is broken"),
    ],
    ids=range(11),
)
def test_an_icon_that_is_none_is_refused(raw: bytes, what: str) -> None:
    with pytest.raises(UnfitError) as fault:
        clean_png(raw)
    assert what in fault.value.what


def test_a_typeface_is_one_whole_woff2() -> None:
    for path in (VARIABLE, STATIC):
        assert check_woff2(path.read_bytes()) == path.read_bytes()
    assert (is_variable(VARIABLE.read_bytes()), is_variable(STATIC.read_bytes())) == (True, False)


def wrong_at(place: int, value: bytes) -> bytes:
    """A typeface with other bytes at a place of its head."""
    raw = STATIC.read_bytes()
    return raw[:place] + value + raw[place + len(value) :]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"wOF2",
        b"wOFF" + bytes(60),
        b"OTTO" + bytes(60),
        wrong_at(4, b"ttcf"),
        wrong_at(8, struct.pack(">I", 7)),
        wrong_at(12, struct.pack(">H", 900)),
        wrong_at(12, struct.pack(">H", 1)),
        wrong_at(20, struct.pack(">I", 50)),
        wrong_at(28, struct.pack(">I", 3)),
        wrong_at(3000, b"\0" * 400),
        STATIC.read_bytes() + b"<script>",
        STATIC.read_bytes()[:-900],
        b"wOF2" + bytes(typefaces.BYTES_MAX),
    ],
    ids=range(14),
)
def test_a_typeface_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(UnfitError):
        check_woff2(raw)


FILES: dict[Kind, bytes] = {"svg": svg(), "png": png(), "woff2": STATIC.read_bytes()}
BRAND = (
    "\nbrand: { logo: { light: a.svg, dark: b.svg }, icon: a.png, markets: { NO: { typeface: a.woff2 } } }\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program with its files beside it."""
    (tmp_path / "program.yaml").write_text(SMALL.rstrip("\n") + BRAND, encoding="utf-8")
    (tmp_path / "b.svg").write_bytes(svg('<circle r="4"/>'))
    for kind, raw in FILES.items():
        (tmp_path / f"a.{kind}").write_bytes(raw)
    return tmp_path


def test_files_are_stored_in_the_text_and_need_no_folder_then(folder: Path) -> None:
    program = load_program(folder / "program.yaml")
    assert isinstance(program, Program)
    brand = program.brand.of("NO")
    assert brand.logo.light is not None
    assert brand.logo.dark is not None
    assert brand.icon is not None
    assert brand.typeface is not None
    assert (brand.logo.light.body.decode(), brand.icon.body) == (clean_svg(svg()), png())
    assert program.brand.of("DE").typeface is None
    again = read_program(bundle(program))
    assert again == program
    assert isinstance(again, Program)
    assert again.brand.of("NO").typeface == brand.typeface
    written = read_program(as_yaml(bundle(program)))
    assert isinstance(written, Program)
    assert written.sha == program.sha
    assert max(map(len, as_yaml(bundle(program)).splitlines())) < 200


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("c.svg", "there is no file c.svg beside the program"),
        ("../a.svg", "the file must stand beside the program"),
        ("a.png", "this is a picture of dots (PNG), not an SVG"),
        ('"data:image/png;base64,AAAA"', "this is no SVG"),
        ('"<svg><script/></svg>"', "it begins with svg that is no svg of SVG"),
    ],
)
def test_a_file_that_cannot_be_shown_is_a_mistake_with_its_place(folder: Path, name: str, what: str) -> None:
    text = (folder / "program.yaml").read_text(encoding="utf-8").replace("light: a.svg", f"light: {name}")
    found = read_program(text, folder)
    assert isinstance(found, list)
    assert [(each.where, what in each.what, bool(each.hint)) for each in found] == [
        ("brand.logo.light", True, True)
    ]


def test_an_icon_in_a_text_is_checked_as_a_file_is(folder: Path) -> None:
    text = (folder / "program.yaml").read_text(encoding="utf-8")
    for icon, what in (("data:image/png;base64,%%%", "this is not base64"), ("<svg/>", "this is no PNG")):
        found = read_program(text.replace("a.png", f'"{icon}"'), folder)
        assert isinstance(found, list)
        assert [(each.where, each.what) for each in found] == [("brand.icon", what)]


def test_every_file_reads_the_same_from_its_text() -> None:
    for kind, raw in FILES.items():
        file = file_of(kind, raw)
        assert CHECKS[kind][0](file.body) == file.body
        assert as_text(file_of(kind, file.body)) == as_text(file)
    assert Beside(None).read == {}


def test_the_files_of_the_demo_are_clean() -> None:
    found = sorted(EXAMPLE.glob("*.svg")) + sorted(EXAMPLE.glob("*.png"))
    assert len(found) == 6
    for path in found:
        kind: Kind = "svg" if path.suffix == ".svg" else "png"
        assert len(file_of(kind, path.read_bytes()).body) < 16_000, path.name
