"""What the server works on behind us: in its order, one at a time, and no fault of it is lost."""

from threading import Event, current_thread

import pytest

from guerdon.store.catalog.behind import Behind

SECONDS = 20.0


def test_we_go_on_while_one_piece_is_done_and_the_next_waits_for_it() -> None:
    """The first is under way as `do` comes back; the second begins when the first is done."""
    let, told = Event(), list[str]()

    def first() -> None:
        assert let.wait(SECONDS)
        told.append(current_thread().name)

    with Behind() as behind:
        behind.do(first)
        assert told == []
        let.set()
        behind.do(lambda: told.append("second"))
    assert told[0].startswith("behind")
    assert told[1:] == ["second"]


def test_without_a_thread_each_is_done_where_it_is_given() -> None:
    """And what it raises, it raises there."""
    told = list[str]()
    with Behind(apart=False) as behind:
        behind.do(lambda: told.append(current_thread().name))
        assert told == [current_thread().name]
        with pytest.raises(ZeroDivisionError):
            behind.do(lambda: 1 // 0)


@pytest.mark.parametrize("more", [0, 1])
def test_what_fails_is_raised_at_the_next_piece_or_at_the_end(more: int) -> None:
    """Nothing that was given after it is done."""
    told = list[str]()

    def give() -> None:
        with Behind() as behind:
            behind.do(lambda: 1 // 0)
            for _ in range(more):
                behind.do(lambda: told.append("after"))

    with pytest.raises(ZeroDivisionError):
        give()
    assert told == []


def test_of_two_faults_the_one_behind_is_told_for_it_was_the_cause() -> None:
    """A transaction that failed there lets nobody ask anything here any more."""
    began = Event()

    def fail() -> None:
        began.set()
        raise ZeroDivisionError

    def give() -> None:
        with Behind() as behind:
            behind.do(fail)
            assert began.wait(SECONDS)
            raise LookupError

    with pytest.raises(ZeroDivisionError):
        give()
