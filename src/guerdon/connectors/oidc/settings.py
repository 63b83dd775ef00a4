"""The settings of single sign-on: which provider signs staff in, and what of its word is taken.

The client's secret lies in a file, so that it stands in no environment that a process listing shows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from guerdon.connectors.elsewhere import may_be_asked
from guerdon.values.destinations import Network, read_destination
from guerdon.values.problems import Problem

ISSUER, CLIENT, SECRET = "GUERDON_OIDC_ISSUER", "GUERDON_OIDC_CLIENT_ID", "GUERDON_OIDC_SECRET_FILE"
NAME, DOMAINS, FACTORS = "GUERDON_OIDC_NAME", "GUERDON_OIDC_DOMAINS", "GUERDON_OIDC_SECOND_FACTOR"
# Each with what it means; without the first there is no single sign-on.
SIGN_ON = (
    (ISSUER, "issuer of the OpenID provider that signs staff in, as it spells itself; empty: nobody but us"),
    (CLIENT, "client id of Guerdon at that provider"),
    (SECRET, "file of the client secret at that provider"),
    (NAME, "what the provider is called on the sign-in page; empty: the host of its issuer"),
    (DOMAINS, "domains of e-mail addresses that it may bring, separated by commas; empty: any"),
    (FACTORS, "values of `acr` or `amr` that stand for a second factor, by commas; empty: we ask ours"),
)
SECRET_BYTES_MAX = 4_096
NAME_LETTERS_MAX = 60
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


@dataclass(frozen=True, slots=True)
class SignOn:
    """A provider that signs staff in, and what an installation takes of what it says."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str
    # In small letters; none: any.
    domains: tuple[str, ...] = ()
    # What of `acr` and `amr` says that there was a second factor; none: its word on that is not taken.
    factors: tuple[str, ...] = ()

    def takes_domain_of(self, email: str) -> bool:
        """Whether the provider may bring somebody of this address."""
        return not self.domains or email.rpartition("@")[2].lower() in self.domains


def read_sign_on(
    value: Mapping[str, str], allowed: Sequence[Network], folder: Path
) -> SignOn | list[Problem] | None:
    """Read the settings; None where there is no provider. A relative file lies in `folder`."""
    issuer = value[ISSUER]
    if not issuer:
        beside = [name for name in (CLIENT, SECRET, NAME, DOMAINS, FACTORS) if value[name]]
        hint = "set it, or none of them"
        return [Problem(ISSUER, None, f"is needed beside {beside[0]}", hint)] if beside else None
    problems = []
    there = read_destination(issuer)
    if there is None or "?" in issuer or not may_be_asked(issuer, allowed):
        hint = "https, or an address of this machine or of a network in GUERDON_OUTBOUND_ALLOW"
        problems.append(Problem(ISSUER, None, "is no issuer that may be asked", hint))
    if not value[CLIENT]:
        problems.append(Problem(CLIENT, None, "is needed beside the issuer", "the provider shows it"))
    secret = _read_secret(folder / value[SECRET]) if value[SECRET] else "is needed beside the issuer"
    if isinstance(secret, str):
        problems.append(Problem(SECRET, None, secret, "a file of one line, readable by its owner only"))
    domains = _parted(value[DOMAINS].lower())
    problems += [
        Problem(DOMAINS, None, f"{each[:40]!r} is no domain", "like example.com, example.org")
        for each in domains
        if not _DOMAIN.fullmatch(each)
    ]
    name = value[NAME] or (there.host if there else "")
    if len(name) > NAME_LETTERS_MAX or not name.isprintable():
        problems.append(Problem(NAME, None, "is no name", f"at most {NAME_LETTERS_MAX} letters"))
    if problems or isinstance(secret, str):
        return problems
    return SignOn(issuer, value[CLIENT], secret.decode(), name, domains, _parted(value[FACTORS]))


def _read_secret(path: Path) -> bytes | str:
    """The secret; a text says what is wrong with its file, and nothing of what is in it."""
    try:
        kept = path.read_bytes()[: SECRET_BYTES_MAX + 1].strip()
    except OSError as fault:
        return f"cannot be read: {fault.strerror}"
    if not kept or len(kept) > SECRET_BYTES_MAX or not all(0x20 < byte < 0x7F for byte in kept):
        return "holds no secret of one line"
    return kept


def _parted(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())
