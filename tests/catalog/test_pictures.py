"""The drawn pictures of the invented catalog: real images, small, shared by its items, and kept once each."""

import json
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest
from examples.catalog import Terms, drawn, items, tomorrow, write_pictures
from examples.catalog.words import categories
from tests.feeds.house import Shop, written

from guerdon.cli import main
from guerdon.cli.catalog.importing import beside
from guerdon.engine.catalog.checking import check_row
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.images import image_of
from guerdon.program.load import load_program
from guerdon.program.model import Program

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "catalog"
WITH = Terms(pictures=True)


def test_there_are_four_small_ones_for_each_category_all_different() -> None:
    found = drawn()
    assert len(found) == len(set(found.values())) == 4 * len(categories()) == 128
    assert max(map(len, found.values())) < 16 * 1024
    assert sum(map(len, found.values())) < 1024 * 1024
    for name, raw in found.items():
        assert image_of(raw).type == "image/png", name
        width, height = struct.unpack(">II", raw[16:24])
        assert (width, height) == (896, 350)


def test_each_is_a_whole_png_with_a_figure_in_the_middle_square() -> None:
    for name, raw in drawn().items():
        at, parts = 8, {}
        while at < len(raw):
            length = int.from_bytes(raw[at : at + 4], "big")
            kind, body = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length]
            assert zlib.crc32(kind + body) == int.from_bytes(raw[at + 8 + length : at + 12 + length], "big")
            parts[kind], at = body, at + 12 + length
        pixels = zlib.decompress(parts[b"IDAT"])
        assert len(pixels) == 350 * 897
        assert max(pixels) < len(parts[b"PLTE"]) // 3 == 240
        # Light lies on what a square shows, and nowhere else.
        lit = {x for y in range(350) for x in range(896) if pixels[y * 897 + 1 + x] % 12}
        assert min(lit) >= 273, name
        assert max(lit) < 623, name
        assert len(lit) > 100, name


def test_items_name_them_and_are_otherwise_as_ever() -> None:
    plain, pictured = list(items(1, 2_000)), list(items(1, 2_000, WITH))
    assert [{name: said for name, said in row.items() if name != "image"} for row in pictured] == plain
    assert all("image" not in row for row in plain)
    named = Counter(row["image"] for row in pictured)
    assert named.keys() <= drawn().keys()
    assert len(named) > 100
    assert all(row["image"].startswith(row["category"].replace("_", "-")) for row in pictured)
    assert all("image" in row for row in tomorrow(1, 500, WITH))


def test_the_command_writes_them_beside_and_each_row_is_an_item_with_its_picture(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    words = [FOLDER, "--items", "300", "--out", feed, "--pictures", tmp_path]
    subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.png")} == drawn()
    program = load_program(FOLDER.parent / "ev_maker" / "program.yaml")
    assert isinstance(program, Program), program
    ground = Ground(1, program, "shops", "pool", beside=beside(tmp_path))
    for line in feed.read_text("utf-8").splitlines():
        row = json.loads(line)
        image = check_row(row, ground).image
        assert image is not None
        assert image.bytes == drawn()[row["image"]]


def test_many_items_keep_each_picture_once(
    database: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path / "home")}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    shop = Shop(database, secret)
    assert write_pictures(tmp_path) == 128
    names = sorted(drawn())[:3]
    rows = [
        {
            "id": f"b{n}",
            "name": f"Book {n}",
            "category": "books",
            "kind": "gift_card",
            "markets": ["DE"],
            "currency": "EUR",
            "amounts": ["10.00"],
            "image": names[n % 3],
        }
        for n in range(1_200)
    ]
    (tmp_path / "feed.jsonl").write_bytes(written(rows))
    assert main(["catalog", "import", str(tmp_path / "feed.jsonl"), "--feed", "cards"]) == 0
    assert shop.ask("select count(*), count(distinct image) from catalog_items where feed = 'cards'") == [
        (1_200, 3)
    ]
    assert shop.ask("select count(*), count(distinct bytes) from catalog_images") == [(3, 3)]
