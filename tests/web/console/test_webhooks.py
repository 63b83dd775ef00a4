"""The pages of webhooks: made, looked after, and a secret that is seen once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import House
from tests.webhooks.house import given_up

from guerdon.engine.announcements.shapes import CHOICES
from guerdon.engine.webhooks.judging import BUSY
from guerdon.engine.webhooks.watching import watch_endpoints
from guerdon.store.database import connect
from guerdon.text.catalogs import words
from guerdon.values.clock import utc_now
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.webhooks.sayings import failure_said

HOOK: dict[str, Any] = {
    "name": "Shop",
    "url": "https://hooks.example/in",
    "types": ["reward.earned", "reward.refused"],
}


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened


def made(doors: Doors, **other: Any) -> tuple[str, str]:
    """Make an endpoint; its page and its secret."""
    opa = doors.visitor("opa")
    answer = opa.send("webhooks", **{**HOOK, **other})
    assert answer.status_code == 200, plain(answer.content.decode())
    page = answer.content.decode()
    (secret,) = re.findall(r'id="secret">(whsec_[^<]+)<', page)
    (whk,) = set(re.findall(r"webhooks/(whk_\w+)", page))
    assert "no-store" in answer["Cache-Control"]
    return f"webhooks/{whk}", secret


def test_an_endpoint_is_made_and_its_secret_is_seen_once(doors: Doors) -> None:
    opa = doors.visitor("opa")
    assert "Nobody is told yet." in opa.plain("webhooks")
    there, secret = made(doors)
    assert secret not in opa.page(there) + opa.page("webhooks")
    changed = opa.send(there, act="rotate").content.decode()
    (other,) = re.findall(r'id="secret">(whsec_[^<]+)<', changed)
    assert other != secret
    assert "The old secret is valid until" in plain(changed)
    assert other not in opa.page(there)


def test_it_is_looked_after(doors: Doors) -> None:
    opa = doors.visitor("opa")
    there, _ = made(doors)
    assert opa.send(there, act="test").status_code == 303
    shown = opa.page(there)
    assert "webhook.tested" in shown
    assert "<dt>Waiting</dt><dd><bdi>1</bdi>" in shown
    assert (
        opa.send(there, act="change", name="Till", url="https://till.example/", types=[]).status_code == 303
    )
    assert "Till" in opa.plain("webhooks")
    assert opa.send(there, act="disable", reason="moving house").status_code == 303
    assert "Disabled: moving house" in opa.plain(there)
    assert opa.send(there, act="enable").status_code == 303
    assert opa.send(there, act="remove").status_code == 303
    assert "Nobody is told yet." in opa.plain("webhooks")
    assert opa.get(there).status_code == 404


def test_a_failure_says_why_and_what_to_do_and_what_was_answered_does_nothing(doors: Doors) -> None:
    opa = doors.visitor("opa")
    there, _ = made(doors)
    delivery = given_up(doors.house.url)
    page = opa.page(f"{there}?state=dead")
    assert "It answered 500. Look into the receiver&#39;s log." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<dt>Given up</dt><dd><bdi>1</bdi>" in page
    assert opa.send(there, act="resend", delivery=delivery).status_code == 303
    assert doors.house.rows("select state, attempts from webhook_deliveries") == [("waiting", 0)]
    refused = opa.send(there, act="resend_dead", form=there)
    assert refused.status_code == 422
    assert "nothing was given up" in plain(refused.content.decode())


def test_what_was_made_for_a_former_address_says_so_and_goes_to_another_only_when_that_is_asked(
    doors: Doors,
) -> None:
    opa = doors.visitor("opa")
    there, _ = made(doors)
    delivery = given_up(doors.house.url)
    assert "For a former address" not in opa.plain(there)
    assert opa.send(there, act="change", name="Shop", url="https://new.example/", types=[]).status_code == 303
    page = opa.page(there)
    assert "For a former address" in plain(page)
    assert "Send to the present address" in plain(page)
    assert "Send everything again that was given up" not in plain(page)
    refused = opa.send(there, act="resend", delivery=delivery, form=f"{there}?state=waiting")
    assert refused.status_code == 422
    assert "made for a former address" in plain(refused.content.decode())
    # As its form says it.
    assert opa.send(there, act="resend", delivery=delivery, anywhere="yes").status_code == 303
    assert doors.house.rows("select state, address from webhook_deliveries") == [("waiting", 2)]
    given_up(doors.house.url)
    doors.house.rows("update webhook_deliveries set address = 1 where state = 'dead' returning 1")
    assert "Send it all to the present address" in opa.plain(there)
    assert opa.send(there, act="resend_dead", anywhere="yes").status_code == 303
    assert {row[0] for row in doors.house.rows("select state from webhook_deliveries")} == {"waiting"}


def test_an_endpoint_that_fails_stands_beside_the_controls(doors: Doors) -> None:
    opa = doors.visitor("opa")
    there, _ = made(doors)
    given_up(doors.house.url)
    doors.house.rows(
        "update webhook_health set failures = 3, failing_since = now() - interval '2 hours', status = 500,"
        " reason = 'status' returning 1"
    )
    with connect(doors.house.url, doors.house.secret, "worker") as db:
        assert watch_endpoints(db, utc_now()) == 1
    # Who looks after webhooks may not see the controls.
    for page in (opa.page("webhooks"), doors.visitor("cora").page("controls")):
        assert "endpoint fails for an hour" in plain(page)
        assert f"/{there}" in page
    assert opa.send(there, act="disable", reason="away").status_code == 303
    with connect(doors.house.url, doors.house.secret, "worker") as db:
        watch_endpoints(db, utc_now())
    assert "endpoint fails for an hour" not in opa.plain("webhooks")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("url", "https://10.0.0.1/", "https, on the usual port, and public"),
        ("url", "https://a@b.example/", "no address of a receiver"),
        ("name", " ", "a name of at most 100 letters"),
        ("types", ["reward.lost"], "no such type"),
    ],
)
def test_what_cannot_be_one_is_said(doors: Doors, field: str, value: Any, said: str) -> None:
    answer = doors.visitor("opa").send("webhooks", **{**HOOK, field: value})
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())


def test_others_read_or_see_nothing(doors: Doors) -> None:
    there, _ = made(doors)
    lea = doors.visitor("lea")
    assert lea.get("webhooks").status_code == 404
    assert lea.get(there).status_code == 404


def test_it_reads_in_every_language(doors: Doors) -> None:
    there, _ = made(doors)
    given_up(doors.house.url)
    opa = doors.visitor("opa")
    for language in LANGUAGES:
        page = opa.page(there, language)
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page
        assert words(language, "console").gettext("Given up") in page
        for type_ in CHOICES:
            assert type_ in page
        assert all(failure_said(status, "busy", language) for status in BUSY)
