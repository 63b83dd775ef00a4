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
from tests.engine.harbor_house import deed
from tests.rooms import opened_room
from tests.why.conftest import Bakery

from guerdon.access.roles import Role
from guerdon.config import Settings, read_settings
from guerdon.queries.why import refused
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
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

    def send(self, path: str, who: str = "olga", **fields: object) -> tuple[int, str]:
        """A form, as somebody fills it in; where the answer leads elsewhere, where."""
        given = {name.replace("__", "."): said for name, said in fields.items()}
        answer = self.clients[who].post(f"/console/bakery/{path}", given)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.headers.get("Location") or plain(answer.content.decode())

    def tried(self, who: str = "olga", **fields: object) -> str:
        """What the page says to a cake that is tried."""
        cake = {"type": "cake.bought", "field__price": "25.00", "field__kind": "plum_cake"}
        status, said = self.send("try", who, **{**cake, **fields})
        assert status == 200, said[:300]
        return said

    def found(self, who: str, by: str = "olga") -> str:
        """The page to which a search for a member leads."""
        status, there = self.send("why", by, q=who)
        assert (status, there) == (303, f"/console/bakery/why?member={show('mem', self.bakery.member(who))}")
        return self.page(there.removeprefix("/console/bakery/"), by)

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
    found = shop.found("ada")
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
    assert shop.send("why", event=event) == (303, f"/console/bakery/why/{event}")
    assert shop.send("why", q="ada", event=sent) == (303, f"/console/bakery/why/{event}")
    assert "found together with its member" in shop.send("why", event=sent)[1]
    assert "This member has no event of this id." in shop.send("why", q="ada", event="nothing")[1]
    assert "No member has exactly this id" in shop.send("why", q="nobody")[1]
    assert shop.ask("why/evt_0000000000001")[0] == 404


