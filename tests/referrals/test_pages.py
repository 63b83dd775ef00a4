"""Referrals over the real doors: a member's page, the link that a friend opens, the console, the API."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.referrals.doors import OWNER, PROXY, READER, WORLD, Doors, opened_doors, text_of
from tests.referrals.house import House
from tests.web.console.test_live import aside, run, scope_of, watching

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.rooms import room


@pytest.fixture
def doors(house: House, tmp_path: Path) -> Iterator[Doors]:
    """Open the doors, with three members behind them."""
    with opened_doors(house, tmp_path) as opened:
        house.enroll(["ada", "ben", "cyd"])
        yield opened


def test_a_member_shares_a_code_that_is_made_when_they_ask_for_it(house: House, doors: Doors) -> None:
    page = text_of(doors.get(doors.link("ada")))
    assert "350 Euro für Sie" in page
    assert "data-share" not in page
    assert house.rows("select count(*) from referral_codes") == [(0,)]
    assert doors.post(doors.link("ada"), scheme="friends", act="code").status_code == 303
    page = text_of(doors.get(doors.link("ada")))
    ((code,),) = house.rows("select code from referral_codes")
    assert f"http://127.0.0.1:8710/i/{code}" in page
    assert f"{code[:4]}-{code[4:8]}-{code[8:]}" in page
    assert "<path d=" in page
    # Of the browser and its network there is nothing but a hash.
    assert house.rows("select kind, length(mark) from referral_marks order by 1") == [
        ("device", 16),
        ("network", 16),
    ]


def test_a_friend_claims_on_the_page_and_both_see_what_became_of_it(house: House, doors: Doors) -> None:
    code = house.code("ada")
    assert doors.post(doors.link("ben"), scheme="friends", act="claim", code=code.lower()).status_code == 200
    doors.browser("another")
    assert doors.post(doors.link("ada"), scheme="friends", act="claim", code=code).status_code == 200
    assert doors.post(doors.link("ada"), scheme="friends", act="claim", code="no").status_code == 422
    assert doors.post(doors.link("ada"), scheme="else", act="claim", code=code).status_code == 404
    house.now = utc_now()
    house.work()
    house.buy("ben", 0.01)
    house.work()
    assert house.pairs() == {"ben": ("qualified", []), "ada": ("refused", ["self"])}
    brought, came = text_of(doors.get(doors.link("ada"))), text_of(doors.get(doors.link("ben")))
    assert "Bestätigt" in brought
    assert "Das ist Ihr eigener Code" in brought
    assert "Bestätigt" in came
    # Neither page says who the other is.
    assert not {"ben", show("mem", house.members["ben"])} & set(re.split(r"[^\w]+", brought))
    assert show("mem", house.members["ada"]) not in came


def test_through_a_proxy_nobody_is_taken_for_another(house: House, doors: Doors) -> None:
    code = house.code("ada")
    for address in (PROXY, "127.0.0.1", "::ffff:10.1.2.3", "fd00::1", "unknown"):
        doors.browser("one", address)
        doors.post(doors.link("cyd"), scheme="friends", act="code")
        assert doors.post(doors.link("ben"), scheme="friends", act="claim", code=code).status_code in {
            200,
            422,
        }
    assert house.rows("select count(*) from referral_marks") == [(0,)]
    # Nobody is shut out by those who opened a link before them; of one link so many are counted.
    for number in range(70):
        doors.browser(f"b{number}", PROXY)
        assert doors.get(f"/i/{code}").status_code == 200
    assert house.rows("select visits from referral_codes where code = %s", code) == [(60,)]
    doors.get(f"/i/{house.code('cyd')}")
    assert house.rows("select visits from referral_codes where code <> %s", code) == [(1,)]


def test_claims_that_come_to_nothing_are_counted_for_their_member(house: House, doors: Doors) -> None:
    codes = house.codes(["ada", "cyd"])
    room().wrong_codes.most = 2

    def claims(name: str, code: str) -> int:
        return int(doors.post(doors.link(name), scheme="friends", act="claim", code=code).status_code)

    tried = (codes["ada"], codes["cyd"], "no", "0" * 12)
    assert [claims("ben", each) for each in tried] == [200, 200, 422, 200]
    assert claims("ben", "1" * 12) == 422
    assert house.count("select count(*) from inbox") == 3
    assert claims("cyd", codes["ada"]) == 200


def test_a_code_is_asked_for_by_many_browsers_and_one_is_kept(house: House, doors: Doors) -> None:
    for number in range(3):
        doors.browser(f"b{number}", WORLD)
        assert doors.post(doors.link("ada"), scheme="friends", act="code").status_code == 303
    code = house.code("ada")
    for number in range(3):
        doors.browser(f"b{number}", WORLD)
        doors.post(doors.link("ben"), scheme="friends", act="claim", code=code)
    assert house.rows("select kind, count(*) from referral_marks group by 1 order by 1") == [
        ("device", 2),
        ("network", 2),
    ]


def test_one_visitor_of_two_links_is_not_known_as_one(house: House, doors: Doors) -> None:
    for code in house.codes(["ada", "cyd"]).values():
        doors.get(f"/i/{code}")
        doors.get(f"/i/{code.lower()}")
    assert house.rows("select count(*), count(distinct visitor) from referral_visits") == [(2, 2)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_leads_on_with_the_code_in_every_language(house: House, doors: Doors, language: str) -> None:
    code = house.code("ada")
    page = text_of(doors.get(f"/i/{code}", **{"accept-language": language}))
    assert f'href="https://slipway.example/join?code={code}"' in page
    assert f'lang="{language}"' in page
    assert "200" in page


def test_a_code_that_nobody_has_looks_the_same_and_visits_are_counted_once(
    house: House, doors: Doors
) -> None:
    code = house.code("ada")
    other = code[:-1] + ("0" if code[-1] != "0" else "1")
    known, unknown = (doors.get(f"/i/{each}") for each in (code, other))
    assert (known.status_code, unknown.status_code) == (200, 200)
    same = [
        re.sub(r'nonce="[^"]*"', "", text_of(page).replace(each, "").replace(_written(each), ""))
        for page, each in ((known, code), (unknown, other))
    ]
    assert same[0] == same[1]
    assert doors.get(f"/i/{code}").status_code == 200
    assert doors.get("/i/nonsense").status_code == 404
    assert house.rows("select visits, (select count(*) from referral_visits) from referral_codes") == [(1, 1)]
    # Who opens very many has to wait, whether somebody has them or not.
    answers = [doors.get(f"/i/{other}").status_code for _ in range(60)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_held_pairs_are_looked_at_and_settled_in_the_console(house: House, doors: Doors) -> None:
    house.enroll(["dan", "eva", "fay"], card="4711")
    code = house.code("dan")
    for name in ("eva", "fay"):
        house.use(name, code, -1)
    house.work()
    house.buy("eva")
    house.buy("fay")
    house.work()
    home = f"/console/{house.program.key}/referrals"
    eva, fay = (f"{home}/{show('ref', house.pair_id(name))}" for name in ("eva", "fay"))
    doors.sign_in(READER)
    page = text_of(doors.get(home))
    assert "Both pay by the same means" in page
    assert "Release" not in text_of(doors.get(eva))
    assert doors.post(eva, act="release", reason="They are twins").status_code == 403
    doors.sign_in(OWNER)
    page = text_of(doors.get(eva))
    assert page.count("Means of payment") == 2
    assert doors.post(eva, act="release", reason="").status_code == 422
    assert doors.post(eva, act="vanish", reason="x").status_code == 404
    assert doors.post(eva, act="release", reason="They are twins").status_code == 303
    assert doors.post(eva, act="refuse", reason="No").status_code == 422
    assert doors.post(fay, act="refuse", reason="One person").status_code == 303
    assert "They are twins" in text_of(doors.get(eva))
    house.now = utc_now()
    house.work()
    assert house.purses() == {"dan": 350, "eva": 200}
    assert doors.get(f"{home}/ref_0000000000001").status_code == 404
    # Who was rewarded, and had been a customer before, is shown where people look.
    house.use("ben", house.code("ada"), -3)
    house.buy("ben", -2)
    house.work()
    assert "customer before" not in text_of(doors.get(home))
    house.buy("ben", -4)
    house.work()
    assert "customer before" in text_of(doors.get(home))


def test_held_pairs_and_figures_come_while_one_looks_on(house: House, doors: Doors) -> None:
    house.enroll(["dan", "eva", "fay"], card="4711")
    code = house.code("dan")
    for name in ("eva", "fay"):
        house.use(name, code, -1)
    house.work()
    doors.sign_in(OWNER)
    page = text_of(doors.get(f"{doors.home}referrals"))
    assert f'data-stream="{doors.home}stream?view=referrals&amp;about=held"' in page
    pair = show("ref", house.pair_id("eva"))
    # What lies further back stands still, and has no stream.
    assert "data-stream" not in text_of(doors.get(f"{doors.home}referrals?after={pair}&state=all"))

    async def story() -> None:
        async with watching(scope_of(cast("Any", doors), "view=referrals&about=held")) as viewer:
            await viewer.until(lambda text: '<hx-partial id="referral_pairs">' in text)
            for name in ("referral_figures", "referral_pairs"):
                assert f'id="{name}"' in page, name
            assert "Nothing waits to be looked at." in viewer.text
            house.buy("eva")
            await aside(house.work)
            await viewer.until(lambda text: pair in text and "Both pay by the same means" in text)
            before = len(viewer.text)
            await aside(lambda: house.settle("refuse", house.pair_id("eva")))
            await viewer.until(lambda text: "Nothing waits to be looked at." in text[before:])

    run(story())


def test_programs_make_codes_claim_and_list_pairs(house: House, doors: Doors) -> None:
    teller, reader = doors.key("write:codes"), doors.key("read:members")
    ada, ben = (show("mem", house.members[name]) for name in ("ada", "ben"))
    made = doors.api("POST", "referrals/codes", teller, {"member": ada, "scheme": "friends"}).json()
    assert made["link"] == f"http://127.0.0.1:8710/i/{made['code']}"
    claim = {"member": ben, "scheme": "friends", "code": made["code"], "device": "d", "network": "n"}
    assert doors.api("POST", "referrals/claims", teller, claim).json()["state"] == "accepted"
    assert doors.api("POST", "referrals/claims", teller, claim).json()["state"] == "repeated"
    assert doors.api("POST", "referrals/claims", teller, {**claim, "code": "no"}).status_code == 422
    assert doors.api("POST", "referrals/claims", teller, {**claim, "scheme": "else"}).status_code == 404
    assert doors.api("POST", "referrals/claims", reader, claim).status_code == 403
    house.now = utc_now()
    house.work()
    answer = doors.api("GET", f"referrals?member={ada}&state=claimed", reader).json()
    (pair,) = answer["pairs"]
    assert (pair["referrer"], pair["friend"], pair["reasons"]) == (ada, ben, [])
    assert doors.api("GET", "referrals?state=held", reader).json()["pairs"] == []


def _written(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, 12, 4))
