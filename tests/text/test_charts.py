"""Charts as text: they can be read without seeing them, and show exactly what was counted."""

import re
from xml.etree import ElementTree as ET

import pytest

from guerdon.text.charts import MIDDLE, NARROW, WIDE, AreaChart, Line, Sheet, area_chart


def chart(issued: list[int], redeemed: list[int], title: str = "Issued and redeemed") -> AreaChart:
    lines = (Line("Issued", "€5", issued, "accent"), Line("Redeemed", "€3", redeemed, "value"))
    return AreaChart(title, "From May to June", lines, [(0, "1 May")])


def drawn(of: AreaChart, sheet: Sheet = WIDE) -> ET.Element:
    return ET.fromstring(str(area_chart(of, str, sheet)))  # noqa: S314  our own text


@pytest.mark.parametrize("sheet", [WIDE, MIDDLE, NARROW], ids=["wide", "middle", "narrow"])
@pytest.mark.parametrize(
    ("issued", "redeemed"),
    [([0], [0]), ([0, 0, 0], [0, 0, 0]), ([5], [3]), ([1, 2, 90_000_000_000], [3, 0, 7])],
)
def test_any_series_is_drawn_inside_the_sheet(sheet: Sheet, issued: list[int], redeemed: list[int]) -> None:
    root = drawn(chart(issued, redeemed), sheet)
    paths = [element.attrib["d"] for element in root if element.tag == "path"]
    assert len(paths) == 3
    numbers = [float(number) for path in paths for number in re.findall(r"[\d.]+", path)]
    assert all(0 <= number <= sheet.width for number in numbers)


def test_a_chart_has_a_title_and_a_description() -> None:
    root = drawn(chart([1, 2], [0, 1]))
    assert [element.text for element in root if element.tag in {"title", "desc"}] == [
        "Issued and redeemed",
        "From May to June",
    ]
    assert root.attrib["role"] == "img"


def test_names_are_escaped() -> None:
    assert "<script>" not in area_chart(chart([1], [1], "<script>"), str)


def test_the_names_at_the_ends_of_close_lines_stay_apart() -> None:
    root = drawn(chart([10, 100], [10, 100]))
    heights = [float(element.attrib["y"]) for element in root if element.attrib.get("class") == "chart-name"]
    assert abs(heights[0] - heights[1]) >= 25


def test_the_axis_is_round_and_not_below_the_highest_value() -> None:
    root = drawn(chart([0, 67_000], [0, 1]))
    ticks = [element.text for element in root if element.attrib.get("class") == "chart-axis"][:3]
    assert ticks == ["25000", "50000", "75000"]


def test_lines_go_straight_from_value_to_value() -> None:
    root = drawn(chart([5, 10, 0], [0, 0, 0]))
    paths = [element.attrib["d"] for element in root if element.attrib.get("class") == "chart-line"]
    assert len(paths) == 2
    assert all(set(re.sub(r"[\d. ]", "", path)) == {"M", "L"} for path in paths)


@pytest.mark.parametrize("values", [[0], [0, 0], [5, 0], [0, 5]])
def test_no_amount_runs_into_the_marks_of_time(values: list[int]) -> None:
    root = drawn(chart(values, [0] * len(values)))
    amounts = [float(element.attrib["y"]) for element in root if element.attrib.get("class") == "chart-value"]
    marks = [float(element.attrib["y"]) for element in root if element.text == "1 May"]
    assert max(amounts) <= min(marks) - 16
