"""The preference center: what a member is written about and how, and what they change of it.

Opening it changes nothing. A form says what its page showed, so that exactly what the member changed is
written down, with the words that stood beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.messages.consents.consenting import Given
from guerdon.program.messages.nouns import ChannelKind
from guerdon.queries.messages.choices import texts_stopped_at
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.text.catalogs import words
from guerdon.values.texts import text_in
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.contact.changing import (
    FORM,
    agree,
    all_offers,
    by_channel,
    lock,
    stop,
    wait_for_begun,
)
from guerdon.web.member.contact.choices import Line, changes_in, lines_of, load_topics
from guerdon.web.member.contact.opening import Reader, guessed, reader_for, reader_of, sealed_link, shut_out
from guerdon.web.member.views import missing_page, visit_of
from guerdon.web.rooms import room


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, a sentence each; whether something has to be looked at again, and all went well.

    `stopped`: the channels over which less is sent now.
    """

    said: Sequence[str]
    again: bool = False
    good: bool = True
    nothing: bool = False
    stopped: frozenset[ChannelKind] = frozenset()


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what holds for a member, and take what they change."""
    stopped = shut_out(request)
    if stopped is not None:
        return stopped
    sealed = sealed_link("preferences", token)
    if sealed is None:
        return guessed(request)
    done = None
    try:
        # Who became whom, and the audit, are no one member's.
        with room().reading(sealed.program_id) as tx:
            reader = reader_of(tx, sealed)
            if reader is None:
                return missing_page(request)
            if request.method == "POST":
                lock(tx, reader)
                done = _change(tx, request, reader)
            topics = load_topics(tx, reader)
            offers = bool(all_offers(tx, reader))
            texts_stopped = texts_stopped_at(tx, reader.program_id, reader.member_id)
        if done is not None:
            wait_for_begun(reader, done.stopped)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return page(
        request,
        "contact/preferences.html",
        locale=reader.locale,
        status=409 if done is not None and done.again else 200,
        **branded(reader.program, reader.locale),
        token=token,
        topics=topics,
        offers=offers,
        texts_stopped_on=reader.day_of(texts_stopped) if texts_stopped else None,
        done=done,
    )


@require_safe
def lead_to_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Lead from a page behind a claim link to what its member chose; whoever took a gift is not led there."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    try:
        with room().reading(visit.program_id) as tx:
            reader = reader_for(tx, visit.program_id, visit.program, visit.member_id)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if reader is None:
        return missing_page(request)
    return HttpResponse(status=303, headers={"Location": reader.choices})


def _change(tx: Transaction, request: HttpRequest, reader: Reader) -> Done:
    """Do what the form asks for, under the locks of the member."""
    say = words(reader.locale, "contact").gettext
    if request.POST.get("act") == "stop":
        over = all_offers(tx, reader)
        stop(tx, request, reader, over, FORM)
        said = [say("All offers are stopped.")] if over else []
        return Done(said, nothing=not said, stopped=frozenset(over))
    lines = lines_of(load_topics(tx, reader))
    changes = changes_in(lines, request.POST.getlist("shown"), set(request.POST.getlist("on")))
    over = by_channel(changes.withdrawn)
    stop(tx, request, reader, over, FORM)
    came = agree(tx, request, reader, changes.given)
    said = [_said(reader, line, "stopped") for line in changes.withdrawn]
    said += [_said(reader, line, came[line.key]) for line in changes.given]
    good = not changes.stale and all(each in {"given", "asked"} for each in came.values())
    return Done(said, bool(changes.stale), good, not said and not changes.stale, frozenset(over))


def _said(reader: Reader, line: Line, came: Given | Literal["stopped"]) -> str:
    """One thing that was done, or why not, as a sentence."""
    say = words(reader.locale, "contact").gettext
    sentences: dict[str, str] = {
        "stopped": say("%(topic)s, %(channel)s: nothing more is sent."),
        "given": say("%(topic)s, %(channel)s: this is sent to you from now on."),
        "asked": say("%(topic)s, %(channel)s: we sent you a link. It begins once you confirm there."),
        "often": say("%(topic)s, %(channel)s: three links were sent within an hour. Please try again later."),
        "no_address": say("%(topic)s, %(channel)s: we have no address of yours for this."),
        "unknown": say("%(topic)s, %(channel)s: this cannot be chosen any more."),
    }
    return sentences[came] % {"topic": text_in(line.topic.name, reader.locale), "channel": line.name}
