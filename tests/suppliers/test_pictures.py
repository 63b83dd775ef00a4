"""Pictures from where suppliers say they are: by the client that is never led inside, whatever is there."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from threading import Event

import pytest
from tests.orders.counter import Counter
from tests.orders.faulty import Ours
from tests.redeem.house import NOW, House, opened_house
from tests.standins.suppliers import Supplier as Stand
from tests.standins.suppliers import start, stop
from tests.suppliers.test_against_standins import BASES, account_of

from guerdon.config import REPOSITORY
from guerdon.engine.catalog.images import BYTES_MAX, image_of
from guerdon.engine.catalog.rounds import Rounds, read_due
from guerdon.engine.catalog.wrong import Reason
from guerdon.http import Answer, Client, Unreachable
from guerdon.http.client import Why
from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.catalog.feeds import list_syncs
from guerdon.store.database import connect
from guerdon.suppliers import pictures
from guerdon.suppliers.pictures import picture_at
from guerdon.suppliers.wired import Suppliers
from guerdon.values.destinations import read_networks

# The three products that are for markets of the program.
NAMES = {
    "tremendous": ("GRUENERKORB1", "PANIERVERT12", "CESTAVERDE12"),
    "runa": ("KORB-DE", "PANIER-FR", "CESTA-ES"),
}
HERE = Client(read_networks("127.0.0.1/32") or (), bytes_max=BYTES_MAX)


@pytest.fixture(params=["tremendous", "runa"])
def stand(request: pytest.FixtureRequest) -> Iterator[tuple[str, Stand]]:
    """Give a supplier that has pictures."""
    there = start(request.param, "--checked")
    try:
        there.control("clock", at=NOW.isoformat())
        yield request.param, there
    finally:
        assert stop(there) == 0


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house whose books are checked in the end."""
    with opened_house(database, secret) as made:
        yield made


def read(house: House, kind: str, there: Stand) -> None:
    """Read what it lists, with its pictures, as the worker does."""
    here = Counter(house, {"cards": account_of(kind, there)}, catalog=house.program.catalog)  # type: ignore[dict-item]
    suppliers = Suppliers(Ours({kind: there.address + BASES[kind]}, {"CARDS_KEY": "x"}))
    program = replace(house.program, suppliers={"cards": SupplierAccount("cards", kind, "CARDS_KEY")})
    rounds = Rounds(
        here.desk.open_account,
        here.desk.library,
        lambda: here.now,
        Event(),
        lambda _, key: suppliers.pictures(program, key),
    )
    with closing(connect(house.url, house.secret, "worker")) as db:
        assert read_due(db, rounds, house.program_id) == 1


@pytest.mark.parametrize(
    ("first", "second", "whys"),
    [
        ("none", "inside", [("image_kind", {}), ("picture_status", {"status": 302})]),
        ("large", "gone", [("image_more", {"most": BYTES_MAX}), ("picture_status", {"status": 404})]),
        ("slow", "other", [("picture_silent", {})]),
    ],
)
def test_a_list_comes_with_its_pictures_and_what_is_none_is_told(
    house: House,
    stand: tuple[str, Stand],
    monkeypatch: pytest.MonkeyPatch,
    first: str,
    second: str,
    whys: list[tuple[str, Mapping[str, int]]],
) -> None:
    monkeypatch.setattr(pictures, "WITHIN_S", 1.0)
    kind, there = stand
    names = [f"{name}-card.png" for name in NAMES[kind]]
    there.control("pictures", **{names[0]: first, names[1]: second})
    read(house, kind, there)
    with house.opens(None)() as tx:
        (sync,) = list_syncs(tx, house.program_id, "cards", 9)
    assert (sync.state, sync.why, sync.counts.found, sync.counts.wrong) == ("staged", "preview", 3, 0)
    assert (sync.counts.pictures, sync.counts.pictures_failed) == (3 - len(whys), len(whys))
    told = {
        str(address): (why, said)
        for address, why, said in house.rows(
            "select address, why, said from catalog_pictures where why <> ''"
        )
    }
    assert told == {f"{there.address}/pictures/{name}": said for name, said in zip(names, whys, strict=False)}
    images = house.rows(
        "select s.row ->> 'image', m.type from catalog_staged s"
        " left join catalog_images m on m.hash = s.row ->> 'image'"
        " where starts_with(s.row ->> 'key', 'cards:')"
    )
    assert sorted(str(kept) for _, kept in images if kept) == ["image/png"] * (3 - len(whys))
    assert sum(hash_ is None for hash_, _ in images) == len(whys)


