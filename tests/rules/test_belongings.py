"""What members have, told in any order, in any batches: as if it had been told as it happened."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.engine.memory.belongings import belonging_of, changed_rows
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.belongings import DAY, declarations, handle
from guerdon.rules.facts import Belonging, Event, Remembered
from guerdon.rules.playbook import Playbook
from guerdon.values.ids import derived_id

TEXT = (Path(__file__).parents[1] / "engine" / "cycling.yaml").read_text(encoding="utf-8")
KIND = "kind: { type: string, one_of: [city, race] }"
START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
RANK = {"bike.bought": 0, "bike.rebuilt": 1, "bike.sold": 2}


def program(*changes: tuple[str, str]) -> Program:
    text = TEXT.replace(KIND, f"{KIND}, miles: {{ type: int }}").replace(
        f"{KIND}, miles: {{ type: int }}\n", f"{KIND}\n      miles: {{ type: int }}\n"
    )
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    made = read_program(text)
    assert isinstance(made, Program), made
    return made


PLAYBOOK = Playbook(program(), 1, 1)


@st.composite
def tellings(draw: st.DrawFn) -> Event:
    """Few instants, names and values, so that much is told of one instant, and some of it twice."""
    type_ = draw(st.sampled_from(sorted(RANK)))
    at = START + timedelta(hours=draw(st.integers(0, 4)))
    said: dict[str, object] = {"frame": draw(st.sampled_from(["A", "B"]))}
    if type_ != "bike.sold":
        said |= draw(
            st.fixed_dictionaries(
                {}, optional={"kind": st.sampled_from(["city", "race"]), "miles": st.integers(0, 3)}
            )
        )
    name = str(draw(st.integers(0, 5)))
    fields = {**said, "happened_at": at}
    return Event(0, type_, "api", name, at, at, PLAYBOOK.day_of(at), said, fields)


def told(batches: Sequence[Sequence[Event]]) -> dict[str, Belonging]:
    """What these come to; between batches it is what is stored."""
    having: dict[str, Belonging] = {}
    for batch in batches:
        kept = Remembered(belongings={(7, "bike"): having})
        for event in batch:
            handle(kept, PLAYBOOK.handlings[event.type], event, 7)
        stored = {row.key: belonging_of(PLAYBOOK.program, row) for row in changed_rows(kept)}
        having = {**having, **stored}
    return having


def as_it_happened(events: Sequence[Event]) -> dict[str, tuple[object, ...]]:
    """The same, one after the other: an opening fills anew, a change fills some, an end ends."""
    found: dict[str, tuple[dict[str, object], datetime | None, datetime | None]] = {}
    for event in sorted(events, key=_place):
        fields, opened, closed = found.get(str(event.data["frame"]), ({}, None, None))
        said = {key: value for key, value in event.data.items() if key != "frame"}
        match event.type:
            case "bike.bought":
                fields, opened = {**said, "bought_on": _midnight(event)}, event.happened_at
            case "bike.rebuilt":
                fields = {**fields, **said}
            case _:
                closed = event.happened_at
        found[str(event.data["frame"])] = (fields, opened, closed)
    return dict(found)


def _midnight(event: Event) -> datetime:
    return datetime(event.day.year, event.day.month, event.day.day, tzinfo=UTC)


def _place(event: Event) -> tuple[datetime, int, int]:
    fills = {key: value for key, value in event.data.items() if key != "frame"}
    if event.type == "bike.bought":
        fills["bought_on"] = _midnight(event)
    said = msgspec.json.encode(sorted(fills.items())).decode()
    return event.happened_at, RANK[event.type], derived_id(0, "api", event.external_id, said)


@settings(max_examples=400)
@given(st.lists(tellings(), min_size=1, max_size=9), st.integers(0, 2**32))
def test_any_order_and_any_batches_come_to_what_happened(events: list[Event], seed: int) -> None:
    meant = as_it_happened(events)
    chance = random.Random(seed)  # noqa: S311  seeded, not secret
    for _ in range(4):
        chance.shuffle(events)
        cuts = sorted(chance.sample(range(1, len(events)), chance.randint(0, len(events) - 1)))
        batches = [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
        # What is told again says nothing new.
        batches.append(chance.sample(events, chance.randint(0, len(events))))
        found = told(batches)
        assert {
            key: (each.fields, each.opened and each.opened[0], each.closed_at) for key, each in found.items()
        } == meant
        assert told([events]) == found


def test_three_tellings_that_came_out_wrong() -> None:
    def event(type_: str, hours: int, **said: object) -> Event:
        at = START + timedelta(hours=hours)
        data = {"frame": "A", **said}
        return Event(
            0, type_, "api", f"{hours}", at, at, PLAYBOOK.day_of(at), data, {**data, "happened_at": at}
        )

    first = event("bike.bought", 0, kind="race", miles=1)
    between = event("bike.rebuilt", 1, miles=2)
    again = event("bike.bought", 2, kind="city")
    after = event("bike.rebuilt", 3, kind="race")
    for order in ((after, between, first), (after, first, between), (between, after, first)):
        (bike,) = told([[each] for each in order]).values()
        assert (bike.fields["kind"], bike.fields["miles"]) == ("race", 2)
    for order in ((after, between, again), (again, between, first), (between, again, first)):
        (bike,) = told([[each] for each in order]).values()
        assert "miles" not in bike.fields


def test_the_mark_of_a_kind_is_what_it_hangs_on_and_nothing_else() -> None:
    mark = declarations(program())
    assert mark == declarations(program(("name: Cycling", "name: Riding"), ("10 PTS", "11 PTS")))
    assert mark == declarations(
        program(("ride.done: { fields: {", "ride.done: { fields: { hm: { type: int },"))
    )
    others = [
        program(("from: { event: bike.bought, key: frame", "from: { event: bike.rebuilt, key: frame"),
                ("change: [{ event: bike.rebuilt", "change: [{ event: bike.bought")),
        program(("    until: { event: bike.sold, key: frame }\n", "")),
        program(("one_of: [city, race]", "one_of: [city, race, tour]")),
        # Its days are others.
        program(("time_zone: Europe/Berlin\nunits", "time_zone: Asia/Tokyo\nunits")),
    ]  # fmt: skip
    marks = [declarations(each)["bike"] for each in others]
    assert len({mark["bike"], *marks}) == 5
    # Another zone is nothing to a kind without such a day.
    plain = (", fields: { bought_on: happened_at }", ""), ("      bought_on: { type: date }\n", "")
    rule = ("&& days_since(bike.bought_on) < 30", "")
    zone = ("time_zone: Europe/Berlin\nunits", "time_zone: Asia/Tokyo\nunits")
    assert declarations(program(*plain, rule)) == declarations(program(*plain, rule, zone))
    assert DAY not in PLAYBOOK.program.events["bike.bought"].fields
