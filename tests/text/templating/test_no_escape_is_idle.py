"""Each escape, each check and each bound of templates does something: without it a vector comes out wrong.

A mutant is one place of the source, changed in a copy of the folder; the copy is imported under a name of its
own and all vectors are asked of it.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.text.templating.vectors import DECLARED, LINKS, MISTAKES, RENDERED, VALUES, Vector

import guerdon.text.templating as ours
from guerdon.text.templating import Amount

FOLDER = Path(ours.__file__).parent

# File, what stands there, what stands there instead.
MUTANTS = [
    # Sinks.
    ("sinks.py", "return escape(text, quote=True)", "return text"),
    ("sinks.py", "return escape(text, quote=True)", "return escape(text, quote=False)"),
    ("sinks.py", 'f"<bdi>{as_html(value)}</bdi>"', 'f"<bdi>{value}</bdi>"'),
    ("sinks.py", 'f"<bdi>{as_html(value)}</bdi>"', "as_html(value)"),
    ("sinks.py", '<a href="{as_html(address)}">', '<a href="{address}">'),
    ("sinks.py", '<bdi dir="ltr">{as_html(address)}</bdi>', '<bdi dir="ltr">{address}</bdi>'),
    ("sinks.py", '<bdi dir="ltr">{as_html(address)}</bdi>', "{as_html(address)}"),
    ("sinks.py", "return isolated(value, direction(reader.locale))", "return value"),
    ("sinks.py", ".translate(_IN_PAGES)", ""),
    ("sinks.py", "json.dumps(text.strip(), ensure_ascii=False)", "f'\"{text.strip()}\"'"),
    ("sinks.py", '.replace(MINUS, "-")', ""),
    ("sinks.py", "return one_line(text).replace", "return text.strip().replace"),
    (
        "sinks.py",
        '"header": Hand(_as_it_is, _plain, _as_it_is, one_line)',
        '"header": Hand(_as_it_is, _plain, _as_it_is, as_text)',
    ),
    ("sinks.py", '"html": Hand(as_html, ', '"html": Hand(_as_it_is, '),
    (
        "sinks.py",
        '"html": Hand(as_html, as_html_value, as_html_link, as_text)',
        '"html": Hand(as_html, as_html_value, as_html_link, _as_it_is)',
    ),
    # What is taken out of values.
    ("cleaning.py", '_CONTROLS.sub(" ", kept)', "kept"),
    ("cleaning.py", '_CONTROLS.sub(" ", kept)', '_CONTROLS.sub("", kept)'),
    (
        "cleaning.py",
        '_REMOVED = re.compile(f"[{TURNING}{_NO_CHARACTERS}]+")',
        '_REMOVED = re.compile(f"[{_NO_CHARACTERS}]+")',
    ),
    (
        "cleaning.py",
        '_REMOVED = re.compile(f"[{TURNING}{_NO_CHARACTERS}]+")',
        '_REMOVED = re.compile(f"[{TURNING}]+")',
    ),
    ("cleaning.py", 'CONTROLS = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"', 'CONTROLS = "\\x00-\\x1f"'),
    (
        "cleaning.py",
        'CONTROLS = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"',
        'CONTROLS = "\\x0a\\x0d\\x7f-\\x9f\\u2028\\u2029"',
    ),
    ("cleaning.py", '\\u202a-\\u202e\\u2066-\\u2069"', '\\u2066-\\u2069"'),
    ("cleaning.py", '\\u202a-\\u202e\\u2066-\\u2069"', '\\u202a-\\u202e"'),
    ("cleaning.py", '_SPACES.sub(" ", _TURNING.sub("", text))', '_SPACES.sub(" ", text)'),
    ("cleaning.py", '_SPACES.sub(" ", _TURNING.sub("", text))', '_TURNING.sub("", text)'),
    ("cleaning.py", '_SPACES.sub(" ", _TURNING.sub("", text))', '_TURNING.sub("", _SPACES.sub(" ", text))'),
    ("cleaning.py", r"(?<=\d)({_DOT})(?=[^\W\d_])", "(?!)()"),
    ("cleaning.py", r"(?<=[^\s\d])", r"(?<=[^\W\d_])"),
    ("cleaning.py", r"|(?<=[^\s\d])({_DOT})(?=\w)", "|(?!)()"),
    ("cleaning.py", 'value.replace("://", ": //")', "value"),
    ("cleaning.py", "joined = not outside and", "joined ="),
    ("cleaning.py", ' and "/" not in value', ""),
    ("cleaning.py", ' and "www." not in value.casefold()', ""),
    ("cleaning.py", '"www." not in value.casefold()', '"www." not in value'),
    ("cleaning.py", "[.\\u3002\\uff0e\\uff61]", "[.]"),
    ("cleaning.py", "if len(value) <= VALUE_LENGTH_MAX:", "if True:"),
    ("cleaning.py", "while end > least and", "while False and"),
    ("cleaning.py", "(_hangs_on(value[end]) or value[end - 1] == _JOINER)", "_hangs_on(value[end])"),
    ("cleaning.py", "for character in value)\n    return f", "for character in value[:0])\n    return f"),
    # Values and their types.
    ("render.py", "return bool(clean_value(value))", "return bool(value)"),
    ("render.py", "return value is not None and not is_nothing(value)", "return value is not None"),
    ("render.py", "clean = clean_value(shown)", "clean = shown"),
    ("render.py", "clean = without_addresses(clean, outside=part.name.outside)", "pass"),
    ("render.py", "fault = self.links.fault(address)", "fault = None"),
    ("render.py", "if not is_of(value, name.kind):", "if False:"),
    ("render.py", "if len(whole.encode()) <= RENDERED_BYTES_MAX", "if True"),
    # Links.
    ("links.py", 'address.partition("#")[0]', "address"),
    ("links.py", "not set(address) <= _PRINTED", "False"),
    ("links.py", 'if found.scheme != "https" or', "if"),
    ("links.py", ' or found.port != PORTS["https"]', ""),
    ("links.py", "if found.host.lower() not in self.hosts:", "if False:"),
    ("links.py", "if self._is_own(found):", "if False:"),
    ("links.py", "        own.port,\n", "        found.port,\n"),
    ("links.py", "if word.sticks:", "if False:"),
    ("links.py", "and character not in _CLOSING)", "and character == _CLOSING)"),
    ("links.py", "if _VALUE in address:", "if False:"),
    ("links.py", 'if address.count("://") == 1:', "if '://' in address:"),
    ("links.py", "if section.casefold().startswith(_SCHEMES):", "if False:"),
    ("links.py", "if section.casefold().startswith(_SCHEMES):", "if section.startswith(_SCHEMES):"),
    ("links.py", 'before != "@" and ', ""),
    ("links.py", '_VALUE in text or last.startswith("xn--") or ', "_VALUE in text or "),
    ("links.py", '_VALUE in text or last.startswith("xn--") or ', 'last.startswith("xn--") or '),
    ("links.py", "(len(last) >= 2 and last.isalpha())", "last.isalpha()"),
    ("links.py", "(len(last) >= 2 and last.isalpha())", "len(last) >= 2"),
    # Reading.
    ("grammar.py", "if name.may_miss and", "if False and"),
    ("grammar.py", "(self.about is None or self.about.key != name.key)", "self.about is None"),
    ("grammar.py", "elif key not in self.declared:", "elif False:"),
    ("grammar.py", "if key in fitting:", "if key in FILTERS:"),
    ("grammar.py", 'text.replace("\\r\\n", "\\n")', "text"),
    ("scanning.py", "if len(text) > TEMPLATE_BYTES_MAX or", "if"),
    ("scanning.py", 'len(text.encode("utf-8", "surrogatepass")) > TEMPLATE_BYTES_MAX', "False"),
    ("scanning.py", "elif is_steering(character):", "elif False:"),
    ("scanning.py", 'elif character == "\\n":', "elif False:"),
]
# These change nothing that anybody could see, and say why.
EQUAL = {
    (
        "scanning.py",
        "if len(text) > TEMPLATE_BYTES_MAX or",
    ): "it only spares encoding what is too long anyway",
}


@pytest.fixture
def mutated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A copy of the folder that may be changed and then imported by its name."""
    name = f"templating_{tmp_path.name}".replace("-", "_")
    copy = tmp_path / name
    copy.mkdir()
    for file in FOLDER.glob("*.py"):
        (copy / file.name).write_text(file.read_text().replace("guerdon.text.templating", name))
    monkeypatch.syspath_prepend(tmp_path)
    yield copy, name
    for key in [key for key in sys.modules if key.partition(".")[0] == name]:
        del sys.modules[key]


