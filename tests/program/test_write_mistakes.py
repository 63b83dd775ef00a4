"""Mistakes in what contacts are told, each with its line; and what a right declaration means."""

import pytest
from tests.program.programs import SMALL, Case, read_changed, read_whole
from tests.program.test_connection_mistakes import CONTACTS, LAST, declared

from guerdon.program.diff import summary
from guerdon.program.model import Writes

WRITE = """    write:
      properties:
        balance: { EUR: loyalty_eur, stars: loyalty_stars }
        last_reward: last_reward
        reward_waiting: reward_waiting
      events: { earned: reward_earned, refused: reward_refused }
"""
MISTAKES: list[Case] = [
    ("balance: { EUR: loyalty_eur, stars: loyalty_stars }", "balance: loyalty", 37, "properties.balance",
     "the program has several units", "{ EUR: loyalty_eur }"),
    ("stars: loyalty", "coins: loyalty", 37, "properties.balance.coins", "unknown unit coins", ""),
    ("EUR: loyalty_eur", "EUR: 'a b'", 37, "properties.balance.EUR", "cannot be a key", "loyalty_balance"),
    ("last_reward: last", "last_prize: last", 38, "properties.last_prize", "unknown key last_prize",
     "last_reward?"),
    ("waiting: reward_waiting", "waiting: loyalty_eur", 39, "properties.reward_waiting",
     "loyalty_eur stands here twice", "balance.EUR"),
    ("last_reward: last_reward", "last_reward: visit_status", 38, "properties.last_reward",
     "visit_status is mapped and written at once", "a property of its own"),
    ("last_reward: last_reward", "last_reward: email", 38, "properties.last_reward",
     "says who somebody is", ""),
    ("[lifecyclestage]", "[last_reward]", 34, "", "last_reward is written and ignored at once", "remove"),
    ("earned: reward_earned", "won: reward_earned", 40, "events.won", "unknown key won", ""),
    ("earned: reward_earned", "earned: Reward", 40, "events.earned", "cannot be a key", "reward_earned"),
    ("earned: reward_earned", "earned: pe4242_earned", 40, "events.earned", "begins with an account's number",
     "without it"),
    ("refused: reward_refused", "refused: reward_earned", 40, "events.refused", "stands here twice", ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "where", "what", "hint"), MISTAKES)
def test_a_mistake_is_said_with_its_line(
    old: str, new: str, line: int, where: str, what: str, hint: str
) -> None:
    found = read_changed(declared(WRITE), old, new)
    print(*found, sep="\n")  # noqa: T201 - shown when the test fails
    place = f"connections.crm.write.{where}" if where else "connections.crm.ignore[0]"
    assert any((p.line, p.where) == (line, place) and what in p.what and hint in p.hint for p in found)


def test_nothing_to_write_is_a_mistake_and_what_is_read_is_not_written() -> None:
    whole = declared(WRITE)
    (found,) = read_changed(whole, WRITE, "    write: {}\n")
    assert (found.where, found.line, found.what) == ("connections.crm.write", 35, "nothing is written")
    both = declared(CONTACTS + WRITE)
    (found,) = read_changed(both, "last_reward: last_reward", "last_reward: is_employee")
    assert found.what == "is_employee is read and written at once"


def test_two_accounts_whose_contacts_are_told_do_not_share_a_source() -> None:
    head = "  other:\n    vendor: hubspot\n    portal: 7\n    secret: OTHER_SECRET\n    subject: hubspot\n"
    (found,) = read_changed(declared(""), LAST, LAST + head + WRITE)
    assert "crm names its contacts by this source too" in found.what


def test_what_is_declared_is_read_and_a_change_of_it_is_told() -> None:
    one = read_whole(declared(WRITE))
    writes = one.connections["crm"].writes
    assert writes == Writes(
        {"EUR": "loyalty_eur", "stars": "loyalty_stars"},
        {"last_reward": "last_reward", "reward_waiting": "reward_waiting"},
        {"earned": "reward_earned", "refused": "reward_refused"},
    )
    assert writes.names == ("loyalty_eur", "loyalty_stars", "last_reward", "reward_waiting")
    assert read_whole(SMALL).connections["crm"].writes is None
    other = read_whole(declared(WRITE.replace("EUR: loyalty_eur", "EUR: euros")))
    said = "Connection crm, what contacts are told balance of EUR: loyalty_eur → euros; 1 rule uses it"
    assert summary(one, other, "en") == [said]
