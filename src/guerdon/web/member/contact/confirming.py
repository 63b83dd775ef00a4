"""The link that went to an address: its owner says here that it was they who agreed.

Opening it shows the words and changes nothing; a form confirms.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.messages.consents import confirming
from guerdon.engine.messages.consents.confirming import Asked, asked_by
from guerdon.engine.messages.consents.consenting import words_sha
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.contact.changing import CONFIRMED, lock, mark_network
from guerdon.web.member.contact.choices import (
    channel_in_sentence,
    channel_name,
    channel_named,
    topic_or_gone,
)
from guerdon.web.member.contact.opening import Reader, guessed, reader_of, sealed_link, shut_out
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link asks to confirm, and keep that it was."""
    stopped = shut_out(request)
    if stopped is not None:
        return stopped
    sealed = sealed_link("confirm", token)
    if sealed is None:
        return guessed(request)
    program_id = sealed.program_id
    try:
        # Who became whom, and the audit, are no one member's.
        with room().reading(program_id) as tx:
            reader = reader_of(tx, sealed)
            if reader is None:
                return missing_page(request)
            asked = asked_by(tx, program_id, sealed.link, reader.now)
            if asked is not None and request.method == "POST":
                lock(tx, reader)
                mark = mark_network(tx, request, reader)
                asked = confirming.confirm(tx, program_id, sealed.link, reader.now, CONFIRMED[1], mark)
            if asked is None:
                return missing_page(request)
            agreement = _agreement(tx, reader, asked)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    channel = channel_named(asked.channel)
    return page(
        request,
        "contact/confirm.html",
        locale=reader.locale,
        **branded(reader.program, reader.locale),
        token=token,
        state=asked.state,
        topic=topic_or_gone(reader.program, asked.topic).name,
        channel=channel_name(channel, reader.locale) if channel is not None else asked.channel,
        agreement=agreement,
        choices=reader.choices,
    )


def _agreement(tx: Transaction, reader: Reader, asked: Asked) -> str:
    """The words that were agreed to, as they were shown; nothing where they were said elsewhere."""
    then = room().playbook(tx, reader.program_id, asked.version)
    channel = channel_named(asked.channel)
    if then is None or channel is None:
        return ""
    topic = topic_or_gone(then.program, asked.topic)
    said = topic.asked(channel_in_sentence(channel, asked.language), asked.language) or ""
    return said if said and words_sha(said) == asked.text_sha else ""
