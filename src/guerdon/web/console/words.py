"""What a program calls its things, in a reader's language, for templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.access.roles import Role
from guerdon.program.model import Program
from guerdon.queries.budgets import BudgetLine
from guerdon.text.catalogs import words
from guerdon.text.quarantine import Parked, parked_text
from guerdon.text.reasons import reason_text
from guerdon.values.ids import show
from guerdon.values.texts import Text, text_in

# As vendors write their own names.
_VENDORS = {"hubspot": "HubSpot"}
_ICONS = {
    "no_show": "calendar-x",
    "cancel": "calendar-x",
    "drive": "car",
    "booking": "calendar-check",
    "purchas": "shopping-bag",
    "referr": "share-2",
    "redeem": "gift",
    "extended": "hourglass",
}


@dataclass(frozen=True, slots=True)
class Namer:
    """Names of rules, events, markets, locations, items and reasons; an unknown one is shown by its key."""

    program: Program
    locale: str
    # What items of the catalog are called that a page shows.
    items: Mapping[str, Text] = field(default_factory=dict)

    def rule(self, key: str) -> str:
        """A rule's name."""
        found = self.program.rules.get(key)
        return text_in(found.name, self.locale) if found else key

    def event(self, kind: str) -> str:
        """A kind of event: what the program calls it; without words for it, its one rule."""
        say = words(self.locale, "console").gettext
        ours = {
            "reward.redeemed": say("Reward redeemed"),
            "approval.granted": say("Approved by people"),
            "balance.adjusted": say("Adjusted by hand"),
            "reward.extended": say("Reward extended"),
            "value.spent": say("Value spent"),
            "value.held": say("Value held"),
            "order.reserved": say("Value held"),
            "order.failed": say("Held value was released"),
            "order.canceled": say("Held value was released"),
            "proof.sent": say("Code sent to confirm a link"),
            "sign_in.sent": say("Code sent to sign in"),
            "contact.told": say("Change told to the old address"),
            "link.sent": say("New link sent"),
            "reminder.sent": say("Reminder sent"),
            "broadcast.sent": say("Broadcast told to members"),
            "consent.asked": say("Consent waits to be confirmed"),
            "order.resent": say("Link sent again"),
            "message.resent": say("Message sent again"),
            "place.told": say("Place offered by mail"),
            "case.told": say("Answer told by mail"),
            "value.captured": say("Held value was spent"),
            "value.released": say("Held value was released"),
            "value.restored": say("Spent value was given back"),
            "value.matured": say("Pending value became available"),
            "value.expired": say("Value expired"),
        }.get(kind)
        if ours is not None:
            return ours
        found = self.program.events.get(kind)
        if found is not None and found.named:
            return text_in(found.name, self.locale)
        rules = [rule for rule in self.program.rules.values() if rule.when == kind]
        if len(rules) == 1:
            return text_in(rules[0].name, self.locale)
        return text_in(found.name, self.locale) if found else kind

    def icon(self, kind: str) -> str:
        """A mark beside a kind of event; it says nothing that the name does not."""
        return next((icon for part, icon in _ICONS.items() if part in kind), "activity")

    def market(self, key: str) -> str:
        """A market's name."""
        found = self.program.markets.get(key)
        return text_in(found.name, self.locale) if found else key

    def location(self, key: str | None) -> str:
        """A location's proper name."""
        found = self.program.locations.get(key) if key else None
        return found.name if found else (key or "")

    def budget(self, key: str) -> str:
        """A budget's name."""
        found = self.program.budgets.get(key)
        return text_in(found.name, self.locale) if found else key

    def node(self, line: BudgetLine) -> str:
        """What an account of a budget is called: by its place, or by the budget where it has one for all."""
        if line.location:
            return self.location(line.location)
        return self.market(line.market) if line.market else self.budget(line.budget)

    def item(self, key: str | None) -> str:
        """A catalog entry's name."""
        if not key:
            return ""
        found = self.program.items.get(key)
        name = self.items.get(key) if found is None else found.name
        return text_in(name, self.locale) if name else key

    def reason(self, reason: str) -> str:
        """Why a rule gave nothing, as staff read it."""
        return reason_text(words(self.locale, "reasons"), reason, self.program, "staff")

    def parked(self, reason: str) -> Parked:
        """Why an event stands in quarantine, and what to do."""
        return parked_text(words(self.locale, "reasons"), reason)

    def vendor(self, connection: str) -> str:
        """Whose system a connection joins; nothing for one that is not in the program."""
        found = self.program.connections.get(connection)
        return _VENDORS.get(found.vendor, found.vendor) if found else ""

    def message(self, key: str) -> str:
        """What a message is called."""
        say = words(self.locale, "console").gettext
        ours = {
            "reward_ready": say("Reward ready"),
            "reward_earned": say("Reward on its way"),
            "reward_taken_back": say("Reward taken back"),
            "reward_waiting": say("Reward waits to be used"),
            "reward_expiring": say("Reward ends soon"),
            "confirm_consent": say("Consent to be confirmed"),
            "reward:proof": say("Code sent to confirm a link"),
            "contact:code": say("Code sent to a new address"),
            "contact:changed": say("Change told to the old address"),
            "reward:link": say("New link sent"),
            "order:again": say("Link sent again"),
            "place:offered": say("Place offered by mail"),
            "order:there": say("Order came late"),
            "order:failed": say("Order could not be delivered"),
            "order:answered": say("Answer told by mail"),
        }
        return ours.get(key) or self._own_message(key) or key

    def _own_message(self, key: str) -> str:
        """The subject of a message that the program wrote itself, where nothing is filled in there."""
        found = self.program.messages.get(key)
        own = found.own if found is not None else None
        line = text_in(own.subject_line or own.headline, self.locale) if own is not None else ""
        return "" if "{{" in line else line

    @property
    def location_word(self) -> str:
        """What the program calls a location, as a column's head."""
        word = text_in(self.program.location_word, self.locale)
        return word[:1].upper() + word[1:]

    def counted(self, what: str) -> str:
        """What intake only counts, in words."""
        say = words(self.locale, "console").gettext
        return {
            "accepted": say("Accepted"),
            "duplicate": say("Duplicates"),
            "quarantined": say("Put in quarantine at the door"),
            "ignored": say("Ignored by the program"),
            "told_twice": say("Told twice"),
            "followed": say("Read or followed, no event"),
            "rejected_missing": say("Without a signature"),
            "rejected_forged": say("Wrong signatures"),
            "rejected_stale": say("Stale signatures"),
            "rejected_future": say("Dated in the future"),
            "rejected_too_large": say("Too large"),
        }.get(what, what.replace("_", " "))

    def digits(self, unit: str) -> int:
        """How many digits a unit has after its point."""
        found = self.program.units.get(unit)
        return found.digits if found else 0

    def last_day(self, expires_at: datetime) -> date:
        """The last day on which a reward can be used: its end is the first moment at which it is too late."""
        return (expires_at - timedelta(microseconds=1)).astimezone(ZoneInfo(self.program.time_zone)).date()

    def member(self, member_id: int) -> str:
        """A member's id as people see it."""
        return show("mem", member_id)

    def shown(self, prefix: str, number: int) -> str:
        """Any other id as people see it."""
        return show(prefix, number)


