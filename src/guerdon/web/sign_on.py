"""The provider of single sign-on as this process knows it: what it said of itself, and its keys, for an hour.

A token that is signed by a key we do not know makes us read them once more, and no more often than twice a
minute, whoever sends such tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from guerdon.connectors.oidc.asking import (
    BYTES_MAX,
    Tokens,
    ask_document,
    ask_keys,
    ask_person,
    exchange,
)
from guerdon.connectors.oidc.provider import Journey, Provider, Unfit
from guerdon.connectors.oidc.settings import SignOn
from guerdon.connectors.oidc.tokens import Claims, Expected, UnknownKey, read_id_token
from guerdon.http import Client
from guerdon.values.destinations import Network, with_own

KEPT_S = 3_600.0
AGAIN_S = 30.0


class SingleSignOn:
    """One provider, for all threads of this process."""

    def __init__(
        self, ours: SignOn, allow: Sequence[Network], clock: Callable[[], float] = monotonic
    ) -> None:
        self.ours = ours
        self._client = Client(with_own(ours.issuer, allow), bytes_max=BYTES_MAX)
        self._clock = clock
        self._lock = Lock()
        self._provider: tuple[float, Provider] | None = None
        self._keys: tuple[float, Sequence[Mapping[str, Any]]] | None = None
        self._asked_again_at = -AGAIN_S

    def provider(self) -> Provider:
        """What it says of itself; raises `Unreached` or `Unfit`."""
        with self._lock:
            if self._provider is None or self._clock() - self._provider[0] >= KEPT_S:
                self._provider = (self._clock(), ask_document(self._client, self.ours.issuer))
            return self._provider[1]

    def claims_of(self, journey: Journey, code: str, return_to: str, now: datetime) -> Claims:
        """Who signed in, by the code that they brought; raises `Unreached` or `Unfit`."""
        provider = self.provider()
        tokens = exchange(self._client, self.ours, provider, (code, journey.verifier), return_to)
        expected = Expected(self.ours.issuer, self.ours.client_id, journey.nonce)
        try:
            claims = read_id_token(tokens.id_token, self._known_keys(provider), expected, now)
        except UnknownKey:
            claims = read_id_token(tokens.id_token, self._keys_again(provider), expected, now)
        return claims if claims.email else self._with_email(provider, claims, tokens)

    def _with_email(self, provider: Provider, claims: Claims, tokens: Tokens) -> Claims:
        """Some put a person's address beside the ID token; what else they say there is not taken."""
        if not provider.person_at or not tokens.access_token:
            return claims
        beside = ask_person(self._client, provider, tokens.access_token)
        if beside.subject != claims.subject:
            raise Unfit("it speaks of somebody else")
        return Claims(
            claims.subject, beside.email, beside.email_verified, claims.name or beside.name, claims.factors
        )

    def _known_keys(self, provider: Provider) -> Sequence[Mapping[str, Any]]:
        with self._lock:
            if self._keys is None or self._clock() - self._keys[0] >= KEPT_S:
                self._keys = (self._clock(), ask_keys(self._client, provider))
            return self._keys[1]

    def _keys_again(self, provider: Provider) -> Sequence[Mapping[str, Any]]:
        with self._lock:
            if self._clock() - self._asked_again_at >= AGAIN_S or self._keys is None:
                self._asked_again_at = self._clock()
                self._keys = (self._clock(), ask_keys(self._client, provider))
            return self._keys[1]
