"""Inviting people: asked for, signed for, mailed, accepted once; and all that it must not be a way around."""

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.access.people import grant_of, hire
from tests.web.console.conftest import EMAIL, PASSWORD, Console

from guerdon.engine.library import Library
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Retry, Unsure
from guerdon.engine.staff.inviting import PATH, Postbox, invite_due
from guerdon.store.access.grants import record_grant
from guerdon.store.database import connect, transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

ADA = "ada@example.com"
HERE = {"market": "DE", "location": "de-hamburg-hafencity"}
WANTED = {"act": "invite", "email": "Ada@Example.com ", "persona": "finance", "reason": "joins us"}


class Mailroom:
    """The worker's part, done at once; what it sent, and what the mail server says to it."""

    def __init__(self, console: Console) -> None:
        self.house = console.house
        self.sent: list[Letter] = []
        self.says: Outcome = Accepted("1")

    def work(self, later: timedelta = timedelta(0)) -> int:
        library = Library(Vault(self.house.secret), {})
        postbox = Postbox(self._send, "http://127.0.0.1:8710")
        with connect(self.house.url, self.house.secret, "worker") as db:
            return invite_due(db, library, postbox, self.house.program_id, utc_now() + later)

    def _send(self, letter: Letter) -> Outcome:
        self.sent.append(letter)
        return self.says

    @property
    def link(self) -> str:
        found = re.search(rf"http://127\.0\.0\.1:8710({PATH}\S+)", self.sent[-1].mail.text)
        assert found is not None
        return found.group(1)


@pytest.fixture
def mailroom(staff: Console) -> Mailroom:
    return Mailroom(staff)


def post(console: Console, path: str = "people/invitations", **sent: object) -> int:
    token = console.page("people").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = console.client.post(f"{console.home}{path}", {"csrfmiddlewaretoken": token, **sent})
    console.last = answer.content.decode()
    return answer.status_code


def signed(console: Console) -> None:
    """Somebody else has signed, and the worker gave the role."""
    house = console.house
    [(person,)] = house.rows("select person_id from people where login = 'ada@example.com'")
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        grant = grant_of(house.program_id, "finance")
        record_grant(tx, int(str(person)), grant, "test", utc_now())


def opened(client: Any, link: str) -> tuple[int, str]:
    answer = client.get(link)
    return answer.status_code, answer.content.decode()


def accepted(console: Console, link: str, **sent: str) -> Any:
    client = visitor()
    token = (
        client.get(link).content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    )
    answer = client.post(link, {"csrfmiddlewaretoken": token, **sent})
    del console
    return answer


def visitor() -> Any:
    from django.test import Client  # noqa: PLC0415  Django is prepared by then

    return Client(
        enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
    )


def states(console: Console) -> list[object]:
    return [state for (state,) in console.house.rows("select state from invitations order by id")]


