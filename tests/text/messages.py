"""Finds every message our templates and code say, as translators' tools do."""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract

import guerdon

PACKAGE = Path(guerdon.__file__).parent
TEMPLATES = PACKAGE / "text" / "templates"
KEYWORDS = {
    "_": None,
    "say": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}

Said = tuple[str | None, str]


def said_in(paths: Iterable[Path]) -> dict[Said, str]:
    """Messages (context, English) and where each stands."""
    found: dict[Said, str] = {}
    for path in paths:
        method = "python" if path.suffix == ".py" else "jinja2"
        options = {} if path.suffix == ".py" else {"silent": "false"}
        for line, message, _, context in extract(method, BytesIO(path.read_bytes()), KEYWORDS, (), options):
            first = message if isinstance(message, str) else next(each for each in message if each)
            found[context, first] = f"{path.relative_to(PACKAGE)}:{line}"
    return found


@cache
def console_messages() -> dict[Said, str]:
    """What staff read."""
    templates = [
        *TEMPLATES.glob("*.html"),
        *TEMPLATES.glob("elements/*.html"),
        *TEMPLATES.glob("console/**/*.html"),
    ]
    code = [*(PACKAGE / "web" / "console").rglob("*.py"), *(PACKAGE / "web" / "accounts").glob("*.py")]
    return said_in([*templates, *code])


def app_messages() -> dict[Said, str]:
    """What a member reads in the app."""
    pages = [*(PACKAGE / "web" / "member" / "app").glob("*.py"), PACKAGE / "web/member/passkeys/own.py"]
    return said_in([*TEMPLATES.glob("app/*.html"), *pages])


def location_messages() -> dict[Said, str]:
    """What staff read in the app of their location."""
    return said_in([*TEMPLATES.glob("location/*.html"), *(PACKAGE / "web" / "location").glob("*.py")])


def report_messages() -> dict[Said, str]:
    """What reports say, the letter they come with, and the page where one asks for them."""
    return said_in(
        [
            *(PACKAGE / "engine" / "reports").glob("*.py"),
            *(PACKAGE / "web" / "console" / "reports").glob("*.py"),
            PACKAGE / "text" / "letters" / "reports.py",
            TEMPLATES / "console" / "reports.html",
        ]
    )


def contact_messages() -> dict[Said, str]:
    """What a member chooses to be written."""
    return said_in(
        [*TEMPLATES.glob("contact/*.html"), *(PACKAGE / "web" / "member" / "contact").glob("*.py")]
    )


def reason_messages() -> dict[Said, str]:
    """Why an event earned nothing or stands in quarantine, and a feed, a row or a code is wrong."""
    return said_in(
        PACKAGE / "text" / name
        for name in (
            *("reasons.py", "refusals.py", "quarantine.py", "referrals.py", "hindrances.py"),
            *("feed_rows.py", "feed_faults.py", "code_rows.py", "files/refused_rows.py"),
        )
    )


def change_messages() -> dict[Said, str]:
    """What one version of a program says otherwise than another."""
    return said_in((PACKAGE / "program" / "diff").glob("*.py"))


def mail_messages() -> dict[Said, str]:
    """What members are written: mails, SMS, push, notices in the app."""
    return said_in((PACKAGE / "text" / "letters").glob("*.py"))


@cache
def sentence_messages() -> dict[Said, str]:
    """Conditions in words, and why a decision came out as it did."""
    return said_in(
        [*(PACKAGE / "program" / "sentences").glob("*.py"), *(PACKAGE / "engine" / "why").glob("*.py")]
    )
