"""Values as YAML: the shortest spelling from which the very same text is read again."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache

import yaml

from guerdon.program.editing.spans import Plain

WIDTH_MAX = 110
STEP = "  "

_LIKELY_PLAIN = re.compile(r"[^\s\"'\[\]{},#&*!|>%@`?:][^\n\r\t\"\[\]{},]*|-")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def scalar(text: str, *, flow: bool, style: str = "") -> str:
    """Write a text, by the style that it had where that can be."""
    if style == "'" and not _CONTROL.search(text):
        return "'" + text.replace("'", "''") + "'"
    if style == '"' or not _reads_plain(text, flow=flow):
        return json.dumps(text, ensure_ascii=False)
    return text


def in_flow(value: Plain) -> str:
    """Write a value in one line."""
    if isinstance(value, str):
        return scalar(value, flow=True)
    if isinstance(value, list):
        return f"[{', '.join(map(in_flow, value))}]"
    if not value:
        return "{}"
    return (
        "{ " + ", ".join(f"{scalar(key, flow=True)}: {in_flow(each)}" for key, each in value.items()) + " }"
    )


def behind_key(value: Plain, indent: str) -> str:
    """Write a value as it stands behind `key:` in a block; `indent` is that of the key."""
    if isinstance(value, str):
        return f" {scalar(value, flow=False)}"
    line = in_flow(value)
    if not value or (len(indent) + len(line) < WIDTH_MAX and _is_small(value)):
        return f" {line}"
    return "\n" + "\n".join(_block(value, indent + STEP))


def entry(key: str, value: Plain, indent: str) -> str:
    """Write an entry of a block."""
    return f"{indent}{scalar(key, flow=False)}:{behind_key(value, indent)}"


def item(value: Plain, indent: str) -> str:
    """Write an item of a block in one line."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        return f"{indent}- {scalar(key, flow=False)}: {_inner(inner)}"
    return f"{indent}- {in_flow(value) if not isinstance(value, str) else scalar(value, flow=False)}"


def _inner(value: Plain) -> str:
    return scalar(value, flow=False) if isinstance(value, str) else in_flow(value)


def _block(value: Plain, indent: str) -> Iterable[str]:
    if isinstance(value, dict):
        return [entry(key, each, indent) for key, each in value.items()]
    return [_item(each, indent) for each in value]


def _item(value: Plain, indent: str) -> str:
    line = item(value, indent)
    if len(line) < WIDTH_MAX or not isinstance(value, dict) or not value:
        return line
    return f"{indent}- " + "\n".join(_block(value, indent + STEP)).lstrip(" ")


def _is_small(value: Plain) -> bool:
    """Whether people would write it in one line: no list of mappings or rows, nothing that holds one."""
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return all(isinstance(each, str) or (isinstance(each, list) and _is_small(each)) for each in inside)


@lru_cache(maxsize=4096)
def _reads_plain(text: str, *, flow: bool) -> bool:
    if not _LIKELY_PLAIN.fullmatch(text) or text != text.strip() or len(text) > WIDTH_MAX:
        return False
    try:
        read = list(yaml.parse(f"[{text}, x]" if flow else f"- {text}\n", Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return False
    said = [(each.value, each.style) for each in read if isinstance(each, yaml.ScalarEvent)]
    return said == [(text, None), ("x", None)][: 2 if flow else 1] and len(read) == len(said) + 6
