"""What the text editor asks while somebody types: is it right, and what may stand here."""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from guerdon.program.document import STORED_BYTES_MAX
from guerdon.program.editing.completion import complete
from guerdon.text import formats
from guerdon.web.console.rules.working import Working

PROBLEMS_TOLD = 200
CHANGES_TOLD = 100


def check(work: Working, given: Mapping[str, str]) -> HttpResponse:
    """Every mistake of a typed text with its line; where there is none, what it changes."""
    typed = work.with_text(_text(given))
    return JsonResponse(
        {
            "problems": [
                {"line": each.line, "where": each.where, "what": each.what, "hint": each.hint}
                for each in typed.problems[:PROBLEMS_TOLD]
            ],
            "count": formats.number(len(typed.problems), work.desk.locale),
            "changes": typed.changes[:CHANGES_TOLD],
        }
    )


def completion(_: Working, given: Mapping[str, str]) -> HttpResponse:
    """What may be written at a place of a typed text."""
    line, column = (_number(given.get(name, "")) for name in ("line", "column"))
    found = complete(_text(given), line, column)
    return JsonResponse({"start": found.start, "options": found.options})


def _text(given: Mapping[str, str]) -> str:
    """What was typed; what could not be kept is not looked at."""
    text = given.get("text", "").replace("\r\n", "\n")
    return text if len(text.encode()) <= STORED_BYTES_MAX else ""


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 8 else 0
