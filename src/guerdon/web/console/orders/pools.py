"""Codes of our own: how many there are of each, from where on somebody is told, and more by a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.codes import Bringing, bring_codes
from guerdon.engine.files.codes import FILE_BYTES_MAX, ROWS_MAX, WrongRow, named_items, read_codes_file
from guerdon.engine.files.pooled import load_pooled
from guerdon.engine.orders.pools import LOW_MAX, mark_pool
from guerdon.queries.orders.pools import ENDING_DAYS, SOON_DAYS, USED_DAYS, list_pools
from guerdon.store.catalog.items import load_items
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.orders.sayings import refusal_said, words_of, wrong_code_said
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from typing import BinaryIO

PROBLEMS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a file's rows."""

    new: int
    ends: int
    known: list[int]
    problems: list[WrongRow]


@staff_page
def pools(desk: Desk) -> HttpResponse:
    """Show all pools, take a file of codes, or keep from where on somebody is told."""
    if desk.request.method != "POST":
        return _shown(desk)
    name = desk.request.POST.get("act")
    if name not in ("bring", "mark"):
        raise Http404
    if not desk.scope.whole:
        raise PermissionDenied
    if name == "mark":
        refused = _mark(desk)
        if refused:
            return _shown(desk, refused)
        return HttpResponse(status=303, headers={"Location": desk.address("pools")})
    brought = _bring(desk)
    return _shown(desk, brought) if isinstance(brought, str) else _shown(desk, brought=brought)


def _mark(desk: Desk) -> str:
    form = desk.request.POST
    item, low = form.get("item", ""), form.get("low", "")
    if not (low.isascii() and low.isdecimal() and len(low) < 8 and int(low) <= LOW_MAX):
        return "words"
    with desk.transaction() as tx:
        if item not in {pool.item for pool in list_pools(tx, desk.now)}:
            return "item"
        mark_pool(tx, desk.program_id, item, int(low), (desk.actor, desk.now))
    return ""


def _bring(desk: Desk) -> Brought | str:
    file = desk.request.FILES.get("file")
    if file is None or file.size is None or file.size > FILE_BYTES_MAX:
        return "file"
    raw = cast("BinaryIO", file.file).read(FILE_BYTES_MAX + 1)
    with desk.transaction() as tx:
        pooled = load_pooled(tx, desk.program_id, desk.program, named_items(raw))
    read = read_codes_file(raw, desk.program, desk.now, pooled)
    bringing = Bringing(desk.program_id, desk.actor, desk.now)
    became = bring_codes(desk.transaction, room().vault, bringing, read.codes)
    known = [line for line, what in zip(read.lines, became, strict=True) if what == "known"]
    return Brought(became.count("new"), became.count("ends"), known, read.problems)


def _shown(desk: Desk, refused: str = "", brought: Brought | None = None) -> HttpResponse:
    with desk.transaction() as tx:
        rows = list_pools(tx, desk.now)
        known = load_items(tx, desk.program_id, {row.item for row in rows})
    names = Namer(desk.program, desk.locale, {key: each.names for key, each in known.items()})
    problems = brought.problems[:PROBLEMS_SHOWN] if brought is not None else []
    answer = desk.show(
        "console/orders/pools.html",
        "pools",
        rows=rows,
        items=sorted({row.item for row in rows}),
        used_days=USED_DAYS,
        ending_days=ENDING_DAYS,
        soon_days=SOON_DAYS,
        brought=brought,
        problems=[wrong_code_said(each, desk.locale) for each in problems],
        known=brought.known[:PROBLEMS_SHOWN] if brought is not None else [],
        most=ROWS_MAX,
        refused=refusal_said(refused, desk.locale),
        **{**words_of(desk), "names": names},
    )
    answer.status_code = 422 if refused or (brought is not None and brought.problems) else 200
    return answer
