"""What a member does in the app, and staff in that of their location; and which of it the audit tells."""

from collections.abc import Callable

from tests.app.conftest import App
from tests.proof import location_deeds
from tests.proof.member_deeds import a_link
from tests.proof.site import Site, accepted
from tests.web.member.conftest import Door

Deed = Callable[[], object]
APP, DRAFT = "m/<slug:key>", "console/<slug:key>/program/drafts/<slug:draft>/brand"


def signing_in(site: Site) -> Deed:
    door, app, form = _asked(site)
    return lambda: accepted(app.send(door, **form).status_code)


def _asked(site: Site) -> tuple[Door, App, dict[str, str]]:
    """A member to whom a code was mailed, and the form by which they give it."""
    door, _ = a_link(site)
    app = App(door.house)
    address = app.tell(7)
    app.send(door, act="send", address=address)
    return door, app, {"act": "check", "address": address, "code": app.mailed(7)}


ROUTES = {
    f"{APP}/sign-in": (signing_in, ["sign_in.given", "session.begun"]),
    **location_deeds.ROUTES,
}
ELSEWHERE = {
    **location_deeds.ELSEWHERE,
    **dict.fromkeys(
        (
            *("m", APP, "brand/<slug:key>/<slug:mark>.css"),
            "brand/<slug:key>/files/<slug:mark>.<slug:ending>",
            *(f"{DRAFT}/{each}" for each in ("<slug:mark>.css", "files/<slug:mark>.<slug:ending>")),
            *(
                f"{APP}/{each}"
                for each in (
                    *("catalog", "code", "snapshot", "activity", "activity/<slug:evt>", "inbox"),
                    *("manifest.webmanifest", "icon.svg", "offline"),
                )
            ),
        ),
        "reads",
    ),
    DRAFT: "saves a draft, of which the audit is told (tests/brand)",
    f"{APP}/sign-out": "ends a session, of which the audit is told (tests/app)",
    f"{APP}/you/data": "reads; that it was handed over is told, and so is an erasure (tests/app)",
    f"{APP}/you/contact": "changes how a member is reached, of which the audit is told (tests/app)",
    f"{APP}/you/passkeys": "adds and removes passkeys, of which the audit is told (tests/app)",
    **dict.fromkeys(
        (f"{APP}/sign-in/passkey/challenge", f"{APP}/you/passkeys/challenge"),
        "asks a browser, and changes nothing",
    ),
    f"{APP}/sign-in/passkey": "begins a session, of which the audit is told (tests/app)",
    f"{APP}/you": "takes a device away, of which the audit is told (tests/app)",
}
