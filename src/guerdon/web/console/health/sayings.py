"""What is said of a check, in a reader's language: its name, what was seen, and how it is mended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup, escape

from guerdon.queries.health.checks import GIGABYTE, Check, State
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.pages import isolated
from guerdon.web.console.health.mending import Mend, mend_of

Say = Callable[[str], str]
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """A check as a line of the page; `href` is where it is looked after, empty where its reader may not."""

    state: State
    name: str
    subject: str
    seen: Markup
    mend: Mend | None
    href: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells checks, in one language and by one clock; `link` makes an address of a path that opens."""

    locale: str
    zone: str
    link: Callable[[str], str]
    # What a connection's state is called.
    state_said: Callable[[str], str]

    def tell(self, check: Check) -> Told:
        """A check in words."""
        say = words(self.locale, "console").gettext
        place = _PLACES(say).get(check.subject, check.subject)
        mend = None if check.state == "good" else mend_of(check, self.locale)
        path = mend.path if mend else ""
        return Told(
            check.state,
            _NAMES(say)[check.key],
            place,
            self._filled(self._seen(check, say), check.figures),
            mend,
            self.link(path) if path else "",
        )

    def state(self, state: State) -> str:
        """What a state is called."""
        say = words(self.locale, "console").gettext
        return {
            "bad": say("Mend this"),
            "look": say("Look at this"),
            "unseen": say("Not seen from here"),
            "good": say("Good"),
        }[state]

    def _seen(self, check: Check, say: Say) -> str:
        if check.seen == "closed":
            return self.state_said(str(check.figures["state"]))
        tables = (_OF_RUNNING, _OF_PARTNERS, _OF_SAFETY)
        found = next(
            (text for table in tables if (text := table(say).get((check.key, check.seen)))),
            None,
        )
        return found or _OF_ACCOUNTS(say)[check.seen]

    def _filled(self, text: str, figures: Mapping[str, object]) -> Markup:
        return escape(text) % {name: isolated(self._shown(name, value)) for name, value in figures.items()}

    def _shown(self, name: str, value: object) -> str:
        match value:
            case datetime():
                return formats.moment(value, self.zone, self.locale)
            case date():
                return formats.day(value, self.locale)
            case timedelta():
                return formats.duration(round(value.total_seconds() * 1000), self.locale)
            case int() if name in {"free", "total", "size"}:
                return self._size(value)
            case int():
                return formats.number(value, self.locale)
        return str(value)

    def _size(self, size: int) -> str:
        say = words(self.locale, "console").gettext
        if size < GIGABYTE:
            return say("%(n)s MB") % {"n": formats.number(round(size / MEGABYTE), self.locale)}
        whole = (Decimal(size) / GIGABYTE).quantize(Decimal("0.1"))
        return say("%(n)s GB") % {"n": formats.number(whole, self.locale)}


def _NAMES(say: Say) -> Mapping[str, str]:  # noqa: N802  a table that needs a language
    return {
        "database": say("Database"),
        "schema": say("Schema"),
        "worker": say("Worker"),
        "clock": say("Clocks"),
        "queue": say("Work that waits"),
        "disk": say("Disk"),
        "connection": say("Connection"),
        "journal": say("Journal"),
        "write": say("Told back"),
        "supplier": say("Supplier"),
        "channel": say("Messages"),
        "webhooks": say("Webhooks"),
        "quarantine": say("Quarantine"),
        "alarms": say("Alarms"),
        "address": say("Public address"),
        "secret": say("Installation's secret"),
        "named": say("Secrets that the program names"),
        "sender": say("Sender of mails"),
        "mail_server": say("Mail server"),
        "signature": say("Signature of mails"),
        "controls": say("Controls"),
        "anchor": say("Seals told outside"),
        "outside": say("Seals mailed outside"),
        "backup": say("Backup"),
    }


def _PLACES(say: Say) -> Mapping[str, str]:  # noqa: N802
    return {
        "events": say("Events"),
        "email": say("E-mail"),
        "sms": say("Text messages"),
        "push": say("Push messages"),
        "inapp": say("In the app"),
        "announcements": say("Announcements"),
        "webhooks": say("Webhooks"),
        "orders": say("Orders"),
        "errands": say("Questions to the CRM"),
        "reports": say("Reports"),
        "seals": say("Seals of the audit"),
        "database": say("Of the database"),
        "home": say("Of the installation's folder"),
        "drops": say("Of the folder for files"),
    }


