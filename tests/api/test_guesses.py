"""Whoever guesses at keys or codes soon has to wait, and whoever has the right one does not."""

import secrets
from uuid import uuid4

import pytest
from tests.api.house import API, Answer, ApiHouse
from tests.statements import heard_statements

from guerdon.values.ids import show
from guerdon.web.guesses import REMEMBERED_MAX, Guesses, network_of
from guerdon.web.rooms import WRONG_CODES_MAX, WRONG_CODES_S, WRONG_KEYS_MAX, WRONG_KEYS_S

HOME, AWAY = "198.51.100.7", "203.0.113.9"


def knock(house: ApiHouse, key: str, address: str = HOME) -> Answer:
    return house.ask("GET", API + "/audit", key=key, address=address)


def use(house: ApiHouse, code: str, key: str, address: str) -> Answer:
    headers = {"Idempotency-Key": str(uuid4())}
    return house.ask("POST", API + "/codes/uses", {"code": code}, key=key, headers=headers, address=address)


def wrong_key(house: ApiHouse, *, known: bool) -> str:
    key_id = house.make_key().split("_")[1] if known else secrets.token_hex(6)
    return f"gdn_{key_id}_{secrets.token_hex(20)}"


def waits(answer: Answer, most_s: float) -> bool:
    said = answer.headers.get("retry-after", "")
    assert answer.headers["content-type"] == "application/problem+json"
    return (answer.status, answer.kind) == (429, "guesses") and said.isdecimal() and 0 < int(said) <= most_s


@pytest.mark.parametrize("known", [True, False])
def test_a_network_that_guesses_keys_has_to_wait(house: ApiHouse, known: bool) -> None:  # noqa: FBT001
    right, late = house.make_key(), house.make_key()
    assert knock(house, right).status == 200
    guess = wrong_key(house, known=known)
    told = [
        knock(house, guess if number % 2 else wrong_key(house, known=known))
        for number in range(WRONG_KEYS_MAX)
    ]
    assert {answer.status for answer in told} == {401}
    assert waits(knock(house, guess), WRONG_KEYS_S)
    # What opened here before goes on; a key that is new here may be the next guess.
    assert knock(house, right).status == 200
    assert waits(knock(house, late), WRONG_KEYS_S)
    assert knock(house, late, AWAY).status == 200
    assert knock(house, wrong_key(house, known=known), AWAY).status == 401
    # What carries no key guesses nothing.
    assert house.ask("GET", API + "/audit", headers={"Authorization": "Basic x"}, address=HOME).status == 401


def test_no_right_guess_opens_while_one_has_to_wait(house: ApiHouse) -> None:
    key = house.make_key()
    for _ in range(WRONG_KEYS_MAX):
        knock(house, wrong_key(house, known=True))
    assert waits(knock(house, key), WRONG_KEYS_S)
    house.room.wrong_keys = Guesses(WRONG_KEYS_MAX, WRONG_KEYS_S)
    assert knock(house, key).status == 200


