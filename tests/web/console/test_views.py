"""Views of lists: kept under a name by one reader, opened by a link, taken away; nothing personal in them."""

import re
from html import unescape
from typing import Any

import pytest
from tests.access.people import hire_for_everything
from tests.web.console.conftest import PASSWORD, Console
from tests.web.console.furniture import furnish

from guerdon.store.access.views import VIEWS_MAX
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.frame.views import LISTS, terms_of


def send(staff: Console, **said: str) -> Any:
    token = staff.page("views").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return staff.client.post(f"{staff.home}views", {"csrfmiddlewaretoken": token, **said})


def keep(staff: Console, name: str, page: str = "rewards", terms: str = "state=redeemed") -> int:
    return int(send(staff, act="save", page=page, name=name, terms=terms).status_code)


def kept(staff: Console, path: str = "rewards") -> dict[str, str]:
    """The views that a list offers, each with its address."""
    menu = staff.page(path).partition('class="popover views"')[2].partition("</details>")[0]
    found = re.findall(r'<a href="([^"]*)"[^>]*><bdi>(.*?)</bdi>', menu)
    return {unescape(name): unescape(there) for there, name in found}


def test_a_view_is_kept_opened_replaced_and_taken_away(staff: Console) -> None:
    furnish(staff.house)
    answer = send(
        staff, act="save", page="rewards", name=" Used  in Germany ", terms="state=redeemed&market=DE"
    )
    there = f"{staff.home}rewards?market=DE&state=redeemed"
    assert (answer.status_code, answer["Location"]) == (303, there)
    assert kept(staff) == {"Used in Germany": there}
    # Where one looks at it, its name stands in the bar.
    assert '<summary class="chip"><svg' in staff.page("rewards")
    opened = staff.page(there.removeprefix(staff.home))
    assert re.search(r"</svg><bdi>Used in Germany</bdi><svg", opened)
    assert keep(staff, "Used in Germany", terms="state=expired") == 303
    assert kept(staff) == {"Used in Germany": f"{staff.home}rewards?state=expired"}
    assert kept(staff, "ledger") == {}
    assert "Used in Germany" in staff.page("views")
    (number,) = re.findall(r'name="view" value="(\w+)"', staff.page("rewards"))
    assert send(staff, act="remove", page="rewards", view=number).status_code == 303
    assert kept(staff) == {}
    assert "No views yet." in staff.page("views")


def test_every_list_keeps_its_own(staff: Console) -> None:
    furnish(staff.house)
    for page in LISTS:
        assert keep(staff, f"of {page}", page, "market=DE") == 303
    for page in set(LISTS) - {"catalog"}:
        assert kept(staff, page) == {f"of {page}": f"{staff.home}{page}?market=DE"}


def test_only_filters_are_kept_and_nobodys_name() -> None:
    assert terms_of("members", "q=ada@example.com&market=DE&after=mem_1&csrfmiddlewaretoken=x") == "market=DE"
    assert terms_of("orders", "item=a@b&state=ordered&state=failed&queue=") == "state=failed"
    assert terms_of("ledger", "member=mem_0000000000007&unit=EUR&account=budget%3Ax%3A") == (
        "account=budget%3Ax%3A&unit=EUR"
    )
    assert terms_of("rewards", f"rule={'x' * 200}&state=a%00b") == ""


def test_what_cannot_be_kept_is_said(staff: Console) -> None:
    for name in ("", "   ", "x" * 61, "a\0b", "\u202eabc"):
        assert keep(staff, name) == 422, name
    for number in range(VIEWS_MAX):
        assert keep(staff, f"view {number}") == 303
    assert keep(staff, "one more") == 422
    assert keep(staff, "view 3") == 303
    assert keep(staff, "elsewhere", "ledger") == 303
    assert len(kept(staff)) == VIEWS_MAX
    for wrong in ({"page": "people"}, {"page": "nothing"}, {"act": "else"}, {"act": "remove", "view": "x"}):
        assert (
            send(staff, **{"act": "save", "page": "rewards", "name": "x", "terms": "", **wrong}).status_code
            == 404
        )


def test_nobody_else_sees_it_or_takes_it_away(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    keep(staff, "mine")
    (number,) = re.findall(r'name="view" value="(\w+)"', staff.page("rewards"))
    other = "mara@example.com"
    hire_for_everything(staff.house.url, staff.house.secret, staff.house.program_id, other)
    enroll_staff(other, "Mara", PASSWORD, waived=True)
    staff.client.logout()
    assert staff.sign_in(other) == 302
    assert kept(staff) == {}
    assert "mine" not in staff.page("views")
    assert send(staff, act="remove", page="rewards", view=number).status_code == 303
    assert keep(staff, "mine", terms="state=expired") == 303
    staff.client.logout()
    assert staff.sign_in() == 302
    assert kept(staff) == {"mine": f"{staff.home}rewards?state=redeemed"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_views_in_every_language(staff: Console, language: str) -> None:
    keep(staff, "<b>مرحبا</b>")
    for path in ("rewards", "views"):
        page = staff.page(path, language)
        assert "&lt;b&gt;مرحبا&lt;/b&gt;" in page
        assert "%(" not in page
