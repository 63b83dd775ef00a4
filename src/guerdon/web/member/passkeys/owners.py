"""Members as owners of passkeys: how a device names them, and at which address theirs hold."""

import hashlib
import hmac

from guerdon.program.brand.naming import brand_name
from guerdon.store.sessions.passkeys import PasskeyRow
from guerdon.values.ids import show
from guerdon.values.texts import text_in
from guerdon.web.accounts.passkeys.ceremonies import Known, Owner
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.member.entering import Here
from guerdon.web.rooms import room

HANDLE_PURPOSE = "member passkey owner"


def place_of_passkeys() -> PasskeyPlace | None:
    """Where passkeys hold; None: browsers make none for this address."""
    place = passkey_place(room().settings.public_url)
    return place if isinstance(place, PasskeyPlace) else None


def handle_of(program_id: int, member_id: int) -> bytes:
    """How a device names a member: of each program another, and nothing that could be read."""
    said = f"{program_id}|{member_id}".encode()
    return hmac.new(room().vault.key(HANDLE_PURPOSE), said, hashlib.sha256).digest()


def owner_of(here: Here, name: str, email: str) -> Owner:
    """A member as their device shows them, in its own list of passkeys."""
    brand = text_in(brand_name(here.program, here.market), here.locale)
    known = email or show("mem", here.member_id)
    return Owner(handle_of(*here.whose), brand, known, name or known)


def known_of(row: PasskeyRow) -> Known:
    """What is kept of a passkey."""
    return Known(row.credential, row.public_key, row.sign_count, row.transports)
