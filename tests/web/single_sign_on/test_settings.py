"""The settings of single sign-on: off until there is an issuer, and whole once there is one."""

import json
from pathlib import Path
from typing import Any

import pytest

from guerdon.config import Settings, read_settings
from guerdon.connectors.oidc.provider import Unfit, address_to_sign_in, begin_journey, read_document
from guerdon.values.problems import Problem

GIVEN = {
    "GUERDON_SECRET": "0123456789abcdef" * 2,
    "GUERDON_OIDC_ISSUER": "https://id.example.com/realm",
    "GUERDON_OIDC_CLIENT_ID": "guerdon",
    "GUERDON_OIDC_DOMAINS": "Example.com, example.org",
    "GUERDON_OIDC_SECOND_FACTOR": "mfa, hwk",
}


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """Settings that are right, with the secret in its file."""
    file = tmp_path / "secret"
    file.write_text("a client's-secret\n".replace(" ", "-"))
    return {**GIVEN, "GUERDON_OIDC_SECRET_FILE": str(file)}


def read(given: dict[str, str], **changed: str) -> Settings | list[Problem]:
    return read_settings({**given, **changed})


def test_what_is_given_is_taken_and_the_secret_is_shown_to_nobody(given: dict[str, str]) -> None:
    settings = read(given)
    assert isinstance(settings, Settings)
    ours = settings.sign_on
    assert ours is not None
    assert (ours.issuer, ours.client_id, ours.secret) == (
        "https://id.example.com/realm",
        "guerdon",
        "a-client's-secret",
    )
    assert (ours.name, ours.domains, ours.factors) == (
        "id.example.com",
        ("example.com", "example.org"),
        ("mfa", "hwk"),
    )
    assert "a-client's-secret" not in repr(settings)
    assert ours.takes_domain_of("a@EXAMPLE.com")
    assert not ours.takes_domain_of("a@evil-example.com")
    assert not ours.takes_domain_of("a@a.example.com")


def test_without_an_issuer_there_is_none() -> None:
    settings = read_settings({"GUERDON_SECRET": GIVEN["GUERDON_SECRET"]})
    assert isinstance(settings, Settings)
    assert settings.sign_on is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUERDON_OIDC_ISSUER", ""),
        ("GUERDON_OIDC_ISSUER", "http://id.example.com"),
        ("GUERDON_OIDC_ISSUER", "https://10.0.0.1"),
        ("GUERDON_OIDC_ISSUER", "https://id.example.com?tenant=1"),
        ("GUERDON_OIDC_CLIENT_ID", ""),
        ("GUERDON_OIDC_SECRET_FILE", ""),
        ("GUERDON_OIDC_SECRET_FILE", "no/such/file"),
        ("GUERDON_OIDC_DOMAINS", "example"),
        ("GUERDON_OIDC_DOMAINS", "*.example.com"),
        ("GUERDON_OIDC_NAME", "x" * 61),
    ],
)
def test_what_is_wrong_is_told_by_its_name(given: dict[str, str], name: str, value: str) -> None:
    problems = read(given, **{name: value})
    assert isinstance(problems, list)
    assert [problem.where for problem in problems] == [name]


@pytest.mark.parametrize("kept", [b"", b"\n", b"two\nlines", b"x" * 5000, b"\xff"])
def test_a_file_that_holds_no_secret_is_refused(given: dict[str, str], tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "secret").write_bytes(kept)
    problems = read(given)
    assert isinstance(problems, list)
    assert [problem.where for problem in problems] == ["GUERDON_OIDC_SECRET_FILE"]
    assert "two" not in str(problems)


SAID: dict[str, Any] = {
    "issuer": "https://id.example.com",
    "authorization_endpoint": "https://id.example.com/auth?tenant=1",
    "token_endpoint": "https://id.example.com/token",
    "jwks_uri": "https://keys.example.com/jwks",
}


def document(**changed: Any) -> bytes:
    return json.dumps({**SAID, **changed}).encode()


def test_a_document_says_where_a_provider_answers() -> None:
    by_form = document(token_endpoint_auth_methods_supported=["client_secret_post"])
    found = read_document(by_form, SAID["issuer"])
    assert (found.secret_in_form, found.person_at, found.leave_at) == (True, "", "")
    where = address_to_sign_in(found, begin_journey(), "guerdon", "https://rewards.example.com/back")
    assert where.startswith("https://id.example.com/auth?tenant=1&response_type=code&client_id=guerdon&")
    for term in ("code_challenge_method=S256", "state=", "nonce=", "scope=openid+email+profile"):
        assert term in where


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://id.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://id.example.com/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://user:pass@id.example.com/"},
        {"end_session_endpoint": "nowhere"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_document_that_says_something_else_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        read_document(document(**changed), SAID["issuer"])
