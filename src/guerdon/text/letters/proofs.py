"""Letters by which somebody confirms something, and the one that tells a seal of the audit outside."""

from dataclasses import dataclass, field
from textwrap import fill
from typing import Literal

from markupsafe import Markup

from guerdon.text.catalogs import words
from guerdon.text.letters.layout import TEXT_WIDTH, Mail, Sheet, line, mail_language, set_mail
from guerdon.text.letters.phrases import Told, footer_of_rewards
from guerdon.text.templating.sinks import as_sms
from guerdon.values.sms import clean
from guerdon.values.texts import FALLBACK_LANGUAGE


@dataclass(frozen=True, slots=True)
class Proof:
    """What the mail with a code says, by which a member confirms that a link is in their hands."""

    program: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConfirmConsent:
    """What is asked before a consent holds: that the owner of an address wants this topic over this channel.

    `topic` is its name in the member's language; `confirm_url` leads to a page with a button, and opening it
    confirms nothing yet.
    """

    program: str
    topic: str
    channel: Literal["email", "sms", "push", "inapp", "whatsapp"]
    confirm_url: str = field(repr=False)


def render_proof(proof: Proof, language: str) -> Mail:
    """Write the mail with a code: the code first, as a phone shows it before the mail is opened."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    advice = say("Was it not you who asked? Then give this code to nobody; without it nothing happens.")
    until = say(
        "It holds for ten minutes. Type it only where you asked for it yourself; we never ask for it."
    )
    return set_mail(
        Sheet(
            language=language,
            program=proof.program,
            subject=say("%(code)s is your code") % {"code": proof.code},
            preheader=f"{until} {advice}",
            headline=line(say("Your code")),
            footer=footer_of_rewards(language, proof.program),
            code=proof.code,
            lead=(line(until),),
            small=(advice,),
        )
    )


def write_code(program: str, code: str, language: str) -> str:
    """Write the text message with a code, to a number that is to be its reader's."""
    say = words(mail_language(language), "mail").gettext
    sentence = say(
        "%(program)s: %(code)s is your code. It holds for ten minutes. Not you? Give it to nobody."
    )
    return clean(as_sms(sentence % {"program": program, "code": code}))


def write_contact_changed(program: str, language: str) -> str:
    """Write the text message to the number of before: it is not its member's any more."""
    say = words(mail_language(language), "mail").gettext
    sentence = say("%(program)s: your phone number was changed. Was it not you? Please tell us at once.")
    return clean(as_sms(sentence % {"program": program}))


def render_contact_changed(program: str, language: str) -> Mail:
    """Write the mail to the address of before: it is not its member's any more, and who undoes that."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    return set_mail(
        Sheet(
            language=language,
            program=program,
            headline=line(say("Your e-mail address was changed")),
            footer=say("You receive this e-mail because this was your address at %(program)s until now.")
            % {"program": program},
            lead=(
                line(
                    say("From now on %(program)s writes to the new one, and codes go there."), program=program
                ),
                line(
                    say(
                        "Was it not you? Then please tell the programme's service at once: somebody may have"
                        " your account."
                    )
                ),
            ),
        )
    )


def render_confirm_consent(asked: ConfirmConsent, language: str) -> Mail:
    """Write the mail by which a consent is confirmed (double opt-in); it advertises nothing."""
    language = mail_language(language)
    told, say = tell_confirm_consent(asked, language), words(language, "mail").gettext
    return set_mail(
        Sheet(
            language=language,
            program=asked.program,
            headline=told.headline,
            footer=say("You receive this e-mail because this address was entered at %(program)s.")
            % {"program": asked.program},
            lead=told.lead,
            button=told.button,
            url=asked.confirm_url,
            small=tuple(each.plain for each in told.notes),
        )
    )


def tell_confirm_consent(asked: ConfirmConsent, language: str) -> Told:
    """What is asked before a consent holds."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    wants = line(
        say("You want to hear from %(program)s: %(topic)s (%(channel)s)."),
        program=asked.program,
        topic=asked.topic,
        channel=channel_name(asked.channel, language),
    )
    return Told(
        headline=line(say("Please confirm what you chose")),
        lead=(wants, line(say("Confirm it, and we know that it was you."))),
        button=say("Confirm"),
        notes=(line(say("Was it not you? Then do nothing: without your confirmation nothing is sent.")),),
    )


def channel_name(channel: str, language: str) -> str:
    """What a channel is called: E-mail, SMS."""
    say = words(mail_language(language), "mail").gettext
    names = {
        "email": say("E-mail"),
        "sms": say("SMS"),
        "push": say("Push messages"),
        "inapp": say("In the app"),
        "whatsapp": say("WhatsApp"),
    }
    return names[channel]


def render_anchor(
    program: str, number: int, rows: int, sealed: str, language: str = FALLBACK_LANGUAGE
) -> Mail:
    """Write the mail by which a seal of the audit is told to somebody outside, who keeps it."""
    say = words(language, "mail").gettext
    subject = say("Audit of %(program)s: seal %(number)s over %(rows)s rows") % {
        "program": program,
        "number": number,
        "rows": rows,
    }
    advice = say(
        "Keep this mail. With the line below, anybody can tell later whether the audit up to this seal "
        "is still as it was: ./guerdon audit verify EXPORT --anchors FILE"
    )
    text = f"{fill(advice, TEXT_WIDTH)}\n\n{sealed}\n"
    html = Markup("<p>{}</p><pre>{}</pre>").format(advice, sealed)
    return Mail(language, subject, text, str(html))
