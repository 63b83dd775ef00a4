"""All segments with their sizes; and one: what it means, who is in it, how large it was, where it is used."""

from django.http import Http404, HttpResponse

from guerdon.engine.segments.meaning import rules_using, said
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.regions import load_view, region_context
from guerdon.web.console.segments.standing import VIEW, Looked, load_segment
from guerdon.web.rooms import room

# What the desk hands to a page itself.
OWNED = ("program", "cut", "zone", "address")


@staff_page
def segments(desk: Desk) -> HttpResponse:
    """All segments, the largest first; it is live."""
    with desk.transaction() as tx:
        seen = load_view(tx, "segments", desk.program, desk.cut, desk.now)
    context = region_context(seen, desk.locale)
    for owned in OWNED:
        del context[owned]
    stream = desk.address("stream", view="segments")
    return desk.show("console/segments/list.html", "segments", stream=stream, **context)


@staff_page
def segment(desk: Desk, segment: str) -> HttpResponse:
    """One segment; it is live, but for what stands further back in the list of its members."""
    known = desk.program.segments.get(segment)
    if known is None:
        raise Http404
    after = read("mem", desk.request.GET.get("after", ""))
    looked = Looked(desk.program_id, desk.program, segment, desk.cut, after)
    with desk.transaction() as tx:
        seen = load_segment(tx, room().vault, looked, desk.now)
    context = region_context(seen, desk.locale)
    for owned in OWNED:
        del context[owned]
    return desk.show(
        "console/segments/one.html",
        "segments",
        sentence=said(desk.program, known, desk.locale),
        rules=rules_using(desk.program, segment),
        stream=desk.address("stream", view=VIEW, about=segment) if after is None else "",
        **context,
    )
