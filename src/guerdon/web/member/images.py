"""Pictures of items: named by the hash of what they are, so that a browser keeps them for good.

They are nobody's secret and hold nobody's name; whoever has the hash has seen the picture.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.queries.catalog.images import find_image
from guerdon.store.database import UNAVAILABLE
from guerdon.web.accounts.faults import missing
from guerdon.web.rooms import room

LASTING = "public, max-age=31536000, immutable"


@require_safe
def image(request: HttpRequest, hash: str) -> HttpResponse:  # noqa: A002  its name in the address
    """Answer with a picture of any program."""
    here = room()
    for program_id in here.programs():
        try:
            with here.reading(program_id) as tx:
                found = find_image(tx, program_id, hash)
        except UNAVAILABLE:
            break
        if found is not None:
            type_, body = found
            answer = HttpResponse(body, content_type=type_)
            answer.headers["Cache-Control"] = LASTING
            # It is a picture and never a page, whatever its bytes would like to be.
            answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
            answer.headers["Content-Disposition"] = "inline"
            return answer
    return missing(request)
