"""What a message says: sample values, a member's own, a frame that may do nothing, and a test to oneself."""

from pathlib import Path

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import KIEL
from tests.web.console.messages.test_resending import rewarded

from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome, Retry
from guerdon.engine.messages.staff.previewing import (
    OURS,
    REWARD_NEWS,
    Preview,
    Readers,
    Rewarded,
    known_messages,
    preview,
)
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.messages import testing
from guerdon.web.console.words import Namer

SPOKEN = Path("tests/program/spoken.yaml")
MEMBER = show("mem", KIEL)


class Wire:
    """A mail server that keeps what it is handed, and answers as it is told."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.letters = outcome, list[Letter]()

    def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.outcome

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Put a mail server in place of the real one."""
    made = Wire(Accepted("id-1"))
    monkeypatch.setattr(testing, "email_channels", lambda *_: [made])
    return made


def spoken() -> Program:
    read = load_program(SPOKEN)
    assert isinstance(read, Program), read
    return read


def written(program: Program, key: str, language: str = "en", **known: object) -> Preview:
    market = next(iter(program.markets))
    found = preview(program, key, Readers(language, market, utc_now(), **known))  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_written_in_every_language_for_each_of_its_channels(language: str) -> None:
    program = spoken()
    for key in known_messages(program):
        found = written(program, key, language)
        declared = program.messages.get(key)
        channels = {"email"} if declared is None else {*declared.channels, *declared.beside}
        assert found.faults == (), key
        assert (found.mail is not None) == ("email" in channels), key
        assert (found.sms is not None) == (found.parts is not None) == ("sms" in channels), key
        assert (found.push is not None) == ("push" in channels), key
        assert (found.inapp is not None) == ("inapp" in channels), key
        if found.mail is not None:
            assert f'lang="{language}"' in found.mail.html or declared is not None, key
            # A preview opens nobody's rewards.
            assert "/r/sample" in found.mail.text or "rewards.example/r/" not in found.mail.text, key
    assert set(OURS) <= set(known_messages(program))


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_read_names_of_all_that_guerdon_writes(language: str) -> None:
    names = Namer(spoken(), language)
    for key in (*OURS, *REWARD_NEWS, "reward_ready"):
        assert names.message(key) != key
    assert Namer(spoken(), "en").message("confirm_consent") == "Consent to be confirmed"


def test_an_sms_is_counted_as_the_network_counts_it() -> None:
    found = written(spoken(), "reward_ready", "ar")
    assert found.parts is not None
    assert (found.parts.encoding, found.parts.count >= 2) == ("UCS-2", True)
    english = written(spoken(), "reward_ready", "en")
    assert english.parts is not None
    assert (english.parts.encoding, english.parts.foreign) == ("GSM-7", "")


def test_a_members_own_values_stand_in_for_the_samples() -> None:
    program, now = spoken(), utc_now()
    unit = next(unit for unit in program.units.values() if unit.kind == "money")
    reward = Rewarded(next(iter(program.rules)), unit.key, 12_300, now, None)
    sample = written(program, "thanks")
    mine = written(program, "thanks", name="Zoë Quill", reward=reward)
    assert sample.mail is not None
    assert mine.mail is not None
    said = mine.mail.subject + mine.mail.text
    assert "Zoë Quill" in said
    assert "123" in said
    assert "Zoë Quill" not in sample.mail.text


def test_an_unknown_message_is_none() -> None:
    assert preview(spoken(), "nothing", Readers("en", "DE", utc_now())) is None


def test_the_mail_stands_in_a_frame_that_may_do_nothing(doors: Doors) -> None:
    visitor = doors.visitor("mara")
    answer = visitor.get("messages/reward_ready?language=de")
    page = answer.content.decode()
    assert "<iframe" in page
    assert " sandbox " in page.partition("<iframe")[2].partition(">")[0]
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    # No other page may hold a frame.
    assert "frame-src" not in visitor.get("messages").headers["Content-Security-Policy"]
    source = page.partition("<iframe")[2].partition('src="')[2].partition('"')[0].replace("&amp;", "&")
    mail = visitor.client.get(source)
    assert mail.status_code == 200
    policy = mail.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    assert 'lang="de"' in mail.content.decode()
    for path in ("messages/nothing", "messages/nothing/mail"):
        assert visitor.get(path).status_code == 404


def test_a_name_is_shown_to_whoever_may_see_names_and_that_is_told(doors: Doors) -> None:
    house = doors.house
    rewarded(house)
    path = f"messages/reward_ready?member={MEMBER}"
    assert "a sample" in plain(doors.visitor("kim").page(path))
    assert house.rows("select 1 from audit where action = 'member.looked_up'") == []
    assert "With the name" in doors.visitor("cora").plain(path)
    told = house.rows("select actor from audit where action = 'member.looked_up'")
    assert told == [(show("per", house.people["cora"]),)]
    # What is told is their reward: 20 euros of it.
    for name in ("kim", "cora"):
        assert "€20" in doors.visitor(name).page(f"messages/reward_ready/mail?member={MEMBER}&language=en")
    # Of another part nobody is shown, and what says who somebody is stands in no address.
    assert "There is no such member" in doors.visitor("nora").plain(path)
    assert doors.visitor("cora").get("messages/reward_ready?member=ada@example.com").status_code == 400


def test_a_test_goes_to_oneself_marked_and_counted_nowhere(doors: Doors, wire: Wire) -> None:
    house = doors.house
    answer = doors.visitor("mara").send("messages/reward_ready?language=fr", act="test")
    assert answer.status_code == 200, answer.content.decode()
    assert "mara@example.com" in plain(answer.content.decode())
    (letter,) = wire.letters
    assert (letter.address, letter.mail.language) == ("mara@example.com", "fr")
    assert letter.mail.subject.startswith("Test\u00a0: ")
    counted = house.rows(
        "select (select count(*) from outbox), (select count(*) from messages),"
        " (select count(*) from message_attempts)"
    )
    assert counted == [(0, 0, 0)]
    told = house.rows("select actor, subject from audit where action = 'message.tested'")
    assert told == [(show("per", house.people["mara"]), "reward_ready")]
    assert "Test of a message sent" in doors.visitor("fay").plain("audit")


def test_ten_tests_an_hour_and_no_more(doors: Doors, wire: Wire) -> None:
    mara = doors.visitor("mara")
    statuses = [mara.send("messages/reward_ready", act="test").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [422]
    assert len(wire.letters) == 10
    # Everybody has ten of their own.
    assert doors.visitor("olga").send("messages/reward_ready", act="test").status_code == 200
    assert mara.send("messages/reward_ready", act="other").status_code == 404


def test_a_mail_server_that_does_not_take_it_is_told(doors: Doors, wire: Wire) -> None:
    wire.outcome = Retry("smtp:421")
    answer = doors.visitor("mara").send("messages/reward_ready", act="test")
    assert answer.status_code == 422
    assert "did not take the test" in plain(answer.content.decode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_page_is_there_in_every_language(doors: Doors, language: str) -> None:
    for key in ("reward_ready", "reward:proof"):
        assert f'lang="{language}"' in doors.visitor("ava").page(f"messages/{key}", language)
