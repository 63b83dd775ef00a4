"""The invented catalog: as large and as varied as it says, in six languages, the same for the same seed."""

import ast
import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from examples.catalog import Terms, changes, items, products, tomorrow, write_csv, write_jsonl
from examples.catalog.countries import COUNTRIES
from examples.catalog.words import LANGUAGES, categories
from standins.runa.world import World as Runa
from standins.tremendous.world import World as Tremendous

from guerdon.engine.catalog.checking import check_row
from guerdon.engine.catalog.ground import Ground
from guerdon.program.load import load_program
from guerdon.program.model import Program

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "catalog"
COUNT = 21_000
KINDS = {"gift_card", "prepaid", "donation", "product", "experience", "service", "voucher"}
DELIVERIES = {"code", "link", "physical", "donation", "place", "account"}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(items(1, COUNT))


def test_it_imports_nothing_but_the_standard_library() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, path.name


def test_it_has_every_category_country_kind_and_delivery(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == COUNT
    assert len({row["id"] for row in rows}) == COUNT
    counted = Counter(row["category"] for row in rows)
    assert counted.keys() == categories().keys()
    assert len(counted) == 32
    assert min(counted.values()) > 100
    markets = Counter(market for row in rows for market in row["markets"])
    assert markets.keys() == COUNTRIES.keys()
    assert len(markets) == 12
    assert min(markets.values()) > COUNT // 50
    assert {row["kind"] for row in rows} == KINDS
    assert {row["delivery"] for row in rows} == DELIVERIES


def test_every_text_is_there_in_six_languages_without_a_gap(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for texts in ("name", "about", "terms", "use"):
            assert tuple(row[texts]) == LANGUAGES
            assert all(text.strip() and not re.search(r"[{}]|  ", text) for text in row[texts].values())
        assert re.search(r"[\u0600-\u06ff]", row["name"]["ar"]), row["id"]
        assert max(map(len, row["name"].values())) <= 120


def test_amounts_are_round_sorted_and_in_their_range(rows: list[dict[str, Any]]) -> None:
    ranged = 0
    for row in rows:
        assert ("min" in row) != ("amounts" in row)
        if "min" in row:
            low, high, step = (Decimal(row[name]) for name in ("min", "max", "step"))
            assert 0 < low < high
            assert (high - low) % step == 0
            ranged += 1
        else:
            faces = [Decimal(face) for face in row["amounts"]]
            assert faces == sorted(set(faces))
            assert faces[0] > 0
    assert COUNT // 5 < ranged < COUNT // 2


def test_suppliers_dates_windows_and_editions_are_there(rows: list[dict[str, Any]]) -> None:
    offered = Counter(tuple(offer["supplier"] for offer in row["offers"]) for row in rows)
    both = {("tremendous_eu", "runa_eu"), ("tremendous_eu",), ("runa_eu",), ("pool",), ("manual",)}
    assert offered.keys() == both
    assert min(offered.values()) > 500
    assert all(
        all(slot["starts_at"] < slot["ends_at"] for slot in row["slots"])
        for row in rows
        if row["kind"] == "experience"
    )
    editions = [row for row in rows if "limited_to" in row]
    assert len(editions) > 50
    assert {row["kind"] for row in editions} == {"product"}
    windows = [row for row in rows if row["visible_from"]]
    assert COUNT // 20 < len(windows) < COUNT // 5
    sold = sorted((row["popularity"] for row in rows), reverse=True)
    # The tenth that sells most sells most of all.
    assert sum(sold[: COUNT // 10]) > sum(sold) / 2


def test_regional_brands_come_from_their_lists(rows: list[dict[str, Any]]) -> None:
    for country in ("DE", "FR", "ES"):
        with (FOLDER / "regional" / f"{country}.csv").open(encoding="utf-8", newline="") as file:
            listed = list(csv.DictReader(file, delimiter=";"))
        assert len({brand["brand"] for brand in listed}) == len(listed) >= 40
        assert {brand["category"] for brand in listed} <= categories().keys()
        used = {row["brand"] for row in rows if row["kind"] == "voucher" and row["markets"] == [country]}
        assert len(used & {brand["brand"] for brand in listed}) > 20


def test_the_same_seed_makes_the_same_bytes_and_fewer_rows_are_the_first() -> None:
    said = subprocess.run(
        [sys.executable, FOLDER, "--seed", "7", "--items", "400"],
        env={"PYTHONHASHSEED": "5", "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
    ).stdout
    file = io.StringIO()
    assert write_jsonl(items(7, 400), file) == 400
    assert file.getvalue().encode() == said
    assert list(islice(items(7, COUNT), 50)) == list(items(7, 50))
    assert sha256(said).digest() != sha256(json.dumps(list(items(8, 400))).encode()).digest()


def test_a_table_says_the_same_as_the_lines() -> None:
    file = io.StringIO()
    assert write_csv(items(3, 50), file) == 50
    file.seek(0)
    for cells, row in zip(csv.DictReader(file), items(3, 50), strict=True):
        assert {tongue: cells[f"name_{tongue}"] for tongue in LANGUAGES} == row["name"]
        assert json.loads(cells["offers"]) == row["offers"]
        assert cells["markets"].split() == row["markets"]
        assert cells["id"] == row["id"]
        assert cells["visible_from"] == (row["visible_from"] or "")


def test_currencies_locks_points_and_suppliers_are_those_of_the_program() -> None:
    terms = Terms(("EUR", "SEK"), (), ("gold",), ("BEAN", 100))
    rows = list(items(1, 3_000, terms))
    assert {row["currency"] for row in rows if row["markets"][0] == "SE"} == {"SEK"}
    assert {row["currency"] for row in rows if row["markets"][0] == "NO"} == {"EUR"}
    assert all("SE" not in row["markets"] for row in rows if row["currency"] == "EUR")
    assert {offer["supplier"] for row in rows for offer in row["offers"]} == {"pool", "manual"}
    assert any(row["segments"] == ["gold"] for row in rows)
    # A price in points is that of euros, whatever the currency.
    priced = [row for row in rows if row.get("prices") and row["currency"] == "EUR"]
    assert all(Decimal(row["prices"]["BEAN"]) == Decimal(row["amounts"][0]) * 100 for row in priced)
    assert len(priced) > 200


def test_tomorrow_a_little_is_otherwise() -> None:
    today, later = ({row["id"]: row for row in rows} for rows in (items(1, 4_000), tomorrow(1, 4_000)))
    gone, new = today.keys() - later.keys(), later.keys() - today.keys()
    changed = [sku for sku in today.keys() & later.keys() if today[sku] != later[sku]]
    assert 5 <= len(gone) <= 60
    assert len(new) == 20
    assert 40 <= len(changed) <= 140


def test_the_ev_maker_has_what_it_names() -> None:
    program = load_program(FOLDER.parent / "ev_maker" / "program.yaml")
    assert isinstance(program, Program), program
    assert categories().keys() <= program.catalog.kinds.keys()
    assert COUNTRIES.keys() <= program.markets.keys()
    assert set(Terms().suppliers) <= program.suppliers.keys()
    assert set(Terms().currencies) <= program.units.keys()


@pytest.mark.parametrize("world", [Tremendous(1), Runa(1)], ids=["tremendous", "runa"])
def test_a_supplier_s_stand_in_takes_its_products(world: Tremendous | Runa) -> None:
    kind = "tremendous" if isinstance(world, Tremendous) else "runa"
    before, sold = len(world.products), list(products(kind, items(1, 600)))
    assert len(sold) > 100
    assert world.control("POST products", {"products": sold}) == {"products": before + len(sold)}


def test_a_delta_says_what_tomorrow_changes(rows: list[dict[str, Any]]) -> None:
    today = {row["id"]: row for row in rows[:4_000]}
    delta = list(changes(1, 4_000))
    after = {**today, **{row["id"]: row for row in delta}}
    left = {number: row for number, row in after.items() if not row.get("gone")}
    assert left == {row["id"]: row for row in tomorrow(1, 4_000)}
    assert len(delta) < 400


def test_every_row_is_an_item_of_the_ev_maker() -> None:
    program = load_program(FOLDER.parent / "ev_maker" / "program.yaml")
    assert isinstance(program, Program), program
    ground = Ground(1, program, "shops", "pool")
    for row in items(1, 2_000):
        assert check_row(row, ground).item["key"] == f"shops:{row['id']}"
