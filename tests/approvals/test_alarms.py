"""Alarms about requests: said in words, in every language, where somebody looks."""

from datetime import timedelta

import pytest
from tests.approvals.doors import Doors, plain

from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.text.catalogs import words
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.decisions.sayings import ALARMS, alarm_said

BEGINNINGS = {
    "approval_hash": "What is stored is not what was signed",
    "approval_stranded": "It was signed in time but got lost on the way",
}


def sound(doors: Doors, kind: str, days_ago: float = 0) -> str:
    """Raise an alarm about a request that there is; its number."""
    house, now = doors.house, utc_now()
    number = show("apr", house.asked("lea", house.reward(20_000), now))
    with house.opened("worker") as tx:
        assert record_alarms(
            tx, house.program_id, [AlarmRow(kind, number, "1", {})], now - timedelta(days=days_ago)
        )
    return number


@pytest.mark.parametrize("kind", ALARMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alarm_is_a_sentence_in_every_language(kind: str, language: str) -> None:
    said = alarm_said(kind, language)
    assert said.startswith(BEGINNINGS[kind]) == (language == "en")
    assert words(language, "console").has(alarm_said(kind, "en"))


@pytest.mark.parametrize("kind", ALARMS)
def test_an_alarm_stands_above_the_decisions_and_among_the_controls(doors: Doors, kind: str) -> None:
    olga = doors.visitor("olga")
    for path in ("decisions", "controls"):
        assert BEGINNINGS[kind] not in olga.plain(path)
    number = sound(doors, kind)
    for path in ("decisions", "controls"):
        page = olga.page(path)
        assert BEGINNINGS[kind] in plain(page)
        assert kind not in page
        assert f'/decisions/{number}"' in page
    # Of another's part of the program one is told nothing.
    assert BEGINNINGS[kind] not in doors.visitor("nora").plain("decisions")


def test_an_old_alarm_is_left_to_the_controls(doors: Doors) -> None:
    sound(doors, "approval_hash", days_ago=8)
    olga = doors.visitor("olga")
    assert BEGINNINGS["approval_hash"] not in olga.plain("decisions")
    assert BEGINNINGS["approval_hash"] in olga.plain("controls")