def test_whoever_guesses_codes_has_to_wait(house: ApiHouse) -> None:
    house.stock("CODE-1", "CODE-2")
    for _ in range(2):
        house.sign_contract()
        house.choose()
    keys = [house.make_key() for _ in range(WRONG_CODES_MAX // 10)]
    for number in range(WRONG_CODES_MAX - 1):
        assert use(house, f"GUESS-{number}", keys[number % len(keys)], HOME).status == 404
    # Right ones are no guesses.
    assert use(house, "CODE-1", keys[0], HOME).status == 201
    assert use(house, "CODE-1", keys[0], HOME).status == 404
    assert waits(use(house, "CODE-2", keys[1], HOME), WRONG_CODES_S)
    assert use(house, "CODE-2", keys[1], AWAY).status == 201


def test_a_code_that_is_worth_nothing_takes_the_same_work_whatever_became_of_it(house: ApiHouse) -> None:
    house.stock("VOID", "USED", "FREE")
    house.sign_contract()
    house.choose()
    ((event,),) = house.inner.rows("select id from events where type = 'reward.redeemed'")
    given_back = house.post(f"/members/{house.member()}/spends/{show('evt', event)}/restore")
    assert given_back.status in {200, 201}
    house.choose()
    key = house.make_key()
    assert use(house, "USED", key, HOME).status == 201
    # Each row as it was written last, and who locked it since.
    rows = "select id, state, used_at, xmin::text, xmax::text from codes order by id"
    before = house.inner.rows(rows)
    assert [row[1] for row in before] == ["void", "redeemed", "free"]
    told, work = [], []
    for code in ("NEVER", "USED", "VOID", "FREE", "US ED", "used", "X" * 100):
        with heard_statements() as heard:
            told.append(use(house, code, key, HOME))
        work.append(heard)
    assert {(answer.status, answer.raw, answer.headers["content-type"]) for answer in told} == {
        (404, told[0].raw, "application/problem+json")
    }
    assert {tuple(answer.headers) for answer in told} == {tuple(told[0].headers)}
    assert len(work[0]) > 3
    assert len([each for each in work[0] if each.startswith("update codes ")]) == 1
    assert all(each == work[0] for each in work)
    assert house.inner.rows(rows) == before


def test_a_till_whose_answer_was_lost_is_told_that_it_was_done(house: ApiHouse) -> None:
    house.stock("CODE-1")
    house.sign_contract()
    house.choose()
    key, other = house.make_key(), house.make_key()
    first, again = (house.post("/codes/uses", {"code": "CODE-1"}, once="till-3", key=key) for _ in range(2))
    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    assert again.headers["idempotency-replayed"] == "true"
    # The same number of another till is another thing, and so is another number of this one.
    assert house.post("/codes/uses", {"code": "CODE-1"}, once="till-3", key=other).status == 404
    assert house.post("/codes/uses", {"code": "CODE-1"}, once="till-4", key=key).status == 404
    assert house.inner.rows("select count(*) from audit where action = 'code.used'") == [(1,)]


def test_a_key_that_guesses_codes_from_everywhere_has_to_wait(house: ApiHouse) -> None:
    house.room.wrong_codes = Guesses(5, WRONG_CODES_S)
    key, other = house.make_key(), house.make_key()
    for number in range(5):
        assert use(house, f"GUESS-{number}", key, f"192.0.2.{number}").status == 404
    once = {"Idempotency-Key": "till-7"}
    sent = {"code": "GUESS-9"}
    answer = house.ask("POST", API + "/codes/uses", sent, key=key, headers=once, address="192.0.2.99")
    assert waits(answer, WRONG_CODES_S)
    assert use(house, "GUESS-9", other, "192.0.2.99").status == 404
    # That one had to wait is no answer that is remembered.
    house.room.wrong_codes = Guesses(5, WRONG_CODES_S)
    answer = house.ask("POST", API + "/codes/uses", sent, key=key, headers=once, address="192.0.2.99")
    assert answer.status == 404


def test_one_waits_until_the_window_is_over() -> None:
    now = [0.0]
    guesses = Guesses(3, 60, lambda: now[0])
    for second in (0, 10, 20):
        now[0] = second
        assert guesses.wait("a") == 0
        guesses.wrong("a", "b")
    assert (guesses.wait("a"), guesses.wait("c"), guesses.wait("c", "b")) == (40, 0, 40)
    now[0] = 59.5
    assert guesses.wait("a") == 1
    now[0] = 60
    assert guesses.wait("a") == 0
    guesses.wrong("a")
    assert guesses.wait("a") == 0


def test_memory_has_a_bound() -> None:
    guesses = Guesses(1, 60, lambda: 0.0)
    for number in range(REMEMBERED_MAX + 10):
        guesses.wrong(str(number))
    assert len(guesses._wrong) <= REMEMBERED_MAX  # noqa: SLF001
    assert guesses.wait(str(REMEMBERED_MAX + 9)) > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_one_reader_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network
