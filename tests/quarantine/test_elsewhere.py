"""Quarantine for programs and at the command line: looked at, masked; tried again, put away; audited."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.house import ApiHouse, opened_api
from tests.quarantine.house import House

from guerdon.cli import main
from guerdon.engine.arrivals import Unusable
from guerdon.engine.bodies import open_body
from guerdon.engine.intake import Delivery
from guerdon.engine.quarantine import settling
from guerdon.store.database import Transaction
from guerdon.values.ids import show


@pytest.fixture
def commands(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Let commands work on the house."""
    monkeypatch.setenv("DATABASE_URL", house.url)
    monkeypatch.setenv("GUERDON_SECRET", house.secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    return house


@pytest.fixture
def api(database: str, secret: str, tmp_path: Path) -> Iterator[ApiHouse]:
    """Give a house whose keys were used twice for something else."""
    with opened_api(database, secret, tmp_path) as made:
        for number in ("1", "2", "3"):
            for amount in (100, 200):
                made.inner.keep(
                    "ada", "order.paid", number=number, order_no=f"secret-{number}", amount=amount
                )
        yield made


def numbers(house: House) -> list[str]:
    return [
        show("qrt", int(str(n)))
        for (n,) in house.rows("select id from quarantine where settled_at is null order by id")
    ]


def test_what_was_set_apart_is_mended_at_the_command_line(
    commands: House, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.set_apart(1, 2, 3)
    one, *_ = numbers(commands)
    assert main(["quarantine", "list", "--reason", "unmapped_value"]) == 0
    out = capsys.readouterr().out
    assert "unmapped_value\thubspot_eu\t3\tsince" in out
    assert one in out
    assert main(["quarantine", "show", one]) == 0
    out = capsys.readouterr().out
    assert "means now: nothing; unmapped_value" in out
    assert '"propertyValue": "•••"' in out
    assert main(["quarantine", "put-away", one, "--why", "a test of theirs"]) == 0
    assert "1 event put away" in capsys.readouterr().out
    commands.mend()
    assert main(["quarantine", "retry", "--reason", "unmapped_value"]) == 0
    assert "2 events tried again" in capsys.readouterr().out
    commands.work()
    assert commands.standing() == []
    assert main(["quarantine", "show", one]) == 0
    out = capsys.readouterr().out
    assert "put_away by " in out
    assert "a test of theirs" in out
    assert "means now: booking.confirmed" in out
    audited = commands.rows(
        "select action, detail ->> 'n' from audit where action like 'quarantine.%' order by id"
    )
    assert audited == [("quarantine.put_away", "1"), ("quarantine.retried", "2")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["retry"], "name one, or all of"),
        (["retry", "qrt_0000000000001", "--reason", "x"], "name one, or all of"),
        (["retry", "7"], "is no id like"),
        (["retry", "qrt_0000000000009"], "nothing of it can be settled"),
        (["show", "qrt_0000000000009"], "there is no qrt_0000000000009"),
        (["put-away", "qrt_0000000000009", "--why", " "], "say why"),
        (["put-away", "--connection", "nothing", "--why", "x"], "nothing of it can be settled"),
    ],
)
@pytest.mark.usefixtures("commands")
def test_the_command_says_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["quarantine", *words]) == 1
    assert told in capsys.readouterr().err


def test_a_body_is_opened_once_however_much_stands_in_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [house.delivery(contact, unread=True) for contact in (1, 2)]
    joined = b"[" + b",".join(each.body.strip()[1:-1] for each in told) + b"]"
    house.keep([Delivery(told[0].connection, joined, [*told[0].elements, *_second(told[1])])])
    assert len(house.standing()) == 2
    house.mend()
    opened: list[bytes] = []

    def counting(*said: object) -> bytes:
        opened.append(open_body(*said))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(settling, "open_body", counting)
    assert len(house.retry().ids) == 2
    assert len(opened) == 1
    house.work()
    assert house.rows("select count(*) from rewards") == [(2,)]


