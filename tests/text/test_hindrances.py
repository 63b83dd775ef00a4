"""Why a message was not sent, in words: every code of the conscience, of delivering and of channels."""

import re
from pathlib import Path

import pytest

import guerdon
from guerdon.text.catalogs import words
from guerdon.text.hindrances import Hindered, counted_reason, hindrance_text
from guerdon.values.texts import LANGUAGES

SAID = {
    "cap:day:3:3": "capped: 3 of 3 that day",
    "cap:week:5:5": "capped: 5 of 5 that week",
    "cap:month:8:8": "capped: 8 of 8 that month",
    "quiet:08:00": "quiet until 08:00",
    "silent:sunday": "silent on Sundays",
    "silent:holiday": "silent on a holiday",
    "consent:none": "no consent for Offers by SMS",
    "consent:asked": "asked, not confirmed yet",
    "consent:unconfirmed": "consent not confirmed by its address",
    "consent:withdrawn@2026-05-04": "no consent for Offers by SMS since 4 May 2026",
    "suppressed:bounce": "bounced before, so nothing is sent there",
    "suppressed:complaint": "complained before, so nothing is sent there",
    "suppressed:stop": "answered STOP, so nothing is sent there",
    "address:missing": "no address for this channel",
    "gave_up:smtp:450 4.2.2": "tried for three days: the mail server said 450 4.2.2",
    "smtp:550 5.1.1": "the mail server said 550 5.1.1",
    "twilio:30003": "Twilio said 30003",
    "fcm:UNREGISTERED": "Google's push service said UNREGISTERED",
    "push:410": "the browser's push service said 410",
    "http:timeout": "the provider did not answer (timeout)",
    "bounce": "bounced",
    "bounce:5.1.1": "bounced (5.1.1)",
    "sender:none DE": "no sender for the country DE",
    "reward:redeemed": "its reward was used",
}
OF = Hindered("Offers", "SMS")
# What stands in the source of whoever gives reasons: each has to have words.
GIVEN = re.compile(
    r'(?:reason=|No\(|give_up\(row, |return |Rejected\(|Shut\(|Retry\(|Unsure\(|, |= )f?"'
    r"((?:address|suppressed|consent|channel|late|hand_over|text|member|reward|order|place|code|sms|push|cap"
    r'|quiet|silent|unsubscribe):[a-z_][a-z_ ]*)"'
)
GIVERS = ("rules/conscience", "engine/messages", "channels/email", "channels/sms", "channels/push")
# Keys of messages are written like reasons.
MESSAGES = {"reward:link", "reward:proof", "order:again", "place:offered", "consent:confirm"}


@pytest.mark.parametrize(("reason", "said"), SAID.items())
def test_a_reason_is_said_with_its_arguments(reason: str, said: str) -> None:
    assert hindrance_text(words("en-GB", "reasons"), reason, OF) == said


def test_todays_cap_says_today() -> None:
    of = Hindered("Offers", "SMS", today=True)
    assert hindrance_text(words("en", "reasons"), "cap:day:3:3", of) == "capped: 3 of 3 today"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", SAID)
def test_no_language_shows_a_code(language: str, reason: str) -> None:
    said = words(language, "reasons")
    assert hindrance_text(said, reason, OF) != reason
    counted = hindrance_text(said, counted_reason(reason), Hindered())
    assert counted not in (reason, counted_reason(reason))
    if language != "en":
        assert counted != hindrance_text(words("en", "reasons"), counted_reason(reason), Hindered())


def test_days_are_written_as_the_reader_writes_them() -> None:
    said = hindrance_text(words("de", "reasons"), "consent:withdrawn@2026-05-04", OF)
    assert said == "keine Einwilligung für Offers per SMS seit 4. Mai 2026"


def test_every_reason_that_somebody_gives_has_words() -> None:
    package = Path(guerdon.__file__).parent
    sources = [path for giver in GIVERS for path in (package / giver).rglob("*.py")]
    given = {code for path in sources for code in GIVEN.findall(path.read_text(encoding="utf-8"))}
    assert {"address:unusable", "consent:none", "text:missing", "hand_over:unsettled"} <= given
    english = words("en", "reasons")
    assert {code for code in given - MESSAGES if hindrance_text(english, code) == code} == set()


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        ("cap:day:3:3", "cap:day"),
        ("consent:withdrawn@2026-05-04", "consent:withdrawn"),
        ("consent:none", "consent:none"),
        ("quiet:08:00", "quiet"),
        ("silent:sunday", "silent"),
        ("gave_up:smtp:450", "gave_up"),
        ("sender:none DE", "sender"),
        ("smtp:550 5.1.1", "smtp:550 5.1.1"),
        ("", ""),
    ],
)
def test_what_differs_by_member_is_counted_together(reason: str, counted: str) -> None:
    assert counted_reason(reason) == counted


@pytest.mark.parametrize("code", ["cap:day:x:3", "cap:year:1:1", "consent:other", "silent:someday", "new"])
def test_a_code_that_nobody_knows_is_shown_as_it_is(code: str) -> None:
    assert hindrance_text(words("en", "reasons"), code, OF) == code
