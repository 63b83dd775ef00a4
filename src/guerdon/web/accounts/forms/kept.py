"""What somebody typed when their session had ended: kept for them, sealed, until they are signed in again.

Only a browser that still shows whose session it was has anything kept, and only that person is shown it. A
secret is not kept, nor is a file: both are asked for again, and the page says so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.store.sealing import Unreadable
from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.models import KeptForm, Staff, StaffSession
from guerdon.web.accounts.sessions import key_sha
from guerdon.web.accounts.settings import KEPT_S_MAX
from guerdon.web.rooms import room

PURPOSE = "kept form"
FIELD = "kept_form"
HERE = "/account/kept/"
# So much of one form, and so many forms of one person.
BYTES_MAX, FORMS_MAX, PATH_LETTERS_MAX = 256 << 10, 20, 2_000
DIGITS_MAX = 19
SECRETS = frozenset({"csrfmiddlewaretoken", "password", "token", "secret", "credential", FIELD})


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of a form, and what of it has to be given again."""

    fields: Sequence[tuple[str, str]]
    again: Sequence[str]


def keep_typed(request: HttpRequest) -> str | None:
    """Keep what was sent without a session; the address at which its owner finds it, None where nobody's."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    owner = StaffSession.objects.filter(key_sha=key_sha(key)).first() if key else None
    if owner is None or owner.staff_id is None or len(request.get_full_path()) > PATH_LETTERS_MAX:
        return None
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    typed = [pair for pair in pairs if pair[0] not in SECRETS]
    again = sorted(
        {name for name, value in pairs if name in SECRETS and name != "csrfmiddlewaretoken" and value}
    )
    told = json.dumps({"fields": typed, "again": [*again, *request.FILES]}).encode()
    if len(told) > BYTES_MAX:
        return None
    now = utc_now()
    KeptForm.objects.filter(kept_at__lt=now - timedelta(seconds=KEPT_S_MAX)).delete()
    mine = KeptForm.objects.filter(staff_id=owner.staff_id)
    if mine.count() >= FORMS_MAX:
        mine.order_by("kept_at")[0].delete()
    sealed = room().vault.seal(PURPOSE, str(owner.staff_id), told)
    made = KeptForm.objects.create(
        staff_id=owner.staff_id, path=request.get_full_path(), sealed=sealed, kept_at=now
    )
    return f"{HERE}{made.pk}"


def forget_kept(request: HttpRequest) -> None:
    """Forget what was kept, once it was sent."""
    number = request.POST.get(FIELD, "")
    known = number.isascii() and number.isdecimal() and len(number) < DIGITS_MAX
    if known and isinstance(request.user, Staff):
        KeptForm.objects.filter(pk=int(number), staff=request.user).delete()


@require_safe
def kept_form(request: HttpRequest, number: int) -> HttpResponse:
    """Show its owner what was kept, to be sent now."""
    if not isinstance(request.user, Staff):
        return HttpResponse(status=303, headers={"Location": f"/account/sign-in?next={HERE}{number}"})
    since = utc_now() - timedelta(seconds=KEPT_S_MAX)
    found = KeptForm.objects.filter(pk=min(number, 2**62), staff=request.user, kept_at__gt=since).first()
    typed = _opened(found) if found else None
    if found is None or typed is None:
        raise Http404
    return page(
        request,
        "console/forms/kept.html",
        to=found.path,
        back=found.path,
        number=found.pk,
        field=FIELD,
        fields=typed.fields,
        again=typed.again,
    )


def _opened(found: KeptForm) -> Typed | None:
    try:
        told = json.loads(room().vault.open(PURPOSE, str(found.staff_id), bytes(found.sealed)))
    except Unreadable:
        return None
    return Typed([(str(name), str(value)) for name, value in told["fields"]], told["again"])
