"""One screen answers why, for staff and for the member; another one says what would happen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.access.people import grant_of, hire
from tests.rooms import opened_room
from tests.why.conftest import Bakery

from guerdon.access.roles import Role
from guerdon.config import Settings, read_settings
from guerdon.store.database import connect
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.test import Client

ROLES: dict[str, Role] = {"olga": "program_owner", "fred": "frontline", "mia": "marketing"}


@dataclass
class Shop:
    """The bakery with its console open."""

    bakery: Bakery
    clients: dict[str, "Client"]

    def ask(self, path: str, who: str = "olga", language: str = "en") -> tuple[int, str]:
        """A page as plain text; what leads elsewhere says where."""
        answer = self.clients[who].get(f"/console/bakery/{path}", headers={"accept-language": language})
        return answer.status_code, answer.headers.get("Location") or plain(answer.content.decode())

    def page(self, path: str, who: str = "olga", language: str = "en") -> str:
        status, said = self.ask(path, who, language)
        assert status == 200, (path, status, said[:300])
        return said

    def link(self, who: str, reward: int) -> str:
        key = self.bakery.vault.key(KEY_PURPOSE)
        return f"/r/{claim_token(key, self.bakery.program_id, self.bakery.member(who), reward)}"

    def events(self) -> list[str]:
        return [show("evt", int(str(n))) for (n,) in self.bakery.rows("select id from events order by id")]


def plain(page: str) -> str:
    body = page.partition("<main")[2] or page
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)))


@pytest.fixture
def shop(bakery: Bakery, tmp_path: Path) -> Iterator[Shop]:
    """Open the console on the bakery, for three people."""
    settings = read_settings(
        {"DATABASE_URL": bakery.url, "GUERDON_SECRET": bakery.secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        from guerdon.web.accounts.models import Staff  # noqa: PLC0415

        clients = {}
        with connect(bakery.url, bakery.secret, "web") as db:
            for name, role in ROLES.items():
                market = "DE" if role == "marketing" else None
                location = "de-kiel" if role == "frontline" else None
                grant = grant_of(bakery.program_id, role, market=market, location=location)
                hire(db, bakery.program_id, f"{name}@example.com", [grant])
                clients[name] = Client(SERVER_NAME="127.0.0.1")
                clients[name].force_login(Staff.objects.get(email=f"{name}@example.com"))
        yield Shop(bakery, clients)


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    for name in ROLES:
        enroll_staff(f"{name}@example.com", name, "a password of the tests", waived=True)


def test_one_screen_leads_from_a_member_to_the_clause_that_decided(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500, kind="bread", badge="secret-7")
    found = shop.page("why?q=ada")
    (event,) = shop.events()
    assert event in found
    assert "Earned 40 PTS." in found
    receipt = shop.page(f"why/{event}")
    assert "price is at least €20 · false · price: €15 event.price >= 2000" in receipt
    assert "The rule's condition was not met" in receipt
    assert "What the member reads" in receipt
    assert "Verdient: 40 PTS." in receipt
    assert "It is for: Regulars" in receipt
    assert "secret-7" not in receipt


def test_an_event_is_found_by_its_own_id_and_by_its_senders(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    (event,) = shop.events()
    assert shop.ask(f"why?event={event}") == (303, f"/console/bakery/why/{event}")
    ((sent,),) = shop.bakery.rows("select external_id from events")
    assert shop.ask(f"why?q=ada&event={sent}") == (303, f"/console/bakery/why/{event}")
    assert "found together with its member" in shop.page(f"why?event={sent}")
    assert "This member has no event of this id." in shop.page("why?q=ada&event=nothing")
    assert "No member has exactly this id" in shop.page("why?q=nobody")
    assert shop.ask("why/evt_0000000000001")[0] == 404


def test_frontline_is_asked_and_sees_its_own_members_only(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    shop.bakery.buy("cem", price=1500)
    here, elsewhere = shop.events()
    assert here in shop.page("why?q=ada", "fred")
    assert "No member has exactly this id" in shop.page("why?q=cem", "fred")
    assert shop.ask(f"why/{elsewhere}", "fred")[0] == 404
    assert shop.ask("try", "fred")[0] == 404


def test_the_receipt_says_what_cannot_be_told(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    with connect(shop.bakery.url, shop.bakery.secret, "owner") as db:
        db.execute("set role none")
        db.execute("set session_replication_role = replica")
        db.execute("update events set facts = null")
    assert "The values of that time were not kept." in shop.page(f"why/{shop.events()[0]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_there_in_every_language(shop: Shop, language: str) -> None:
    shop.bakery.buy("ada", price=1500)
    for path in ("why", "why?q=ada", f"why/{shop.events()[0]}", "try", "try?type=cake.bought"):
        assert shop.page(path, language=language)


def test_what_is_tried_is_shown_with_reasons_and_leaves_nothing(shop: Shop) -> None:
    before = shop.bakery.everything()
    form = shop.page("try?type=cake.bought")
    assert "price" in form
    asked = "try?type=cake.bought&try=1&field.price=25.00&field.kind=plum_cake"
    tried = shop.page(f"{asked}&member=ada")
    assert "What would happen Earned €10." in tried
    assert "price is at least €20 · true · price: €25" in tried
    invented = shop.page(f"{asked}&market=NO&fact.employee=false")
    assert "The budget was used up: Pot" in invented
    assert "Budget: Pot, Norway" in invented
    older = shop.page(f"{asked}&member=ada&text=1&at=2026-11-20T10:00")
    assert "Earned €10." in older
    assert shop.bakery.everything() == before


def test_who_writes_rules_of_a_market_tries_nobody_elsewhere(shop: Shop) -> None:
    asked = "try?type=cake.bought&try=1&field.price=25.00&field.kind=plum_cake"
    assert "Earned €10." in shop.page(f"{asked}&member=ada", "mia")
    assert "no such member" in shop.ask(f"{asked}&member=nor", "mia")[1]
    said = shop.page(f"{asked}&market=NO", "mia")
    assert "not in your part of the program" in said
    assert "Earned" in shop.page(f"{asked}&market=DE&fact.employee=false", "mia")


def test_every_mistake_of_the_form_is_named_at_once(shop: Shop) -> None:
    asked = "try?type=cake.bought&try=1&field.price=much&field.kind=pie&member=nobody&at=soon&text=99"
    said = shop.page(asked)
    for place in ("member there is no such member", "at is no time", "there is no version 99"):
        assert place in said
    said = shop.page("try?type=cake.bought&try=1&field.price=much&field.kind=pie&member=nobody")
    for place in ("field.price 'much' is no amount", "fields.kind 'pie' is not one of", "no such member"):
        assert place in said
    assert said.count("no such member") == 1


def test_a_member_reads_why_behind_their_own_link_and_nobody_elses(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    shop.bakery.buy("ada", price=1900)
    shop.bakery.buy("cem", price=9900, kind="bread")
    ((reward,),) = shop.bakery.rows("select min(id) from rewards")
    assert isinstance(reward, int)
    client = shop.clients["olga"]
    link = shop.link("ada", reward)
    claim = client.get(link).content.decode()
    assert f"{link}/why" in claim
    page = client.get(f"{link}/why")
    assert page.status_code == 200
    said = plain(page.content.decode())
    assert said.count("Verdient: 40 PTS.") == 2
    assert "Kuchen gekauft" in said
    assert "99" not in said
    assert "event." not in said
    for forged in (f"{link[:-2]}xx/why", "/r/nothing/why", f"{shop.link('cem', reward)}/why"):
        assert client.get(forged).status_code == 404
    assert client.post(f"{link}/why").status_code in {403, 405}
