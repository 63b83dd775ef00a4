"""SMS of at most three parts, of the short alphabet where the language can; pushes, notices in the app."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from guerdon.text.letters import (
    ConfirmConsent,
    RewardNews,
    RewardReady,
    WayOut,
    says_stop,
    with_way_out,
    write_inapp,
    write_push,
    write_sms,
)
from guerdon.text.letters.samples import LETTERS, MARKETS, confirm_consent, reward_news
from guerdon.text.letters.short import ShortSaid
from guerdon.values.sms import segments
from guerdon.values.texts import LANGUAGES

# As long as both get: a token that ends, its host, and a name of a program that people still read.
LINK = f"https://rewards.nordlys.example/r/{'0' * 55}"
PROGRAM = "Nordlys Circle Deutschland"
LONG: Any = {"program": PROGRAM, "amount_minor": 123_456_750, "unit": "EUR", "claim_url": LINK}
NEWS = ("earned", "taken_back", "waiting", "expiring")
PARTS_MAX = 3
PUSH_BODY_MAX = 120


def ready(language: str) -> RewardReady:
    news = reward_news(language, "expiring")
    return RewardReady(
        news.program,
        news.reason,
        news.amount_minor,
        news.unit,
        2,
        news.earned_on,
        news.last_on,
        news.claim_url,
    )


def longest(language: str) -> list[ShortSaid]:
    """Every text with long values, each in the months that are written longest or with most marks."""
    said: list[ShortSaid] = []
    for month in range(1, 13):
        day = date(2026, month, 28)
        ready_now = replace(ready(language), last_on=day, **LONG)
        said += [ready_now, replace(ready_now, last_on=None), replace(ready_now, again=True)]
        for tells in NEWS:
            news: RewardNews = replace(reward_news(language, tells), **LONG)
            said.append(replace(news, last_on=day, ready_on=day))
            said.append(replace(news, last_on=None, ready_on=None))
    asked = confirm_consent(language)
    return [*said, ConfirmConsent(PROGRAM, asked.topic, "sms", LINK)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sms_has_at_most_three_parts_and_the_short_alphabet_where_it_can(language: str) -> None:
    for said in longest(language):
        text = write_sms(said, language, MARKETS[language].key)
        counted = segments(text)
        assert counted.count <= PARTS_MAX, text
        if language != "ar":
            assert (counted.encoding, counted.foreign) == ("GSM-7", ""), text
        assert LINK in text.split()
        assert text.startswith(PROGRAM)
        assert "%(" not in text
        assert len(text.splitlines()) == 1


OUT_PAGE = f"https://rewards.nordlys.example/p/{'0' * 45}"


@pytest.mark.parametrize("out", [WayOut(answers=True, url=OUT_PAGE), WayOut(answers=False, url=OUT_PAGE)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_marketing_by_sms_ends_in_its_way_out(language: str, out: WayOut) -> None:
    for said in longest(language):
        if isinstance(said, ConfirmConsent):
            continue
        market = MARKETS[language].key
        text, plain = write_sms(said, language, market, out), write_sms(said, language, market)
        assert text.startswith(f"{plain} ")
        assert text.endswith(OUT_PAGE) is not out.answers
        assert says_stop(text) is out.answers
        assert "\n" not in text
        counted = segments(text)
        assert counted.encoding == ("UCS-2" if language == "ar" else "GSM-7"), counted.foreign
        # In Arabic a page's address fills a part by itself.
        assert counted.count <= PARTS_MAX + (language == "ar" and not out.answers), (counted.count, text)


@pytest.mark.parametrize(
    ("text", "answers", "is_there"),
    [
        ("Spring is here. STOP ends it", True, True),
        ("STOP", True, True),
        # Nobody takes an answer there.
        ("Spring is here. STOP ends it", False, False),
        ("NON-STOP spring", True, False),
        ("STOPOVER in spring", True, False),
        ("Spring never stops, stop", True, False),
        (f"Spring is here. Choose: {OUT_PAGE}", True, True),
        (f"Spring is here. Choose: {OUT_PAGE}", False, True),
        ("Spring is here", False, False),
    ],
)
def test_a_text_with_a_way_out_gets_no_other(text: str, answers: bool, is_there: bool) -> None:  # noqa: FBT001
    came = with_way_out(text, WayOut(answers, OUT_PAGE), "en")
    assert (came == text) is is_there
    assert with_way_out(text, None, "en") == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sms_says_until_when(language: str) -> None:
    plain = write_sms(replace(ready(language), last_on=None), language, MARKETS[language].key)
    until = write_sms(ready(language), language, MARKETS[language].key)
    assert "2026" in until
    assert "2026" not in plain


def test_french_august_needs_no_hat() -> None:
    assert "3 aout 2026" in write_sms(ready("fr"), "fr", "FR")
    assert "3 août 2026" in write_push(ready("fr"), "fr", "FR").body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in LETTERS if LETTERS[name]("en").push])
def test_what_is_pushed_fits_a_locked_screen_and_shows_no_link(name: str, language: str) -> None:
    written = LETTERS[name](language)
    assert written.push is not None
    assert written.inapp is not None
    assert 0 < len(written.push.title) <= 50
    assert 0 < len(written.push.body) <= PUSH_BODY_MAX
    for text in (written.push.title, written.push.body, written.inapp.title, written.inapp.body):
        assert "http" not in text
        assert "%(" not in text
        assert "<" not in text
    assert written.inapp.title == written.push.title
    assert written.inapp.button


def test_a_push_does_not_say_why_a_reward_was_given_or_taken() -> None:
    news = replace(reward_news("en", "waiting"), reason="Therapy finished")
    assert "Therapy" not in write_push(news, "en", "IE").body
    assert "Therapy finished" in write_inapp(news, "en", "IE").body
    taken = replace(reward_news("en", "taken_back"), why="Therapy canceled")
    assert write_push(taken, "en", "IE").body == "The page shows what became of your reward."
    assert "Therapy canceled" in write_inapp(taken, "en", "IE").body


def test_texts_stay_out_of_logs() -> None:
    written = LETTERS["reward_waiting"]("en")
    assert "200" not in repr(written.push)
    assert "200" not in repr(written.inapp)


def test_an_sms_is_one_line_whatever_its_values_are() -> None:
    text = write_sms(replace(ready("en"), program="Nord\nlys\u202e"), "en", "IE")
    assert text.startswith("Nord lys: your")
