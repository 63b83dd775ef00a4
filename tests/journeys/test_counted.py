"""Which journeys there are: those of this folder, and those of others, which are not repeated here."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.people import PEOPLE

from guerdon.access.personas import KEYS

HERE = Path(__file__).parent
TESTS = HERE.parent
# Whole tasks in a browser that other folders walk, by whose they are; each language counts for one.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "member": (
        # en, es, de, ar
        *("web/member/test_receiving_in_a_browser.py::test_from_the_mail_to_the_code_in_four_taps",) * 4,
        "web/member/test_receiving_in_a_browser.py::test_what_is_typed_is_found_at_once_and_the_last_answer_wins",
        "app/test_in_a_browser.py::test_a_member_signs_in_looks_around_shows_the_code_and_signs_out",
        "app/test_in_a_browser.py::test_without_a_network_the_phone_shows_what_it_kept_and_of_when",
        "web/contact/test_in_a_browser.py::test_it_is_chosen_by_keyboard_and_without_script",
        "web/inbox/test_in_a_browser.py::test_it_works_without_script",
    ),
    "location_manager": (
        "location/test_in_a_browser.py::test_a_visit_from_the_digits_to_the_list_of_today",
        "location/test_in_a_browser.py::test_a_camera_that_reads_a_code_sends_it",
    ),
    "operator": (
        "setup/test_first_hour.py::test_the_walk_ends_with_a_reward_of_ones_own",
        "operator/test_in_a_browser.py::test_a_key_is_made_and_withdrawn_without_a_mouse",
        "web/console/test_passkeys_in_a_browser.py::test_made_used_and_removed",
    ),
    "marketing_operations": (
        "editing/test_in_a_browser.py::test_a_rule_is_the_same_in_sentence_list_grid_and_text",
        "editing/test_in_a_browser.py::test_a_condition_is_changed_without_script",
    ),
    "finance": ("approvals/test_in_a_browser.py::test_what_is_chosen_is_approved_by_keyboard_alone",),
    "network": (
        "locations/test_in_a_browser.py::test_whoever_needs_a_call_is_reached_and_compared_without_a_mouse",
    ),
    "loyalty": ("web/console/test_find_in_a_browser.py::test_finding_by_keyboard_alone",),
}
LEAST = 40


def own() -> str:
    """What the files of this folder say."""
    return "".join(file.read_text(encoding="utf-8") for file in sorted(HERE.glob("test_*.py")))


def test_what_others_walk_is_there() -> None:
    for each in {each for walked in ELSEWHERE.values() for each in walked}:
        file, _, name = each.partition("::")
        assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8"), each


def test_there_are_enough_and_every_persona_walks_one() -> None:
    walked = re.findall(r"def (test_\w+)\([^)]*rooms: Rooms", own())
    assert len(set(walked)) + sum(map(len, ELSEWHERE.values())) >= LEAST
    sat = {PEOPLE[who].persona for who in re.findall(r'rooms\.sit\(\s*"([^"]+)"', own())}
    assert sat == set(KEYS)
