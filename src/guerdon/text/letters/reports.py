"""The letter that a report comes with: what it is, and where one ends it."""

from dataclasses import dataclass

from guerdon.text.catalogs import words
from guerdon.text.letters.layout import Mail, Sheet, line, mail_language, set_mail


@dataclass(frozen=True, slots=True)
class ReportReady:
    """What is said of a report; `part` and `last` are empty where it is of all, and of one day."""

    program: str
    report: str
    part: str
    first: str
    last: str
    url: str


def render_report_mail(told: ReportReady, language: str) -> Mail:
    """Write the mail that brings a report."""
    language = mail_language(language)
    say = words(language, "mail").gettext
    if told.last:
        days = line(say("It tells of %(first)s to %(last)s."), first=told.first, last=told.last)
    else:
        days = line(say("It tells of %(first)s."), first=told.first)
    where = told.part or told.program
    return set_mail(
        Sheet(
            language=language,
            program=told.program,
            headline=line(say("%(report)s of %(where)s"), report=told.report, where=where),
            footer=say("You receive this e-mail because you asked for this report.")
            + " "
            + say("What it shows is what you may see in the console."),
            lead=(days, line(say("The report is attached."))),
            button=say("Change or stop it"),
            url=told.url,
        )
    )
