"""A test of a message, sent to whoever asks for it and to nobody else.

It is marked as a test, stands in no outbox and is counted nowhere; that it was sent stands in the audit,
which also keeps it to so many an hour.
"""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from secrets import randbits
from typing import Literal

from guerdon.channels.email.dkim import read_keys
from guerdon.channels.email.wire import email_channels
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted
from guerdon.store.audit import record_audit
from guerdon.store.messages.tested import count_tests
from guerdon.text.catalogs import words
from guerdon.text.letters import Mail
from guerdon.values.ids import ID_MAX
from guerdon.values.texts import text_in
from guerdon.web.console.desk import Desk
from guerdon.web.rooms import room

ACTION = "message.tested"
HOURLY_MAX = 10
HOUR = timedelta(hours=1)
# often: so many were sent in the last hour. failed: the mail server did not take it.
Tested = Literal["sent", "often", "failed"]


def send_test(desk: Desk, key: str, mail: Mail) -> Tested:
    """Send a preview to the reader's own address, with no transaction open."""
    with room().reading(desk.program_id) as tx:
        if count_tests(tx, desk.program_id, (desk.actor, ACTION), desk.now - HOUR) >= HOURLY_MAX:
            return "often"
        # Noted before it is sent, so that whoever asks many times at once is counted too.
        record_audit(tx, desk.program_id, desk.actor, ACTION, key, desk.now, language=mail.language)
    marked = words(mail.language, "console").gettext("Test: %(subject)s") % {"subject": mail.subject}
    settings, (name, address) = room().settings, reader_of(desk)
    letter = Letter(
        randbits(ID_MAX.bit_length()),
        desk.program_id,
        text_in(desk.program.name, mail.language),
        name,
        address,
        replace(mail, subject=marked),
        desk.now,
    )
    keys = read_keys(settings.dkim_key, settings.dkim_selector, settings.mail_from)
    (channel,) = email_channels(settings.smtp_url, settings.mail_from, 1, keys)
    with closing(channel):
        outcome = channel.send(letter)
    return "sent" if isinstance(outcome, Accepted) else "failed"


def reader_of(desk: Desk) -> tuple[str, str]:
    """The name and the own address of whoever sits here."""
    user = desk.request.user
    assert user.is_authenticated, "a desk is there for staff alone"
    return user.name, user.email
