"""A sealed trail to tamper with: rows, seals over them, and the anchors that lie outside."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guerdon.ledger.trail import (
    Anchor,
    AuditRow,
    Heading,
    Line,
    Seal,
    anchor_of,
    check_trail,
    next_seal,
    write_line,
)

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIZES = (1, 2, 3, 5, 1, 8, 13, 1, 4, 7, 16, 2)


def at(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat(timespec="microseconds")


def audit_row(number: int, tx: int = 0, **others: str) -> AuditRow:
    said = {"action": "key.added", "subject": f"key {number}", "recorded_at": at(number), **others}
    return AuditRow(
        program=1,
        id=number,
        era=1 + number // 40,
        tx=tx or 700 + number % 40 // 2,
        actor="per_0000000000001",
        on_behalf_of=None,
        reason="asked for",
        before=None,
        after='{"name":"till"}',
        detail=None,
        request_id="r-1",
        **said,
    )


@dataclass
class Sealed:
    """Rows in their seals; `anchors` were told of some of them before anybody tampered."""

    blocks: list[tuple[list[AuditRow], Seal]]
    anchors: list[Anchor]

    @property
    def lines(self) -> list[Line]:
        told: list[Line] = [Heading(1, "nordlys_circle", at(9_999))]
        for rows, seal in self.blocks:
            told += [*rows, seal]
        return told


def sealed(sizes: tuple[int, ...] = SIZES, anchored: int | None = None) -> Sealed:
    """A trail with a seal for each size, the last (or an earlier one) anchored."""
    blocks: list[tuple[list[AuditRow], Seal]] = []
    number, last = 0, None
    for second, size in enumerate(sizes):
        rows = [audit_row(number + n + 1) for n in range(size)]
        number += size
        last = next_seal(last, rows, at(1_000 + second))
        blocks.append((rows, last))
    told = blocks[anchored - 1 if anchored else -1][1]
    return Sealed(blocks, [anchor_of(told, at(5_000))])


def resealed(blocks: list[list[AuditRow]], first: int = 0) -> list[Line]:
    """What somebody would write who owns the database and every seal in it, from a block on."""
    told: list[Line] = [Heading(1, "nordlys_circle", at(9_999))]
    last = None
    for second, rows in enumerate(blocks):
        last = next_seal(last, rows, at(1_000 + second + (first and second >= first)))
        told += [*rows, last]
    return told


def wrong_in(lines: list[Line], anchors: list[Anchor]) -> str | None:
    return check_trail([write_line(line) for line in lines], anchors).wrong
