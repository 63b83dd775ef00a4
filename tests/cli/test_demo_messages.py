"""The demo's messages: an edition of the program for all channels, and other sides that take what is sent."""

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.servers import quick_folder

from guerdon.channels.wired import Channels
from guerdon.cli.demo.agreeing import agree_to_offers
from guerdon.cli.demo.check import print_result
from guerdon.cli.demo.edition import CHANGES, write_edition
from guerdon.cli.demo.found import compare
from guerdon.cli.demo.house import EXAMPLE, STAFF, Order, Ports, demo_house
from guerdon.cli.demo.messengers import KINDS, Messengers, secrets_of
from guerdon.cli.demo.supplies import SUPPLIERS
from guerdon.cli.installation import Refused
from guerdon.cli.publish import checked_program
from guerdon.config import Settings, read_settings
from guerdon.engine.messages.broadcasting.meant import broadcastable
from guerdon.engine.messages.port import Accepted, Address, ChannelKind, Content, Parcel, Phone, Push, Sms
from guerdon.http import fetch
from guerdon.program.model import Program
from guerdon.queries.demo import HandedOver
from guerdon.values.clock import utc_now


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return checked_program(write_edition(EXAMPLE / "program.yaml", tmp_path / "program"))


def free_ports(count: int) -> list[int]:
    """Ports that follow each other; the first of those that are free now."""
    for first in range(28_700, 32_700, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for n, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + n))
        except OSError:
            continue
        else:
            return list(range(first, first + count))
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no ports are free")


def parcel(kind: ChannelKind, address: Address, content: Content, callback_url: str = "") -> Parcel:
    return Parcel(
        *(uuid4(), 1, 1, 1, kind, address, "de", content, utc_now(), timedelta(hours=1)),
        callback_url=callback_url,
    )


def test_the_edition_differs_in_its_messages_alone(program: Program, tmp_path: Path) -> None:
    message = program.messages["reward_ready"]
    assert message.channels == ("push", "sms", "email")
    assert message.beside == ("inapp",)
    original = checked_program(EXAMPLE / "program.yaml")
    assert replace(program.messages["reward_taken_back"]) == original.messages["reward_taken_back"]
    assert program.rules == original.rules
    assert program.key == original.key
    written = (tmp_path / "program" / "program.yaml").read_text(encoding="utf-8")
    for before, after in CHANGES.items():
        written = written.replace(after, before)
    assert written == (EXAMPLE / "program.yaml").read_text(encoding="utf-8")


def test_a_broadcast_finds_a_message_and_two_owners_of_the_program(program: Program) -> None:
    assert set(broadcastable(program)) == {"winter_wheels", "one_page"}
    assert set(program.segments) == {"drivers", "private"}
    # Who made one may not start it.
    owners = [each for each in STAFF.values() if "program_owner" in each.roles and not each.markets]
    assert len(owners) == 2


def test_an_example_that_was_changed_is_not_published_half(tmp_path: Path) -> None:
    changed = tmp_path / "program.yaml"
    text = (EXAMPLE / "program.yaml").read_text(encoding="utf-8")
    changed.write_text(text.replace("fcm: { project: nordlys-circle,", "fcm: { project: other,"))
    with pytest.raises(Refused, match=r"does not say 'fcm: { project: nordlys-circle,' just once"):
        write_edition(changed, tmp_path / "edition")
    assert not (tmp_path / "edition").exists()


