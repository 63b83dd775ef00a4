"""Letters in all languages: whole, short, safe from what people outside wrote, and readable without HTML."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from tests.channels.letters import REWARD
from tests.channels.test_mails import HTML_BYTES_MAX, Tags

from guerdon.text.letters import (
    ConfirmConsent,
    Ways,
    render_confirm_consent,
    render_reward_news,
    render_reward_ready,
)
from guerdon.text.letters.samples import (
    CLAIM_URL,
    LETTERS,
    MARKETING_WAYS,
    MARKETS,
    SERVICE_WAYS,
    confirm_consent,
    reward_news,
)
from guerdon.values.texts import LANGUAGES

NEWS = ("earned", "taken_back", "waiting", "expiring")
# What we aim at; mail programs cut what is over 90 kB.
HTML_BYTES_AIM = 20_000
HOSTILE = '"><img src=x onerror=alert(1)> {{ url }} %(day)s {% raw %}'


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_its_language_and_direction_and_stays_small(name: str, language: str) -> None:
    mail = LETTERS[name](language).mail
    tags, side = Tags(mail.html), "rtl" if language == "ar" else "ltr"
    for tag in ("html", "body"):
        assert [(each["lang"], each["dir"]) for each in tags.of(tag)] == [(language, side)]
    assert ("text-align:left" in mail.html) == (side == "ltr")
    assert ("text-align:right" in mail.html) == (side == "rtl")
    assert {"name": "color-scheme", "content": "light dark"} in tags.of("meta")
    assert "@media (prefers-color-scheme:dark)" in mail.html
    assert not {"img", "script", "link", "iframe", "form"} & {tag for tag, _ in tags.found}
    assert "{{" not in mail.html + mail.text
    assert "{%" not in mail.html + mail.text
    assert len(mail.html.encode()) <= HTML_BYTES_AIM < HTML_BYTES_MAX


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_both_forms_say_the_same_and_lead_to_the_same_places(name: str, language: str) -> None:
    mail = LETTERS[name](language).mail
    shown = unescape(re.sub("<[^>]+>", " ", mail.html.partition("<body")[2]))
    words = set(re.findall(r"[^\W\d_]{4,}", shown))
    plain = set(re.findall(r"[^\W\d_]{4,}", mail.text))
    # Only the HTML says what to do where its button does not open.
    assert plain <= words
    assert {link["href"] for link in Tags(mail.html).of("a")} == set(re.findall(r"https://\S+", mail.text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tells", NEWS)
def test_subjects_stay_short_even_for_a_long_amount(tells: str, language: str) -> None:
    news = replace(reward_news(language, tells), amount_minor=123_456_750, unit="EUR")
    mail = render_reward_news(news, language, MARKETS[language].key)
    assert len(mail.subject) <= 50
    assert len(render_confirm_consent(confirm_consent(language), language).subject) <= 50


def test_each_tells_what_it_is_about() -> None:
    texts = {tells: render_reward_news(reward_news("en", tells), "en", "IE").text for tells in NEWS}
    assert "Your €200 reward is on its way\n" in texts["earned"]
    assert "It will be ready on 18 Feb 2026." in texts["earned"]
    assert "The reason: The test drive was canceled" in texts["taken_back"]
    assert "It has been ready for 30 days." in texts["waiting"]
    assert "Yours until 3 Aug 2026." in texts["waiting"]
    assert "You can use it until 3 Aug 2026; after that it is gone." in texts["expiring"]
    assert all("Test drive completed, 4 Feb 2026." in text for text in texts.values())


def test_what_is_not_known_is_left_out() -> None:
    earned = render_reward_news(replace(reward_news("en", "earned"), ready_on=None), "en", "IE").text
    assert "It is being confirmed; its page shows when it is ready." in earned
    taken = render_reward_news(replace(reward_news("en", "taken_back"), why="", reason=""), "en", "IE")
    assert "reason" not in taken.text
    assert "You had received it" not in taken.text + taken.html
    waiting = replace(reward_news("en", "waiting"), last_on=None, waited_days=1)
    assert "It has been ready for 1 day." in render_reward_news(waiting, "en", "IE").text
    assert "until" not in render_reward_news(waiting, "en", "IE").text


def test_arabic_counts_its_days() -> None:
    said = {
        render_reward_news(replace(reward_news("ar", "waiting"), waited_days=days), "ar", "AE").text
        for days in (1, 2, 5, 30, 100)
    }
    assert len(said) == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_becomes_markup(language: str) -> None:
    news = replace(reward_news(language, "taken_back"), program=HOSTILE, reason=HOSTILE, why=HOSTILE)
    asked = ConfirmConsent(HOSTILE, HOSTILE, "email", CLAIM_URL)
    ready = replace(REWARD, program=HOSTILE, reason=HOSTILE, claim_url=f'{CLAIM_URL}"><img src=x>')
    for mail in (
        render_reward_news(news, language, "DE", Ways('https://x.example/"><img src=x>')),
        render_confirm_consent(asked, language),
        render_reward_ready(ready, language, "DE"),
    ):
        assert "img" not in {tag for tag, _ in Tags(mail.html).found}
        assert HOSTILE in unescape(mail.html)
        assert HOSTILE in " ".join(mail.text.split())


def test_whoever_confirms_reads_what_and_over_which_channel() -> None:
    mail = render_confirm_consent(confirm_consent("en"), "en")
    assert "You want to hear from Nordlys Circle: Offers (E-mail)." in mail.text
    assert "without your confirmation nothing is sent" in " ".join(mail.text.split())
    # It is no advertising, and whoever it went to by mistake has nothing to unsubscribe from.
    assert mail.text.count("https://") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_ways_out_stand_in_the_footer_of_both_forms(language: str) -> None:
    service = render_reward_ready(REWARD, language, "DE", SERVICE_WAYS)
    marketing = render_reward_ready(REWARD, language, "DE", MARKETING_WAYS)
    neither = render_reward_ready(REWARD, language, "DE")
    for mail, ways in ((service, SERVICE_WAYS), (marketing, MARKETING_WAYS)):
        wanted = [url for url in (ways.preferences_url, ways.unsubscribe_url) if url]
        assert [link["href"] for link in Tags(mail.html).of("a")][-len(wanted) :] == wanted
        assert [line for line in mail.text.splitlines() if line.startswith("http")][-len(wanted) :] == wanted
    assert "/p/" not in neither.html + neither.text
    assert "/u/" not in service.html + service.text


def test_what_is_sent_as_marketing_does_not_say_that_it_is_none() -> None:
    assert "is not advertising" in render_reward_ready(REWARD, "en", "DE", SERVICE_WAYS).text
    for form in (
        render_reward_ready(REWARD, "en", "DE", MARKETING_WAYS),
        render_reward_news(reward_news("en", "waiting"), "en", "IE", MARKETING_WAYS),
    ):
        assert "advertising" not in form.text + form.html
        assert "You receive this e-mail as a member of Nordlys Circle." in form.text


def test_lines_of_the_plain_text_can_be_read() -> None:
    for write in LETTERS.values():
        for language in LANGUAGES:
            lines = write(language).mail.text.splitlines()
            assert [line for line in lines if len(line) > 78 and not line.startswith("http")] == []
            assert "\n\n\n" not in write(language).mail.text


def test_what_has_no_end_any_more_does_not_end_soon() -> None:
    endless = render_reward_news(replace(reward_news("en", "expiring"), last_on=None), "en", "IE")
    assert endless.subject == "Your €200 reward is waiting for you"
    assert "soon" not in endless.text + endless.html.partition("<body")[2]
    later = replace(reward_news("en", "expiring"), last_on=date(2027, 1, 1))
    assert "1 Jan 2027" in render_reward_news(later, "en", "IE").text
