"""A member changes how they are reached: by a code that goes to the new address, and the old one is told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import App, Counted
from tests.channels.mail_server import MailServer, body_of, running
from tests.lending import lent, looking
from tests.web.member.conftest import Door

from guerdon.channels.email.wire import email_channels
from guerdon.engine.files.members import Candidate
from guerdon.engine.gifts.proving import send_code
from guerdon.engine.library import Library
from guerdon.engine.messages.consents.consenting import Grant, give
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.messages.port import Abilities, Accepted, Outcome, Parcel, Sms
from guerdon.engine.privacy.forgetting import forget
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.sessions.said import as_said
from guerdon.store.messages.consents import load_standing
from guerdon.store.messages.suppressions import address_mark, suppress
from guerdon.store.persons import Person, load_person
from guerdon.values.clock import utc_now

OLD, NEW = "ann7@example.com", "ann.lee@example.org"


class Texts:
    """A provider of text messages that takes everything."""

    def __init__(self) -> None:
        self.taken: list[Parcel] = []
        self.kind, self.abilities = "sms", Abilities(keyed=True)

    def send(self, parcel: Parcel) -> Outcome:
        self.taken.append(parcel)
        return Accepted(str(parcel.ref))

    def close(self) -> None:
        """Nothing is open."""


class Post:
    """What leaves the house, by mail through a real server and by text."""

    def __init__(self, app: App, server: MailServer) -> None:
        self.app, self.server, self.texts = app, server, Texts()
        # What was there before is not looked at.
        self.before = 0

    def sent(self) -> None:
        """Deliver all that is due."""
        house = self.app.house
        library = Library(house.vault, {})
        channels = email_channels(self.server.url, "Nordlys <rewards@example.com>", 1)
        rooms = [
            Postroom("email", channels, library, _nowhere, utc_now),
            Postroom("sms", [self.texts], library, _nowhere, utc_now, self.texts.abilities),
        ]
        with lent(house.url, house.secret, "worker") as connection:
            try:
                for room in rooms:
                    while deliver(connection, house.program_id, room):
                        pass
            finally:
                channels[0].close()

    def mails(self) -> list[tuple[str, str]]:
        """To whom mails went, and what they say."""
        return [(str(each["To"]), body_of(each, "plain")) for each in self.server.mails[self.before :]]

    def code(self) -> str:
        """The code that went to the new address last."""
        return code_in([said for to, said in self.mails() if NEW in to][-1])


def _nowhere(*_: Any) -> str:
    return "http://127.0.0.1/r/x"


@pytest.fixture
def post(app: App, door: Door) -> Any:
    """A member who just signed in, and the post of their program, which has brought all until now."""
    app.house.enroll(7)
    app.tell(7)
    app.enter(door, 7)
    with running(MailServer()) as server:
        made = Post(app, server)
        made.sent()
        made.before = len(server.mails)
        yield made


Change = Callable[..., Any]


@pytest.fixture
def change(app: App, door: Door) -> Change:
    """Send the form of the page."""
    return lambda **form: app.post(door, "/you/contact", **form)


def code_in(text: str) -> str:
    return next(word for word in text.replace(".", " ").split() if len(word) == 6 and word.isdecimal())


def person(app: App, member_id: int = 7) -> Person:
    with app.house.opens(None)() as tx:
        return load_person(tx, app.house.vault, app.house.program_id, member_id) or Person()


def test_the_code_goes_to_the_new_address_and_word_of_it_to_the_old(
    app: App, door: Door, post: Post, change: Change, counted: Counted
) -> None:
    answer = change(act="send", field="email", address=f" {NEW} ")
    assert answer.status_code == 200
    assert "A code is on its way there." in answer.content.decode()
    assert person(app).email == OLD
    post.sent()
    ((to, said),) = post.mails()
    assert NEW in to
    code = code_in(said)
    wrong = change(act="check", field="email", address=NEW, code="000000" if code != "000000" else "111111")
    assert wrong.status_code == 403
    assert f'value="{NEW}"' in wrong.content.decode()
    assert person(app).email == OLD
    done = change(act="check", field="email", address=NEW, code=code)
    assert (done.status_code, done["Location"]) == (303, f"{app.base}/you/contact?done=1")
    assert person(app) == Person("Ann Lee", NEW, "+49 30 1234567")
    page = door.client.get(done["Location"]).content.decode()
    assert "Done." in page
    assert "a•••@example.org" in page
    post.sent()
    (_, (to, said)) = post.mails()
    assert OLD in to
    assert "Your e-mail address was changed" in str(post.server.mails[-1]["Subject"])
    assert NEW not in said
    assert counted("contact.changed") == 1
    # They sign in by the new one, and by the old one nobody does.
    door.client.cookies.clear()
    app.send(door, act="send", address=OLD)
    app.send(door, act="send", address=NEW)
    post.sent()
    assert [NEW in to for to, _ in post.mails()[2:]] == [True]


def test_the_address_is_the_one_that_the_code_went_to_whatever_the_form_says(
    app: App, post: Post, change: Change
) -> None:
    change(act="send", field="email", address=NEW)
    post.sent()
    code = code_in(post.mails()[0][1])
    change(act="check", field="email", address="somebody@example.net", code=code)
    assert person(app).email == NEW
    # It is given once.
    assert change(act="check", field="email", address=OLD, code=code).status_code == 403


def test_a_code_of_another_kind_or_browser_changes_nothing(
    app: App, door: Door, post: Post, change: Change
) -> None:
    change(act="send", field="email", address=NEW)
    post.sent()
    code = code_in(post.mails()[0][1])
    assert change(act="check", field="phone", address="+4915112345678", code=code).status_code == 403
    mine = door.client.cookies["asking"].value
    door.client.cookies["asking"] = "0" * 32
    assert change(act="check", field="email", address=NEW, code=code).status_code == 403
    assert app.post(door, "/you/data", act="erase", code=code).status_code == 403
    door.client.cookies["asking"] = mine
    assert change(act="check", field="email", address=NEW, code=code).status_code == 303


def test_a_number_is_proven_by_a_text_and_the_old_one_gets_one(app: App, post: Post, change: Change) -> None:
    assert change(act="send", field="phone", address="0151 23456789").status_code == 200
    post.sent()
    (parcel,) = post.texts.taken
    assert parcel.address.number == "+4915123456789"  # type: ignore[union-attr]
    assert isinstance(parcel.content, Sms)
    done = change(act="check", field="phone", address="x", code=code_in(parcel.content.text))
    assert done.status_code == 303
    assert person(app) == Person("Ann Lee", OLD, "+4915123456789")
    assert post.mails() == []
    post.sent()
    (_, told) = post.texts.taken
    assert told.address.number == "+49301234567"  # type: ignore[union-attr]
    assert isinstance(told.content, Sms)
    assert "your phone number was changed" in told.content.text


@pytest.mark.parametrize(
    ("field", "typed", "status"),
    [
        ("email", "ann at example", 422),
        ("email", "", 422),
        ("email", "a@b\x00<script>", 422),
        ("email", OLD, 409),
        ("phone", "030 1234567", 422),
        ("phone", "12", 422),
        ("phone", "call me", 422),
    ],
)
def test_what_nobody_could_be_reached_by_is_said_and_kept_in_the_form(
    app: App, change: Change, post: Post, field: str, typed: str, status: int
) -> None:
    answer = change(act="send", field=field, address=typed)
    assert answer.status_code == status
    page = answer.content.decode()
    kept = typed.replace("\0", "").replace("<", "&lt;").replace(">", "&gt;")
    assert f'value="{kept}"' in page
    assert 'aria-invalid="true"' in page
    post.sent()
    assert (post.mails(), post.texts.taken) == ([], [])
    assert person(app).email == OLD


def test_an_address_that_is_somebody_elses_is_not_taken_over(app: App, post: Post, change: Change) -> None:
    app.house.enroll(8)
    app.tell(8)
    # Whether somebody has it, only its owner learns.
    assert change(act="send", field="email", address="ann8@example.com").status_code == 200
    post.sent()
    code = code_in(post.mails()[0][1])
    assert change(act="check", field="email", address="x", code=code).status_code == 409
    assert person(app).email == OLD


def test_where_nothing_may_be_sent_no_code_goes_either(app: App, post: Post, change: Change) -> None:
    house = app.house
    with house.working() as tx:
        mark = address_mark(house.vault, house.program_id, "email", NEW)
        suppress(tx, house.program_id, "email", {mark: "stop"}, utc_now())
    assert change(act="send", field="email", address=NEW).status_code == 409
    post.sent()
    assert post.mails() == []


def test_who_signed_in_long_ago_signs_in_again_first(
    app: App, door: Door, post: Post, change: Change
) -> None:
    with looking(app.house.url) as connection:
        connection.execute("update member_sessions set begun_at = begun_at - interval '16 minutes'")
    assert change(act="send", field="email", address=NEW).status_code == 403
    page = door.client.get(f"{app.base}/you/contact").content.decode()
    assert "Sign in again" in page
    assert 'name="address"' not in page
    assert app.post(door, "/sign-out", to="contact")["Location"] == f"{app.base}/sign-in?to=contact"
    post.sent()
    assert post.mails() == []


def test_codes_to_strangers_are_few(app: App, change: Change, post: Post) -> None:
    said = [change(act="send", field="email", address=f"a{n}@example.org").status_code for n in range(6)]
    assert said == [200] * 5 + [429]
    post.sent()
    assert len(post.mails()) == 5
    assert person(app).email == OLD


def test_a_code_that_is_over_goes_nowhere_and_changes_nothing(app: App, change: Change, post: Post) -> None:
    change(act="send", field="email", address=NEW)
    with looking(app.house.url) as connection:
        connection.execute("update outbox set created_at = created_at - interval '11 minutes'")
    post.sent()
    assert post.mails() == []
    assert app.house.rows("select state, reason from messages where message = 'contact:code'") == [
        ("recalled", "code:ended")
    ]


def test_without_where_it_goes_nothing_goes_to_the_member_instead(
    app: App, change: Change, post: Post
) -> None:
    change(act="send", field="email", address=NEW)
    with looking(app.house.url) as connection:
        connection.execute("delete from diverted_messages")
    post.sent()
    assert post.mails() == []
    assert app.house.rows("select reason from messages where message = 'contact:code'") == [("address:gone",)]


def test_what_was_agreed_to_and_stopped_stays_and_links_to_the_old_address_are_void(
    app: App, door: Door, change: Change, post: Post
) -> None:
    house, now = app.house, utc_now()
    with house.opens(None)() as tx:
        said = (7, "offers", "email", "page", "mem_7", 1, "en", None, "x", None, now)
        give(tx, house.program, Grant(house.program_id, *said))  # type: ignore[arg-type]
        before = load_standing(tx, house.program_id, [7])
    page = door.client.get(f"{app.base}/you").content.decode()
    choices = page.partition('href="/p/')[2].partition('"')[0]
    assert door.client.get(f"/p/{choices}").status_code == 200
    change(act="send", field="email", address=NEW)
    post.sent()
    change(act="check", field="email", address=NEW, code=post.code())
    with house.opens(None)() as tx:
        assert load_standing(tx, house.program_id, [7]) == before
    assert door.client.get(f"/p/{choices}").status_code == 404


def test_a_new_address_opens_nothing_of_value_for_a_day(app: App, change: Change, post: Post) -> None:
    house, now = app.house, utc_now()
    reward = house.reward(7, at=now)
    change(act="send", field="email", address=NEW)
    post.sent()
    change(act="check", field="email", address=NEW, code=post.code())
    whose = (house.program_id, 7, reward)
    with house.opens(None)() as tx:
        assert send_code(tx, whose, utc_now() + timedelta(hours=23)) == "new_address"
        assert send_code(tx, whose, utc_now() + timedelta(hours=25)) == "sent"


def test_the_language_changes_at_once_for_pages_and_what_is_written(
    app: App, door: Door, change: Change, post: Post, counted: Counted
) -> None:
    assert change(act="language", language="ar").status_code == 303
    assert 'dir="rtl"' in door.client.get(app.base).content.decode()
    assert app.house.rows("select language from members where member_id = 7") == [("ar",)]
    for wrong in ("tlh", "", "en'"):
        assert change(act="language", language=wrong).status_code == 422
    assert counted("contact.changed") == 1
    assert change(act="language", language="ar").status_code == 303
    assert counted("contact.changed") == 1
    assert post.mails() == []


def told(app: App, email: str, language: str = "en", phone: str = "+49 30 1234567") -> Candidate:
    """What a source says of the member, as far as it counts in the end."""
    house = app.house
    said = Candidate(1, "crm", "c7", "DE", language, None, "{}", Person("Ann Lee", email, phone))
    with house.working() as tx:
        return as_said(tx, house.vault, house.program_id, {7: said})[7]


def test_what_a_source_said_before_is_old_and_what_it_says_anew_counts(
    app: App, change: Change, post: Post
) -> None:
    assert told(app, OLD).person.email == OLD
    change(act="send", field="email", address=NEW)
    post.sent()
    change(act="check", field="email", address=NEW, code=post.code())
    change(act="language", language="de")
    for _ in range(2):
        said = told(app, OLD)
        assert (said.person.email, said.language) == (NEW, "de")
        assert said.person.phone == "+49 30 1234567"
    # Its people know better by now.
    assert told(app, "ann@work.example").person.email == "ann@work.example"
    assert told(app, OLD).person.email == OLD
    assert told(app, OLD, "fr").language == "fr"
    assert app.house.rows("select from own_words") == []


def test_nothing_of_it_is_left_of_whoever_is_forgotten(
    app: App, change: Change, post: Post, tmp_path: Path
) -> None:
    change(act="send", field="email", address=NEW)
    change(act="language", language="de")
    house = app.house
    ((sealed,),) = house.rows("select address from diverted_messages where field = 'email'")
    assert isinstance(sealed, bytes)
    assert NEW.encode() not in sealed
    with house.working() as tx:
        forget(tx, Graveyard(tmp_path, house.vault), house.program_id, [7], utc_now() + timedelta(seconds=1))
    assert house.rows("select from diverted_messages") == []
    assert house.rows("select from own_words") == []
    post.sent()
    assert post.mails() == []
