"""Which keys and words a program's text knows at which place, for completion; the check knows them better."""

from collections.abc import Mapping

from guerdon.program.brand import reading as brand
from guerdon.program.brand.mending import THEMES
from guerdon.program.catalog import accounts, promises, reading
from guerdon.program.connections.connections import OPTIONAL as CONNECTION_OPTIONAL
from guerdon.program.connections.connections import REQUIRED as CONNECTION_REQUIRED
from guerdon.program.connections.contacts import OPTIONAL as CONTACT_OPTIONAL
from guerdon.program.connections.writes import PROPERTIES as WRITTEN_PROPERTIES
from guerdon.program.declared import API_VERSIONS, NOTED
from guerdon.program.drops.reading import DELIMITERS, ENCODINGS, FORMATS, MARKS, THOUSANDS
from guerdon.program.experiments import reading as experiments
from guerdon.program.experiments.holdouts import EACH
from guerdon.program.load import OPTIONAL, REQUIRED
from guerdon.program.messages import accounts as carriers
from guerdon.program.messages import contact, slots, topics
from guerdon.program.messages import reading as messages
from guerdon.program.messages.nouns import (
    CHANNELS,
    CONFIRMING,
    CONSENT_RULES,
    EXTRA_KINDS,
    HOLIDAY,
    ONS,
    PERMISSIONS,
    TOPIC_KINDS,
    WEEKDAYS,
)
from guerdon.program.policy.approvals import KINDS
from guerdon.program.policy.budgets import FIELDS as BUDGET_FIELDS
from guerdon.program.policy.limits import BEYOND, BY_FIELD, PERIODS, PERS
from guerdon.program.referrals.reading import HOUSEHOLD
from guerdon.program.referrals.reading import OPTIONAL as REFERRAL_OPTIONAL
from guerdon.program.referrals.reading import REQUIRED as REFERRAL_REQUIRED
from guerdon.program.rules import OPTIONAL as RULE_OPTIONAL
from guerdon.program.rules import REQUIRED as RULE_REQUIRED
from guerdon.program.rules import STEPS
from guerdon.program.schemes import SHARED, SIDES
from guerdon.program.steps.reversals import OWED
from guerdon.program.steps.rewards import RATE_FIELDS, REWARD_LINES
from guerdon.program.tables.drafts import HITS
from guerdon.program.units import LIFE_FIELDS
from guerdon.text.units.words import FORMS, MAY_HAVE
from guerdon.values.texts import LANGUAGES

