"""The way out of one topic over one channel: by a mail program's one click (RFC 8058), or by a button.

The token is the authority, and it is nowhere but in that one message: neither a session nor a cookie stands
behind the form, so there is nothing that another site could use in a reader's name. Opening the address
changes nothing, for mail scanners open it too.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from guerdon.channels.email.unsubscribing import BODY
from guerdon.program.messages.nouns import ChannelKind, Topic
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.contact.changing import BUTTON, ONE_CLICK, by_channel, lock, stop, wait_for_begun
from guerdon.web.member.contact.choices import channel_named, line_for, topic_or_gone
from guerdon.web.member.contact.opening import guessed, reader_of, sealed_link, shut_out
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

_NAME, _, _SAID = BODY.partition("=")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw at once what the link is about when it is posted; show a button when it is opened."""
    # A link of ours is served from anywhere: one network of a mail provider asks for many of its readers.
    sealed = sealed_link("unsubscribe", token)
    if sealed is None:
        return shut_out(request) or guessed(request)
    about = _about(sealed.program, sealed.link.about)
    if about is None:
        return missing_page(request)
    topic, channel = about
    one_click = request.POST.get(_NAME) == _SAID
    posts = request.method == "POST" and (one_click or request.POST.get("act") == "stop")
    try:
        # Who became whom, and the audit, are no one member's.
        with room().reading(sealed.program_id) as tx:
            reader = reader_of(tx, sealed)
            if reader is None:
                return missing_page(request)
            if posts:
                lock(tx, reader)
            line = line_for(tx, reader, topic, channel)
            stopped = line.state == "withdrawn"
            if posts and not stopped:
                way = ONE_CLICK if one_click else BUTTON
                stop(tx, request, reader, by_channel([line]), way)
                stopped = True
        if posts:
            wait_for_begun(reader, [channel])
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if posts and one_click:
        # Nobody reads it: a mail program asks whether it was done.
        return HttpResponse("", content_type="text/plain; charset=utf-8")
    return page(
        request,
        "contact/unsubscribe.html",
        locale=reader.locale,
        **branded(reader.program, reader.locale),
        token=token,
        line=line,
        stopped=stopped,
        choices=reader.choices,
    )


def _about(program: Program, said: str) -> tuple[Topic, ChannelKind] | None:
    """The topic and channel of a link."""
    key, _, over = said.partition("|")
    channel = channel_named(over)
    return (topic_or_gone(program, key), channel) if key and channel is not None else None
