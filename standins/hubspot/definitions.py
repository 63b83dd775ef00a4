"""Definitions of properties, and whether a value is one that the definition takes."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standins.hubspot.clock import read_moment, written
from standins.hubspot.refusals import Bad, invalid

CALCULATED = "calculation_equation"
FORMS = {
    "bool": {"booleancheckbox", CALCULATED},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", CALCULATED},
    "number": {"number", CALCULATED},
    "phone_number": {"phonenumber"},
    "string": {"file", "html", "phonenumber", "text", "textarea", CALCULATED},
}
"""each type, and the ways of entering it"""
FIELD_TYPES = frozenset().union(*FORMS.values())
UNIQUE_MAX = 10
"""how many properties of a kind of record may want unique values, besides HubSpot's own"""
VALUE_CHARS_MAX = 65_536
DAY_MS = 86_400_000
NAME = re.compile(r"[a-z][a-z0-9_]*")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class Definition:
    """A property: what it is called and what it takes."""

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = "contactinformation"
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    of_hubspot: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1
    archived: bool = False
    made_ms: int = 0
    changed_ms: int = 0
    rule: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """The definition as the API answers it."""
        when = {"archivedAt": written(self.changed_ms)} if self.archived else {}
        return {
            **when,
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [{"displayOrder": -1, "hidden": False, **one} for one in self.options],
            "displayOrder": self.display_order,
            "calculated": False,
            "externalOptions": False,
            "archived": self.archived,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.of_hubspot,
            "modificationMetadata": {
                "archivable": not self.of_hubspot,
                "readOnlyDefinition": self.of_hubspot,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
            "createdAt": written(self.made_ms),
            "updatedAt": written(self.changed_ms),
        }

    def canonical(self, text: str) -> str:
        """The value as it is kept; raises Bad for one that the type does not take. Empty clears."""
        if text == "":
            return ""
        if len(text) > VALUE_CHARS_MAX:
            raise Bad(self.name, "VALUE_TOO_LONG", f"{self.name} is longer than {VALUE_CHARS_MAX} characters")
        return self._typed(text)

    def _typed(self, text: str) -> str:
        match self.type:
            case "number":
                return self._number(text)
            case "date":
                return self._date(text)
            case "datetime":
                return self._moment(text)
            case "bool":
                if text not in ("true", "false"):
                    raise Bad(self.name, "INVALID_BOOLEAN", f"{text} was not one of true, false.")
            case "enumeration":
                self._chosen(text)
            case _ if self.name == "email":
                text = text.strip().lower()
                if not EMAIL.fullmatch(text):
                    raise Bad(self.name, "INVALID_EMAIL", f"Email address {text} is invalid")
        return text

    def _number(self, text: str) -> str:
        if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text):
            raise Bad(self.name, "INVALID_DOUBLE", f"{text} was not a valid number.")
        return text

    def _date(self, text: str) -> str:
        try:
            moment = read_moment(text)
        except ValueError:
            raise Bad(self.name, "INVALID_DATE", f"{text} was not a valid date.") from None
        if moment % DAY_MS:
            raise Bad(self.name, "INVALID_DATE", f"{text} is not midnight in UTC.")
        return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()

    def _moment(self, text: str) -> str:
        try:
            return written(read_moment(text))
        except (ValueError, OverflowError):
            raise Bad(self.name, "INVALID_LONG", f"{text} was not a valid long.") from None

    def _chosen(self, text: str) -> None:
        allowed = [one["value"] for one in self.options]
        chosen = text.strip(";").split(";") if self.field_type == "checkbox" else [text]
        for one in chosen:
            if one not in allowed:
                message = f"{one} was not one of the allowed options: {allowed}"
                raise Bad(self.name, "INVALID_OPTION", message)

    def obeys(self, text: str) -> None:
        """Raise Bad where an admin's validation rule forbids the value."""
        if text == "":
            return
        rule = self.rule
        wrong = (
            ("min" in rule and float(text) < rule["min"])
            or ("max" in rule and float(text) > rule["max"])
            or ("pattern" in rule and re.fullmatch(rule["pattern"], text) is None)
        )
        if wrong:
            raise Bad(self.name, "VALIDATION_RULE_VIOLATED", f"{self.name} breaks a validation rule: {text}")