def _second(told: Delivery) -> list[Unusable]:
    return [Unusable(1, each.reason, each.detail) for each in told.elements if isinstance(each, Unusable)]


def test_programs_list_it_look_at_it_and_settle_it_once(api: ApiHouse) -> None:
    page = api.get("/quarantine?limit=2").body
    assert [row["reason"] for row in page["rows"]] == ["reused_id"] * 2
    (last,) = api.get(f"/quarantine?limit=2&after={page['next']}").body["rows"]
    one = api.get(f"/quarantine/{last['id']}").body
    assert "secret-1" not in one["raw"]
    assert (one["meaning"], one["type"], one["row"]["can_be_retried"]) == ("event", "order.paid", False)
    # What came second under an id never is the first event.
    tried = api.post(f"/quarantine/{last['id']}/retry")
    assert (tried.status, tried.body["reason"]) == (409, "settled")
    away = api.post(f"/quarantine/{last['id']}/put-away", {"why": "sent twice"}, once="q-1")
    assert away.body == {"settled": 1, "again": 0, "more": False, "up_to": None}
    assert api.post(f"/quarantine/{last['id']}/put-away", {"why": "sent twice"}, once="q-1").body == away.body
    assert api.post(f"/quarantine/{last['id']}/put-away", {"why": "sent twice"}).status == 409
    found = api.get(f"/quarantine/{last['id']}").body["row"]
    assert (found["settled_as"], found["settled_for"]) == ("put_away", "sent twice")
    assert found["settled_by"].startswith("key:")
    rest = api.post("/quarantine/put-away", {"reason": "reused_id", "why": "all of them"})
    assert (rest.body["settled"], rest.body["more"]) == (2, False)
    assert api.get("/quarantine").body["rows"] == []
    assert api.inner.rows("select count(*) from audit where action = 'quarantine.put_away'") == [(2,)]


def test_programs_try_all_of_a_reason_again(api: ApiHouse) -> None:
    """What no version fitted is tried by a key, as far as it may."""
    api.inner.work()
    with api.inner.web() as tx:
        _reopen(tx)
    done = api.post("/quarantine/retry", {"connection": "api", "reason": "no_longer_fits"})
    assert (done.status, done.body["settled"], done.body["again"]) == (200, 3, 0)
    assert (
        api.post("/quarantine/retry", {"reason": "no_longer_fits", "up_to": done.body["up_to"]}).body[
            "settled"
        ]
        == 0
    )


def _reopen(tx: Transaction) -> None:
    """As if nobody had accepted them: they are read again from what came."""
    tx.execute(
        "insert into quarantine (program_id, connection, reason, detail, delivery_id, position, recorded_at)"
        " select program_id, connection, 'no_longer_fits', 'x', delivery_id, position, recorded_at"
        " from quarantine"
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/quarantine/retry", {}, 422),
        ("/quarantine/retry", {"reason": "A B"}, 422),
        ("/quarantine/put-away", {"reason": "x"}, 422),
        ("/quarantine/put-away", {"reason": "x", "why": " "}, 422),
        ("/quarantine/qrt_0000000000999/retry", None, 404),
        ("/quarantine/mem_0000000000001/retry", None, 404),
        ("/quarantine/qrt_0000000000999/put-away", {"why": "x"}, 404),
    ],
)
def test_what_is_wrong_with_a_request_is_answered(
    api: ApiHouse, path: str, body: object, status: int
) -> None:
    assert api.post(path, body).status == status


def test_keys_of_a_place_see_nothing_of_it_and_readers_settle_nothing(api: ApiHouse) -> None:
    local = api.make_key(["read:quarantine", "write:quarantine"], market="DE")
    assert api.get("/quarantine", key=local).body["rows"] == []
    assert api.post("/quarantine/put-away", {"reason": "reused_id", "why": "x"}, key=local).status == 404
    reader = api.make_key(["read:quarantine"])
    assert len(api.get("/quarantine", key=reader).body["rows"]) == 3
    assert api.post("/quarantine/put-away", {"reason": "reused_id", "why": "x"}, key=reader).status == 403
