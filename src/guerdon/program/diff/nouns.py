"""What parts of a program are called where a change of them is told; the rest is called as in the file."""

from guerdon.program.diff.walk import ORDER
from guerdon.text.catalogs import Words

UNSAID = frozenset({"nodes", "then", "rows", "value", "everywhere", "looks", ORDER})


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
        "referrals": say("Referral scheme"),
        "drops": say("File drop"),
        "catalog": say("Catalog"),
        "suppliers": say("Account with a supplier"),
        "deliveries": say("Promise of delivery"),
        "topics": say("Topic"),
        "contact": say("Contact with members"),
        "links": say("Hosts of links"),
        "channels": say("Accounts of channels"),
        "brand": say("Brand"),
        "holdout": say("Holdout"),
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
    return "" if name in UNSAID else known.get(name) or _word_of_declared(spoken, name)


def _word_of_declared(spoken: Words, name: str) -> str:
    """The same for what is declared: tables, connections, holdings, and their fields."""
    say = spoken.gettext
    known = {
        "table": say("table"),
        "hit": say("which row counts"),
        "columns": say("columns"),
        "cells": say("written as"),
        "vendor": say("vendor"),
        "portal": say("account"),
        "secret": say("setting with the secret"),
        "subject": say("source of members"),
        "mappings": say("property"),
        "ignore": say("properties ignored"),
        "api": say("API version"),
        "journal": say("journal read as well"),
        "contacts": say("contacts"),
        "deals": say("deal"),
        "action": say("step of workflows"),
        "writes": say("what contacts are told"),
        "balances": say("balance of"),
        "properties": say("property written"),
        "events": say("event told"),
        "attributes": say("attributes"),
        "opens": say("begins with"),
        "changes": say("changes with"),
        "closes": say("ends with"),
        "key": say("told apart by"),
        "type": say("type"),
        "text": say("worked out as"),
        "one_of": say("values allowed"),
        "required": say("required"),
        "confirmed_at": say("confirmed by people at"),
        "personal": say("says who somebody is"),
        "unit": say("unit"),
        "pick": say("which of them gives"),
    }
    return known.get(name) or _word_of_files(spoken, name)


def _word_of_files(spoken: Words, name: str) -> str:
    """The same for file drops."""
    say = spoken.gettext
    known = {
        "format": say("format"),
        "event": say("event"),
        "id": say("told apart by"),
        "source": say("source of members"),
        "column": say("column"),
        "time": say("time"),
        "zone": say("time zone"),
        "decimal": say("decimal mark"),
        "thousands": say("mark of thousands"),
        "encoding": say("encoding"),
        "delimiter": say("delimiter"),
    }
    return known.get(name) or _word_of_catalog(spoken, name)


def _word_of_catalog(spoken: Words, name: str) -> str:
    """The same for choosing and receiving."""
    say = spoken.gettext
    known = {
        "kinds": say("category"),
        "icon": say("icon"),
        "split": say("used in parts"),
        "combine": say("several rewards for one item"),
        "pay_rest_with": say("what pays the rest beside a reward"),
        "worth": say("worth of one"),
        "second_factor_above": say("more than a link above"),
        "gift_days": say("days to accept a gift"),
        "claim_links": say("claim links"),
        "open_days": say("days for which a link opens"),
        "one_time": say("opens in one browser"),
        "kind": say("kind"),
        "hook_secret": say("setting with the key of callbacks"),
        "prefer": say("order of preference"),
        "per_minute": say("orders a minute"),
        "per_second": say("orders a second"),
        "options": say("options"),
        "within": say("promised within"),
        "at_most": say("at most"),
    }
    return known.get(name) or _word_of_messages(spoken, name)


def _word_of_messages(spoken: Words, name: str) -> str:
    """The same for messages: what they say and how they go."""
    say = spoken.gettext
    known = {
        "urgent": say("cannot wait"),
        "agreement": say("text to agree to"),
        "similar_goods": say("offers similar goods"),
        "channels": say("channels"),
        "topic": say("topic"),
        "on": say("sent when it is"),
        "beside": say("also over"),
        "fall_back_after": say("next channel after"),
        "remind": say("reminder"),
        "after_days": say("days after"),
        "before_days": say("days before the end"),
        "facts": say("may name"),
        "own": say("own text"),
        "headline": say("headline"),
        "subject_line": say("subject line"),
        "preheader": say("line beside the subject"),
        "body": say("body"),
        "button": say("button"),
        "link": say("leads to"),
        "title": say("title"),
        "extra": say("blocks"),
        "words": say("words"),
    }
    return known.get(name) or _word_of_contact(spoken, name)


def _word_of_contact(spoken: Words, name: str) -> str:
    """The same for whom they may reach, and when."""
    say = spoken.gettext
    known = {
        "zone_attribute": say("attribute with the time zone"),
        "sales": say("events that are a sale"),
        "quiet": say("quiet hours"),
        "begins": say("from"),
        "ends": say("until"),
        "silent_days": say("days without marketing"),
        "days": say("days"),
        "caps": say("most marketing messages"),
        "caps_service": say("most service messages"),
        "day": say("day"),
        "week": say("week"),
        "month": say("month"),
        "consent": say("consent to marketing"),
        "double_opt_in": say("consents confirmed over"),
        "service_with_marketing": say("marketing in service messages"),
        "holidays": say("holidays"),
        "said": say("says otherwise"),
    }
    return known.get(name) or _word_of_carriers(spoken, name)


def _word_of_carriers(spoken: Words, name: str) -> str:
    """The same for accounts with who carries messages."""
    say = spoken.gettext
    known = {
        "provider": say("carried by"),
        "account": say("account"),
        "senders": say("sender"),
        "pace": say("messages a second"),
        "contact": say("address for complaints"),
        "project": say("project"),
    }
    return known.get(name) or _word_of_brands(spoken, name)


def _word_of_brands(spoken: Words, name: str) -> str:
    """The same for how a program looks."""
    say = spoken.gettext
    known = {
        "short": say("short name"),
        "legal": say("legal address"),
        "hue": say("hue of grays"),
        "accent": say("accent"),
        "light": say("on light pages"),
        "dark": say("on dark pages"),
        "card": say("color of the card"),
        "card_fade": say("second color of the card"),
        "foil": say("foil"),
        "corners": say("roundness of corners"),
        "rosette": say("rosette"),
        "logo": say("logo"),
        "icon": say("icon"),
        "typeface": say("typeface"),
        "sender": say("sender of mails"),
        "points": say("words for units"),
        "mark": say("content"),
    }
    return known.get(name, name)
