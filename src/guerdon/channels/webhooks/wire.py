"""Posting a webhook by the one HTTP client: whatever comes of it is a reply, of an answer its beginning."""

from collections.abc import Sequence

from guerdon.engine.webhooks.judging import Replied
from guerdon.engine.webhooks.sending import ANSWER_BYTES_MAX, Post
from guerdon.http import Client, Unreachable
from guerdon.values.destinations import Network


def webhook_post(allow: Sequence[Network]) -> Post:
    """Posting that goes outside, and where the operator allowed it."""
    client = Client(allow, bytes_max=ANSWER_BYTES_MAX, beginnings=True)

    def post(url: str, headers: dict[str, str], body: bytes, within_s: float) -> Replied:
        try:
            answer = client.ask("POST", url, headers, body, within_s)
        except Unreachable as fault:
            return Replied(None, fault.reason)
        return Replied(answer.status, "", answer.headers.get("retry-after", ""), answer.body)

    return post
