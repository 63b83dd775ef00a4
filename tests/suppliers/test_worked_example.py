"""The supplier on the page docs/suppliers.md, dropped in as a folder just as it stands there."""

import hmac
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.suppliers.desk import HOOK_SECRET, KEY, NOW, answered, lost, opened, order, paths

import guerdon.suppliers
from guerdon.config import REPOSITORY
from guerdon.engine.orders.port import (
    Absent,
    Credential,
    Later,
    Notice,
    Placed,
    Rejected,
    Shut,
    Unknown,
)
from guerdon.suppliers import vendors

PAGE = REPOSITORY / "docs" / "suppliers.md"
KIND = "kartenkiste"
CARD = {"number": "K-1", "code": "ABCD-1234", "pin": "0420", "cents": 2500, "currency": "EUR"}
DONE = Placed("K-1", (Credential("code", "ABCD-1234"), Credential("pin", "0420")), "EUR", 2500)


@pytest.fixture(autouse=True)
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the folder beside those that are there."""
    (text,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    folder = tmp_path / KIND
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "vendor.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(guerdon.suppliers, "__path__", [*guerdon.suppliers.__path__, str(tmp_path)])
    vendors.cache_clear()
    yield
    vendors.cache_clear()
    for name in [name for name in sys.modules if name.startswith(f"guerdon.suppliers.{KIND}")]:
        del sys.modules[name]


def test_it_is_there_by_its_folder_alone() -> None:
    assert set(vendors()) == {"tremendous", "runa", KIND}


def test_it_places_an_order_and_finds_it() -> None:
    supplier, http = opened(KIND, answered(CARD, 201), answered({"cards": [CARD]}), answered({"cards": []}))
    assert supplier.place(order()) == DONE
    assert http.asked[0].said == {"reference": KEY, "product": order().sku, "cents": 2500, "currency": "EUR"}
    assert supplier.find(order()) == DONE
    assert supplier.fetch("K-1", order()) == Absent()
    assert paths(http) == ["POST /cards", *[f"GET /cards?reference={KEY}"] * 2]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lost(sent=True), Unknown("no answer: timeout")),
        (lost(sent=False), Later(5.0, "unreachable")),
        (answered({"message": "used"}, 409), Unknown("the reference was used")),
        (answered({"message": "No money"}, 402), Rejected("funds", "No money", permanent=False)),
        (answered({"message": "No card"}, 404), Rejected("refused", "No card")),
        (answered({"message": "Who?"}, 401), Shut("401: Who?")),
        (answered({}, 429), Later(2.0, "limit")),
        (answered({}, 503), Unknown("answered 503")),
        (
            answered(CARD | {"cents": 25.5}),
            Unknown("the answer cannot be read: its code or its amount is absent"),
        ),
        (answered(b"[", 201), Unknown("the answer cannot be read: is no JSON")),
    ],
)
def test_each_of_its_answers_is_one_of_the_closed_set(answer: object, told: object) -> None:
    assert opened(KIND, answer)[0].place(order()) == told  # type: ignore[arg-type]


def test_it_believes_what_is_signed() -> None:
    supplier, _ = opened(KIND)
    body = b'{"card":{"number":"K-1"}}'
    signature = hmac.digest(HOOK_SECRET.encode(), body, sha256).hex()
    assert supplier.read_notice({"X-Kartenkiste": signature}, body, NOW) == Notice("K-1")
    assert supplier.read_notice({"X-Kartenkiste": signature}, body + b" ", NOW) is None
    assert supplier.read_notice({"X-Kartenkiste": "\u00fc"}, body, NOW) is None
