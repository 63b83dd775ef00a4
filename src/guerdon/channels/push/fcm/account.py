"""A service account of Google's, and the token that it is given for an hour (RFC 7523).

The token is asked for once for all connections, kept until shortly before its end, and thrown away when it is
turned down.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlencode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from guerdon.channels.asking import Asks, asked_to_wait, read_object
from guerdon.channels.push.tokens import write_token
from guerdon.engine.messages.port import Retry, Shut
from guerdon.http import Answer, Unreachable
from guerdon.program.messages.accounts import PROJECT
from guerdon.values.destinations import read_destination

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTED_FOR = timedelta(hours=1)
RENEWED_BEFORE = timedelta(minutes=5)
WITHIN_S = 15.0
_ASKED = "the JSON file of a service account's key, as Google Cloud gives it"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who asks, for which project, and where its tokens come from."""

    email: str
    project: str
    key_id: str
    token_url: str
    key: RSAPrivateKey = field(repr=False)


def read_account(text: str) -> ServiceAccount:
    """Read a service account's file; raises ValueError in words, which never hold anything of the key."""
    read = read_object(text.encode())
    email, project = read.get("client_email"), read.get("project_id")
    key_id, url, held = read.get("private_key_id"), read.get("token_uri", TOKEN_URL), read.get("private_key")
    if not isinstance(email, str) or "@" not in email or not isinstance(held, str):
        raise ValueError(f"that is no service account with its key: give {_ASKED}")
    if not isinstance(project, str) or not PROJECT.fullmatch(project):
        raise ValueError(f"that service account names no project: give {_ASKED}")
    if not isinstance(url, str) or read_destination(url) is None:
        raise ValueError(f"that service account's token_uri is no address: give {_ASKED}")
    try:
        key = load_pem_private_key(held.encode(), None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"that service account's key cannot be read: give {_ASKED}")  # noqa: TRY004
    return ServiceAccount(email, project, key_id if isinstance(key_id, str) else "", url, key)


def assertion(account: ServiceAccount, now: datetime) -> str:
    """What an account says of itself to be given a token."""
    claims = {
        "iss": account.email,
        "scope": SCOPE,
        "aud": account.token_url,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTED_FOR).timestamp()),
    }
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": account.key_id} if account.key_id else {})
    return write_token(header, claims, lambda signed: account.key.sign(signed, PKCS1v15(), SHA256()))


@dataclass(slots=True)
class Bearer:
    """The token of an account, for all its connections and any thread."""

    http: Asks = field(repr=False)
    account: ServiceAccount
    clock: Callable[[], datetime] = field(repr=False)
    _token: str = field(default="", repr=False)
    _until: datetime | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def token(self) -> str | Retry | Shut:
        """A token that is good for some minutes at least, or why there is none."""
        with self._lock:
            now = self.clock()
            if self._until is not None and self._until - now > RENEWED_BEFORE:
                return self._token
            return self._asked(now)

    def forget(self, token: str) -> None:
        """It was turned down: the next one who needs one asks anew."""
        with self._lock:
            if self._token == token:
                self._token, self._until = "", None

    def _asked(self, now: datetime) -> str | Retry | Shut:
        body = urlencode({"grant_type": GRANT, "assertion": assertion(self.account, now)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            answer = self.http.ask("POST", self.account.token_url, headers, body, WITHIN_S)
        except Unreachable as fault:
            # Of the message itself nothing went out.
            return Retry(f"fcm:token {fault.reason}")
        return self._given(answer, now)

    def _given(self, answer: Answer, now: datetime) -> str | Retry | Shut:
        said = read_object(answer.body)
        if answer.status == 200:
            token, lasts_s = said.get("access_token"), said.get("expires_in")
            if (
                isinstance(token, str)
                and token.isascii()
                and token.isprintable()
                and isinstance(lasts_s, int)
            ):
                self._token, self._until = token, now + timedelta(seconds=min(max(lasts_s, 0), 86_400))
                return token
            return Retry("fcm:token unreadable")
        if answer.status in (400, 401, 403):
            error = said.get("error")
            known = isinstance(error, str) and error.replace("_", "").isalnum() and len(error) <= 40
            return Shut(f"fcm:token {error}" if known else f"fcm:token {answer.status}")
        return Retry(f"fcm:token {answer.status}", asked_to_wait(answer, now))