def test_from_the_form_to_the_second_factor(staff: Console, mailroom: Mailroom) -> None:
    assert post(staff, **WANTED) == 303
    page = staff.page("people/invitations")
    assert (ADA in page, "Waits for a second person" in page) == (True, True)
    # Until somebody else has signed, nobody is written to, and the person has nothing.
    assert mailroom.work() == 0
    [(kind, state)] = staff.house.rows("select kind, state from requests")
    assert (kind, state) == ("grant", "open")
    signed(staff)
    assert mailroom.work() == 1
    assert mailroom.work(timedelta(days=1)) == 0
    [mail] = mailroom.sent
    assert (mail.address, "invites you to work on" in mail.mail.text) == (ADA, True)
    assert "Opens until" in staff.page("people/invitations")
    # The table holds nothing that opens.
    token = mailroom.link.removeprefix(PATH)
    assert token not in str(staff.house.rows("select * from invitations"))
    status, page = opened(visitor(), mailroom.link)
    assert (status, ADA in page, "Accept the invitation" in page) == (200, True, True)
    # To look at it accepts nothing.
    assert states(staff) == ["sent"]
    answer = accepted(staff, mailroom.link, name="  Ada   Example ", password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (303, "/account/second-factor/new")
    assert states(staff) == ["accepted"]
    assert staff.house.rows("select name, left_at from people where login = 'ada@example.com'") == [
        ("Ada Example", None)
    ]
    told = staff.house.rows("select action from audit where starts_with(action, 'inv') order by id")
    assert told == [
        ("invitation.made",),
        ("invitation.sent",),
        ("invitation.accepted",),
    ]
    status, page = opened(visitor(), mailroom.link)
    assert (status, "was accepted already" in page, 'href="/account/sign-in"' in page) == (410, True, True)
    assert "Nobody is invited just now" in staff.page("people/invitations")


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_and_pages_are_in_the_language_of_the_invited(
    staff: Console, mailroom: Mailroom, language: str
) -> None:
    assert post(staff, **WANTED, language=language) == 303
    page = staff.page("people/invitations", language)
    assert ("%(" in page, "style=" in page) == (False, False)
    signed(staff)
    assert mailroom.work() == 1
    assert mailroom.sent[0].mail.language == language
    status, page = opened(visitor(), mailroom.link)
    assert (status, f'<html lang="{language}"' in page) == (200, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "no address"}, "no e-mail address"),
        ({"email": EMAIL}, "Nobody invites themselves"),
        ({"persona": "emperor"}, "choose who they are"),
        ({"persona": "loyalty"}, "a narrower place"),
        ({"market": "XX"}, "no such market"),
        ({"location": "nowhere"}, "no such market"),
        ({"market": "FR", "location": HERE["location"]}, "no such market"),
        ({"amount": "-5", "unit": "EUR"}, "more than nothing"),
        ({"amount": "many", "unit": "EUR"}, "more than nothing"),
        ({"reason": "  "}, "a reason is needed"),
    ],
)
def test_what_makes_no_sense_invites_nobody(staff: Console, changed: dict[str, str], said: str) -> None:
    before = staff.house.rows("select count(*) from audit")
    assert post(staff, **(WANTED | changed)) == 422
    assert said in staff.last
    # What was typed stands in the form again.
    assert 'value="joins us"' in staff.last or not changed.get("reason", "x").strip()
    assert staff.house.rows("select count(*) from audit") == before
    assert staff.house.rows("select * from invitations") == []


def test_nobody_is_invited_twice_nor_who_works_here(staff: Console) -> None:
    house = staff.house
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, "jonas@example.com", [grant_of(house.program_id, "finance")])
    assert post(staff, **(WANTED | {"email": "jonas@example.com"})) == 422
    assert "They work here already" in staff.last
    assert post(staff, **WANTED) == 303
    assert post(staff, **WANTED) == 422
    assert "invited already" in staff.last
    assert len(house.rows("select * from requests")) == 1


