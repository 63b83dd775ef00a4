"""What one message says over each channel, with sample values or a member's own; and a test to oneself.

The e-mail is shown by an address of its own, which a frame of the page holds: its policy allows nothing but
its own styles, and it is a document without scripts, forms, origin or anything that is loaded.
"""

from dataclasses import dataclass

from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.messages.staff.previewing import Preview, Readers, Rewarded, preview
from guerdon.queries import members as member_rows
from guerdon.queries.members import Member
from guerdon.store.persons import load_person
from guerdon.values.ids import read, show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.finding.members import is_telling
from guerdon.web.console.masks import masked
from guerdon.web.console.messages.sayings import words_of
from guerdon.web.console.messages.testing import HOURLY_MAX, Tested, reader_of, send_test
from guerdon.web.lookups import note_lookup
from guerdon.web.rooms import room

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True, slots=True)
class Chosen:
    """For whom a message is shown: a language, a market, perhaps a member. `unknown`: there is none such."""

    language: str
    market: str
    member: Member | None = None
    name: str = ""
    masked_name: str = ""
    unknown: bool = False
    telling: bool = False


@staff_page
def message(desk: Desk, message: str) -> HttpResponse:
    """Show what a message says, or send a test of it to whoever asks."""
    chosen = _chosen(desk)
    found = _preview(desk, message, chosen)
    if desk.request.method == "POST":
        if desk.request.POST.get("act") != "test" or found.mail is None:
            raise Http404
        tested = send_test(desk, message, found.mail)
        return _shown(desk, message, chosen, found, tested)
    return _shown(desk, message, chosen, found)


@staff_page
def mail(desk: Desk, message: str) -> HttpResponse:
    """The e-mail itself, for the frame of the page."""
    found = _preview(desk, message, _chosen(desk))
    if found.mail is None:
        raise Http404
    # Whoever follows a link of a preview stays where they are: a sandboxed document opens no window.
    answer = HttpResponse(found.mail.html.encode(), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _chosen(desk: Desk) -> Chosen:
    asked = desk.request.GET
    language, market = asked.get("language", ""), asked.get("for", "")
    if market not in desk.program.markets:
        market = desk.cut.market or next(iter(desk.program.markets), "")
    if language not in LANGUAGES:
        language = desk.locale.partition("-")[0]
    typed = asked.get("member", "")
    if not typed:
        return Chosen(language, market)
    member_id = read("mem", typed)
    if member_id is None:
        return Chosen(language, market, unknown=True, telling=is_telling(typed))
    with desk.transaction() as tx:
        found = member_rows.load_member(tx, desk.cut.unit, member_id)
        person = load_person(tx, room().vault, desk.program_id, member_id) if found else None
    if found is None:
        return Chosen(language, market, unknown=True)
    name = ""
    where = Target(desk.program_id, found.row.market, found.row.location)
    if person is not None and person.name and desk.rights.allows("members", "unmask", where):
        name = person.name
        note_lookup(desk.program_id, desk.actor, [member_id])
    return Chosen(
        asked.get("language", "") if asked.get("language", "") in LANGUAGES else _spoken(found.row.language),
        *(found.row.market, found, name),
        masked_name=masked(person.name) if person else "",
    )


def _spoken(language: str) -> str:
    spoken = language.partition("-")[0]
    return spoken if spoken in LANGUAGES else LANGUAGES[0]


def _preview(desk: Desk, key: str, chosen: Chosen) -> Preview:
    rewards = chosen.member.rewards if chosen.member else ()
    # The newest that can still be used, else the newest.
    newest = next((each for each in rewards if each.state == "ready"), next(iter(rewards), None))
    reward = (
        Rewarded(newest.rule, newest.unit, newest.value, newest.issued_at, newest.expires_at)
        if newest is not None
        else None
    )
    readers = Readers(chosen.language, chosen.market, desk.now, chosen.name, reward)
    found = preview(desk.program, key, readers)
    if found is None:
        raise Http404
    return found


def _shown(
    desk: Desk, key: str, chosen: Chosen, found: Preview, tested: Tested | None = None
) -> HttpResponse:
    member = show("mem", chosen.member.row.member_id) if chosen.member else None
    kept = {"language": chosen.language, "for": chosen.market, "member": member}
    declared = desk.program.messages.get(key)
    answer = desk.show(
        "console/messages/one.html",
        "messages",
        key=key,
        declared=declared,
        topic=desk.program.topics.get(declared.topic) if declared else None,
        chosen=chosen,
        member=member,
        found=found,
        kept=kept,
        here_path=f"messages/{key}",
        spoken=LANGUAGES,
        tested=tested,
        hourly_max=HOURLY_MAX,
        own_address=reader_of(desk)[1],
        **words_of(desk),
    )
    if chosen.telling:
        answer.status_code = 400
    elif tested is not None and tested != "sent":
        answer.status_code = 422
    # The one page that holds a frame; what the frame may do is said by what it shows.
    answer._csp_update = {"frame-src": ["'self'"]}  # type: ignore[attr-defined]  # noqa: SLF001
    return answer
