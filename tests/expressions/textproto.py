"""A reader of protobuf's text format, as far as the files of the CEL project use it.

A message becomes a dictionary from a field's name to the list of its values, in their order.
"""

import re
from typing import Any

Message = dict[str, list[Any]]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|\#[^\n]*)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<word>[-+]?[A-Za-z0-9_][A-Za-z0-9_.+-]*|-?\.\d+)
    | (?P<mark>[{}<>\[\]:;,/])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(
    rb"\\(?:x(?P<x>[0-9a-fA-F]{1,2})|(?P<octal>[0-7]{1,3})|u(?P<u>[0-9a-fA-F]{4})"
    rb"|U(?P<U>[0-9a-fA-F]{8})|(?P<plain>.))",
    re.DOTALL,
)
_PLAIN = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))


class Text(bytes):
    """A quoted value, as opposed to a bare word."""

    def read(self) -> str:
        return self.decode("utf-8")


def read_textproto(text: str) -> Message:
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None, text[at : at + 40]
        if found.lastgroup != "space":
            tokens.append(found.group())
        at = found.end()
    reader = _Reader(tokens)
    message = reader.message("")
    assert reader.at == len(tokens)
    return message


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, *marks: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] in marks

    def message(self, end: str) -> Message:
        found: Message = {}
        while self.at < len(self.tokens) and not self.sees(end):
            name = self.name()
            if self.sees(":"):
                self.next()
            found.setdefault(name, []).extend(self.values())
            if self.sees(",", ";"):
                self.next()
        if end:
            self.next()
        return found

    def name(self) -> str:
        name = self.next()
        if name != "[":
            return name
        parts = []
        while not self.sees("]"):
            parts.append(self.next())
        self.next()
        return "".join(parts)

    def values(self) -> list[Any]:
        if not self.sees("["):
            return [self.value()]
        self.next()
        found = []
        while not self.sees("]"):
            found.append(self.value())
            if self.sees(","):
                self.next()
        self.next()
        return found

    def value(self) -> Any:
        token = self.next()
        if token in "{<":
            return self.message("}" if token == "{" else ">")
        if token[0] not in "\"'":
            return token
        whole = [_unquoted(token)]
        while self.at < len(self.tokens) and self.tokens[self.at][0] in "\"'":
            whole.append(_unquoted(self.next()))
        return Text(b"".join(whole))


def _unquoted(token: str) -> bytes:
    return _ESCAPE.sub(_escaped, token[1:-1].encode())


def _escaped(found: re.Match[bytes]) -> bytes:
    if found["plain"] is not None:
        return bytes([_PLAIN.get(found["plain"][0], found["plain"][0])])
    if found["octal"] is not None:
        return bytes([int(found["octal"], 8)])
    if found["x"] is not None:
        return bytes([int(found["x"], 16)])
    return chr(int(found["u"] or found["U"], 16)).encode()
