"""A house whose members choose what they are written, and whose links about that are opened."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.furnishing import Furnishing
from tests.redeem.house import FURNISHING, House, opened_house
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.engine.messages.consents.confirming import link_about
from guerdon.program.messages.nouns import Contact, Manners
from guerdon.program.model import Program
from guerdon.store.messages.reach import load_generation
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.links import KEY_PURPOSE, PATHS, LinkPurpose, member_token

ADA = 7
# Everything that a form could have changed, whatever it is.
STANDING = """
    select (select count(*) from consents), (select count(*) from outbox), (select count(*) from audit),
           (select count(*) from events), (select count(*) from reach), (select count(*) from member_keys),
           (select string_agg(member_id || topic || channel || state || consent_id, ',' order by consent_id)
            from standing_consents)
"""


def in_two_ways(program: Program) -> Program:
    """The maker's program, with offers over two channels; in Germany what comes by e-mail is confirmed."""
    topics = dict(program.topics)
    topics["offers"] = replace(topics["offers"], channels=("email", "sms"))
    topics["service"] = replace(topics["service"], channels=("email", "push", "inapp"))
    contact = Contact(
        sales=("booking.confirmed",),
        markets={
            "DE": Manners(double_opt_in=("email",), said=("double_opt_in",)),
            "SE": Manners(consent="soft", said=("consent",)),
        },
    )
    return replace(program, topics=topics, contact=contact)


class Letterbox:
    """Members, the links that they were sent, and what these answer."""

    def __init__(self, house: House, program: Program) -> None:
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        self.house, self.program = house, program
        self.client: Client = Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "same-origin"})
        # A mail program: it has no cookies, and says of itself nothing that a browser does.
        self.mailer: Callable[[], Client] = lambda: Client(enforce_csrf_checks=True)

    def enroll(
        self, member_id: int = ADA, market: str = "FR", language: str = "en", *, mail: bool = True
    ) -> int:
        self.house.enroll(member_id, market, language)
        if mail:
            person = Person("Ada", f"ada{member_id}@example.com", f"+4915112345{member_id:03}")
            with self.house.working() as tx:
                sealed = seal_person(self.house.vault, self.house.program_id, member_id, person)
                record_persons(tx, self.house.program_id, [sealed])
        return member_id

    def link(
        self, purpose: LinkPurpose, member_id: int = ADA, about: str = "", generation: int | None = None
    ) -> str:
        program_id = self.house.program_id
        if generation is None:
            with self.house.working() as tx:
                generation = load_generation(tx, program_id, member_id)
        key = self.house.vault.key(KEY_PURPOSE)
        return PATHS[purpose] + member_token(key, purpose, program_id, member_id, generation, about)

    def confirming(self, member_id: int = ADA) -> str:
        """The link that confirms what waits."""
        rows = self.house.rows(
            "select topic, channel, consent_id from standing_consents where state = 'asked'"
        )
        ((topic, channel, number),) = rows
        return self.link("confirm", member_id, link_about(str(topic), str(channel), int(str(number))))

    def get(self, link: str) -> str:
        answer: Any = self.client.get(link)
        assert answer.status_code == 200, (link, answer.status_code)
        return str(answer.content.decode())

    def choose(self, link: str, *on: str, page: str = "", act: str = "save") -> Any:
        """Send the form of a page as a browser does, with these boxes ticked."""
        shown = page or self.get(link)
        form = {
            "csrfmiddlewaretoken": fields_of(shown, "csrfmiddlewaretoken")[0],
            "shown": fields_of(shown, "shown"),
            "on": list(on),
            "act": act,
        }
        return self.client.post(link, form)

    def stands(self) -> dict[tuple[str, str], str]:
        """What holds, by topic and channel."""
        rows = self.house.rows("select topic, channel, state from standing_consents")
        return {(str(row[0]), str(row[1])): str(row[2]) for row in rows}

    def said(self) -> list[tuple[object, ...]]:
        """The proofs, in their order."""
        return self.house.rows(
            "select topic, channel, what, method, actor, version, language, source from consents order by id"
        )

    def standing(self) -> list[tuple[object, ...]]:
        return self.house.rows(STANDING)


def fields_of(page: str, name: str) -> list[str]:
    """What the fields of this name send."""
    return [
        each.partition('value="')[2].partition('"')[0].replace("&#39;", "'")
        for each in page.split("<input")[1:]
        if f'name="{name}"' in each.partition(">")[0]
    ]


def ticked(page: str) -> list[str]:
    """The boxes that are ticked on a page."""
    return [
        each.partition('value="')[2].partition('"')[0]
        for each in page.split('type="checkbox"')[1:]
        if " checked" in each.partition(">")[0]
    ]


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(laid_out, secret) as made:
        yield made


@pytest.fixture
def box(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Letterbox]:
    """Open the web process's room and its pages."""
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
            "LETTERS_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
    )
    assert isinstance(settings, Settings)
    with opened_room(settings) as room:
        program = in_two_ways(house.program)
        monkeypatch.setattr(room, "programs", lambda: {house.program_id: program})
        yield Letterbox(house, program)
