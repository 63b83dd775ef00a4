"""The delivery clock by rule: how long it took, how often promises were kept, what is at risk now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from guerdon.engine.deliveries.reading import monday, read_deliveries, times_of
from guerdon.engine.deliveries.watching import Forecast
from guerdon.program.catalog.nouns import Promise
from guerdon.queries.deliveries.declined import count_declined
from guerdon.queries.deliveries.figures import BROKEN, KEPT, LATER, Asked, Figure
from guerdon.queries.deliveries.underway import Part
from guerdon.suppliers.wired import documented_paces
from guerdon.values.clock import utc_now
from guerdon.values.waits import ERROR
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.shapes import deliveries as shapes

router = Router(tags=["deliveries"])


@router.get("/deliveries", response=reads(shapes.DeliveryTimes), operation_id="get_deliveries")
def get(request: HttpRequest, which: Annotated[shapes.WhichDeliveryTimes, Query(...)]) -> HttpResponse:
    """Say how long deliveries took, by rule, and how often what is promised was kept."""
    caller, now = caller_of(request), utc_now()
    program = caller.program
    zone = ZoneInfo(program.time_zone)
    last = monday(now.astimezone(zone).date())
    first = last - timedelta(weeks=which.weeks - 1)
    part = Part(market=which.market, supplier=which.supplier)
    asked = Asked(which.measure, first, last, part, caller.place)
    with reading(request) as tx:
        read = read_deliveries(tx, program, asked, now, documented_paces())
        declined = count_declined(tx, part, *times_of(first, last, zone))
    mine: dict[str, list[Forecast]] = {}
    for each in read.forecasts:
        mine.setdefault(each.underway.rule, []).append(each)
    figures = read.figures.get("rule", {})
    promised = which.measure in {"whole", "given"}
    return told(
        shapes.DeliveryTimes(
            measure=which.measure,
            first=first.isoformat(),
            last=last.isoformat(),
            error=ERROR,
            took=_took(read.figures["all"][""]),
            declined=declined.declined,
            lapsed=declined.lapsed,
            rules=[
                _rule(
                    key,
                    figures.get(key, Figure()),
                    mine.get(key, ()),
                    program.deliveries.of(key) if promised else None,
                )
                for key in sorted({*figures, *mine})
            ],
        )
    )


def _rule(
    key: str, figure: Figure, underway: Sequence[Forecast], promise: Promise | None
) -> shapes.RuleDeliveries:
    return shapes.RuleDeliveries(
        rule=key,
        took=_took(figure),
        promise=None
        if promise is None
        else shapes.RulePromise(
            within_s=int(promise.within.total_seconds()),
            at_most_s=int(promise.at_most.total_seconds()),
            kept=figure.kept[KEPT],
            later=figure.kept[LATER],
            broken=figure.kept[BROKEN],
        ),
        underway=len(underway),
        at_risk=sum(each.stands == "risk" for each in underway),
        late=sum(each.stands == "broken" for each in underway),
    )


def _took(figure: Figure) -> shapes.Took:
    waits = figure.waits
    return shapes.Took(
        n=waits.n,
        came=waits.came,
        p50_ms=waits.within(50),
        p95_ms=waits.within(95),
        p99_ms=waits.within(99),
        longest_ms=waits.at_least(),
    )
