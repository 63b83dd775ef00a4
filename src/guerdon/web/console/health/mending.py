"""How a check is mended: what to do, the command or setting for it, and where in the console."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guerdon.queries.health.checks import Check
from guerdon.text.catalogs import words

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Mend:
    """What to do; `code` is typed or set as it stands there, `path` a page of the console."""

    text: str
    code: str = ""
    path: str = ""


def mend_of(check: Check, locale: str) -> Mend:
    """The mend of a check that is not good."""
    say = words(locale, "console").gettext
    found = _of_sight(say).get((check.key, check.seen)) or _of_kind(say)[check.key]
    if check.key == "connection":
        return Mend(found.text, path=f"connections/{check.subject}")
    return found


def _of_sight(say: Say) -> Mapping[tuple[str, str], Mend]:
    """Where one kind of check is mended in several ways."""
    worker = Mend(say("Start a worker, or look at what it writes:"), "./guerdon worker")
    return {
        ("controls", "none"): worker,
        ("controls", "late"): worker,
        ("schema", "changed"): Mend(say("Install the version of Guerdon that this database was made by.")),
        ("disk", "unseen"): Mend(say("Ask its host how full its disk is.")),
        ("backup", "unseen"): Mend(say("Ask its host when it was backed up, and have it tried.")),
        ("backup", "not_kept"): Mend(
            say("Look at the server's log, and take a new one:"), "./guerdon backup OUT"
        ),
        ("journal", "missed"): Mend(say("Read the contacts over."), path="connections"),
    }


def _of_kind(say: Say) -> Mapping[str, Mend]:
    worker = say("Start a worker, or look at what it writes:")
    setting = say("Set it, and start again:")
    account = say("Look why, and have it asked again.")
    return {
        "database": Mend(say("Allow more connections in the server's settings:"), "max_connections"),
        "schema": Mend(say("Run them:"), "./guerdon migrate"),
        "worker": Mend(worker, "./guerdon worker"),
        "queue": Mend(worker, "./guerdon worker --log-level info"),
        "clock": Mend(say("Have both machines set their clocks by the network (NTP).")),
        "disk": Mend(say("Make room, or move to a larger disk.")),
        "connection": Mend(say("Look whether the other system still sends, and where to.")),
        "journal": Mend(say("Look at its connection."), path="connections"),
        "write": Mend(say("Look at its connection."), path="connections"),
        "supplier": Mend(account, path="suppliers"),
        "channel": Mend(say("Look why messages failed."), path="messages"),
        "webhooks": Mend(account, path="webhooks"),
        "quarantine": Mend(say("Mend the mapping, and let them in again."), path="events/quarantine"),
        "alarms": Mend(say("Read what they say."), path="controls"),
        "address": Mend(
            say("Before others come: put a proxy with https in front, and set:"), "GUERDON_PUBLIC_URL"
        ),
        "secret": Mend(say("Let its owner alone read it:"), "chmod 600 var/secret"),
        "named": Mend(setting),
        "sender": Mend(setting, "GUERDON_MAIL_FROM"),
        "mail_server": Mend(setting, "GUERDON_SMTP_URL"),
        "signature": Mend(setting, "GUERDON_DKIM_KEY"),
        "controls": Mend(say("Read what they found."), path="controls"),
        "anchor": Mend(worker, "./guerdon worker"),
        "outside": Mend(setting, "GUERDON_ANCHOR_MAIL"),
        "backup": Mend(say("Take one, onto another disk:"), "./guerdon backup OUT"),
    }
