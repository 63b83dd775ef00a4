"""Signing in by a mailed code: uniform for whoever is unknown, paced, bound to the browser, and ended."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.app.conftest import App, Counted
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import text_of

from guerdon.engine.sessions.keeping import IDLE, SESSIONS_MAX, begin_session, use_session
from guerdon.engine.sessions.signing_in import DAY_MAX, SOON_MAX, Asking, check_code, send_code
from guerdon.store.gifts.proofs import TRIES_MAX
from guerdon.store.sessions.sessions import drop_idle_sessions
from guerdon.values.app.sessions import Session, new_session, read_session, write_session
from guerdon.values.clock import utc_now

MARK, OTHER = bytes(32), bytes(range(32))


@pytest.fixture
def member(app: App) -> int:
    """A member with an address."""
    app.house.enroll(7)
    app.tell(7)
    return 7


def test_a_mailed_code_signs_a_member_in_and_is_stored_nowhere(
    app: App, door: Door, member: int, counted: Counted
) -> None:
    assert door.client.get(app.base)["Location"] == f"{app.base}/sign-in"
    said = app.send(door, act="send", address=" ANN7@example.com ")
    assert "a code is on its way" in text_of(said)
    code = app.mailed(member)
    assert code not in str(app.house.rows("select * from proofs")) + str(
        app.house.rows("select * from outbox")
    )
    assert app.send(door, act="check", address="ann7@example.com", code="x").status_code == 403
    answer = app.send(door, act="check", address="ann7@example.com", code=f"{code[:3]} {code[3:]}")
    assert answer["Location"] == app.base
    cookie = answer.cookies[f"member-{app.house.program.key}"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    # What the browser keeps is not what the database does.
    held = read_session(cookie.value)
    assert held is not None
    assert app.house.rows("select session_hash from member_sessions") == [(held.hash,)]
    assert held.secret.hex() not in str(app.house.rows("select * from member_sessions"))
    assert door.client.get(app.base).status_code == 200
    assert door.client.get("/m")["Location"] == app.base
    # The same code is given once.
    again = app.send(Door(app.house), act="check", address="ann7@example.com", code=code)
    assert again.status_code == 403
    assert [
        counted(each) for each in ("sign_in.sent", "sign_in.given", "sign_in.wrong", "session.begun")
    ] == [*(1, 1, 1, 1)]


def test_a_code_counts_in_the_browser_that_asked_for_it(app: App, door: Door, member: int) -> None:
    app.send(door, act="send", address="ann7@example.com")
    code = app.mailed(member)
    assert app.send(Door(app.house), act="check", address="ann7@example.com", code=code).status_code == 403
    assert app.send(door, act="check", address="ann7@example.com", code=code).status_code == 303


@pytest.mark.usefixtures("member")
def test_an_unknown_address_is_answered_alike_and_as_late(
    app: App, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.member.app import sign_in  # noqa: PLC0415  Django is prepared by then

    monkeypatch.setattr(sign_in, "EVEN_S", 0.4)

    def asked(address: str, act: str) -> tuple[int, str, float]:
        began = time.monotonic()
        answer = app.send(door, act=act, address=address, code="123456")
        took = time.monotonic() - began
        said = text_of(answer).replace(address, "")
        token = door.client.cookies["csrf"].value
        return answer.status_code, said.replace(token, "").partition("<form")[0], took

    for act in ("send", "check"):
        known, unknown = asked("ann7@example.com", act), asked("eve@example.com", act)
        assert known[:2] == unknown[:2]
        # Neither comes before the other by what there was to do.
        assert min(known[2], unknown[2]) >= 0.4
    assert app.house.rows("select count(*) from outbox") == [(1,)]


def test_an_address_is_paced_and_a_code_has_five_tries_and_ten_minutes(app: App, member: int) -> None:
    house, now = app.house, utc_now()
    mine = Asking(house.program_id, 7, "sign_in", MARK)

    def send(minutes: float) -> str:
        with house.opens(None)() as tx:
            return send_code(tx, mine, now + timedelta(minutes=minutes))

    def check(said: str, minutes: float, mark: bytes = MARK) -> bool:
        with house.opens(None)() as tx:
            asking = replace(mine, browser=mark)
            return check_code(tx, house.vault, asking, said, now + timedelta(minutes=minutes))

    assert send(-1) == "sent"
    code = app.mailed(member)
    # Whoever tries in another browser uses up no try.
    assert [check("000000", 0, OTHER) for _ in range(TRIES_MAX + 1)] == [False] * (TRIES_MAX + 1)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert [check(wrong, 0) for _ in range(TRIES_MAX)] == [False] * TRIES_MAX
    assert not check(code, 0)
    assert send(-0.5) == "sent"
    code = app.mailed(member)
    assert not check(code, 9.5)
    assert check(code, 9.4)
    assert [send(each) for each in (0, 1, 2)] == ["sent"] * (SOON_MAX - 2)
    assert send(3) == "often"
    later = [send(20 + each * 20) for each in range(DAY_MAX - SOON_MAX + 1)]
    assert later == ["sent"] * (DAY_MAX - SOON_MAX) + ["often"]


def test_one_source_sends_so_many_forms_and_then_waits(app: App, door: Door) -> None:
    from guerdon.web.rooms import SIGN_INS_MAX  # noqa: PLC0415  Django is prepared by then

    answers = [
        app.send(door, act="send", address="eve@example.com").status_code for _ in range(SIGN_INS_MAX + 1)
    ]
    assert answers == [200] * SIGN_INS_MAX + [429]


def test_a_session_ends_after_thirty_days_unused_here_or_everywhere(
    app: App, door: Door, member: int, counted: Counted
) -> None:
    house, now = app.house, utc_now()
    app.enter(door, member)
    other = Door(house)
    app.enter(other, member)
    for each in (door, other):
        assert each.client.get(f"{app.base}/you").status_code == 200
    assert app.post(door, "/sign-out", act="here")["Location"] == f"{app.base}/sign-in"
    assert door.client.get(f"{app.base}/you").status_code == 303
    assert other.client.get(f"{app.base}/you").status_code == 200
    app.enter(door, member)
    app.post(other, "/sign-out", act="everywhere")
    assert door.client.get(f"{app.base}/you").status_code == 303
    assert house.rows("select from member_sessions") == []
    assert counted("session.ended") == 2
    with house.opens(member)() as tx:
        made = begin_session(tx, house.program_id, member, "phone", now)
        assert made is not None
        assert use_session(tx, made, now + IDLE - timedelta(seconds=1))
        # It was used, so it holds for as long again.
        assert use_session(tx, made, now + IDLE + timedelta(days=1))
        assert not use_session(tx, made, now + 2 * IDLE + timedelta(days=1))
    with house.working() as tx:
        assert drop_idle_sessions(tx, house.program_id, now + IDLE, 9) == 0
        assert drop_idle_sessions(tx, house.program_id, now + 3 * IDLE, 9) == 1


def test_a_session_is_of_one_program_and_member_and_the_oldest_of_many_ends(app: App, member: int) -> None:
    house, now = app.house, utc_now()
    house.enroll(8)
    with house.opens(member)() as tx:
        made = [
            begin_session(tx, house.program_id, member, "phone", now + timedelta(minutes=each))
            for each in range(SESSIONS_MAX + 1)
        ]
        held = [use_session(tx, each, now + timedelta(hours=1)) for each in made if each]
    assert held == [False] + [True] * SESSIONS_MAX
    last = made[-1]
    assert last is not None
    for stranger in (
        Session(house.program_id, 8, last.secret),
        Session(house.program_id + 1, member, last.secret),
        new_session(house.program_id, member),
    ):
        with house.opens(stranger.member_id)() as tx:
            assert not use_session(tx, stranger, now)


def test_what_a_browser_keeps_is_read_as_it_was_written() -> None:
    made = new_session(3, 2**62 + 5)
    assert read_session(write_session(made)) == made
    for text in ("", "x", write_session(made)[:-1], write_session(made) + "0", "U" * 71, "Z" * 71):
        assert read_session(text) != made
