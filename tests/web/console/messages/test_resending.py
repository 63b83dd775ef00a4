"""A message sent again: by whom, how often, through the same conscience, and when it is refused."""

from urllib.parse import urlsplit

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import KIEL, House
from tests.approvals.test_granting import work
from tests.web.console.messages.told import Told, tell

from guerdon.engine.messages.staff.resending import Resending, Resent, Unsent, resend, resent_ids
from guerdon.queries.invariants import check_invariants
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

PATH = f"members/{show('mem', KIEL)}/messages"


def rewarded(house: House) -> int:
    """A member with an address is given a reward; its number."""
    with house.opened("worker") as tx:
        person = Person("Ada Lovelace", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, KIEL, person)])
    now = utc_now()
    number = house.asked("lea", house.reward(2_000, happened_at=now), now)
    assert house.say("kim", number, now=now) == "approved"
    work(house, utc_now())
    ((reward,),) = house.rows("select id from rewards")
    assert isinstance(reward, int)
    return reward


def sent(house: House, reward: int, **changes: object) -> int:
    told = Told(100, reward=reward, **changes)  # type: ignore[arg-type]
    tell(house, told)
    return told.id


def ended(house: House, number: int) -> None:
    """A row left the outbox, as if it were delivered."""
    with house.opened("worker") as tx:
        tx.execute(
            """
            with gone as (delete from outbox where program_id = %s and id = %s returning *)
            insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,
                                  state, attempts, created_at, settled_at)
            select program_id, member_id, id, event_id, reward_id, message, channel, 'en', 'sent', 1,
                   created_at, now()
            from gone
            """,
            (house.program_id, number),
        )


def word(house: House, number: int, reason: str = "They saw nothing") -> Resending:
    return Resending(house.program_id, KIEL, number, show("per", house.people["kim"]), reason)


def tried(house: House, asked: Resending) -> Resent | Unsent:
    with house.opened("web") as tx:
        return resend(tx, house.vault, house.program, asked, utc_now())


def test_it_goes_three_times_each_as_a_row_of_the_outbox_and_is_audited(doors: Doors) -> None:
    house = doors.house
    number = sent(house, rewarded(house))
    # The first one was written past the books, as the second one is not.
    with house.opened("web") as tx:
        before = check_invariants(tx)
    kim, path = doors.visitor("kim"), f"{PATH}/{show('msg', number)}"
    ids = resent_ids(number)
    for n in range(3):
        answer = kim.send(path, act="again", reason=f"They saw nothing {n}")
        assert answer.status_code == 303, plain(answer.content.decode())
        assert urlsplit(answer["Location"]).path.endswith(show("msg", ids[n]))
        waiting = "select message, channel, reward_id is not null from outbox where id = %s"
        assert house.rows(waiting, ids[n]) == [("reward_ready", "email", True)]
        # While that one is under way no other goes.
        assert kim.send(path, act="again", reason="At once").status_code == 422
        ended(house, ids[n])
    answer = kim.send(path, act="again", reason="Once more")
    assert answer.status_code == 422
    assert "three times already" in plain(answer.content.decode())
    told = house.rows("select actor, reason from audit where action = 'message.resent' order by id")
    kims = show("per", house.people["kim"])
    assert told == [(kims, f"They saw nothing {n}") for n in range(3)]
    assert "Message sent again" in doors.visitor("fay").plain("audit")
    # A repetition is not repeated: nobody gets nine of them.
    assert tried(house, word(house, ids[0])) == Unsent("again")
    with house.opened("web") as tx:
        assert check_invariants(tx) == before


def test_what_it_tells_of_is_looked_at_again(doors: Doors) -> None:
    house = doors.house
    number = sent(house, rewarded(house))
    used = "update rewards set state = 'redeemed', redeemed_at = now(), remaining = 0 where program_id = %s"
    with house.opened("worker") as tx:
        tx.execute(used, (house.program_id,))
    house.spoiled = True
    assert tried(house, word(house, number)) == Unsent("over", "reward:redeemed")
    page = doors.visitor("kim").plain(f"{PATH}/{show('msg', number)}")
    assert "It cannot be sent again: its reward was used." in page
    assert house.rows("select 1 from audit where action = 'message.resent'") == []


@pytest.mark.parametrize(
    ("message", "why"), [("reward:proof", "asked"), ("order:failed", "asked"), ("dropped", "asked")]
)
def test_what_members_ask_for_themselves_is_not_sent_by_hand(doors: Doors, message: str, why: str) -> None:
    number = sent(doors.house, rewarded(doors.house), message=message)
    assert tried(doors.house, word(doors.house, number)) == Unsent(why)  # type: ignore[arg-type]


def test_a_reason_is_needed_and_another_members_message_is_none(doors: Doors) -> None:
    house = doors.house
    number = sent(house, rewarded(house))
    for reason in ("", "x" * 501, "a\0b"):
        assert tried(house, word(house, number, reason)) == Unsent("reason")
    assert tried(house, word(house, 4_711)) == Unsent("none")
    asked = Resending(house.program_id, 8, number, "per_x", "For another")
    assert tried(house, asked) == Unsent("none")
    kim = doors.visitor("kim")
    answer = kim.send(f"{PATH}/{show('msg', number)}", act="again", reason="  ")
    assert answer.status_code == 422
    assert house.rows("select 1 from audit where action = 'message.resent'") == []


def test_who_may_not_give_rewards_is_offered_no_form_and_refused(doors: Doors) -> None:
    house = doors.house
    number = sent(house, rewarded(house))
    path = f"{PATH}/{show('msg', number)}"
    for name in ("ava", "cora", "opa", "mara", "dora"):
        visitor = doors.visitor(name)
        assert 'name="reason"' not in visitor.page(path), name
        assert visitor.send(path, act="again", reason="Because").status_code == 403, name
    # Elsewhere it is not even there.
    assert doors.visitor("nora").get(path).status_code == 404
    for name in ("olga", "fay", "kim", "lea"):
        assert 'name="reason"' in doors.visitor(name).page(path), name
    assert house.rows("select 1 from audit where action = 'message.resent'") == []
