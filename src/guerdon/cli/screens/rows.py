"""Which rows of the routes are seen by whom, and why others have no picture of their own.

Every row that people read stands in one of the two: a test fails on one that is in neither.
"""

from collections.abc import Mapping

from guerdon.web.routes import CONSOLE, LOCATION, ROUTES

CLAIM = r"\Ar/(?P<token>[^/]*)/"

# Parts of a page, files, what only takes a form or leads on, and what takes a provider's accident.
NO_PAGES = frozenset(
    {
        *(
            CONSOLE + path
            for path in (
                "stream",
                "delivery/table",
                "delivery/rewards",
                "connections/return",
                "connections/<slug:connection>/consent",
                "exports/<str:file>",
                "reports/<str:file>",
                "imports/<slug:run>/<str:file>",
                "messages/figures.csv",
                "messages/<str:message>/mail",
                "reconciliation/differences.csv",
                "events/quarantine/<slug:parked>/raw",
                "members/<slug:member>/privacy/certificate",
            )
        ),
        # Of which the demo has none: tables of rules, differences, contacts who are another twice.
        *(
            CONSOLE + path
            for path in (
                "program/drafts/<slug:draft>/rules/<slug:rule>/table",
                "program/drafts/<slug:draft>/tables/<slug:table>",
                "reconciliation/<slug:difference>",
                "connections/<slug:connection>/twins",
            )
        ),
        *("m", "m/<slug:key>/sign-out", "m/<slug:key>/snapshot"),
        *("m/<slug:key>/manifest.webmanifest", "m/<slug:key>/icon.svg"),
        *(
            f"{CLAIM}{deed}\\Z"
            for deed in ("choose", "wait", "prove", "here", "renew", "take", "seen", "devices")
        ),
        CLAIM + r"catalog/(?P<itm>[^/]*)/favorite\Z",
        CLAIM + r"orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z",
        CLAIM + r"orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z",
        *(r"\Ainbox/seen\Z", r"\Ainbox/follow\Z", "inbox/live"),
        *(r"\Adevices/worker\.js\Z", r"\Aimages/(?P<hash>[0-9a-f]{64})\Z"),
        *(
            "",
            "console/",
            "account/sign-out",
            "account/preferences",
            "account/kept/<int:number>",
            "connect/<slug:key>/hubspot",
        ),
        *("account/sign-in/passkey", "account/sign-in/passkey/challenge", "account/passkeys/challenge"),
        *("account/second-factor/passkey", "account/single-sign-on", "account/single-sign-on/return"),
        *("m/<slug:key>/sign-in/passkey", "m/<slug:key>/sign-in/passkey/challenge"),
        "m/<slug:key>/you/passkeys/challenge",
        *("static/<slug:version>/<path:name>", "brand/<slug:key>/<slug:mark>.css"),
        "brand/<slug:key>/files/<slug:mark>.<slug:ending>",
        CONSOLE + "program/drafts/<slug:draft>/brand/<slug:mark>.css",
        CONSOLE + "program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>",
        # What machines read.
        *("api/v1/openapi.json", "api/<path:rest>"),
    }
)


def _rows(who: str, *beginnings: str) -> tuple[str, ...]:
    return tuple(
        pattern
        for pattern, row in ROUTES.items()
        if row.who == who and pattern.startswith(beginnings) and pattern not in NO_PAGES
    )


# By who walks there.
SEEN: Mapping[str, tuple[str, ...]] = {
    "staff": _rows("staff", CONSOLE),
    "location": _rows("location", LOCATION),
    "claim": _rows("member", r"\Ar/", r"(?s)\Ar/", r"(?s)\Ap/"),
    "app": _rows("member", "m/"),
    "letters": _rows("member", r"(?s)\An/", r"\Ainbox\Z", r"(?s)\Au/", r"(?s)\Ac/"),
    "doors": (
        "account/sign-in",
        "account/signed-out",
        "account/invitation/<str:token>",
        "m/<slug:key>/sign-in",
        "m/<slug:key>/offline",
        r"(?s)\Ai/(?P<code>.*)\Z",
    ),
    "factors": ("account/second-factor", "account/second-factor/new", "account/passkeys"),
    "beginning": ("account/first/<str:token>", "setup"),
}
