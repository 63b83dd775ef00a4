"""The code that is shown: turning, good once, in its window and the ones beside; guessing is paced."""

from datetime import timedelta

import pytest
from tests.app.conftest import App
from tests.web.member.conftest import Door

from guerdon.engine.cards.showing import WRONG_MAX, WRONG_WITHIN, Came, Shown, take_card
from guerdon.engine.sessions.keeping import begin_session, end_session
from guerdon.values.app.cards import (
    KEY_PURPOSE,
    WINDOW_S,
    CardText,
    card_digits,
    card_seed,
    read_card,
    window_at,
    write_card,
)
from guerdon.values.clock import utc_now

NOW = utc_now().replace(second=10, microsecond=0)


class Phone:
    """A phone of member 7 that is signed in, and the till that takes what it shows."""

    def __init__(self, app: App) -> None:
        self.house = app.house
        with self.house.opens(7)() as tx:
            made = begin_session(tx, self.house.program_id, 7, "phone", NOW)
        assert made is not None
        self.session = made

    def shows(self, seconds: float = 0) -> str:
        """What it shows at a moment."""
        seed = card_seed(self.house.vault.key(KEY_PURPOSE), self.session.hash)
        return card_digits(seed, window_at(NOW + timedelta(seconds=seconds)))

    def take(self, digits: str, seconds: float = 0, location: str = "here", member_id: int = 7) -> Came:
        """What comes of it at a till."""
        shown = Shown(self.house.program_id, member_id, digits, location)
        with self.house.opens(None)() as tx:
            return take_card(tx, self.house.vault, shown, NOW + timedelta(seconds=seconds))


@pytest.fixture
def phone(app: App, door: Door) -> Phone:  # noqa: ARG001  it opens the room
    """A phone that is signed in."""
    app.house.enroll(7)
    app.house.enroll(8)
    return Phone(app)


def test_a_phone_may_be_one_window_early_or_late_and_no_more(phone: Phone) -> None:
    assert phone.take(phone.shows(-2 * WINDOW_S)) == "wrong"
    assert phone.take(phone.shows(2 * WINDOW_S)) == "wrong"
    assert phone.take(phone.shows(-WINDOW_S)) == "taken"
    assert phone.take(phone.shows()) == "taken"
    assert phone.take(f" {phone.shows(WINDOW_S)[:3]} {phone.shows(WINDOW_S)[3:]}") == "taken"


def test_a_code_is_taken_once_wherever_it_is_shown(phone: Phone) -> None:
    assert phone.take(phone.shows()) == "taken"
    assert phone.take(phone.shows(), 5) == "used"
    assert phone.take(phone.shows(), 5, "elsewhere") == "used"
    assert phone.take(phone.shows(WINDOW_S), WINDOW_S) == "taken"
    # What can be shown no more is not kept.
    assert phone.take(phone.shows(600), 600) == "taken"
    assert phone.house.rows("select location from card_uses") == [("here",)]


def test_a_code_is_of_one_member_and_of_a_phone_that_is_signed_in(phone: Phone) -> None:
    assert phone.take(phone.shows(), member_id=8) == "wrong"
    assert phone.take(phone.shows(), member_id=9) == "unknown"
    with phone.house.opens(7)() as tx:
        assert end_session(tx, phone.session, NOW)
    assert phone.take(phone.shows()) == "wrong"


def test_whoever_guesses_waits_after_five_and_the_right_code_with_them(phone: Phone) -> None:
    wrong = f"{(int(phone.shows()) + 1) % 10**6:06}"
    assert [phone.take(wrong, each) for each in range(WRONG_MAX)] == ["wrong"] * WRONG_MAX
    assert phone.take(phone.shows(), 5) == "often"
    later = WRONG_WITHIN.total_seconds()
    assert phone.take(phone.shows(later - 1), later - 1) == "often"
    assert phone.take(phone.shows(later), later) == "taken"
    # It begins anew then.
    assert phone.take(wrong, later) == "wrong"
    assert phone.house.rows("select wrong::int from card_tries") == [(1,)]


def test_digits_are_those_that_any_other_reading_of_the_rule_gives() -> None:
    # HMAC-SHA-256 over the window in eight bytes; the first six bytes of it, by a million: by openssl.
    assert card_digits(bytes(32), 1) == "524200"


def test_a_symbol_is_read_as_it_was_written_and_no_other_is() -> None:
    card = CardText(3, 2**62, "012345")
    assert read_card(write_card(card)) == card
    assert read_card(f" {write_card(card)} ") == card
    for text in (
        "",
        "GDN",
        "GDN:3",
        "GDN:x:0000000000007:123456",
        "GDN:3:0000000000007:12345",
        "X" + write_card(card),
    ):
        assert read_card(text) is None
