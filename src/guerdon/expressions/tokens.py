"""A condition cut into tokens, before the grammar sees it.

The grammar has patterns of its own, but its pattern for strings takes minutes over a few dozen backslashes
without a closing quote. So texts are cut here, by patterns that read each character once, and the grammar
is fed with tokens; that also lets the usual slips (`=`, `and`, curly quotes) be named.
"""

import re
from dataclasses import dataclass

from guerdon.expressions.mistakes import Mistake

TEXT_BYTES_MAX = 2048
BRACKETS_MAX = 32

_TOKEN = re.compile(
    r"""
      (?P<space>[\t\n\f\r ]+|//[^\n\r]*)
    | (?P<raw>[rR](?:"{3}.*?"{3}|'{3}.*?'{3}|"[^"\n\r]*"|'[^'\n\r]*'))
    | (?P<bytes>(?:[bB][rR]?|[rR][bB])["'])
    | (?P<string>"{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}
        |"(?:[^"\\\n\r]|\\[^\n\r])*"|'(?:[^'\\\n\r]|\\[^\n\r])*')
    | (?P<open_string>["'])
    | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<int>(?:0x[0-9a-fA-F]+|\d+)(?P<unsigned>[uU])?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)

_ESCAPE = re.compile(
    r"\\(?:[xX](?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|(?P<octal>[0-3][0-7]{2})|(?P<plain>[abfnrtv\\?\"'`])|(?P<bad>.))",
    re.DOTALL,
)
_PLAIN = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))

# The reserved words of CEL; none of them can be a name, but behind a point: event.package is a field.
_RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    )
)

_SLIPS = {
    "=": ("a single = is no operator", "write == to compare"),
    "&": ("a single & is no operator", "write && for and"),
    "|": ("a single | is no operator", "write || for or"),
    **dict.fromkeys("“”„‟‘’‚«»", ("a curly quote is no quote here", "write 'text' with straight quotes")),  # noqa: RUF001
    **dict.fromkeys("≤≥≠", ("this sign is no operator", "write <=, >= or !=")),
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is the grammar's name for it or, for a keyword or a mark, its own text."""

    kind: str
    text: str
    at: int


def find_tokens(text: str) -> list[Token] | Mistake:
    """Cut the text, or say what in it cannot be read."""
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        return Mistake(None, f"a condition is at most {TEXT_BYTES_MAX} bytes long", "split it into two rules")
    tokens: list[Token] = []
    at = depth = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        in_path = bool(tokens) and tokens[-1].kind == "."
        token = _slip(text, at) if found is None else _read(found, in_path=in_path)
        if isinstance(token, Mistake):
            return token
        if token is not None:
            tokens.append(token)
            depth += (token.kind in ("(", "[", "{")) - (token.kind in (")", "]", "}"))
        if depth > BRACKETS_MAX:
            return Mistake(at + 1, f"more than {BRACKETS_MAX} brackets inside each other", "make it simpler")
        at = found.end() if found else at + 1
    return tokens


def _slip(text: str, at: int) -> Mistake:
    what, hint = _SLIPS.get(
        text[at], (f"{text[at]!r} is no part of a condition", "remove it, or put it in quotes")
    )
    return Mistake(at + 1, what, hint)


def _read(found: re.Match[str], *, in_path: bool) -> Token | Mistake | None:  # noqa: PLR0911 (one case for each pattern)
    text, at = found.group(), found.start()
    match found.lastgroup:
        case "space":
            return None
        case "raw":
            return Token("STRING_LIT", _inside(text[1:]), at)
        case "string":
            return _string(text, at)
        case "bytes":
            return Mistake(at + 1, "bytes are not taken", "write a text: 'retail'")
        case "open_string":
            return Mistake(at + 1, "this text has no closing quote", f"end it with {text}")
        case "float":
            return Token("FLOAT_LIT", text, at)
        case "int":
            return Token("UINT_LIT" if found["unsigned"] else "INT_LIT", text, at)
        case "mark":
            return Token(text, text, at)
        case _:
            return _word(text, at, in_path=in_path)


def _word(text: str, at: int, *, in_path: bool) -> Token | Mistake:
    if text in _RESERVED and not in_path:
        return Mistake(at + 1, f"{text} is a reserved word", "write a condition such as event.x > 1")
    if text in ("true", "false"):
        return Token("BOOL_LIT", text, at)
    if text in ("in", "null"):
        return Token(text, text, at)
    return Token("IDENT", text, at)


def _string(text: str, at: int) -> Token | Mistake:
    parts: list[str] = []
    end = 0
    inside = _inside(text)
    for escape in _ESCAPE.finditer(inside):
        character = _escaped(escape)
        if character is None:
            hint = r"\n, \t, \\, \', \" and \u00e9 are known; a backslash itself is written \\"
            column = at + (len(text) - len(inside)) // 2 + escape.start() + 1
            return Mistake(column, f"{escape.group()} means nothing", hint)
        parts += inside[end : escape.start()], character
        end = escape.end()
    return Token("STRING_LIT", "".join(parts) + inside[end:], at)


def _inside(quoted: str) -> str:
    quotes = 3 if len(quoted) >= 6 and quoted[:3] in ('"""', "'''") else 1
    return quoted[quotes:-quotes]


def _escaped(escape: re.Match[str]) -> str | None:
    if escape["bad"] is not None:
        return None
    if (plain := escape["plain"]) is not None:
        return _PLAIN.get(plain, plain)
    code = int(escape["octal"], 8) if escape["octal"] else int(escape["x"] or escape["u"] or escape["U"], 16)
    # Half of a surrogate pair is no character, and nothing could store it.
    return None if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)
