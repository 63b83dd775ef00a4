"""Who reads their notices: by a cookie, which a browser gets for a form that a signed link leads to.

Neither is taken for the other, and links to choices about messages are neither. All end when the generation
of the member's links goes on.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse, parse_cookie

from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.messages.inapp import load_generations
from guerdon.values.links import KEY_PURPOSE, member_token, read_member_token
from guerdon.web.rooms import room

COOKIE, HOSTS_OWN = "inbox", "__Host-inbox"
KEPT_S = 400 * 24 * 3600
# What a link is about, and what a cookie is: the same text never serves as both.
LINK, BROWSER = "", "browser"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose notices are read. `generation` is that of the links when it was given out."""

    program_id: int
    program: Program
    member_id: int
    generation: int


def read_link(token: str, about: str = LINK) -> Reader | None:
    """Who a link leads to, whether or not it still opens; None for one that we never made."""
    here = room()
    key = here.vault.key(KEY_PURPOSE)
    for program_id, program in here.programs().items():
        found = read_member_token(key, "inbox", program_id, token)
        if found is not None and found.about == about:
            return Reader(program_id, program, found.member_id, found.generation)
    return None


def read_cookie(cookies: str) -> Reader | None:
    """Who a browser's cookies say reads, whether or not that still holds."""
    kept = parse_cookie(cookies).get(cookie_name(), "")
    return read_link(kept, BROWSER) if kept else None


def still_holds(tx: Transaction, reader: Reader) -> bool:
    """Whether the member's links did not go on since."""
    now = load_generations(tx, reader.program_id, [reader.member_id])
    return now[reader.member_id] == reader.generation


def keep(answer: HttpResponse, reader: Reader) -> HttpResponse:
    """Have a browser keep that it may read."""
    whose = (reader.program_id, reader.member_id, reader.generation)
    name = cookie_name()
    answer.set_cookie(
        *(name, member_token(room().vault.key(KEY_PURPOSE), "inbox", *whose, BROWSER), KEPT_S),
        path="/" if name == HOSTS_OWN else "/inbox",
        samesite="Lax",
        secure=name == HOSTS_OWN,
        httponly=True,
    )
    return answer


def cookie_name() -> str:
    """What the cookie is called: with a prefix where the installation is reached by https."""
    return HOSTS_OWN if settings.CSRF_COOKIE_SECURE else COOKIE