def test_what_is_sent_over_each_channel_comes_out_at_its_other_side(program: Program, tmp_path: Path) -> None:
    messengers = Messengers(free_ports(len(KINDS))[0], seed=1)
    with messengers.opened({}, tmp_path / "said", program) as said:
        assert set(said) == set(secrets_of(program)) - {"TWILIO_TOKEN_PREVIOUS"}
        settings = read_settings({"GUERDON_SECRET": token_hex(32), "GUERDON_HOME": str(tmp_path), **said})
        assert isinstance(settings, Settings)
        channels = Channels(settings)
        key = channels.browser_key(program)
        assert key is not None
        assert channels.takes_apps(program)
        ready = Push("Bereit", "25 €", "http://127.0.0.1:1/r/X", "tag")
        handed = [parcel("push", messengers.device(n, key, channels)[1], ready) for n in range(3)]
        handed.append(parcel("sms", Phone("+493023125001", "DE"), Sms("Bereit: http://127.0.0.1:1/r/X")))
        names = []
        for each in handed:
            (channel,) = channels.open(program, each.kind, 1, utc_now)
            outcome = channel.send(each)
            assert isinstance(outcome, Accepted), outcome
            names.append(outcome.provider_id)
        books = {kind: json.loads(fetch(f"{messengers.url(kind)}/_control/ledger")) for kind in KINDS}
    pushed, shown, sent = ([*books[kind]["issues"]] for kind in ("webpush", "fcm", "twilio"))
    assert [messengers.url("webpush") + row["name"] for row in pushed] == names[:1]
    assert [row["said"]["body"] for row in pushed] == ["25 €"]
    assert [(row["name"], row["platform"]) for row in shown] == [(names[1], "android"), (names[2], "ios")]
    assert [(row["sid"], row["sender"]) for row in sent] == [(names[3], "NORDLYS")]


def test_the_next_start_finds_the_devices_of_the_last(home: Path) -> None:
    web, smtp, inbox, messengers, *_ = free_ports(6)
    # Suppliers come before them, and there are none here.
    order = Order(Ports(web, smtp, inbox, messengers - len(SUPPLIERS)), 40, 1)
    seen: list[Any] = []
    for _ in range(2):
        with demo_house(home, order) as house, psycopg.connect(house.opened.settings.database_url) as db:
            rows = db.execute(
                "select provider, state, count(*) from guerdon.addresses group by 1, 2 order by 1"
            ).fetchall()
            agree_to_offers(house)
            agreed = db.execute(
                "select s.topic, s.channel, s.state, m.market = 'DE', count(*)"
                " from guerdon.standing_consents s join guerdon.members m using (program_id, member_id)"
                " group by 1, 2, 3, 4 order by 3"
            ).fetchall()
            seen.append((rows, json.loads(house.people.read_text(encoding="utf-8")), agreed))
            hooks = house.messengers.ask("GET", "twilio", "hooks")
            assert hooks["url"] == f"{house.base_url}/hooks/messages/{house.program.key}/twilio"
    assert seen[0] == seen[1]
    rows, people, agreed = seen[0]
    # Where the market wants a consent confirmed, it waits for that.
    assert {row[:4] for row in agreed} == {
        ("offers", "email", "asked", True),
        ("offers", "email", "given", False),
    }
    assert sum(row[4] for row in agreed) >= 3
    assert {(provider, state) for provider, state, _ in rows} == {("fcm", "usable"), ("web", "usable")}
    assert sum(count for _, _, count in rows) == len(people["devices"]) >= 3
    assert {app["url"].partition("/n/")[0] for app in people["apps"]} == {house.base_url}
    assert house.people.stat().st_mode & 0o077 == 0


def test_a_check_says_what_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    lists = {"differing": [], "missing": ["sms SM1"], "surplus": ["email <x> came 2x"]}
    assert print_result({"told_and_not_found": 1, "failed": ["a sentence"], **lists}) == 1
    said = capsys.readouterr()
    assert said.err.splitlines() == ["told and not found: sms SM1", "found and not told: email <x> came 2x"]
    assert json.loads(said.out) == {"told_and_not_found": 1, "failed": ["a sentence"]}


def test_what_was_told_is_compared_one_by_one() -> None:
    handed = [
        HandedOver(7, 1, "email", "<a>", "sent"),
        HandedOver(8, 1, "sms", "SM1", "delivered"),
        HandedOver(8, 2, "sms", "SM2", "sent"),
        # The text message of the same intent fell back to a push.
        HandedOver(8, 2, "push", "p1", "sent"),
    ]
    heard = {("email", "<a>"): 2, ("sms", "SM1"): 1, ("push", "p1"): 1, ("push", "p2"): 1}
    heard |= {("inapp", "mem_1 1"): 1, ("inapp", "mem_1 2"): 1}
    found = compare(handed, {("inapp", "mem_1 1"), ("inapp", "mem_2 1")}, heard)
    assert found.told == {"email": 1, "sms": 2, "push": 1, "inapp": 2}
    assert (found.messages, found.confirmed) == (3, 1)
    assert found.missing == ["inapp mem_2 1", "sms SM2"]
    assert found.surplus == ["email <a> came 2x", "push p2 came 1x"]
