import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from tests.channels.letters import CLAIM_URL, REWARD

from guerdon.text.catalogs import words
from guerdon.text.letters import Mail, RewardReady, render_reward_ready
from guerdon.values.texts import LANGUAGES

MESSAGES = [
    "Your %(amount)s reward is ready",
    "Yours until %(day)s.",
    "Choose what you would like; your code is shown at once.",
    "Choose your reward",
    "If the button does not open, copy this address into your browser:",
    "The link is yours alone, so please do not forward this e-mail.",
    "Why you received it: %(reason)s, %(day)s.",
    (
        "You receive this e-mail as a member of %(program)s. "
        "It concerns a reward of yours and is not advertising."
    ),
]
HTML_BYTES_MAX = 90_000


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def rendered(language: str, market: str = "DE", reward: RewardReady = REWARD) -> Mail:
    return render_reward_ready(reward, language, market)


def test_says_the_amount_and_the_day_as_the_market_writes_them() -> None:
    assert rendered("en", "IE").subject == "Your €200 reward is ready"
    assert rendered("de", "DE").subject == "Ihre Prämie über 200\u00a0€ ist bereit"
    assert "3. Aug. 2026" in rendered("de", "DE").text
    assert "Yours until 3 Aug 2026." in rendered("en", "IE").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalog_says_every_sentence_of_the_mail(language: str) -> None:
    say = words(language, "mail")
    assert [message for message in MESSAGES if not say.has(message)] == []
    for message in MESSAGES:
        said = say.gettext(message)
        assert set(re.findall(r"%\(\w+\)s", said)) == set(re.findall(r"%\(\w+\)s", message))
        assert language == "en" or said != message


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_lead_to_the_claim_page(language: str) -> None:
    mail = rendered(language)
    assert CLAIM_URL in mail.text.splitlines()
    assert [link["href"] for link in Tags(mail.html).of("a")] == [CLAIM_URL, CLAIM_URL]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_stay_short_even_for_a_long_amount(language: str) -> None:
    long_amount = replace(REWARD, amount_minor=123_456_750)
    assert len(rendered(language, "CH", long_amount).subject) <= 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_loads_nothing_from_anywhere_and_stays_small(language: str) -> None:
    html = rendered(language).html
    assert len(html.encode()) < HTML_BYTES_MAX
    tags = Tags(html)
    assert not {"img", "script", "link", "iframe", "object", "form"} & {name for name, _ in tags.found}
    assert "url(" not in html
    assert "@import" not in html


def test_arabic_runs_from_the_right_and_says_so_in_words_that_old_mail_programs_know() -> None:
    html = rendered("ar", "AE").html
    tags = Tags(html)
    for tag in ("html", "body"):
        assert [(each["lang"], each["dir"]) for each in tags.of(tag)] == [("ar", "rtl")]
    assert "direction:ltr" not in html
    assert "text-align:right" in html
    assert "text-align:left" not in html
    assert "start" not in html
    assert "letter-spacing" not in html


def test_other_languages_run_from_the_left() -> None:
    html = rendered("fr").html
    for tag in ("html", "body"):
        assert [(each["lang"], each["dir"]) for each in Tags(html).of(tag)] == [("fr", "ltr")]
    assert "text-align:right" not in html


def test_amounts_and_names_keep_their_own_direction_within_a_sentence() -> None:
    assert "<bdi>200\u00a0€</bdi>" in rendered("ar", "AE").html
    assert "<bdi>Nordlys Circle</bdi>" in rendered("ar", "AE").html


def test_knows_dark_screens() -> None:
    html = rendered("en").html
    assert {"name": "color-scheme", "content": "light dark"} in Tags(html).of("meta")
    assert "prefers-color-scheme:dark" in html


def test_a_text_of_the_program_cannot_become_markup() -> None:
    hostile = replace(REWARD, reason="<script>1</script> & %(day)s", program='"><img src=x>')
    mail = rendered("en", "DE", hostile)
    assert not {"script", "img"} & {name for name, _ in Tags(mail.html).found}
    assert "<script>1</script> & %(day)s" in unescape(mail.html)
    assert "<script>1</script> & %(day)s, 4 Feb 2026." in mail.text


def test_a_rule_that_no_longer_has_a_name_leaves_out_the_why() -> None:
    mail = rendered("en", "DE", replace(REWARD, reason=""))
    assert "Why" not in mail.text
    assert "Why" not in mail.html
    assert "\n\n\n\n" not in mail.text


def test_a_language_we_do_not_speak_is_answered_in_english() -> None:
    assert rendered("sv", "SE").language == "en"
    assert rendered("sv", "SE").text.startswith("Your ")


def test_points_name_their_unit() -> None:
    points = replace(REWARD, amount_minor=1_500, unit="points", digits=0)
    assert rendered("en", "IE", points).subject == "Your 1,500\u00a0points reward is ready"


def test_no_line_of_the_plain_text_is_too_long_to_read() -> None:
    for language in LANGUAGES:
        lines = rendered(language).text.splitlines()
        assert [line for line in lines if len(line) > 78 and not line.startswith("http")] == []


def test_french_sets_a_space_before_the_colon() -> None:
    text = render_reward_ready(REWARD, "fr", "FR").text
    assert f"\N{NO-BREAK SPACE}:\n{CLAIM_URL}" in text
    assert f"Choose your reward:\n{CLAIM_URL}" in render_reward_ready(REWARD, "en", "DK").text


def test_english_members_everywhere_read_one_headline() -> None:
    assert {
        render_reward_ready(REWARD, "en", market).subject for market in ("DK", "NL", "PT", "AT", "GB")
    } == {"Your €200 reward is ready"}
