"""Names of settings: a secret never stands in a program, and what looks like one is refused unrepeated."""

import re

from guerdon.program.places import KEY_LENGTH_MAX, Place

_SETTING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_OWN_SETTING = re.compile(r"GUERDON_.*|DATABASE_URL")


def read_setting(place: Place | None, noun: str, example: str = "CARDS_API_KEY") -> str:
    """Read the name of the setting that holds a secret of a connection or an account (`noun`)."""
    name = place.word() if place is not None else None
    if place is None or name is None:
        return ""
    if not _SETTING.fullmatch(name) or len(name) > KEY_LENGTH_MAX:
        place.wrong(
            "this is not the name of a setting",
            f"never write a secret here; write the environment setting's name, like {example}",
        )
    elif _OWN_SETTING.fullmatch(name):
        place.wrong(f"{name} is a setting of Guerdon itself", f"use a setting of its own for this {noun}")
    return name
