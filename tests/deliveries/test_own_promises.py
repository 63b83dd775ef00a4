"""A rule's own promise: its rewards are counted, told of and shown by it, and all others by that of all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape

import pytest
from tests.deliveries.conftest import EVERYTHING, Doors
from tests.deliveries.house import DAY, ClockHouse
from tests.deliveries.test_alarms import alarms
from tests.deliveries.test_following import breached, figures
from tests.deliveries.test_page import MAY
from tests.deliveries.test_shares import asked
from tests.deliveries.test_sheets import of, sheet
from tests.wallet.house import PROGRAM

from guerdon.engine.deliveries.watching import Forecast, forecast_all
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.console.deliveries.saying import NONE

# Of all rules within ten minutes, at most four hours; of gifts within half a minute, at most twenty minutes.
DELIVERIES = """
deliveries:
  within: 10 minutes
  at_most: 4 hours
  rules:
    gift: { within: 30 seconds, at_most: 20 minutes }
"""
MINUTE = timedelta(minutes=1)
# At the edges of the promises: within (30 s, 10 m) and at most (20 m, 4 h).
TOOK = (30, 31, 600, 601, 1_200, 1_201, 14_400, 14_401)
KEPT = {"gift": [1, 4, 3], "order": [3, 4, 1]}


@pytest.fixture
def house(database: str, secret: str) -> ClockHouse:
    """Give a house whose gifts are promised sooner than all else."""
    program = read_program(PROGRAM.read_text(encoding="utf-8") + DELIVERIES)
    assert isinstance(program, Program), program
    made = ClockHouse(database, secret, program)
    made.begin()
    return made


def open_ones(house: ClockHouse, chosen: datetime) -> None:
    """An order of each of two rules, chosen in the same moment, of the same supplier at the same place."""
    for rule in ("gift", "order"):
        reward = house.reward(1, received=chosen - MINUTE, rule=rule)
        house.order(reward, chosen, None, state="reserved")


def counted(house: ClockHouse, began: datetime = DAY) -> None:
    """The same lengths of each of two rules, up to the edges of both promises and over them."""
    for took in TOOK:
        for rule in KEPT:
            house.order(house.reward(1, received=began, rule=rule), began + MINUTE, took - 1)
    house.now = began + timedelta(days=1)
    house.follow()


def test_what_took_as_long_is_kept_by_one_rule_and_late_by_another(house: ClockHouse) -> None:
    counted(house)
    whole = figures(house, "whole")
    assert {rule: figure.kept for rule, figure in whole["rule"].items()} == KEPT
    assert whole["rule"]["gift"].waits == whole["rule"]["order"].waits
    together = [sum(each) for each in zip(*KEPT.values(), strict=True)]
    assert whole["all"][""].kept == whole["supplier"]["fast"].kept == whole["market"]["DE"].kept == together
    assert figures(house, "whole", Part(rule="gift"))["all"][""].kept == KEPT["gift"]
    assert breached(house) == set()


def test_so_it_is_until_a_reward_is_given(house: ClockHouse) -> None:
    for took in (30, 31, 1_201):
        for rule in KEPT:
            house.reward(took, rule=rule)
    house.follow()
    kept = {rule: figure.kept for rule, figure in figures(house, "given")["rule"].items()}
    assert kept == {"gift": [1, 1, 1], "order": [2, 1, 0]}


@contextmanager
def forecasts(house: ClockHouse) -> Iterator[dict[str, Forecast]]:
    with house.worker() as db, transaction(db, house.program_id) as tx:
        found = forecast_all(tx, house.program, Part(), house.now)
        yield {each.underway.rule: each for each in found}


def test_each_is_forecast_against_its_own(house: ClockHouse) -> None:
    open_ones(house, DAY)
    # A second of it was over before the member chose.
    breaks = {"gift": DAY + 20 * MINUTE, "order": DAY + 240 * MINUTE}
    for minutes, stands in (
        (9, {"gift": "kept", "order": "kept"}),
        (11, {"gift": "risk", "order": "kept"}),
        (21, {"gift": "broken", "order": "kept"}),
        (121, {"gift": "broken", "order": "risk"}),
        (241, {"gift": "broken", "order": "broken"}),
    ):
        house.now = DAY + minutes * MINUTE
        house.follow()
        with forecasts(house) as found:
            assert {rule: each.stands for rule, each in found.items()} == stands, minutes
            said = {rule: each.breaks_at + timedelta(seconds=1) for rule, each in found.items()}
            assert said == breaks
            # What breaks its promise first stands first.
            assert list(found) == ["gift", "order"]


def test_each_has_its_alarm_when_its_own_is_about_to_break(house: ClockHouse) -> None:
    open_ones(house, DAY)

    def watched(minutes: int) -> dict[object, tuple[object, ...]]:
        house.now = DAY + minutes * MINUTE
        house.follow()
        house.watch()
        said = ("n", "broken", "at_most_s", "breaks_at")
        found = alarms(house)
        assert {each.kind for each in found} <= {"delivery_late"}
        by_rule = {each.detail["rule"]: tuple(each.detail[name] for name in said) for each in found}
        assert len(by_rule) == len(found)
        return by_rule

    def breaks(minutes: int) -> str:
        return (DAY + minutes * MINUTE - timedelta(seconds=1)).isoformat()

    assert watched(9) == {}
    assert watched(11) == {"gift": (1, 0, 1_200, breaks(20))}
    assert watched(21) == {"gift": (1, 1, 1_200, breaks(20))}
    assert watched(119) == {"gift": (1, 1, 1_200, breaks(20))}
    late = {"gift": (1, 1, 1_200, breaks(20)), "order": (1, 0, 14_400, breaks(240))}
    assert watched(121) == late
    assert watched(241) == late | {"order": (1, 1, 14_400, breaks(240))}


def promised(page: str) -> dict[str, list[str]]:
    """The lines of the page's table of promises, by rule: promise, kept, at most kept, broken, at risk."""
    table = page.partition("What is promised</h2>")[2].partition("</table>")[0]
    lines: dict[str, list[str]] = {}
    for line in re.findall(r"<tr><th.*?</tr>", table, re.DOTALL)[1:]:
        name, *cells = (
            unescape(re.sub(r"<[^>]*>|[\u2068\u2069]", "", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)
        )
        lines[name] = cells
    return lines


def test_the_page_and_its_sheet_say_each_with_its_own(doors: Doors) -> None:
    house = doors.house
    counted(house)
    doors.sign_in(EVERYTHING)
    assert promised(doors.page(f"delivery?{MAY}")) == {
        "Gift": ["30 s, at most 20 m", "1", "4", "3", NONE],
        "Order": ["10 m, at most 4 h", "3", "4", "1", NONE],
    }
    rows = of(sheet(doors, f"delivery/table?{MAY}"), "rule")
    for rule, kept in KEPT.items():
        line = rows[rule]
        assert [int(line[name]) for name in ("within", "at_most", "broken")] == kept
        assert float(line["share_within"]) == kept[0] / len(TOOK)
    ((member, reward),) = house_rows(house, "gift")
    clock = unescape(doors.page(f"delivery/{show('mem', member)}/{show('rwd', reward)}"))
    assert "Promised within 30 s, at most 20 m of our part." in re.sub(r"<[^>]*>|[\u2068\u2069]", "", clock)


def test_the_page_of_promises_says_each_with_how_it_was_kept(doors: Doors) -> None:
    counted(doors.house)
    doors.sign_in(EVERYTHING)
    page = re.sub(r"</?bdi>|[\u2068\u2069]", "", unescape(doors.page(f"promises?{MAY}")))
    assert "25.0% of 16 promises were kept." in page
    rows = [
        re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row))
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    ]
    (gift,) = [row for row in rows if row.startswith(" Gift ")]
    assert "30 s , at most 20 m" in gift or "30 s, at most 20 m" in gift
    assert "of this rule alone" in gift
    assert "1 12.5% 4 3" in gift
    # The worst kept stands first.
    assert next(row for row in rows if "at most" in row.lower() and "of this rule" in row) == gift


