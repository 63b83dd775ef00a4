"""For every style sheet, script and template: direction by logic, nothing inline, nothing from outside."""

import gzip
import re

import pytest
from tests.text.messages import PACKAGE, TEMPLATES

STATIC = PACKAGE / "web" / "static"
STYLES = sorted(STATIC.glob("css/*.css"))
PHYSICAL = re.compile(
    r"(?<![-\w])(left|right|margin-(left|right|top|bottom)|padding-(left|right|top|bottom)"
    r"|border-(left|right|top|bottom)(-\w+)?|(min-|max-)?(width|height)|top|bottom)\s*:"
    r"|text-align:\s*(left|right)|float:\s*(left|right)"
)
KILOBYTE = 1000
CONSOLE_STYLES = ("tokens", "ground", "components", "console")


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_directions_are_logical(path: "object") -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)  # type: ignore[attr-defined]
    # A media query asks for the window's width: that is no direction.
    text = re.sub(r"@(media|container)[^{]*\{", "{", text)
    assert [found.group(0) for found in PHYSICAL.finditer(text)] == []


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_holds_style_or_script(path: "object") -> None:
    text: str = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    if "mail" in path.parts:  # type: ignore[attr-defined]  # mail programs know no style sheets
        return
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son\w+\s*=", text)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", text)


def test_nothing_is_loaded_from_another_origin() -> None:
    loads = re.compile(r"(url\(|@import|src=|href=)\s*[\"']?(https?:)?//")
    texts = [
        *STYLES,
        *STATIC.glob("js/*.js"),
        *(p for p in TEMPLATES.rglob("*.html") if "mail" not in p.parts),
    ]
    assert [path.name for path in texts if loads.search(path.read_text(encoding="utf-8"))] == []


def weight_of(names: "set[str]") -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


def scripts_of(*folders: str) -> "set[str]":
    """The scripts that pages below these folders of templates ask for."""
    paths = [path for folder in folders for path in (TEMPLATES / folder).rglob("*.html")]
    return {
        name
        for path in paths
        for name in re.findall(r"(?:js|vendor)/[\w.-]+\.js", path.read_text(encoding="utf-8"))
    }


def test_the_console_stays_within_its_budget() -> None:
    assert weight_of({f"css/{name}.css" for name in CONSOLE_STYLES}) <= 30 * KILOBYTE
    assert weight_of(scripts_of("console", "elements")) <= 35 * KILOBYTE


def test_the_member_app_stays_within_its_budget() -> None:
    # Those that scripts load themselves.
    loaded = {"js/worker.js", "js/snapshot.js", "js/registering.js"}
    scripts = scripts_of("member", "app", "elements") | loaded
    assert weight_of(scripts) <= 25 * KILOBYTE
    everything = {f"{path.parent.name}/{path.name}" for path in STATIC.glob("*/*.js")}
    assert everything == scripts | scripts_of("console") | scripts_of("location")


def test_the_app_of_a_location_brings_few_bytes() -> None:
    assert weight_of(scripts_of("location")) <= 3 * KILOBYTE
    assert weight_of({"css/location.css"}) <= 2 * KILOBYTE


def test_whatever_is_vendored_brings_its_license() -> None:
    for folder in ("fonts", "icons", "vendor"):
        assert list((STATIC / folder).glob("LICENSE*")), folder


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons/lucide.svg").read_text(encoding="utf-8")
    have = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    named = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'icon\("([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    assert named - have == set()
