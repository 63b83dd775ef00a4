"""Names and addresses that mean us ill, or that nobody thought of, told by mail, by text and by push."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from email.parser import BytesParser

import pytest
from tests.broadcasts.world import SPRING, TEXT, Carrier, Fleet

from guerdon.channels.email.message import write_message
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Outcome, Parcel, Push, Sms
from guerdon.program.messages.nouns import ChannelKind
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.store.sealing import Vault
from guerdon.values.mail import Sender

HOURS = 72
NAMES = [
    "{{program.name}}{{#if member.name}}{{/if}}",
    "{% for x in (1).__class__.__mro__ %}{{ x }}{% endfor %}",
    "Ada\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>",
    "Ada\u2028Bcc: evil@example.com\x00\x1b[2J",
    '<img src=x onerror=alert(1)> & "quoted" \\',
    "\u202emoc.elpmaxe@live\u202c",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 Zoë",
    "Z" + "\u0301" * 60 + "algo",
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "=?utf-8?q?=0D=0ABcc:_evil@example.com?=",
    "\ud83d".encode("utf-8", "replace").decode(),
]
# The name in what goes over all channels.
NAMED = SPRING.replace(
    "headline: { en: Spring is here, de: Der Frühling ist da }",
    'headline: { en: "Dear {{#if member.name}}{{member.name}}{{/if}}",'
    ' de: "Hallo {{#if member.name}}{{member.name}}{{/if}}" }',
)
# Of addresses these are refused as no address, and of numbers these are read by the member's market.
ADDRESSES = {
    "m1@example.com\nBcc: evil@example.com": False,
    "m1@example.com\r\nRCPT TO:<evil@example.com>": False,
    "m1@exa\u2028mple.com": False,
    "<evil@example.com>, m1@example.com": False,
    "m1@example.com": True,
}


@dataclass
class Keeping(Carrier):
    """Keeps what was written."""

    written: list[Letter | Parcel] = field(default_factory=list)

    def send(self, written: Letter | Parcel) -> Outcome:
        self.written.append(written)
        return super().send(written)


@pytest.fixture
def kept(fleet: Fleet) -> dict[ChannelKind, Keeping]:
    """Give carriers that keep what was written."""
    keeping = {kind: Keeping(fleet, kind) for kind in fleet.carriers}
    fleet.carriers.update(keeping)
    return keeping


def live(fleet: Fleet, persons: dict[int, Person], channel: str) -> None:
    """Let these be the members, who agreed to this channel alone."""
    world, vault = fleet.world, Vault(fleet.world.secret)
    with closing(connect(world.url, world.secret, "worker")) as db, transaction(db, world.program_id) as tx:
        tx.execute("delete from persons")
        record_persons(
            tx, world.program_id, [seal_person(vault, world.program_id, *each) for each in persons.items()]
        )
        tx.execute("delete from standing_consents")
        tx.execute(
            "insert into standing_consents (program_id, member_id, topic, channel, state, consent_id, since)"
            " select %s, m, 'offers', %s, 'confirmed', 1, %s from unnest(%s::bigint[]) m",
            (world.program_id, channel, world.now, list(persons)),
        )
        tx.execute("update members set language = 'de' where member_id % 2 = 0")


def told(fleet: Fleet) -> None:
    fleet.started()
    fleet.carry()
    for _ in range(HOURS // 6):
        fleet.delivered()
        fleet.world.now += timedelta(hours=6)


def test_a_name_stays_a_name_in_a_mail(fleet: Fleet, kept: dict[ChannelKind, Keeping]) -> None:
    fleet.sail(len(NAMES))
    persons = {n: Person(name, f"m{n}@example.com", "") for n, name in enumerate(NAMES, 1)}
    live(fleet, persons, "email")
    told(fleet)
    letters = [each for each in kept["email"].written if isinstance(each, Letter)]
    assert len(letters) == len(NAMES)
    for letter in letters:
        name = persons[int(letter.address.partition("@")[0][1:])].name
        raw = write_message(letter, Sender("club@nordlys.example", "Nordlys"), letter.address)
        read = BytesParser(policy=policy.default).parsebytes(raw)
        assert read.defects == []
        assert set(read.keys()) & {"Bcc", "bcc"} == set()
        assert [each.addr_spec for each in read["To"].addresses] == [letter.address]
        assert b"\r\n" in raw
        assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
        html, text = letter.mail.html, letter.mail.text
        assert "<script>" not in html
        assert "<img src=x" not in html
        assert "__mro__" not in html or "{% for" in text
        if name.startswith("{{"):
            # It is written as it is, and nothing stands in its place.
            assert "{{program" in text
            assert "Dear Harbor" not in text
        if "kapitän" in name:
            assert name in text
        for odd in "\x00\x1b\u2028":
            assert odd not in html + letter.mail.subject


def test_a_name_is_of_one_line_in_a_text_and_in_a_push(
    fleet: Fleet, kept: dict[ChannelKind, Keeping]
) -> None:
    fleet.sail(len(NAMES))
    persons = {n: Person(name, "", f"0151 12{n:06d}") for n, name in enumerate(NAMES, 1)}
    fleet.publish(TEXT.replace(SPRING, NAMED))
    live(fleet, persons, "sms")
    told(fleet)
    parcels = [each for each in kept["sms"].written if isinstance(each, Parcel)]
    # Without its country a number is one of the market: in Germany it is a mobile's, in Norway none.
    germans = fleet.world.rows("select count(*) from members where market = 'DE'")[0][0]
    assert 0 < len(parcels) == germans
    for parcel in parcels:
        assert isinstance(parcel.content, Sms)
        assert not set("\r\n\x00\x1b\u2028") & set(parcel.content.text)
        assert parcel.content.text.startswith(("Dear ", "Hallo "))
    assert not any(isinstance(each, Push) for each in kept["push"].written)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_is_not_written_to(
    fleet: Fleet, kept: dict[ChannelKind, Keeping], address: str
) -> None:
    fleet.sail(1)
    live(fleet, {1: Person("Ada", address, "")}, "email")
    told(fleet)
    assert (len(kept["email"].written) == 1) == ADDRESSES[address]
    if not ADDRESSES[address]:
        assert fleet.world.rows("select channel, reason from message_attempts where channel = 'email'") == [
            ("email", "address:unusable")
        ]
