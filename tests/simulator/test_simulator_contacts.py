"""The invented customers: who they are, and the files that bring them."""

import csv
from collections import Counter
from pathlib import Path

from examples.ev_maker.simulator.commands import PROGRAM, main
from examples.ev_maker.simulator.contacts import invent_contacts
from examples.ev_maker.simulator.terms import load_terms

HEADER = "external_source,external_id,name,email,phone,market,language,location,employee,segment,contact"
TERMS = load_terms(PROGRAM, "hubspot_eu")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_some_customers_come_in_a_later_file_and_nobody_twice(tmp_path: Path) -> None:
    assert (
        main(["contacts", "--customers", "500", "--seed", "3", "--out", str(tmp_path / "members.csv")]) == 0
    )
    assert (tmp_path / "members.csv").read_text("utf-8").splitlines()[0] == HEADER
    early, late = rows(tmp_path / "members.csv"), rows(tmp_path / "late_members.csv")
    assert 0 < len(late) < 40
    assert (
        len({row["external_id"] for row in early + late})
        == len({row["email"] for row in early + late})
        == 500
    )


def test_the_same_seed_invents_the_same_people() -> None:
    assert invent_contacts(TERMS, 50, 3) == invent_contacts(TERMS, 50, 3) != invent_contacts(TERMS, 50, 4)


def test_all_twelve_markets_have_customers_with_their_language_and_one_of_their_dealers() -> None:
    people = invent_contacts(TERMS, 2_000, 3)
    assert set(Counter(one.market for one in people)) == set(TERMS.languages)
    assert len(TERMS.languages) == 12
    for one in people:
        assert one.language == TERMS.languages[one.market]
        assert one.location in TERMS.locations[one.market]


def test_mail_goes_to_nobody_real_and_names_are_not_only_ascii() -> None:
    people = invent_contacts(TERMS, 500, 3)
    assert all(one.email.isascii() for one in people)
    assert {one.email.partition("@")[2] for one in people} == {"example.com", "example.org", "example.net"}
    assert not all(one.name.isascii() for one in people)


def test_a_few_are_employees_and_some_belong_to_a_fleet() -> None:
    people = invent_contacts(TERMS, 2_000, 3)
    assert 20 <= sum(one.employee for one in people) <= 70
    assert {one.segment for one in people} == {"private", "fleet"}