def _OF_RUNNING(say: Say) -> Mapping[tuple[str, str], str]:  # noqa: N802
    return {
        ("database", "answers"): say("PostgreSQL %(version)s, %(size)s. Connections: %(n)s of %(most)s."),
        ("schema", "current"): say("All %(n)s parts ran, the last on %(moment)s."),
        ("schema", "pending"): say("Not run yet: %(names)s"),
        ("schema", "changed"): say("A part is not what it was when it ran: another version of Guerdon."),
        ("worker", "alive"): say("Deciding events: %(n)s. Last sign of life: %(moment)s."),
        ("worker", "gone"): say("None is alive. Last sign of life: %(moment)s."),
        ("worker", "none"): say("None is alive."),
        ("clock", "gap"): say("This clock and the database's differ by %(gap)s."),
        ("queue", "empty"): say("Nothing waits that is due."),
        ("queue", "waits"): say("Waiting: %(n)s, the oldest since %(moment)s."),
        ("disk", "room"): say("Free: %(free)s of %(total)s."),
        ("disk", "gone"): say("%(path)s cannot be read."),
        ("disk", "unseen"): say("The database is on a server of its own."),
        ("quarantine", "empty"): say("Every event that came could be used."),
        ("quarantine", "waits"): say("Set apart: %(n)s, the oldest since %(moment)s."),
        ("alarms", "none"): say("No alarm is open."),
        ("alarms", "open"): say("Open: %(n)s, the latest since %(moment)s."),
    }


def _OF_PARTNERS(say: Say) -> Mapping[tuple[str, str], str]:  # noqa: N802
    return {
        ("connection", "never"): say("Nothing came in the last %(days)s days."),
        ("connection", "silent"): say(
            "Silent for %(days)s days; one day in %(usually)s it usually sends something."
        ),
        ("connection", "heard"): say("Events on %(n)s of the last %(most)s days, the latest on %(day)s."),
        ("journal", "read"): say("Read last on %(moment)s."),
        ("journal", "unread"): say("Not read yet."),
        ("journal", "trouble"): say("Not read just now. Read last on %(moment)s."),
        ("journal", "missed"): say("Its place was gone on %(moment)s: some of what happened may be missing."),
        ("channel", "unsent"): say("Nothing was sent yet."),
        ("channel", "sent"): say(
            "Of the latest messages handed over: %(n)s, refused: %(failed)s. Last on %(moment)s."
        ),
        ("webhooks", "well"): say("No endpoint fails."),
        ("webhooks", "failing"): say("Failing: %(names)s, since %(moment)s."),
    }


def _OF_ACCOUNTS(say: Say) -> Mapping[str, str]:  # noqa: N802
    return {
        "unasked": say("Not asked yet."),
        "well": say("Answers."),
        "rests": say("Rests until %(moment)s, as it asked for."),
        "fails": say("Failures in a row: %(n)s, since %(moment)s. Reason: %(why)s"),
        "shut": say("Not asked since %(moment)s: a person has to look. Reason: %(why)s"),
    }


def _OF_SAFETY(say: Say) -> Mapping[tuple[str, str], str]:  # noqa: N802
    return {
        ("address", "https"): say("%(address)s: nobody reads along."),
        ("address", "plain"): say("%(address)s is not https."),
        ("secret", "set"): say("Given by GUERDON_SECRET, and kept nowhere here."),
        ("secret", "kept"): say("Kept in a file that only its owner reads."),
        ("secret", "open"): say("Others of this machine may read its file."),
        ("secret", "unseen"): say("Its file cannot be looked at."),
        ("named", "here"): say("All are set."),
        ("named", "missing"): say("Not set: %(names)s"),
        ("sender", "ours"): say("Mails come from %(sender)s."),
        ("sender", "example"): say("%(sender)s is the example of the settings."),
        ("mail_server", "named"): say("Mails leave by %(server)s."),
        ("mail_server", "practice"): say("%(server)s is the practice mailbox: nothing leaves this machine."),
        ("signature", "signed"): say("Mails are signed (DKIM)."),
        ("signature", "plain"): say("Mails are not signed (DKIM): many are taken for spam."),
        ("controls", "held"): say("No breaches. Ran: %(n)s, on %(moment)s."),
        ("controls", "late"): say("No breaches, but they ran last on %(moment)s."),
        ("controls", "breached"): say("Breached: %(breached)s of %(n)s, on %(moment)s."),
        ("controls", "none"): say("No control has run yet."),
        ("anchor", "told"): say("The newest on %(moment)s."),
        ("anchor", "none"): say("None was told outside yet."),
        ("outside", "told"): say("Somebody outside is mailed the newest seal each hour."),
        ("outside", "none"): say("Nobody outside is: who runs this machine could rewrite all seals."),
        ("backup", "taken"): say("The latest base backup was begun on %(moment)s."),
        ("backup", "none"): say("None was taken."),
        ("backup", "not_kept"): say("The log was not kept on %(moment)s: what came since is in no backup."),
        ("backup", "unseen"): say("The database's host looks after it; nothing of it is seen here."),
    }
