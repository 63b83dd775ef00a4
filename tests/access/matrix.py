"""Reads the access matrix that lies beside this file."""

from collections.abc import Mapping
from pathlib import Path

from guerdon.access.roles import ROLES, Role

MATRIX = Path(__file__).with_name("matrix.txt")
EMPTY = "(empty)"


def read_matrix() -> tuple[dict[str, Mapping[Role, str]], dict[str, str]]:
    """Addresses guarded by role, each with its letters; the others with who they are for."""
    guarded: dict[str, Mapping[Role, str]] = {}
    others: dict[str, str] = {}
    for line in MATRIX.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == "op":
            continue
        if len(words) in {2, 3}:
            others["" if words[0] == EMPTY else words[0]] = " ".join(words[1:])
            continue
        route, *letters = words
        assert route not in guarded, route
        guarded[route] = dict(zip(ROLES, letters, strict=True))
    return guarded, others
