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
from guerdon.text.catalogs import words
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
