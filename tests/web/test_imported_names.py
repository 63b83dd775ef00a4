"""A name that a page imports is nothing that the page is told: the import would win, silently."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

import guerdon.text

TEMPLATES = Path(guerdon.text.__file__).parent / "templates"


def test_what_is_imported_is_only_called() -> None:
    parsed = {
        file.relative_to(TEMPLATES).as_posix(): Environment(
            autoescape=True, extensions=["jinja2.ext.i18n"]
        ).parse(file.read_text(encoding="utf-8"))
        for file in TEMPLATES.rglob("*.html")
    }
    shadowed = []
    for name, page in parsed.items():
        macros = set().union(*(imported(parsed[each]) for each in line(parsed, name)))
        called = {id(each.node) for each in page.find_all(nodes.Call)}
        own = {each.name for each in page.find_all(nodes.Name) if each.ctx != "load"}
        shadowed += [
            (name, each.name)
            for each in page.find_all(nodes.Name)
            if each.ctx == "load" and each.name in macros - own and id(each) not in called
        ]
    assert len(parsed) > 100
    assert shadowed == []


def line(parsed: dict[str, nodes.Template], name: str) -> Iterator[str]:
    """A page and all that it extends."""
    yield name
    for above in parsed[name].find_all(nodes.Extends):
        if isinstance(above.template, nodes.Const):
            yield from line(parsed, above.template.value)


def imported(page: nodes.Template) -> set[str]:
    """The names that a page takes from others."""
    return {
        each if isinstance(each, str) else each[1]
        for line in page.find_all(nodes.FromImport)
        for each in line.names
    }
