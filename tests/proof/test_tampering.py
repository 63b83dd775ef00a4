"""T-19: whatever is done to a sealed trail before its last anchor is found, and the first place is named."""

import random
from collections.abc import Callable

import msgspec
import pytest
from tests.proof.trails import Sealed, at, audit_row, resealed, sealed, wrong_in

from guerdon.ledger.trail import AuditRow, Line, Seal, check_trail, next_seal, write_line

SEEDS = range(20)
Chance = random.Random


def places(lines: list[Line], kind: type) -> list[int]:
    return [place for place, line in enumerate(lines) if isinstance(line, kind)]


def edit(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    place = chance.choice(places(lines, AuditRow))
    name = chance.choice([n for n in AuditRow.__struct_fields__ if n != "program"])
    return changed(lines, place, name, chance)


def changed(lines: list[Line], place: int, name: str, chance: Chance) -> list[Line]:
    line = lines[place]
    value = getattr(line, name)
    other = value + chance.choice([1, -1, 1_000]) if isinstance(value, int) else f"{value or ''}x"
    return [*lines[:place], msgspec.structs.replace(line, **{name: other}), *lines[place + 1 :]]


def delete(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    del lines[chance.choice(places(lines, AuditRow))]
    return lines


def insert(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    before = chance.choice(places(lines, AuditRow))
    row = lines[before]
    assert isinstance(row, AuditRow)
    lines.insert(before, msgspec.structs.replace(row, subject="another"))
    return lines


def reorder(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    one, two = chance.sample(places(lines, AuditRow), 2)
    lines[one], lines[two] = lines[two], lines[one]
    return lines


def renumber(trail: Sealed, chance: Chance) -> list[Line]:
    """Reorder two rows and give each the other's number, so that they stand in good order."""
    lines = trail.lines
    one, two = chance.sample(places(lines, AuditRow), 2)
    first, second = lines[one], lines[two]
    assert isinstance(first, AuditRow)
    assert isinstance(second, AuditRow)
    lines[one] = msgspec.structs.replace(second, id=first.id, tx=first.tx)
    lines[two] = msgspec.structs.replace(first, id=second.id, tx=second.tx)
    return lines


def cut_the_tail(trail: Sealed, chance: Chance) -> list[Line]:
    ends = places(trail.lines, Seal)[:-1]
    return trail.lines[: chance.choice(ends) + 1]


def drop_a_block(trail: Sealed, chance: Chance) -> list[Line]:
    del trail.blocks[chance.randrange(len(trail.blocks))]
    return trail.lines


def seal_edit(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    place = chance.choice(places(lines, Seal))
    name = chance.choice([n for n in Seal.__struct_fields__ if n not in {"program", "sealed_at"}])
    return changed(lines, place, name, chance)


def clock_edit(trail: Sealed, chance: Chance) -> list[Line]:
    lines = trail.lines
    place = chance.choice([*places(lines, AuditRow), *places(lines, Seal)])
    name = "recorded_at" if isinstance(lines[place], AuditRow) else "sealed_at"
    moved = msgspec.structs.replace(lines[place], **{name: at(chance.randrange(90_000))})
    return [*lines[:place], moved, *lines[place + 1 :]]


def rewrite(trail: Sealed, chance: Chance) -> list[Line]:
    """Change a row and make every seal from there on anew, as the owner of the machine can."""
    blocks = [list(rows) for rows, _ in trail.blocks]
    block = chance.choice(blocks)
    place = chance.randrange(len(block))
    block[place] = msgspec.structs.replace(block[place], actor="per_0000000000002")
    return resealed(blocks)


def rewrite_shorter(trail: Sealed, chance: Chance) -> list[Line]:
    """Leave a row out and make every seal anew."""
    blocks = [list(rows) for rows, _ in trail.blocks]
    block = chance.choice([rows for rows in blocks if len(rows) > 1])
    del block[chance.randrange(len(block))]
    return resealed(blocks)


def rewrite_the_times(trail: Sealed, chance: Chance) -> list[Line]:
    """Leave the rows alone and say that they were sealed at another time."""
    blocks = [list(rows) for rows, _ in trail.blocks]
    return resealed(blocks, first=chance.randrange(1, len(blocks)))


TAMPERINGS: list[Callable[[Sealed, Chance], list[Line]]] = [
    edit, delete, insert, reorder, renumber, cut_the_tail, drop_a_block, seal_edit, clock_edit, rewrite,
    rewrite_shorter, rewrite_the_times,
]  # fmt: skip


def test_a_trail_that_nobody_touched_holds() -> None:
    trail = sealed()
    done = check_trail([write_line(line) for line in trail.lines], trail.anchors)
    assert (done.wrong, done.seals, done.anchors, done.unsealed) == (None, 12, 1, 0)
    assert done.rows == sum(len(rows) for rows, _ in trail.blocks)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda t: t.__name__)
def test_every_tampering_before_the_anchor_is_found(
    tampering: Callable[[Sealed, Chance], list[Line]], seed: int
) -> None:
    trail = sealed()
    assert wrong_in(tampering(trail, Chance(seed)), trail.anchors) is not None


def test_without_an_anchor_only_a_rewrite_to_the_end_goes_unseen() -> None:
    # Which is why there are anchors; everything else is found by the trail itself.
    unseen = {
        tampering.__name__
        for tampering in TAMPERINGS
        for seed in SEEDS
        if wrong_in(tampering(sealed(), Chance(seed)), []) is None
    }
    assert unseen <= {"cut_the_tail", "drop_a_block", "rewrite", "rewrite_shorter", "rewrite_the_times",
                      "clock_edit"}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in AuditRow.__struct_fields__ if name != "program"])
def test_every_column_of_a_row_is_under_the_seal(name: str) -> None:
    trail, chance = sealed(), Chance(1)
    lines = trail.lines
    place = places(lines, AuditRow)[-1]
    assert wrong_in(changed(lines, place, name, chance), []) is not None


def test_the_first_thing_that_is_wrong_is_named() -> None:
    trail = sealed()
    lines = trail.lines
    for place in (places(lines, AuditRow)[4], places(lines, AuditRow)[40]):
        line = lines[place]
        assert isinstance(line, AuditRow)
        lines[place] = msgspec.structs.replace(line, actor="somebody")
    assert wrong_in(lines, trail.anchors) == "seal 3 does not fit its rows (4 to 6): one of them was changed"
    trail = sealed()
    del trail.blocks[3]
    assert wrong_in(trail.lines, trail.anchors) == "seal 4 is missing; seal 5 comes in its place"
    trail = sealed()
    assert "the end of the trail was cut off" in str(wrong_in(trail.lines[:-4], trail.anchors))


def test_rows_after_the_last_seal_are_counted_and_not_believed() -> None:
    trail = sealed()
    lines = [*trail.lines, audit_row(900, 900), audit_row(901, 901)]
    done = check_trail([write_line(line) for line in lines], trail.anchors)
    assert (done.wrong, done.unsealed) == (None, 2)


def test_a_trail_written_otherwise_is_refused_though_it_reads_the_same() -> None:
    trail = sealed()
    lines = [write_line(line) for line in trail.lines]
    spaced = lines[1].replace(b'"id":', b'"id": ')
    for bad in (spaced, b"", b"{}", b"\xff", b"[" * 5_000, lines[1][:-1]):
        wrong = check_trail([lines[0], bad, *lines[2:]], trail.anchors).wrong
        assert wrong == "line 2 is not as it was written"


def test_a_file_of_nothing_or_of_another_program_is_no_trail() -> None:
    trail = sealed()
    assert check_trail([], trail.anchors).wrong == "this is no trail: nothing is in it"
    assert "belongs to no program" in str(wrong_in(trail.lines[1:], []))
    foreign = [msgspec.structs.replace(anchor, program=2) for anchor in trail.anchors]
    assert wrong_in(trail.lines, foreign) == "program 2 was anchored and is not in this trail"
    assert "a second time" in str(wrong_in([*trail.lines, *trail.lines], []))


def test_a_seal_covers_something() -> None:
    with pytest.raises(AssertionError):
        next_seal(None, [], at(0))
