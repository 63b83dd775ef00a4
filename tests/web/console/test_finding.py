"""Finding from every page: what is found, by what, and that nothing typed stands in an address."""

import re
from typing import Any

import pytest
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish

from guerdon.engine.catalog.checking import item_id
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.finding.pages import HITS_MAX

ADA = show("mem", 7)
LINK = re.compile(r'<li><a href="([^"]*)">.*?<bdi>(.*?)</bdi>')


def asking(console: Console, text: str, *, part: bool = True, language: str = "en") -> Any:
    """Type it into the field: the part that a script asks for, or the page."""
    token = console.page("find").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return console.client.post(
        f"{console.home}find",
        {"csrfmiddlewaretoken": token, "q": text},
        headers={"accept-language": language} | ({"x-part": "find"} if part else {}),
    )


def found(console: Console, text: str, language: str = "en") -> dict[str, str]:
    """What is found, by the path of its page."""
    answer = asking(console, text, language=language)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<html" not in page
    return {path.removeprefix(console.home): name for path, name in LINK.findall(page)}


def noted(console: Console) -> list[Any]:
    return console.house.rows(
        "select subject, detail from audit where action = 'member.looked_up' order by id"
    )


def test_pages_are_found_by_what_the_reader_calls_them(staff: Console) -> None:
    assert found(staff, "budg") == {"budgets": "Budgets"}
    assert found(staff, "BUDGETS ") == {"budgets": "Budgets"}
    assert "ledger" in found(staff, words("de", "console").gettext("Ledger")[:4].upper(), "de")
    assert "why" in found(staff, "why")
    assert found(staff, "no such thing at all") == {}


def test_a_member_is_found_by_each_id_e_mail_and_phone_and_masked(staff: Console) -> None:
    furnish(staff.house)
    house = staff.house
    with house.working() as tx:
        person = Person("Ada Lovelace", "ada@example.com", "+49 (170) 555-0199")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, 7, person)])
    for text in (ADA, "5100", "ada@example.com", "+49 170 5550199", "0049 170 555 01 99"):
        assert found(staff, text) == {f"members/{ADA}": "Ada L•••"}, text
    for text in ("ada@example.co", "Lovelace", "170 5550199", "510", show("mem", 12345)):
        assert f"members/{ADA}" not in found(staff, text), text


def test_who_was_looked_for_is_told_and_what_was_typed_is_not(staff: Console) -> None:
    furnish(staff.house)
    for text in ("ada", "ada@exa", "510", ADA):
        found(staff, text)
    assert noted(staff) == []
    found(staff, "5100")
    found(staff, "nobody@example.com")
    assert [subject for subject, _ in noted(staff)] == [ADA, "members"]
    assert "example" not in str(noted(staff))


def test_what_the_program_has_is_found_by_name_or_key(staff: Console) -> None:
    furnish(staff.house)
    program = staff.house.program
    rule = next(iter(program.rules))
    assert f"rules/{rule}" in found(staff, rule)
    assert "messages/reward_ready" in found(staff, "reward ready")
    basket = f"catalog/{show('itm', item_id(staff.house.program_id, 'green_basket'))}"
    for text in ("green", "baske", "Green basket"):
        assert basket in found(staff, text), text
    for key, segment in program.segments.items():
        assert f"segments/{key}" in found(staff, key), segment


def test_an_order_is_found_by_its_id(staff: Console) -> None:
    furnish(staff.house)
    ((number,),) = staff.house.rows("select id from orders")
    assert isinstance(number, int)
    order = show("ord", number)
    assert found(staff, order) == {f"orders/{order}": order}
    assert found(staff, show("ord", 12345)) == {}


def test_of_each_kind_a_few_are_shown(staff: Console) -> None:
    # Each page's name has one of these letters.
    answer = asking(staff, "e").content.decode()
    for section in answer.split("<section")[1:]:
        assert 1 <= section.count("<li>") <= HITS_MAX


def test_the_page_without_script_does_the_same(staff: Console) -> None:
    furnish(staff.house)
    one = asking(staff, "ada@example.com", part=False)
    assert (one.status_code, one.headers["Location"]) == (303, f"{staff.home}members/{ADA}")
    several = asking(staff, "re", part=False).content.decode()
    assert 'value="re"' in several
    assert f'href="{staff.home}rewards"' in several.partition('class="hits"')[2]
    assert "Nothing is called so." in asking(staff, "<b>zzz", part=False).content.decode()


def test_an_address_is_not_searched(staff: Console) -> None:
    furnish(staff.house)
    answer = staff.client.get(f"{staff.home}find", {"q": "ada@example.com"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "ada@example.com" not in page
    assert "nothing was searched for" in page
    assert noted(staff) == []


@pytest.mark.parametrize("text", ["<script>x</script>", "\0", "%", "_", "'", "\u202e", "a" * 5_000, "  "])
def test_whatever_is_typed_breaks_nothing_and_is_shown_as_text(staff: Console, text: str) -> None:
    for part in (True, False):
        answer = asking(staff, text, part=part)
        # The only thing found is opened.
        assert answer.status_code in ({200} if part else {200, 303})
        assert "<script>x" not in answer.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_in_every_language(staff: Console, language: str) -> None:
    furnish(staff.house)
    page = asking(staff, ADA, language=language).content.decode()
    assert "Ada L•••" in page
    assert "%(" not in page
    assert "%(" not in staff.page("find", language)