def test_a_location_manager_invites_their_own_team_and_nobody_else(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    house, lena = staff.house, "lena@example.com"
    with connect(house.url, house.secret, "web") as db:
        manager = grant_of(house.program_id, "dealer_manager", **HERE)  # type: ignore[arg-type]
        hire(db, house.program_id, lena, [manager])
    assert post(staff, **WANTED) == 303
    enroll_staff(lena, "Lena", PASSWORD, waived=True)
    staff.client.cookies.clear()
    assert staff.sign_in(lena) == 302
    # What was asked for the whole program is none of theirs.
    assert ADA not in staff.page("people/invitations")
    [(number,)] = house.rows("select id from invitations")
    assert post(staff, act="withdraw", number=number, reason="mine") == 404
    assert post(staff, **(WANTED | {"email": "bo@example.com"})) == 422
    assert "more than you have" in staff.last
    own = WANTED | {"email": "bo@example.com", "persona": "after_sales", **HERE}
    assert post(staff, **(own | {"persona": "finance"})) == 422
    assert post(staff, **own) == 303
    assert "bo@example.com" in staff.page("people/invitations")


def test_a_link_ends_after_three_days_and_another_one_is_sent(staff: Console, mailroom: Mailroom) -> None:
    post(staff, **WANTED)
    signed(staff)
    mailroom.work()
    old = mailroom.link
    house = staff.house
    house.rows("update invitations set ends_at = now() - interval '1 s' returning 1")
    status, page = opened(visitor(), old)
    assert (status, "Ask whoever invited you" in page) == (410, True)
    assert "Ended" in staff.page("people/invitations")
    [(number,)] = house.rows("select id from invitations")
    assert post(staff, act="resend", number=number) == 303
    assert mailroom.work(timedelta(seconds=1)) == 1
    assert opened(visitor(), mailroom.link)[0] == 200
    assert (mailroom.link != old, opened(visitor(), old)[0]) == (True, 410)


def test_what_was_taken_back_opens_nothing_and_leaves_no_role(staff: Console, mailroom: Mailroom) -> None:
    post(staff, **WANTED)
    signed(staff)
    mailroom.work()
    [(number,)] = staff.house.rows("select id from invitations")
    assert post(staff, act="withdraw", number=number, reason="") == 422
    assert post(staff, act="withdraw", number=number, reason="not hers") == 303
    assert opened(visitor(), mailroom.link)[0] == 410
    assert states(staff) == ["withdrawn"]
    assert staff.house.rows("select state from requests") == [("withdrawn",)]
    assert (
        staff.house.rows(
            "select 1 from grants where revoked_at is null and granted_by = 'test'"
            " and role = 'finance' and person_id = (select max(person_id) from people)"
        )
        == []
    )
    for act in ("withdraw", "resend"):
        assert post(staff, act=act, number=number, reason="again") == 404
    # And they may be invited again.
    assert post(staff, **WANTED) == 303


@pytest.mark.parametrize(
    ("says", "state", "fault"),
    [
        (Rejected("smtp:550 5.1.1"), "refused", "smtp:550 5.1.1"),
        (Retry("smtp:421"), "waiting", "smtp:421"),
        (Unsure("smtp:OSError"), "sent", ""),
    ],
)
def test_what_the_mail_server_says_is_kept(
    staff: Console, mailroom: Mailroom, says: Outcome, state: str, fault: str
) -> None:
    mailroom.says = says
    post(staff, **WANTED)
    signed(staff)
    assert mailroom.work() == 1
    assert staff.house.rows("select state, fault from invitations") == [(state, fault)]
    assert fault in staff.page("people/invitations")
    # Put off for a minute, and mailed by another link then.
    assert mailroom.work() == 0
    mailroom.says = Accepted("1")
    assert mailroom.work(timedelta(minutes=2)) == (1 if state == "waiting" else 0)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "", "password": PASSWORD}, "Give a name"),
        ({"name": "a" * 121, "password": PASSWORD}, "Give a name"),
        ({"name": "Ada\u202eevil", "password": PASSWORD}, "Give a name"),
        ({"name": "Ada", "password": "short"}, "at least 12"),
        ({"name": "Ada", "password": ""}, "at least 12"),
        # Browsers make no passkeys for a bare number.
        ({"name": "Ada", "password": "", "by": "passkey"}, "at least 12"),
    ],
)
def test_a_name_and_a_password_are_needed(
    staff: Console, mailroom: Mailroom, sent: dict[str, str], said: str
) -> None:
    post(staff, **WANTED)
    signed(staff)
    mailroom.work()
    answer = accepted(staff, mailroom.link, **sent)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert states(staff) == ["sent"]


def test_who_has_an_account_keeps_it_as_it_is(staff: Console, mailroom: Mailroom) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    enroll_staff(ADA, "Ada Example", PASSWORD, waived=True)
    post(staff, **WANTED)
    signed(staff)
    mailroom.work()
    assert "You have an account already" in opened(visitor(), mailroom.link)[1]
    # Whoever has the mail has not the account.
    answer = accepted(staff, mailroom.link, name="Eve", password="a password of somebody else")
    assert (answer.status_code, answer["Location"]) == (303, "/account/sign-in")
    assert states(staff) == ["accepted"]
    staff.client.cookies.clear()
    assert staff.sign_in(ADA, "a password of somebody else") == 403
    assert staff.sign_in(ADA) == 302


