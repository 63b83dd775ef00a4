"""Signatures: what others who know the standard make of ours, and what they refuse."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.peers.npm import asked

from guerdon.engine.webhooks.signing import show_secret, sign, signed_headers
from guerdon.values.clock import utc_now

SECRET, OLD = bytes(range(32)), bytes(range(32, 64))
BODY = json.dumps({"type": "reward.earned", "data": {"näme": "ünïcode ✓ \U0001f381"}}, ensure_ascii=False)


def headers(secrets: Sequence[bytes], at: datetime | None = None, body: str = BODY) -> dict[str, str]:
    return signed_headers(secrets, "msg_0000000000001", at or utc_now(), body.encode())


def by_python(secret: bytes, told: dict[str, str], body: str = BODY) -> str:
    try:
        Webhook(show_secret(secret)).verify(body, told)
    except WebhookVerificationError as fault:
        return str(fault)
    return "ok"


def test_both_of_the_standards_libraries_believe_ours_and_nothing_else(peers: Path) -> None:
    now = utc_now()
    messages = [
        (SECRET, headers([SECRET]), BODY),
        # While the secret is changed: whoever has the old one, and whoever has the new one.
        (SECRET, headers([SECRET, OLD]), BODY),
        (OLD, headers([SECRET, OLD]), BODY),
        (SECRET, headers([SECRET], now - timedelta(minutes=4)), BODY),
        # From here on nobody may believe it.
        (OLD, headers([SECRET]), BODY),
        (SECRET, headers([SECRET]), BODY + " "),
        (SECRET, {**headers([SECRET]), "webhook-id": "msg_0000000000002"}, BODY),
        (SECRET, headers([SECRET], now - timedelta(minutes=6)), BODY),
        (SECRET, headers([SECRET], now + timedelta(minutes=6)), BODY),
        (SECRET, {**headers([SECRET]), "webhook-timestamp": str(int(now.timestamp()) - 1)}, BODY),
    ]
    python = [by_python(secret, told, body) for secret, told, body in messages]
    npm = asked(
        peers,
        "webhooks.js",
        [{"secret": show_secret(s), "headers": told, "body": body} for s, told, body in messages],
    )
    assert [each == "ok" for each in python] == [True] * 4 + [False] * 6
    assert [each == "ok" for each in npm] == [True] * 4 + [False] * 6


def test_the_standards_own_library_signs_the_same() -> None:
    at = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    theirs = Webhook(show_secret(SECRET)).sign("msg_1", at, BODY)
    assert sign(SECRET, "msg_1", int(at.timestamp()), BODY.encode()) == theirs


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_is_told_in_the_standards_words(size: int) -> None:
    told = show_secret(bytes(size))
    assert told.startswith("whsec_")
    assert by_python(bytes(size), headers([bytes(size)])) == "ok"
