"""What a browser sends to the API from another site is a problem, like all else that goes wrong there."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from tests.api.house import ApiHouse
from tests.api.walk import served

from guerdon.web.asgi import Front


def told(
    address: str, method: str, path: str, headers: Mapping[str, str]
) -> tuple[int, str, dict[str, object] | None]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(method, path, b"{}", {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    kind, body = answer.headers.get("Content-Type", ""), answer.read()
    connection.close()
    return answer.status, kind, json.loads(body) if "json" in kind else None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "elsewhere", "same-origin,cross-site"])
def test_what_another_site_sends_is_answered_by_a_problem(house: ApiHouse, site: str) -> None:
    key = {"Authorization": f"Bearer {house.key}", "Idempotency-Key": "once", "Sec-Fetch-Site": site}
    with served(Front(house.room)) as address:
        for method, path in (
            ("POST", "/api/v1/requests/adjustments"),
            ("POST", "/api/v1/nothing/here"),
            ("DELETE", "/api/v1/audit"),
        ):
            status, kind, body = told(address, method, path, key)
            assert (status, kind) == (403, "application/problem+json"), path
            assert body is not None
            assert (body["type"], body["status"]) == ("urn:guerdon:origin", 403)
        # A page of ours, or no browser at all, gets an answer to what it asked.
        for own in ("same-origin", "none"):
            status, kind, body = told(
                address, "POST", "/api/v1/requests/adjustments", {**key, "Sec-Fetch-Site": own}
            )
            assert (status, kind) == (422, "application/problem+json")
        assert told(address, "GET", "/api/v1/audit", key)[0] == 200
        assert told(address, "POST", "/account/sign-out", key)[1].startswith("text/html")
    assert house.inner.rows("select count(*) from requests") == [(0,)]