def check_types(kind: str, field_type: str) -> None:
    """Refuse a type or a way of entering it that HubSpot does not have."""
    if kind not in FORMS:
        raise invalid(f"invalid type: {kind}")
    if field_type not in FIELD_TYPES:
        raise invalid(f"invalid fieldType: {field_type}")


def check_form(kind: str, field_type: str, options: list[dict[str, Any]]) -> None:
    """Refuse a way of entering that is none of its type, and a choice of nothing."""
    check_types(kind, field_type)
    if field_type not in FORMS[kind]:
        raise invalid(f"fieldType {field_type} is not valid for type {kind}")
    if kind == "enumeration" and not options:
        raise invalid("options are required for a property of type enumeration")
    values = [one["value"] for one in options]
    if len(set(values)) < len(values):
        raise invalid("each option needs a value of its own")


@dataclass
class Group:
    """What properties are gathered under."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False
    of_hubspot: bool = False

    def shown(self) -> dict[str, Any]:
        """The group as the API answers it."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


def first_groups(object_type: str) -> dict[str, Group]:
    """The groups that every account has, as far as they matter here."""
    one = {
        "contacts": Group("contactinformation", "Contact information", of_hubspot=True),
        "deals": Group("dealinformation", "Deal information", of_hubspot=True),
    }[object_type]
    return {one.name: one}


def starting(object_type: str, now_ms: int) -> dict[str, Definition]:
    """The properties that every account has, as far as they matter here."""
    found = [
        ("hs_object_id", "number", "number", True, True),
        ("createdate", "datetime", "date", True, False),
        ("hs_merged_object_ids", "enumeration", "checkbox", True, False),
        *(CONTACT if object_type == "contacts" else DEAL),
    ]
    return {
        name: Definition(
            name,
            kind,
            field_type,
            read_only=read_only,
            unique=unique,
            of_hubspot=True,
            made_ms=now_ms,
            changed_ms=now_ms,
            group="contactinformation" if object_type == "contacts" else "dealinformation",
            options=[{"label": one, "value": one} for one in OPTIONS.get(name, ())],
        )
        for name, kind, field_type, read_only, unique in found
    }


CONTACT = [
    ("lastmodifieddate", "datetime", "date", True, False),
    ("email", "string", "text", False, True),
    ("hs_additional_emails", "enumeration", "checkbox", True, False),
    ("firstname", "string", "text", False, False),
    ("lastname", "string", "text", False, False),
    ("phone", "string", "phonenumber", False, False),
    ("mobilephone", "string", "phonenumber", False, False),
    ("company", "string", "text", False, False),
    ("city", "string", "text", False, False),
    ("zip", "string", "text", False, False),
    ("country", "string", "text", False, False),
    ("date_of_birth", "string", "text", False, False),
    ("hs_language", "enumeration", "select", False, False),
    ("lifecyclestage", "enumeration", "radio", False, False),
]
DEAL = [
    ("hs_lastmodifieddate", "datetime", "date", True, False),
    ("dealname", "string", "text", False, False),
    ("dealstage", "enumeration", "radio", False, False),
    ("pipeline", "enumeration", "select", False, False),
    ("amount", "number", "number", False, False),
    ("closedate", "datetime", "date", False, False),
    ("deal_currency_code", "enumeration", "select", False, False),
    ("description", "string", "textarea", False, False),
    ("dealtype", "enumeration", "radio", False, False),
]
OPTIONS: dict[str, tuple[str, ...]] = {
    "hs_language": ("en", "es", "de", "fr", "ar", "id", "nl", "it", "pt"),
    "lifecyclestage": ("subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer", "other"),
    "dealstage": (
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedlost",
    ),
    "pipeline": ("default",),
    "deal_currency_code": ("EUR", "USD", "GBP", "SAR", "IDR", "JPY"),
    "dealtype": ("newbusiness", "existingbusiness"),
}
