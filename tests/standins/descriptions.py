"""HubSpot's own descriptions of its API, where a checkout of them is at hand; they are not ours to copy."""

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

DESCRIPTIONS = "GUERDON_HUBSPOT_DESCRIPTIONS"


def official(path: str) -> dict[str, Any]:
    """One of HubSpot's descriptions, where a checkout of them is at hand; they are not ours to copy."""
    place = os.environ.get(DESCRIPTIONS)
    if place is None:
        pytest.skip(f"no checkout of HubSpot's API descriptions: {DESCRIPTIONS} names none")
    command = ["git", "-C", str(Path(place)), "show", f"HEAD:PublicApiSpecs/{path}"]
    shown = subprocess.run(command, check=True, capture_output=True)
    return dict(msgspec.json.decode(shown.stdout))


def without_null_examples(part: Any) -> Any:
    """The schema as JSON Schema says it: nulls allowed by `nullable`, no empty examples."""
    if isinstance(part, list):
        return [without_null_examples(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: without_null_examples(one)
        for name, one in part.items()
        if not (name == "example" and one is None)
    }
    if kept.pop("nullable", False) is True and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept
