"""Log lines of the web process: a claim link is never readable in them."""

import logging

from guerdon.web.masks import MaskedLinks


def test_a_claim_link_is_masked_wherever_it_stands() -> None:
    token = "7WYAXDWXEJ5DC00000000003WZ1NTJBC13KHCPPVSDD1HNQJ8SVG"
    record = logging.LogRecord("django.request", 30, "", 0, "%s: %s", ("Not Found", f"/r/{token}/"), None)
    assert MaskedLinks().filter(record)
    assert record.getMessage() == "Not Found: /r/.../"


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("x", 30, "", 0, "%d events of %s", (3, "hubspot_eu"), None)
    assert MaskedLinks().filter(record)
    assert record.getMessage() == "3 events of hubspot_eu"
