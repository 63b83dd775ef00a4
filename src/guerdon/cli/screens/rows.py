"""Rows of the routes at which nobody finds a page by a link: why each has no picture of its own."""

from guerdon.web.routes import CONSOLE

CLAIM = r"\Ar/(?P<token>[^/]*)/"

# Parts of a page, files, and what only takes a form; what takes a second factor or a supplier's accident.
NO_PAGES = frozenset(
    {
        *(CONSOLE + path for path in ("stream", "delivery/table", "connections/return")),
        *(
            CONSOLE + path
            for path in (
                "exports/<str:file>",
                "reports/<str:file>",
                "messages/figures.csv",
                "reconciliation/differences.csv",
                "delivery/rewards",
            )
        ),
        *(CONSOLE + path for path in ("messages/<str:message>/mail", "events/quarantine/<slug:parked>/raw")),
        CONSOLE + "members/<slug:member>/privacy/certificate",
        CONSOLE + "connections/<slug:connection>/consent",
        "m/<slug:key>/sign-out",
        "m/<slug:key>/snapshot",
        *(
            f"{CLAIM}{deed}\\Z"
            for deed in ("choose", "wait", "prove", "here", "renew", "take", "seen", "devices")
        ),
        CLAIM + r"catalog/(?P<itm>[^/]*)/favorite\Z",
        CLAIM + r"orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z",
        CLAIM + r"orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z",
    }
)
