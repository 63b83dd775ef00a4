"""The two ceremonies of WebAuthn: what a browser is asked, and whether what it says holds.

py_webauthn reads and verifies. What it does not look at is looked at here: that the challenge is ours and
unused, that no page of another origin asked, and that the count of signatures rises.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from guerdon.web.accounts.settings import PasskeyPlace

TIMEOUT_MS = 5 * 60 * 1000
LETTERS_MAX = 32 * 1024

# What a browser says of a passkey that signed, read and not verified yet.
Signed = AuthenticationCredential
# Whether a challenge was this session's, and unused.
Take = Callable[[bytes], bool]


class Unfit(Exception):  # noqa: N818  an answer to a stranger's bytes, not a fault of ours
    """What came is no passkey of ours, or not now: why, for the log alone."""


class CountFell(Unfit):
    """A signature that holds, with a count that was used already: the passkey may have a copy."""

    def __init__(self, told: int, known: int) -> None:
        super().__init__(f"count {told} after {known}")
        self.told, self.known = told, known


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose passkey is made: how a device names them, and what it shows of them and of where it is for.

    `handle`: nothing that could be read, and the same for all of their passkeys.
    """

    handle: bytes
    place: str
    name: str
    shown: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a passkey; `transports` are parted by commas."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str


@dataclass(frozen=True, slots=True)
class Added:
    """What is kept of a new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool
    transports: str


@dataclass(frozen=True, slots=True)
class Used:
    """What a signature says anew of its passkey."""

    sign_count: int
    backed_up: bool


def ask_to_add(place: PasskeyPlace, owner: Owner, others: Sequence[Known], challenge: bytes) -> str:
    """The browser's options (JSON) for a new passkey of somebody who has these others."""
    return options_to_json(
        generate_registration_options(
            rp_id=place.rp_id,
            rp_name=owner.place,
            user_id=owner.handle,
            user_name=owner.name,
            user_display_name=owner.shown,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(others),
        )
    )


def ask_to_use(place: PasskeyPlace, challenge: bytes) -> str:
    """The browser's options (JSON) for a sign-in; which account it is, the passkey says."""
    return options_to_json(
        generate_authentication_options(
            rp_id=place.rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_added(place: PasskeyPlace, text: str, take: Take) -> Added:
    """What a browser says (JSON) of a passkey that it made; raises `Unfit`."""
    with _unfit():
        credential = parse_registration_credential_json(_short(text))
    challenge = _challenge_of(credential.response.client_data_json, take)
    with _unfit():
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    transports = credential.response.transports or []
    return Added(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.credential_backed_up,
        ",".join(sorted({transport.value for transport in transports})),
    )


def read_used(text: str) -> Signed:
    """What a browser says (JSON) of a passkey that signed, not verified yet; raises `Unfit`."""
    with _unfit():
        return parse_authentication_credential_json(_short(text))


def verify_used(place: PasskeyPlace, passkey: Known, handle: bytes, credential: Signed, take: Take) -> Used:
    """Whether a passkey signed our challenge for its owner, verified by the device; raises `Unfit`."""
    challenge = _challenge_of(credential.response.client_data_json, take)
    if not hmac.compare_digest(credential.response.user_handle or b"", handle):
        raise Unfit("it names another owner")
    with _unfit():
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            # Counted below, once the signature holds: only then does a count say something.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    told, known = found.new_sign_count, passkey.sign_count
    if (told or known) and told <= known:
        raise CountFell(told, known)
    return Used(told, found.credential_backed_up)


def _challenge_of(client_data: bytes, take: Take) -> bytes:
    with _unfit():
        said = parse_client_data_json(client_data)
    if said.cross_origin:
        raise Unfit("a page of another origin asked")
    if not take(said.challenge):
        raise Unfit("it answers no challenge of this session")
    return said.challenge


def _described(passkeys: Sequence[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(each) for each in passkey.transports.split(",") if each],
        )
        for passkey in passkeys
    ]


def _short(text: str) -> str:
    if len(text) > LETTERS_MAX:
        raise Unfit("it is too long")
    return text


@contextmanager
def _unfit() -> Iterator[None]:
    try:
        yield
    except Unfit:
        raise
    except Exception as fault:
        # The library lets through whatever it stumbles on in a stranger's bytes; each is a refusal.
        raise Unfit(f"{type(fault).__name__}: {fault}") from fault
