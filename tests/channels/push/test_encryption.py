"""What a push service carries: readable for the browser it is for, and for nobody else."""

import os
from base64 import urlsafe_b64decode

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from hypothesis import given
from hypothesis import strategies as some

from guerdon.channels.push.encryption import (
    BODY_MAX,
    PADDED,
    TEXT_MAX,
    encrypt,
    padded,
    point,
    read_point,
)
from guerdon.channels.push.tokens import coded, decoded

BROWSER = generate_private_key(SECP256R1())
SECRET = os.urandom(16)


def b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private(text: str) -> EllipticCurvePrivateKey:
    return derive_private_key(int.from_bytes(b64(text), "big"), SECP256R1())


def sealed(text: bytes) -> bytes:
    return encrypt(
        padded(text), BROWSER.public_key(), SECRET, generate_private_key(SECP256R1()), os.urandom(16)
    )


def test_the_example_of_rfc_8291() -> None:
    # Its appendix A, which has no padding.
    reader = private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    own = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    assert coded(point(reader.public_key())) == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon\x02",
        reader.public_key(),
        b64("BTBZMqHH6r4Tts7J_aSIgg"),
        own,
        b64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert coded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(some.binary(max_size=TEXT_MAX))
def test_http_ece_reads_it(text: bytes) -> None:
    body = sealed(text)
    assert len(body) <= BODY_MAX
    assert http_ece.decrypt(body, private_key=BROWSER, auth_secret=SECRET, version="aes128gcm") == text


@pytest.mark.parametrize("length", [0, 1, 510, 511, 512, 1_023, 1_024, 2_047, 2_048, TEXT_MAX])
def test_a_length_says_little(length: int) -> None:
    body = sealed(bytes(length))
    assert http_ece.decrypt(body, private_key=BROWSER, auth_secret=SECRET, version="aes128gcm") == bytes(
        length
    )
    assert len(body) - 86 - 16 in PADDED
    assert {len(sealed(bytes(each))) for each in range(0, 512, 73)} == {86 + 512 + 16}


def test_the_longest_text_fills_a_body_and_a_longer_one_is_refused() -> None:
    assert len(sealed(bytes(TEXT_MAX))) == BODY_MAX
    with pytest.raises(ValueError, match="3993 bytes"):
        padded(bytes(TEXT_MAX + 1))


def test_nobody_else_reads_it_and_nobody_changes_it() -> None:
    body = sealed(b"a secret")
    changed = body[:-1] + bytes([body[-1] ^ 1])
    other = generate_private_key(SECP256R1())
    for what, key, secret in ((body, other, SECRET), (body, BROWSER, bytes(16)), (changed, BROWSER, SECRET)):
        with pytest.raises(http_ece.ECEException):
            http_ece.decrypt(what, private_key=key, auth_secret=secret, version="aes128gcm")
    assert sealed(b"a secret") != body


@pytest.mark.parametrize(
    "held",
    [
        b"",
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        point(BROWSER.public_key())[:-1],
        b"\x02" + bytes(32),
    ],
    # By number: the browser's point is another in each process, and a test keeps its name.
    ids=range(6),
)
def test_a_point_that_is_on_no_curve_is_none(held: bytes) -> None:
    assert read_point(held) is None


def test_base64url_is_read_as_browsers_write_it() -> None:
    assert decoded("_-8") == decoded("_-8=") == b"\xff\xef"
    assert [decoded(text) for text in ("+/8", "a b", "ü", "a===", "a", "=", "ab\n")] == [
        *([None] * 5),
        b"",
        None,
    ]
    assert decoded(coded(bytes(range(256)))) == bytes(range(256))