def come(package: ModuleType, vector: Vector) -> str:
    """What a vector comes to in a copy, whose types are its own."""
    links = package.Links(LINKS.hosts, LINKS.own)
    template = package.parse_template(vector.template, package.NAMES, links)
    if not isinstance(template, package.Template):
        return "; ".join(str(mistake) for mistake in template)
    values = {
        key: package.Amount(value.amount_minor, value.unit, value.digits)
        if isinstance(value, Amount)
        else value
        for key, value in {**VALUES, **vector.values}.items()
    }
    reader = package.Reader(vector.reader.language, vector.reader.market, vector.reader.zone)
    came = package.render_template(template, values, vector.sink, reader, links)
    return f"mistake: {came}" if isinstance(came, package.Mistake) else str(came)


def notices(package: ModuleType) -> Iterator[str]:
    """The vectors that come out otherwise."""
    for vector in RENDERED:
        try:
            if come(package, vector) != vector.comes_to:
                yield vector.template
        except Exception as error:  # noqa: BLE001  a traceback is otherwise too
            yield f"{vector.template}: {error!r}"
    links = package.Links(LINKS.hosts, LINKS.own)
    for text, said in MISTAKES:
        found = package.parse_template(text, DECLARED, links)
        if isinstance(found, package.Template) or str(found[0]) != said:
            yield text


def test_a_copy_comes_to_the_same(mutated: tuple[Path, str]) -> None:
    assert list(notices(importlib.import_module(mutated[1]))) == []


@pytest.mark.parametrize(
    ("file", "old", "new"), MUTANTS, ids=[f"{each[0]}:{each[1][:40]}" for each in MUTANTS]
)
def test_without_it_a_vector_comes_out_wrong(
    mutated: tuple[Path, str], file: str, old: str, new: str
) -> None:
    folder, name = mutated
    source = (folder / file).read_text()
    assert source.count(old) == 1, "this place is not there, or not the only one: mend the mutant"
    (folder / file).write_text(source.replace(old, new))
    noticed = list(notices(importlib.import_module(name)))
    assert bool(noticed) != ((file, old) in EQUAL)
