"""What is said of a schedule: when it comes, and what became of the latest."""

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import get_day_names

from guerdon.store.reports.schedules import Schedule
from guerdon.store.reports.slots import Slots
from guerdon.text import formats
from guerdon.text.catalogs import words

# A Monday.
_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Teller:
    """Sentences about schedules, in one language."""

    locale: str

    def weekday(self, number: int) -> str:
        """A day of the week, Monday being 1."""
        names = get_day_names("wide", locale=formats.cldr_locale(self.locale))
        return str(names[(_MONDAY + timedelta(days=number - 1)).weekday()])

    def hour(self, hour: int) -> str:
        """A full hour."""
        return f"{hour:02d}:00"

    def when(self, slots: Slots) -> str:
        """When it comes."""
        say = words(self.locale, "reports").gettext
        told = {"hour": self.hour(slots.hour), "zone": slots.zone}
        if slots.every == "week" and slots.day is not None:
            told["day"] = self.weekday(slots.day)
            return say("Each week, %(day)s at %(hour)s (%(zone)s)") % told
        if slots.every == "month":
            told["day"] = formats.number(slots.day or 1, self.locale)
            return say("Each month, on day %(day)s at %(hour)s (%(zone)s)") % told
        return say("Each day at %(hour)s (%(zone)s)") % told

    def last(self, row: Schedule) -> str:
        """What became of the latest."""
        say = words(self.locale, "reports").gettext
        if row.last_state is None:
            return say("None was due yet.")
        if row.last_state == "withheld":
            return {
                "rights": say("Not sent: your roles gave nothing of it."),
                "left": say("Not sent: you were suspended."),
            }.get(row.last_why, say("Not sent."))
        return {
            "due": say("Being made"),
            "handing": say("On its way"),
            "sent": say("Sent"),
            "refused": say("The mail server did not take it"),
            "unsure": say("It may have arrived: the mail server did not answer."),
        }[row.last_state]
