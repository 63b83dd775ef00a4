"""The console of a house, with a provider beside it that signs its staff in."""

from tests.web.console.conftest import Console, console, furnishing, house
from tests.web.single_sign_on.provider import CLIENT, SECRET

from guerdon.connectors.oidc.settings import SignOn
from guerdon.web.rooms import room
from guerdon.web.sign_on import SingleSignOn

__all__ = ["console", "furnishing", "house"]


def rely_on(issuer: str, *, domains: tuple[str, ...] = (), factors: tuple[str, ...] = ()) -> SingleSignOn:
    """Have this room's staff signed in by a provider."""
    made = SingleSignOn(SignOn(issuer, CLIENT, SECRET, "Example ID", domains, factors), ())
    room().__dict__["sign_on"] = made
    return made


def away(console: Console, onward: str = "") -> str:
    """Where a click on the sign-in page leads."""
    answer = console.client.get("/account/single-sign-on", {"next": onward or console.home})
    assert answer.status_code == 303, answer.content.decode()[:400]
    return answer["Location"]