TEXTS = ("name", "because", "about", "use", "location_word")
FIELD = ("type", "name", "one_of", "required", "unit", "personal")
DAYS = ("from", "to")
TRANSLATED = ("property", "values")
HOLDING_STEP = ("event", "key", "fields")
# By a path of keys, `*` for any; one that begins with a point stands at the end of any path.
KEYS: Mapping[str, tuple[str, ...]] = {
    "": (*REQUIRED, *OPTIONAL),
    "rules.*": (*RULE_REQUIRED, *RULE_OPTIONAL),
    "rules.*.then.[]": STEPS,
    "rules.*.valid": DAYS,
    "reward.value": RATE_FIELDS,
    ".reward": REWARD_LINES,
    ".reward.table": ("hit", "columns", "rows"),
    ".reverse": ("rule", "reference", "part", "whole", "if_spent"),
    ".release": ("rule", "reference"),
    ".pending": ("days", "until"),
    "tables.*": ("name", "hit", "columns", "rows", "file"),
    "segments.*": ("name", "if"),
    "derived.*": ("name", "type", "is"),
    "groups.*": ("name", "pick"),
    "campaigns.*": ("name", *DAYS),
    "units.*": ("kind", "digits", *LIFE_FIELDS),
    "units.*.expires": ("after", "inactive", "on", "anniversary"),
    "markets.*": ("name", "language", "time_zone"),
    "locations.*": ("name", "market"),
    "members": ("sources", "attributes"),
    "members.attributes.*": FIELD,
    "events.*": ("name", "fields"),
    "events.*.fields.*": FIELD,
    "holdings.*": ("name", "fields", "from", "change", "until"),
    "holdings.*.fields.*": FIELD,
    "holdings.*.from": HOLDING_STEP,
    "holdings.*.from.[]": HOLDING_STEP,
    "holdings.*.change.[]": HOLDING_STEP,
    "holdings.*.until": ("event", "key"),
    "holdings.*.until.[]": ("event", "key"),
    "messages.*": ("channel", "topic", *(each for each in messages.OPTIONAL if each != "channel")),
    "messages.*.remind": messages.REMIND_FIELDS,
    "messages.*.text": slots.FIELDS,
    **{f"messages.*.text.{each}": LANGUAGES for each in slots.TEXTS},
    "messages.*.text.push": slots.PUSH_FIELDS,
    **{f"messages.*.text.push.{each}": LANGUAGES for each in slots.PUSH_FIELDS},
    "messages.*.text.extra.[].text": LANGUAGES,
    "topics.*.text": LANGUAGES,
    "messages.*.text.extra.[]": slots.EXTRA_FIELDS,
    "topics.*": (*topics.REQUIRED, *topics.OPTIONAL),
    "contact": contact.OPTIONAL,
    "contact.time_zone": ("attribute",),
    "contact.markets.*": contact.MANNERS,
    **{
        f"{at}.{line}": words
        for at in ("contact", "contact.markets.*")
        for line, words in (
            ("quiet", ("from", "to", "channels")),
            ("silent_days", ("on", "channels")),
            ("caps", contact.PERIODS),
            ("caps_service", contact.PERIODS),
        )
    },
    "channels": carriers.KINDS,
    "channels.sms": (*carriers.SMS_REQUIRED, *carriers.SMS_OPTIONAL),
    "channels.sms.senders": (carriers.DEFAULT,),
    "channels.push": carriers.PUSH_FIELDS,
    "channels.push.web": carriers.WEB_FIELDS,
    "channels.push.fcm": carriers.FCM_FIELDS,
    "items.*": ("name", "category", "values", "markets", "about", "use"),
    "catalog": ("kinds", *reading.OPTIONAL),
    "catalog.kinds.*": reading.KIND_FIELDS,
    "suppliers.*": (*accounts.REQUIRED, *accounts.OPTIONAL),
    "deliveries": promises.FIELDS,
    "holdout": experiments.FIELDS,
    "deliveries.rules.*": promises.PROMISE_FIELDS,
    **{
        f"{at}{line}": words
        for at in ("brand", "brand.markets.*")
        for line, words in (
            ("", brand.FIELDS if at != "brand" else (*brand.FIELDS, "markets")),
            *((f".{pair}", THEMES) for pair in brand.PAIRS),
            *((f".{text}", LANGUAGES) for text in ("short", "legal", "sender")),
            (".logo", THEMES),
            (".points.*", LANGUAGES),
            *((f".points.*.{each}", (*FORMS[each], *MAY_HAVE.get(each, ()))) for each in LANGUAGES),
        )
    },
    "budgets.*": ("per", "unit", *BUDGET_FIELDS),
    "budgets.*.top_up": ("below", "amount"),
    "limits.*": ("per", "period", "name", "amount", "times", "rules", "markets", "over"),
    "limits.*.per": BY_FIELD,
    "limits.*.period": ("hours",),
    "policy": ("allow", "personal_data"),
    "approvals": ("expire_hours", "escalate_hours", *KINDS),
    "approvals.*.[]": ("by", "up_to", "people", "markets"),
    "connections.*": (
        *CONNECTION_REQUIRED,
        *CONNECTION_OPTIONAL,
    ),
    "connections.*.map.[]": ("property", "value", "event", "fields"),
    "referrals.*": (*REFERRAL_REQUIRED, *REFERRAL_OPTIONAL),
    "referrals.*.promise": SIDES,
    "referrals.*.claims": ("event", "field"),
    "referrals.*.tells": SIDES,
    "referrals.*.tells.*": ("event", "fields"),
    "referrals.*.undo": ("on", "within", "tells"),
    "referrals.*.undo.tells": SIDES,
    "referrals.*.undo.tells.*": ("event", "fields"),
    "referrals.*.guards": ("shared", "household", "claims", "successes"),
    "referrals.*.guards.shared": SHARED,
    "drops.*": (
        *("format", "event", "id", "subject", "time", "fields", "decimal", "thousands"),
        *("encoding", "delimiter"),
    ),
    "drops.*.subject": ("source", "column"),
    "drops.*.time": ("column", "format", "zone"),
    "drops.*.fields.*": ("column", "format"),
    "connections.*.deals.[]": ("property", "value", "event", "fields", "contact"),
    "connections.*.action": ("event", "fields"),
    "connections.*.write": ("properties", "events"),
    "connections.*.write.properties": WRITTEN_PROPERTIES,
    "connections.*.write.events": NOTED,
    "connections.*.contacts": ("market", *CONTACT_OPTIONAL),
    "connections.*.contacts.market": TRANSLATED,
    "connections.*.contacts.language": TRANSLATED,
    "connections.*.contacts.location": TRANSLATED,
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "rules.*.promise": ("public", "campaign"),
    ".reverse.if_spent": OWED,
    ".pending": ("at_once",),
    "tables.*.hit": HITS,
    ".table.hit": HITS,
    "groups.*.pick": ("first", "best"),
    "units.*.rounding": ("down", "half_up", "half_even"),
    "units.*.expires": ("never",),
    "messages.*.channel": messages.OFFERED,
    "messages.*.channels": messages.OFFERED,
    "messages.*.beside": ("inapp",),
    "messages.*.on": ONS,
    "messages.*.data": messages.SPOKEN_OF,
    "messages.*.text.link": slots.LINKS,
    "messages.*.text.extra.kind": EXTRA_KINDS,
    "channels.sms.provider": carriers.PROVIDERS,
    "topics.*.class": TOPIC_KINDS,
    "topics.*.urgent": ("true", "false"),
    "topics.*.similar_goods": ("true", "false"),
    "topics.*.channels": CHANNELS,
    **{
        f"{at}.{line}": words
        for at in ("contact", "contact.markets.*")
        for line, words in (
            ("quiet.channels", CHANNELS),
            ("silent_days.channels", CHANNELS),
            ("silent_days.on", (*WEEKDAYS, HOLIDAY)),
            ("consent", CONSENT_RULES),
            ("double_opt_in", CONFIRMING),
            ("service_with_marketing", PERMISSIONS),
        )
    },
    "budgets.*.per": ("one", "market", "location"),
    "budgets.*.period": ("none", "month", "quarter", "year"),
    "budgets.*.when_empty": BEYOND,
    "budgets.*.carry_over": ("true", "false"),
    "limits.*.per": PERS,
    "limits.*.period": PERIODS,
    "limits.*.over": BEYOND,
    "brand.rosette": ("true", "false"),
    "brand.markets.*.rosette": ("true", "false"),
    "policy.personal_data": ("forbidden", "allowed"),
    ".required": ("true", "false"),
    ".personal": ("true", "false"),
    "connections.*.vendor": ("hubspot",),
    "referrals.*.guards.household": HOUSEHOLD,
    "catalog.split": ("true", "false"),
    "catalog.combine": ("true", "false"),
    "drops.*.format": FORMATS,
    "holdout.each": EACH,
    "drops.*.decimal": MARKS,
    "drops.*.thousands": THOUSANDS,
    "drops.*.encoding": ENCODINGS,
    "drops.*.delimiter": DELIMITERS,
    "connections.*.api": API_VERSIONS,
    "connections.*.journal": ("true", "false"),
}
