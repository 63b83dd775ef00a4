"""When an item may be had: dates with places to go to, editions that are limited, windows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

HALLS = ("Old Mill", "Harbour Hall", "Glass House", "Courtyard", "Upper Gallery", "Tower Room", "Long Barn")
ODDS_OF_AN_EDITION = 0.06
ODDS_OF_A_WINDOW = 0.12


def invent_places(dice: Random, row: Mapping[str, Any], place: str, today: date) -> Mapping[str, Any]:
    """Dates of an experience, or how many there are of a limited edition."""
    if row["kind"] == "product" and dice.random() < ODDS_OF_AN_EDITION:
        return {"limited_to": dice.choice((50, 100, 250, 500))}
    if row["kind"] != "experience":
        return {}
    hall, hours = dice.choice(HALLS), dice.choice((2, 3, 4, 8))
    days = sorted(dice.sample(range(10, 150), dice.randint(2, 6)))
    begin = time(dice.choice((10, 14, 17, 19)), dice.choice((0, 30)), tzinfo=UTC)
    slots: list[Mapping[str, Any]] = []
    for number, day in enumerate(days, 1):
        starts = datetime.combine(today + timedelta(days=day), begin)
        slots.append(
            {
                "id": f"d{number}",
                "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=hours)).isoformat(),
                "venue": f"{hall}, {place}",
                "market": row["markets"][0],
                "capacity": dice.choice((8, 12, 20, 30, 50, 120)),
            }
        )
    return {"slots": slots}


def invent_window(dice: Random, today: date) -> Mapping[str, str | None]:
    """From when to when it is to be seen: most are always, some not yet, some no longer."""
    if dice.random() >= ODDS_OF_A_WINDOW:
        return {"visible_from": None, "visible_to": None}
    begins = today + timedelta(days=dice.randrange(-90, 31))
    ends = begins + timedelta(days=dice.choice((30, 60, 90, 180)))
    return {"visible_from": _midnight(begins), "visible_to": _midnight(ends)}


def _midnight(day: date) -> str:
    return datetime.combine(day, time(tzinfo=UTC)).isoformat()
