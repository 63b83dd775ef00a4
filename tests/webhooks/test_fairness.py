"""Nobody keeps the others waiting: one program's slow receivers, and one announcement that cannot be told."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import pytest
from tests.webhooks.house import House, Postman

from guerdon.engine.announcements import fanning
from guerdon.engine.announcements.reading import Known, Read, read_announcements
from guerdon.engine.announcements.shapes import Announcement
from guerdon.engine.webhooks import sending
from guerdon.engine.webhooks.sending import LEFT_TO_OTHERS, THREADS, UNPROVEN_MAX, Flight, Sender


def under_way(program_id: int, times: int, *, proven: bool) -> dict[Future[Any], Flight]:
    return {Future(): Mock(Flight, program_id=program_id, proven=proven) for _ in range(times)}


def test_a_program_of_slow_receivers_leaves_room_for_another_programs_new_one() -> None:
    with ThreadPoolExecutor(1) as threads:
        sender = Sender(Mock(), threads)
        assert sender.room(1, proven=False, alone=True) == UNPROVEN_MAX
        assert sender.room(1, proven=False, alone=False) == UNPROVEN_MAX - LEFT_TO_OTHERS
        sender.under_way |= under_way(1, UNPROVEN_MAX - LEFT_TO_OTHERS, proven=False)
        assert sender.room(1, proven=False, alone=False) == 0
        assert sender.room(2, proven=False, alone=False) == LEFT_TO_OTHERS
        sender.under_way |= under_way(1, THREADS - UNPROVEN_MAX, proven=True)
        assert sender.room(1, proven=True, alone=False) == 0
        assert sender.room(2, proven=True, alone=False) == LEFT_TO_OTHERS


def test_each_program_is_the_first_to_choose_in_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def full(_sender: Sender, program_id: int, **_kind: bool) -> int:
        asked.append(program_id)
        return 0

    monkeypatch.setattr(sending, "list_programs", lambda _db: [(1, "a"), (2, "b"), (3, "c")])
    monkeypatch.setattr(Sender, "room", full)
    with ThreadPoolExecutor(1) as threads, house.worker() as db:
        sender = Sender(Mock(), threads)
        for _ in range(3):
            sender.claim(db)
    assert asked[::2] == [1, 2, 3, 2, 3, 1, 3, 1, 2]


def test_what_came_back_is_written_down_after_the_connection_failed_and_not_sent_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman()
    house.endpoint()
    house.enroll("1")
    house.announce()
    with house.sender(postman) as at_work:
        at_work.sender.claim(at_work.db)
        while not all(each.done() for each in at_work.sender.under_way):
            pass
        with monkeypatch.context() as broken:
            broken.setattr(sending, "settle_deliveries", Mock(side_effect=ConnectionError("gone")))
            with pytest.raises(ConnectionError):
                at_work.sender.settle(at_work.db)
        at_work.sender.turn(at_work.db)
    assert house.states() == [("delivered", 1)]
    assert len(postman.posted) == 1


def test_what_cannot_be_told_is_left_out_and_nothing_behind_it_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house.endpoint()
    members = house.enroll(*(f"m{n}" for n in range(9)))

    def read(taken: Sequence[Read], known: Known) -> list[Announcement]:
        if any(each.taken.member_id == members[4] for each in taken):
            raise KeyError("what it was about is not there any more")
        return read_announcements(taken, known)

    monkeypatch.setattr(fanning, "read_announcements", read)
    house.announce()
    assert house.types(made.id) == ["member.enrolled"] * 8
    assert house.rows("select count(*) from announcements") == [(0,)]
    said = house.rows("select action, detail->>'fault' from audit where action like 'announcement.%%'")
    assert said == [("announcement.left_out", "KeyError")]


def test_who_cannot_be_told_just_now_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house.endpoint()
    house.enroll("1", "2", "3")
    with monkeypatch.context() as broken:
        broken.setattr(fanning, "encode_payload", Mock(side_effect=KeyError("a mistake of ours")))
        house.announce()
    assert house.rows("select count(*) from announcements") == [(3,)]
    house.announce()
    assert house.types(made.id) == ["member.enrolled"] * 3
    assert house.rows("select count(*) from audit where action = 'announcement.left_out'") == [(0,)]
