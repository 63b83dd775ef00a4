"""Marketing by SMS has its way out: an answer where its sender takes one, else the page of preferences."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.outbox.postal import NOW
from tests.program.programs import SPOKEN, read_whole

from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.letters import write_parcel
from guerdon.engine.messages.port import Phone, Push, Sms
from guerdon.engine.messages.staff.previewing import Readers, preview
from guerdon.program.model import Program
from guerdon.store.messages.outbox import Due, DueReward
from guerdon.store.persons import Person

PAGE = "https://rewards.example/p/abc"
REWARD = DueReward(1001, "order", "EUR", 2_500, "ready", NOW, NOW + timedelta(days=180))


def desk_of(program: Program) -> Desk:
    home = "https://rewards.example"
    return Desk(1, program, lambda *_: f"{home}/r/abc", member_url=lambda *_: PAGE, public_url=home)


def written(program: Program, message: str, country: str, language: str = "de") -> str:
    row = Due(7, 5001, message, 1, 0, NOW, "DE", language, REWARD, via="sms")
    desk = desk_of(program)
    to = Addressed(row, Person("Ada", "ada@example.com", "+4915112345678"))
    parcel = write_parcel(desk, to, ("sms", Phone("+4915112345678", country), UUID(int=1)), NOW)
    assert isinstance(parcel.content, Sms)
    return parcel.content.text


@pytest.mark.parametrize(
    ("country", "ends"),
    [
        # A name, a number, a short code, a service that may pick a name, and the number for all others.
        ("DE", f"25 € für dich Abmelden: {PAGE}"),
        ("FR", "25 € für dich Abmelden: mit STOP antworten"),
        ("GB", f"25 € für dich Abmelden: {PAGE}"),
        ("US", "25 € für dich Abmelden: mit STOP antworten"),
    ],
)
def test_it_is_the_one_that_the_sender_of_that_country_takes(country: str, ends: str) -> None:
    assert written(read_whole(SPOKEN), "thanks", country) == ends


def test_service_needs_none_and_a_push_has_its_own_places() -> None:
    program = read_whole(SPOKEN)
    text = written(program, "reward_ready", "DE")
    assert PAGE not in text
    assert "STOP" not in text
    row = Due(7, 5001, "thanks", 1, 0, NOW, "DE", "de", REWARD, via="push")
    desk = desk_of(program)
    there = ("push", Phone("+4915112345678", "DE"), UUID(int=1))
    content = write_parcel(desk, Addressed(row, Person("Ada", "")), there, NOW).content  # type: ignore[arg-type]
    assert isinstance(content, Push)
    assert PAGE not in content.body


def test_guerdons_own_words_have_one_where_they_are_marketing() -> None:
    start = SPOKEN.index("  reward_ready:")
    text = SPOKEN[:start] + SPOKEN[start:].replace("topic: account", "topic: offers", 1)
    assert written(read_whole(text), "reward_ready", "FR", "en").endswith(" To stop: answer STOP")
    assert written(read_whole(text), "reward_ready", "DE", "en").endswith(f" To stop: {PAGE}")


def test_a_text_of_the_programs_with_a_way_out_gets_no_other() -> None:
    numbers = SPOKEN.replace("DE: HARBOR, FR: 38600, GB: MG0123456789abcdef0123456789abcdef", "DE: 38600")
    stop = numbers.replace('de: "{{reward.value}} für dich" }', 'de: "{{reward.value}} (STOP beendet)" }')
    assert written(read_whole(stop), "thanks", "DE") == "25 € (STOP beendet)"
    page = SPOKEN.replace(
        'de: "{{reward.value}} für dich" }', 'de: "{{reward.value}}: {{preferences.link}}" }'
    )
    page = page.replace('en: "{{reward.value}} for you"', 'en: "{{reward.value}}: {{preferences.link}}"')
    line = next(
        each for each in page.splitlines() if each.lstrip().startswith("data:") and "reward.ends" in each
    )
    page = page.replace(line, line.replace("[", "[preferences.link, "))
    assert written(read_whole(page), "thanks", "DE") == f"25 €: {PAGE}"


def test_staff_see_it_as_it_goes_and_how_many_parts_it_takes() -> None:
    program = read_whole(SPOKEN)
    shown = preview(program, "thanks", Readers("de", "DE", NOW))
    assert shown is not None
    assert shown.sms is not None
    assert shown.parts is not None
    assert "Abmelden: https://rewards.example/p/" in shown.sms
    assert "".join(shown.parts.parts) == shown.sms
    norwegian = preview(program, "thanks", Readers("en", "NO", NOW))
    assert norwegian is not None
    assert str(norwegian.sms).endswith("To stop: answer STOP")