def test_frontline_is_asked_and_sees_its_own_members_only(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    shop.bakery.buy("cem", price=1500)
    here, elsewhere = shop.events()
    assert here in shop.found("ada", "fred")
    assert "No member has exactly this id" in shop.send("why", "fred", q="cem")[1]
    cem = show("mem", shop.bakery.member("cem"))
    assert elsewhere not in shop.page(f"why?member={cem}", "fred")
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
    ada = show("mem", shop.bakery.member("ada"))
    for path in ("why", f"why?member={ada}", f"why/{shop.events()[0]}", "try", "try?type=cake.bought"):
        assert shop.page(path, language=language)


def test_what_is_tried_is_shown_with_reasons_and_leaves_nothing(shop: Shop) -> None:
    before = shop.bakery.everything()
    form = shop.page("try?type=cake.bought")
    assert "price" in form
    tried = shop.tried(member="ada")
    assert "What would happen Earned €10." in tried
    assert "price is at least €20 · true · price: €25" in tried
    invented = shop.tried(market="NO", fact__employee="false")
    assert "The budget was used up: Pot" in invented
    assert "Budget: Pot, Norway" in invented
    ada = show("mem", shop.bakery.member("ada"))
    older = shop.tried(member=ada, text="1", at="2026-11-20T10:00")
    assert "Earned €10." in older
    # One look-up by what somebody else calls her; by our own id it is none.
    assert shop.bakery.rows("select action, subject from audit where action like 'member.%'") == [
        ("member.looked_up", ada)
    ]
    after = shop.bakery.everything()
    assert {**after, "audit": before["audit"]} == before


def test_who_writes_rules_of_a_market_tries_nobody_elsewhere(shop: Shop) -> None:
    assert "Earned €10." in shop.tried("mia", member="ada")
    for nor in ("nor", show("mem", shop.bakery.member("nor"))):
        assert "no such member" in shop.tried("mia", member=nor)
    assert "not in your part of the program" in shop.tried("mia", market="NO")
    assert "Earned" in shop.tried("mia", market="DE", fact__employee="false")


def test_every_mistake_of_the_form_is_named_at_once(shop: Shop) -> None:
    wrong = {"field__price": "much", "field__kind": "pie", "member": "nobody"}
    said = shop.tried(**wrong, at="soon", text="99")
    for place in ("member there is no such member", "at is no time", "there is no version 99"):
        assert place in said
    said = shop.tried(**wrong)
    for place in ("field.price 'much' is no amount", "fields.kind 'pie' is not one of", "no such member"):
        assert place in said
    assert said.count("no such member") == 1


def test_a_rule_leads_to_the_receipts_that_it_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bakery.buy("ada", price=1500)
    shop.bakery.buy("cem", price=1500)
    shop.bakery.buy("ada", price=2500, kind="plum_cake")
    for _ in range(2):
        shop.bakery.tell_and_work(deed("ada", "oven.lit"))
    first, second, third, *_ = shop.events()
    rule = shop.clients["olga"].get("/console/bakery/rules/big").content.decode()
    assert 'href="/console/bakery/rules/big/refused"' in rule
    assert 'href="/console/bakery/rules/big/refused?reason=limit%3Atwice"' in rule
    said = shop.page("rules/big/refused")
    assert said.index(second) < said.index(first)
    assert third not in said
    assert "The rule's condition was not met" in said
    # What gave is no refusal; of the others each has its reason, and can be asked for alone.
    assert third in shop.page("rules/small/refused")
    assert first not in shop.page("rules/big/refused?reason=limit:twice")
    by_segment = shop.page("rules/loyal/refused?reason=segment:regular")
    assert all(event in by_segment for event in (first, second, third))
    segment = shop.clients["olga"].get("/console/bakery/segments/regular").content.decode()
    assert 'href="/console/bakery/rules/loyal/refused?reason=segment%3Aregular"' in segment
    # Frontline reads of its own members only.
    own = shop.page("rules/big/refused", "fred")
    assert first in own
    assert second not in own
    assert shop.ask("rules/none/refused")[0] == 404
    # A page looks through so many events and says where it goes on.
    monkeypatch.setattr(refused, "LOOKED_THROUGH_MAX", 3)
    page = shop.page("rules/big/refused")
    assert "3 events were looked through." in page
    assert first not in page
    older = shop.page(f"rules/big/refused?before={third}")
    assert all(event in older for event in (first, second))
    monkeypatch.setattr("guerdon.web.console.why.refused.ROWS", 1)
    newest = shop.clients["olga"].get(f"/console/bakery/rules/big/refused?before={third}").content.decode()
    assert f"before={second}" in newest
    assert first in shop.page(f"rules/big/refused?before={second}")
    assert "It refused nothing before that." in shop.page(f"rules/big/refused?before={first}")


def test_an_address_that_says_who_somebody_is_is_not_searched_for(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    client, home = shop.clients["olga"], "/console/bakery/"
    for path in (
        "members?q=ada", "members?q=ada@example.com", "why?q=ada%40example.com", "why?member=ada",
        "why?event=ada-1", "try?type=cake.bought&member=ada@example.com",
        "try?type=cake.bought&try=1&field.price=25.00",
    ):  # fmt: skip
        answer = client.get(home + path)
        assert answer.status_code == 400, path
        page = answer.content.decode()
        assert "must not say who somebody is" in page, path
        assert "ada@" not in page, path
        assert "ada" not in plain(page).lower(), path
        assert shop.events()[0] not in page, path
    answer = client.get(f"{home}decisions/new?member=ada@example.com")
    assert 'value="ada@example.com"' not in answer.content.decode()
    # Nor is it carried on to the sign-in.
    stranger = type(client)(SERVER_NAME="127.0.0.1").get(f"{home}members?q=ada@example.com")
    assert (stranger.status_code, "ada" in stranger["Location"]) == (303, False)
    assert shop.bakery.rows("select count(*) from audit where action = 'member.looked_up'") == [(0,)]


def test_who_looks_for_a_person_is_told_to_the_audit_and_what_they_typed_is_not(shop: Shop) -> None:
    bakery = shop.bakery
    ada = show("mem", bakery.member("ada"))
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, bakery.program_id) as tx:
        person = Person("Ada Lovelace", "ada@example.com")
        sealed = seal_person(bakery.vault, bakery.program_id, bakery.member("ada"), person)
        record_persons(tx, bakery.program_id, [sealed])
    assert shop.send("members", q=" ADA@example.com ") == (303, f"/console/bakery/members/{ada}")
    assert shop.send("why", "fred", q="ada@example.com") == (303, f"/console/bakery/why?member={ada}")
    assert shop.send("members", q="nobody@example.com")[0] == 200
    assert shop.send("why", q=ada)[0] == 303
    told = bakery.rows(
        "select actor, subject, detail ->> 'found', audit::text ~ 'example' from audit"
        " where action = 'member.looked_up' order by id"
    )
    olga, fred = told[0][0], told[1][0]
    assert olga != fred
    assert told == [
        (olga, ada, f'["{ada}"]', False),
        (fred, ada, f'["{ada}"]', False),
        (olga, "members", "[]", False),
    ]


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


def test_a_member_reads_the_programs_words_and_nothing_of_what_no_rule_asks_about(shop: Shop) -> None:
    shop.bakery.buy("ada", price=1500)
    for kind in ("oven.cleaned", "oven.lit"):
        shop.bakery.tell_and_work(deed("ada", kind))
    ((reward,),) = shop.bakery.rows("select min(id) from rewards")
    assert isinstance(reward, int)
    page = shop.clients["olga"].get(f"{shop.link('ada', reward)}/why")
    assert page.status_code == 200
    items = re.findall(r"<li><div><strong>(.*?)</strong>.*?</li>", page.content.decode(), re.DOTALL)
    assert [plain(each).partition(" ")[0] for each in items] == ["Etwas", "Kuchen"]
    assert re.fullmatch(r"Etwas am \d+\. \w+\.? \d{4}", plain(items[0])), items[0]
    said = plain(page.content.decode()).lower()
    assert "oven" not in said
    assert "nicht verdient" in said
    # Staff read the same words, and of what has none its rule's or its key.
    found = shop.page(f"why?member={show('mem', shop.bakery.member('ada'))}")
    for name in ("Cake bought", "Baker", "Oven cleaned"):
        assert name in found, name
