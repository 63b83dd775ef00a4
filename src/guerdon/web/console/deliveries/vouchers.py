"""How it was before: what was imported of old vouchers, and more of them by a file."""

from typing import TYPE_CHECKING, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.files.taken import FileTaken
from guerdon.engine.files.vouchers import take_vouchers
from guerdon.queries.deliveries.before import load_before
from guerdon.queries.deliveries.underway import Part
from guerdon.web.console.deliveries.saying import Teller
from guerdon.web.console.desk import Desk, staff_page

if TYPE_CHECKING:
    from typing import BinaryIO

FILE_BYTES_MAX = 10 << 20
PROBLEMS_SHOWN = 50


@staff_page
def before(desk: Desk) -> HttpResponse:
    """Show how it was before, or take a file of old vouchers: all of it or nothing."""
    if desk.request.method != "POST":
        return _shown(desk)
    if desk.request.POST.get("act") != "bring":
        raise Http404
    if not desk.scope.whole:
        raise PermissionDenied
    file = desk.request.FILES.get("file")
    if file is None or file.size is None or file.size > FILE_BYTES_MAX:
        return _shown(desk, no_file=True)
    text = cast("BinaryIO", file.file).read()
    with desk.transaction() as tx:
        taken = take_vouchers(tx, (desk.program_id, desk.program), text, desk.actor, desk.now)
    return _shown(desk, taken)


def _shown(desk: Desk, taken: FileTaken | None = None, *, no_file: bool = False) -> HttpResponse:
    with desk.transaction() as tx:
        found = load_before(tx, Part(market=desk.cut.market))
    problems = taken.problems if taken is not None else ()
    answer = desk.show(
        "console/deliveries/before.html",
        "delivery",
        tell=Teller(desk.locale),
        before=found,
        taken=taken,
        problems=problems[:PROBLEMS_SHOWN],
        no_file=no_file,
        upload_mb=FILE_BYTES_MAX >> 20,
        writes=desk.may("redemption", "write") and desk.scope.whole,
    )
    answer.status_code = 422 if no_file or problems else 200
    return answer