def test_a_picture_on_this_machine_is_asked_only_where_the_supplier_is_set_to_be_there(
    stand: tuple[str, Stand],
) -> None:
    kind, there = stand
    name = f"{NAMES[kind][0]}-card.png"
    address = f"{there.address}/pictures/{name}"
    raw = picture_at(HERE, address)
    assert isinstance(raw, bytes)
    assert image_of(raw).type == "image/png"
    asked = there.ask("GET", "/_control/counts").body[f"picture {name}"]
    refused = Reason("picture_address", {})
    program = load_program(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
    assert isinstance(program, Program)
    program = replace(program, suppliers={"cards": SupplierAccount("cards", kind, "CARDS_KEY")})
    # Where it is usually, or anywhere outside: then this machine is none to be asked.
    for set_there in ({}, {kind: "https://supplier.example/"}):
        fetch = Suppliers(Ours(set_there, {"CARDS_KEY": "x"})).pictures(program, "cards")
        assert fetch is not None
        assert fetch(address) == refused
    assert Suppliers(Ours({}, {})).pictures(program, "cards") is None
    assert there.ask("GET", "/_control/counts").body[f"picture {name}"] == asked


def test_what_the_operator_allows_of_inner_networks_is_not_for_pictures(stand: tuple[str, Stand]) -> None:
    kind, there = stand
    name = f"{NAMES[kind][0]}-card.png"
    address = f"{there.address}/pictures/{name}"
    program = load_program(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
    assert isinstance(program, Program)
    program = replace(program, suppliers={"cards": SupplierAccount("cards", kind, "CARDS_KEY")})
    host, _, port = there.address.rpartition(":")
    inner = read_networks("127.0.0.0/8, 10.0.0.0/8") or ()
    # Where it is usually, anywhere outside, at another port of this machine, or at another of its addresses.
    for set_there in (
        {},
        {kind: "https://supplier.example/"},
        {kind: f"{host}:{int(port) - 1}/api"},
        {kind: f"http://127.0.0.2:{port}/api"},
        {("runa" if kind == "tremendous" else "tremendous"): there.address},
    ):
        fetch = Suppliers(Ours(set_there, {"CARDS_KEY": "x"}, inner)).pictures(program, "cards")
        assert fetch is not None
        assert fetch(address) == Reason("picture_address", {}), set_there
    assert f"picture {name}" not in there.ask("GET", "/_control/counts").body
    fetch = Suppliers(Ours({kind: there.address + BASES[kind]}, {"CARDS_KEY": "x"})).pictures(
        program, "cards"
    )
    assert fetch is not None
    assert isinstance(fetch(address), bytes)


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/a.png",
        "https://pictures.example:8443/a.png",
        "https://user@pictures.example/a.png",
        "https://pictures.example/a.png#b",
        "file:///etc/passwd",
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/a.png",
        "https://inside.example/a.png",
        "a.png",
        "",
    ],
)
def test_nothing_leads_inside_or_goes_unsealed(address: str) -> None:
    def resolve(name: str, port: int) -> list[str]:
        assert port
        return ["10.0.0.7"] if name == "inside.example" else ["93.184.216.34"]

    # Nobody is connected to: whoever was, would be the first to say otherwise.
    client = Client(bytes_max=BYTES_MAX, resolve=resolve)
    assert picture_at(client, address) == Reason("picture_address", {})


class Wire:
    """What answers as told, and keeps what was asked."""

    def __init__(self, told: Answer | Unreachable) -> None:
        self.told = told
        self.asked: list[tuple[str, Mapping[str, str], bytes | None]] = []

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        assert url == "https://pictures.example/a.png"
        assert within_s == pictures.WITHIN_S
        self.asked.append((method, headers, body))
        if isinstance(self.told, Unreachable):
            raise self.told
        return self.told


@pytest.mark.parametrize("status", [201, 206, 301, 302, 307, 401, 404, 500])
def test_no_answer_but_the_picture_is_one(status: int) -> None:
    wire = Wire(Answer(status, {"content-type": "image/png", "location": "https://b.example/"}, b"x"))
    assert picture_at(wire, "https://pictures.example/a.png") == Reason("picture_status", {"status": status})
    # Asked once, and by nobody's name.
    assert wire.asked == [("GET", pictures.HEADERS, None)]
    assert {name.lower() for name in pictures.HEADERS} == {"accept"}


@pytest.mark.parametrize(
    ("why", "code"),
    [
        *(("url", "picture_address"), ("inside", "picture_address"), ("large", "image_more")),
        *((why, "picture_silent") for why in ("name", "refused", "tls", "timeout", "garbage")),
    ],
)
def test_whatever_stands_in_the_way_has_a_reason(why: Why, code: str) -> None:
    found = picture_at(Wire(Unreachable(why)), "https://pictures.example/a.png")
    assert isinstance(found, Reason)
    assert found.code == code
