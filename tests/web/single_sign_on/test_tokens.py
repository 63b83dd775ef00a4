"""What an ID token has to say before it is believed: each thing about it made wrong, one by one."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from guerdon.connectors.oidc.provider import Unfit
from guerdon.connectors.oidc.tokens import Claims, Expected, UnknownKey, read_id_token, read_keys
from guerdon.values.clock import utc_now

ISSUER, CLIENT, NONCE = "https://id.example.com", "guerdon", "the nonce of this sign-in"
EXPECTED, NOW = Expected(ISSUER, CLIENT, NONCE), utc_now()
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    kind = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


KEYS = (public(KEY, "one"), public(CURVE, "curve"))


def said(**changed: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    whole = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "somebody",
        "nonce": NONCE,
        "iat": now,
        "exp": now + 300,
        "email": "ines@example.com",
        "email_verified": True,
    }
    return {name: each for name, each in (whole | changed).items() if each is not None}


def signed(key: Any = KEY, kid: str | None = "one", algorithm: str = "RS256", **changed: Any) -> str:
    return jwt.encode(said(**changed), key, algorithm, headers={} if kid is None else {"kid": kid})


def unsigned(head: dict[str, Any], signature: str = "") -> str:
    parts = (json.dumps(each).encode() for each in (head, said()))
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts) + f".{signature}"


def test_one_that_is_right_says_who_it_is() -> None:
    found = read_id_token(signed(amr=["mfa"], acr="high", name="Ines"), KEYS, EXPECTED, NOW)
    assert found == Claims("somebody", "ines@example.com", True, "Ines", frozenset({"mfa", "high"}))
    assert read_id_token(signed(CURVE, "curve", "ES256"), KEYS, EXPECTED, NOW).subject == "somebody"
    # Where there is one key, it needs no name.
    assert read_id_token(signed(kid=None), KEYS[:1], EXPECTED, NOW).subject == "somebody"
    # Clocks differ, by no more than a minute.
    later = int((NOW + timedelta(seconds=50)).timestamp())
    assert read_id_token(signed(iat=later), KEYS, EXPECTED, NOW).subject == "somebody"


OURS = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
AT = int(NOW.timestamp())


def by_public_key() -> str:
    # As somebody makes it who has nothing but what everybody may have; PyJWT itself refuses to.
    head = unsigned({"alg": "HS256", "kid": "one"}).rpartition(".")[0]
    made = hmac.digest(OURS, head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


WRONG: dict[str, Callable[[], str]] = {
    "another issuer": lambda: signed(iss="https://elsewhere.example.com"),
    "another audience": lambda: signed(aud="somebody else"),
    "several audiences without a party": lambda: signed(aud=[CLIENT, "somebody else"]),
    "another party": lambda: signed(azp="somebody else"),
    "another nonce": lambda: signed(nonce="of another sign-in"),
    "a nonce that is no text": lambda: signed(nonce=7),
    "no nonce": lambda: signed(nonce=None),
    "no subject": lambda: signed(sub=None),
    "an empty subject": lambda: signed(sub=""),
    "no end": lambda: signed(exp=None),
    "it ended": lambda: signed(exp=AT - 61),
    "an end that is no time": lambda: signed(exp="tomorrow"),
    "it is made tomorrow": lambda: signed(iat=AT + 86_400, exp=AT + 90_000),
    "it was made an hour ago": lambda: signed(iat=AT - 3_600),
    "it begins tomorrow": lambda: signed(nbf=AT + 86_400),
    "signed by another key under this name": lambda: signed(OTHER),
    "alg none": lambda: unsigned({"alg": "none", "kid": "one"}),
    "alg None": lambda: unsigned({"alg": "None", "kid": "one"}),
    "no alg": lambda: unsigned({"kid": "one"}),
    "by a shared secret": lambda: signed("a client's secret of the tests " * 3, algorithm="HS256"),
    "by the public key as a secret": by_public_key,
    "an algorithm of another kind of key": lambda: unsigned({"alg": "ES256", "kid": "one"}, "AAAA"),
    "cut off": lambda: signed()[:-20],
    "no token": lambda: "a.b",
    "nothing": lambda: "",
    "too long": lambda: signed(filler="x" * 20_000),
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_wrong_about_it_is_not_believed(how: str) -> None:
    with pytest.raises(Unfit):
        read_id_token(WRONG[how](), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    ("kid", "keys"),
    [
        ("two", KEYS),
        (None, KEYS),
        ("one", ()),
        ("one", (KEYS[0], KEYS[0])),
        ("one", (KEYS[0] | {"alg": "PS256"},)),
    ],
)
def test_a_key_that_may_have_changed_is_told_apart(kid: str | None, keys: tuple[Any, ...]) -> None:
    with pytest.raises(UnknownKey):
        read_id_token(signed(kid=kid), keys, EXPECTED, NOW)


def test_a_key_that_anybody_could_break_is_none() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is the point
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = signed(weak, "weak")
    with pytest.raises(Unfit):
        read_id_token(token, (public(weak, "weak"),), EXPECTED, NOW)


def test_of_a_set_of_keys_those_that_sign_are_read() -> None:
    shared = {"kty": "oct", "k": "AAAA", "kid": "shared"}
    told = {"keys": [*KEYS, public(OTHER, "enc", use="enc"), shared, "garbled"]}
    assert [key["kid"] for key in read_keys(json.dumps(told).encode())] == ["one", "curve"]
    for garbled in (b"[]", b"{}", b"{", b'{"keys": {}}', json.dumps({"keys": [{}] * 101}).encode()):
        with pytest.raises(Unfit):
            read_keys(garbled)