def role_name(role: Role, locale: str) -> str:
    """What a role is called."""
    say = words(locale, "console").gettext
    return {
        "operator": say("Operator"),
        "program_owner": say("Program owner"),
        "marketing": say("Marketing"),
        "finance": say("Finance"),
        "compliance": say("Compliance"),
        "dealer_relations": say("Network relations"),
        "dealer_manager": say("Location manager"),
        "frontline": say("Frontline"),
        "auditor": say("Auditor, reads everything"),
    }[role]


def persona_name(key: str, locale: str) -> str:
    """What a persona is called; one that a later release had, by its own word."""
    say = words(locale, "console").gettext
    return {
        "customer_experience": say("Head of customer experience"),
        "marketing_operations": say("Marketing operations"),
        "loyalty": say("CRM and loyalty manager"),
        "finance": say("Finance"),
        "compliance": say("Compliance and data protection"),
        "network": say("Head of network relations"),
        "location_manager": say("Location manager"),
        "after_sales": say("After-sales team"),
        "renewals": say("Renewal specialist"),
        "care": say("Customer care"),
        "retention": say("Retention lead"),
        "crm_team": say("Data and CRM team"),
        "integrator": say("Integrating developer"),
        "auditor": say("Auditor, reads everything"),
        "operator": say("Operator"),
    }.get(key, key)