def house_rows(house: ClockHouse, rule: str) -> list[tuple[int, int]]:
    """The first reward of a rule: whose it is, and its number."""
    with house.owner() as db:
        statement = "select member_id, id from rewards where rule = %s order by id limit 1"
        return [(row[0], row[1]) for row in db.execute(statement, (rule,)).fetchall()]


def test_what_is_under_way_is_at_risk_on_the_page_by_its_own(doors: Doors) -> None:
    house = doors.house
    house.now = utc_now()
    open_ones(house, house.now - 25 * MINUTE)
    house.follow()
    house.watch()
    doors.sign_in(EVERYTHING)
    page = doors.page("delivery")
    assert "2 are not there yet." in page
    assert "1 is late or about to be." in page
    assert {name: cells[-1] for name, cells in promised(page).items()} == {"Gift": "1", "Order": NONE}
    assert "1 is late or about to be: Gift, fast" in re.sub(r"<[^>]*>|[\u2068\u2069]", "", unescape(page))


def test_the_api_says_each_with_its_own(doors: Doors) -> None:
    counted(doors.house, utc_now() - timedelta(days=1))
    body = asked(doors.house).get("/deliveries").body
    names = ("within_s", "at_most_s", "kept", "later", "broken")
    assert {rule["rule"]: [rule["promise"][name] for name in names] for rule in body["rules"]} == {
        "gift": [30, 1_200, *KEPT["gift"]],
        "order": [600, 14_400, *KEPT["order"]],
    }