@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 5000, "%00", "\u0661"])
def test_links_that_are_none_say_so_and_many_of_them_wait(staff: Console, token: str) -> None:
    from guerdon.web.accounts.invitations import accepting  # noqa: PLC0415  Django is prepared by then

    accepting.WRONG._wrong.clear()  # noqa: SLF001  other tests guessed from here as well
    client = visitor()
    status, page = opened(client, f"{PATH}{token}")
    assert (status, "This invitation is over" in page) == (410, True)
    for _ in range(accepting.WRONG.most):
        status, page = opened(client, f"{PATH}{token}")
    assert (status, "Try again in a minute" in page) == (429, True)
    accepting.WRONG._wrong.clear()  # noqa: SLF001
    del staff


def test_their_day_begins_where_they_are_at_work(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    house, program = staff.house, staff.house.program_id
    with connect(house.url, house.secret, "web") as db:
        hire(db, program, "jonas@example.com", [grant_of(program, "finance"), grant_of(program, "operator")])
    enroll_staff("jonas@example.com", "Jonas", PASSWORD, waived=True)
    [(number,)] = house.rows("select person_id from people where login = 'jonas@example.com'")
    whom = show("per", int(str(number)))
    assert post(staff, "people", act="persona", person=whom, persona="auditor") == 422
    assert post(staff, "people", act="persona", person=whom, persona="emperor") == 404
    assert post(staff, "people", act="persona", person=whom, persona="finance") == 303
    office, other = staff.client, visitor()
    staff.client = other
    staff.sign_in("jonas@example.com")
    assert other.get("/console/")["Location"] == f"{staff.home}decisions"
    # What was taken back takes the page with it: they give roles now, and begin as who does.
    [(grant,)] = house.rows("select max(id) from grants where role = 'finance'")
    staff.client = office
    assert post(staff, "people", act="revoke", grant=grant, reason="moved on") == 303
    assert other.get("/console/")["Location"] == f"{staff.home}members"


def test_who_is_suspended_is_out_at_once_and_nobody_suspends_themselves(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    house, program = staff.house, staff.house.program_id
    with connect(house.url, house.secret, "web") as db:
        hire(db, program, "jonas@example.com", [grant_of(program, "finance"), grant_of(program, "auditor")])
    enroll_staff("jonas@example.com", "Jonas", PASSWORD, waived=True)
    people = {row[0]: row[1] for row in house.rows("select login, person_id from people")}
    jonas, own = (show("per", int(str(people[login]))) for login in ("jonas@example.com", EMAIL))
    other, office = visitor(), staff.client
    staff.client = other
    assert staff.sign_in("jonas@example.com") == 302
    staff.client = office
    assert post(staff, "people", act="suspend", person=own, reason="me") == 422
    assert "nobody changes what they may themselves" in staff.last
    assert post(staff, "people", act="suspend", person=jonas, reason="") == 422
    assert post(staff, "people", act="suspend", person=jonas, reason="gone") == 303
    assert other.get(f"{staff.home}decisions").status_code == 303
    assert "jonas@example.com" not in staff.page("people")
    assert post(staff, "people", act="suspend", person=jonas, reason="gone") == 404


def test_the_last_who_gives_roles_stays(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    house, program = staff.house, staff.house.program_id
    tomorrow = utc_now() + timedelta(days=1)
    with connect(house.url, house.secret, "web") as db:
        # Olga helps out until tomorrow, and no longer.
        hire(db, program, "olga@example.com", [grant_of(program, "operator", until=tomorrow)])
    enroll_staff("olga@example.com", "Olga", PASSWORD, waived=True)
    people = {row[0]: row[1] for row in house.rows("select login, person_id from people")}
    grants = house.rows("select role, id from grants where valid_to is null order by id")
    own = {str(role): int(str(number)) for role, number in grants}
    # One's own are somebody else's to take.
    assert post(staff, "people", act="revoke", grant=own["finance"], reason="me") == 422
    assert "nobody changes" in staff.last
    staff.client.cookies.clear()
    assert staff.sign_in("olga@example.com") == 302
    ines = show("per", int(str(people[EMAIL])))
    assert post(staff, "people", act="suspend", person=ines, reason="gone") == 422
    assert "nobody would be left" in staff.last
    assert post(staff, "people", act="revoke", grant=own["operator"], reason="gone") == 303
    assert post(staff, "people", act="revoke", grant=own["program_owner"], reason="gone") == 422
