"""How a webhook is signed: HMAC-SHA1, keyed with the account's primary token, in base64."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"
BODY_HASH = "bodySHA256"


def requested(url: str) -> str:
    """The address as it is asked and signed: with its port, without a fragment, a name or a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def signature(token: str, url: str, params: dict[str, str]) -> str:
    """The signature over an address and the fields of a form, sorted by their names' bytes."""
    text = requested(url) + "".join(name + params[name] for name in sorted(params))
    digest = hmac.new(token.encode(), text.encode(), "sha1").digest()
    return base64.b64encode(digest).decode()


def with_body_hash(url: str, body: bytes) -> str:
    """The address of a request whose body is no form: the hash of the body stands in its query."""
    parts = urlsplit(requested(url))
    told = f"{BODY_HASH}={hashlib.sha256(body).hexdigest()}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))
