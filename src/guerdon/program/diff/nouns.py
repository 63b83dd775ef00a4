"""What parts of a program are called where a change of them is told; the rest is called as in the file."""

from guerdon.program.diff.walk import ORDER
from guerdon.text.catalogs import Words

UNSAID = frozenset({"nodes", "then", ORDER})


def noun_word(spoken: Words, section: str) -> str:
    """What an entry of a section is called."""
    say = spoken.gettext
    known = {
        "key": say("Key of the program"),
        "name": say("Name of the program"),
        "time_zone": say("Time zone"),
        "units": say("Unit"),
        "lives": say("Life of"),
        "markets": say("Market"),
        "locations": say("Location"),
        "location_word": say("Word for locations"),
        "sources": say("Sources of members"),
        "attributes": say("Attribute"),
        "events": say("Event"),
        "connections": say("Connection"),
        "budgets": say("Budget"),
        "limits": say("Limit"),
        "rules": say("Rule"),
        "messages": say("Message"),
        "items": say("Item"),
        "campaigns": say("Campaign"),
        "allowed": say("Categories allowed"),
        "ladders": say("Approval of"),
        "approval": say("Times of approvals"),
        "segments": say("Segment"),
        "derived": say("Derived attribute"),
        "holdings": say("Holding"),
        "groups": say("Group"),
        "tables": say("Table"),
    }
    return known.get(section, section)


def field_word(spoken: Words, name: str) -> str:
    """What a field is called; one that nobody named here, as the program's file spells it."""
    say = spoken.gettext
    known = {
        "name": say("name"),
        "amounts": say("reward"),
        "amount_minor": say("amount"),
        "amount": say("amount"),
        "times": say("times"),
        "when": say("event"),
        "condition_text": say("condition"),
        "promise": say("promise"),
        "markets": say("markets"),
        "campaign": say("campaign"),
        "priority": say("priority"),
        "group": say("group"),
        "valid": say("valid days"),
        "segments": say("segments"),
        "pay_from": say("paid from"),
        "valid_days": say("days valid"),
        "pending": say("pending"),
        "expiry": say("end of value"),
        "cap_minor": say("most of it"),
        "rate": say("rate"),
        "at_most_minor": say("at most"),
        "rules": say("rules"),
        "period": say("period"),
        "per": say("per"),
        "over": say("when it is over"),
        "when_empty": say("when it is empty"),
        "top_up": say("top-up"),
        "below": say("below"),
        "parent": say("budget above"),
        "roles": say("roles"),
        "people": say("people"),
        "fields": say("fields"),
        "values": say("values"),
        "up_to_minor": say("up to"),
        "language": say("language"),
        "time_zone": say("time zone"),
        "market": say("market"),
    }
    return "" if name in UNSAID else known.get(name, name)
