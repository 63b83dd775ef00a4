"""Letters to those who work here: an invitation, with the link that opens once."""

from dataclasses import dataclass, field

from guerdon.text.catalogs import words
from guerdon.text.letters.layout import Mail, Sheet, line, mail_language, set_mail


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation says; `inviter` is empty where it was no person."""

    program: str
    inviter: str
    url: str = field(repr=False)


def render_invitation(told: Invited, language: str) -> Mail:
    """Write the mail by which somebody comes to work here."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    if told.inviter:
        lead = line(
            say("%(inviter)s invites you to work on %(program)s."),
            inviter=told.inviter,
            program=told.program,
        )
    else:
        lead = line(say("You are invited to work on %(program)s."), program=told.program)
    return set_mail(
        Sheet(
            language=language,
            program=told.program,
            headline=line(say("Your invitation to %(program)s"), program=told.program),
            footer=say("You receive this e-mail because somebody at %(program)s entered this address.")
            % {"program": told.program},
            lead=(
                lead,
                line(say("The button opens once, within three days. Then you choose how you sign in.")),
            ),
            button=say("Accept the invitation"),
            url=told.url,
            small=(say("Do you know nothing of this? Then do nothing, and it ends by itself."),),
        )
    )
