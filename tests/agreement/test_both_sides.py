"""Both sides agree at the end, contact by contact, whatever fails and whoever is killed in between."""

from collections import Counter
from random import Random

import pytest
from tests.agreement.house import House, hook, listen
from tests.evidence import Figures, scaled

CONTACTS = scaled(30, 1_000)
DRIVES = scaled(2, 4)
MERGED = scaled(2, 40)
GONE = scaled(1, 20)
FAILING = {"fail": 0.1, "kinds": ["before", "after", "cut", "slow"], "slow_s": 0.3}
CENTS = {"drove": 2500, "bought": 4000}


@pytest.mark.full(minutes=8, gate=True)
@pytest.mark.timeout(1500)
def test_both_sides_agree_contact_by_contact_after_kills_and_failing_calls(
    house: House, figures: Figures
) -> None:
    chance = Random(11)  # noqa: S311  moments to play again, no secret
    listen(house)
    hook(house, duplicates=0.1, shuffle=True, factor=0.00005)
    house.stand.control("POST", "/faults", FAILING)
    house.start_workers()
    with house.killing(chance, scaled(5, 6)) as killed:
        contacts = house.add(CONTACTS)
        # Contact by contact in turns: what happens twice to one within a millisecond is one happening.
        for _ in range(DRIVES):
            for contact in contacts:
                house.drive(contact)
        for contact in contacts[::2]:
            house.buy(contact)
        house.settle(scaled(300, 600))
        gone = contacts[:GONE]
        merged = [house.merge(*contacts[GONE + 2 * n : GONE + 2 * n + 2]) for n in range(MERGED)]
        for contact in gone:
            house.stand.control("DELETE", f"/records/contacts/{contact}")
        for contact in [*merged, *contacts[GONE + 2 * MERGED :]]:
            house.drive(contact)
    house.settle(scaled(300, 600))
    heard = house.rows("select sum(n) from intake_counts where what in ('accepted', 'duplicate')")
    figures.update(events=int(heard[0][0]), killed=len(killed), contacts=CONTACTS, merged=MERGED)
    compare(house, gone, merged)


def compare(house: House, gone: list[str], merged: list[str]) -> None:
    """Everybody has what they ought to, there and here."""
    assert house.rows("select reason, detail from quarantine where settled_at is null") == []
    there, rewards, balances = house.at_hubspot(), house.rewards(), house.balances()
    assert set(there) == set(house.expected) - set(gone)
    told: Counter[str] = Counter(
        one["objectId"] for one in house.stand.control("GET", "/completions")["completions"]
    )
    for contact, expected in house.expected.items():
        if contact not in merged:
            assert rewards.get(contact, Counter()) == expected, contact
            assert balances[contact] == sum(CENTS[rule] * n for rule, n in expected.items()), contact
        if contact in there:
            assert round(float(there[contact]["euros"]) * 100) == balances[contact], contact
            assert contact in merged or told[contact] == expected.total(), contact
    # Of two that were merged, the one whose member goes on has its value; the other's stands where it was.
    total = sum((each for each in house.expected.values()), Counter[str]())
    by_rule = Counter(dict(house.rows("select rule, count(*) from rewards group by 1")))
    assert by_rule == total
    assert told.total() == total.total()
