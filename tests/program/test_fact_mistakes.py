"""Mistakes in what may come in and what follows: members, events, connections, rules, messages.

Each row of a table changes the small program of small.yaml in one place and names the line, the place, a
part of what is said and a part of the hint.
"""

from collections.abc import Callable

import pytest

Case = tuple[str, str, int, str, str, str]

FACTS: list[Case] = [
    (
        "  de-kiel: {",
        "  consistency: {",
        11,
        "locations.consistency",
        "the word of a page of the console",
        "de-compare",
    ),
    (
        "sources: [hubspot]",
        "sources: [Hub Spot, hubspot]",
        14,
        "members.sources",
        "Hub Spot cannot be",
        "hubspot",
    ),
    ("type: bool", "type: boolean", 16, "members.attributes.employee.type", "unknown type boolean", "bool?"),
    (
        "type: bool",
        "type: bool, required: true",
        16,
        "members.attributes.employee",
        "cannot be required",
        "has(...)",
    ),
    (
        "employee: {",
        "employee: { type: bool }\n    market: {",
        17,
        "members.attributes.market",
        "always there",
        "",
    ),
    (
        "    fields:\n      order_type",
        "    confirmed_at: home\n    fields:\n      order_type",
        19,
        "events.visit.completed.confirmed_at",
        "unknown place of confirming home",
        "location",
    ),
    (
        "  referral.succeeded:\n",
        "  referral.succeeded:\n    confirmed_at: location\n",
        23,
        "events.referral.succeeded.confirmed_at",
        "referred_contact is required",
        "remove",
    ),
    (
        "type: money",
        "type: money, unit: USD",
        21,
        "events.visit.completed.fields.paid.unit",
        "unknown unit USD",
        "",
    ),
    (
        "type: money",
        "type: int, unit: EUR",
        21,
        "events.visit.completed.fields.paid.unit",
        "not int",
        "remove",
    ),
    (
        "type: money",
        "type: int, one_of: [a]",
        21,
        "events.visit.completed.fields.paid.one_of",
        "not int",
        "rem",
    ),
    (
        "[retail, fleet]",
        "[retail, retail]",
        20,
        "events.visit.completed.fields.order_type.one_of[1]",
        "twice",
        "",
    ),
    (
        "[retail, fleet]",
        "[]",
        20,
        "events.visit.completed.fields.order_type.one_of",
        "no value is allowed",
        "like",
    ),
    ("      paid: {", "      in: {", 21, "events.visit.completed.fields.in", "condition language", "another"),
    (
        "      paid: {",
        "      happened_at: {",
        21,
        "events.visit.completed.fields.happened_at",
        "always there",
        "",
    ),
    (
        "required: true",
        "required: yes",
        24,
        "events.referral.succeeded.fields.referred_contact.required",
        "yes",
        "tr",
    ),
]

CONNECTIONS: list[Case] = [
    ("vendor: hubspot", "vendor: hubspt", 27, "connections.crm.vendor", "unknown vendor hubspt", "hubspot?"),
    (
        "portal: 12345",
        "portal: eu1",
        28,
        "connections.crm.portal",
        "eu1 is not a whole number",
        "digits only",
    ),
    (
        "CRM_CLIENT_SECRET",
        "GUERDON_SECRET",
        29,
        "connections.crm.secret",
        "a setting of Guerdon itself",
        "its own",
    ),
    (
        "subject: hubspot",
        "subject: crm",
        30,
        "connections.crm.subject",
        "unknown source of members crm",
        "hubspot",
    ),
    (
        "event: visit.completed }",
        "event: visit.complete }",
        32,
        "connections.crm.map[0].event",
        "visit.complete",
        "?",
    ),
    (
        "{ property: referred, event",
        "{ property: visit_status, value: done, event",
        33,
        "connections.crm.map[1]",
        "visit_status with the value done is mapped already",
        "see map[0]",
    ),
    (
        ", fields: { referred_contact: value }",
        "",
        33,
        "connections.crm.map[1]",
        "needs the field referred_c",
        "add",
    ),
    (
        "referred_contact: value }",
        "referred_contact: id }",
        33,
        "connections.crm.map[1].fields.referred_contact",
        "id",
        "",
    ),
    (
        "referred_contact: value }",
        "referred_contact: value, contact: value }",
        33,
        "connections.crm.map[1].fields.contact",
        "unknown referral.succeeded field contact",
        "did you mean referred_contact?",
    ),
    (
        "[lifecyclestage]",
        "[visit_status]",
        34,
        "connections.crm.ignore[0]",
        "mapped and ignored at once",
        "remove",
    ),
    ("[lifecyclestage]", "[a, a]", 34, "connections.crm.ignore[1]", "a stands here twice", ""),
    ("[lifecyclestage]", "[a=]", 34, "connections.crm.ignore[0]", "a= is no property", "drive_status=open"),
    (
        "[lifecyclestage]",
        "[visit_status=done]",
        34,
        "connections.crm.ignore[0]",
        "visit_status=done is mapped and ignored at once",
        "remove",
    ),
    (
        "[lifecyclestage]",
        "[referred=7]",
        34,
        "connections.crm.ignore[0]",
        "referred=7 is mapped and ignored at once",
        "remove",
    ),
]

RULES: list[Case] = [
    (
        "when: visit.completed",
        "when: visit.completd",
        43,
        "rules.visit.when",
        "unknown event",
        "visit.completed?",
    ),
    (
        "promise: public",
        "promise: privat",
        45,
        "rules.visit.promise",
        "unknown promise privat",
        "known: campaign",
    ),
    (
        "pay_from: by_market",
        "pay_from: by_markt",
        47,
        "rules.visit.then[0].reward.pay_from",
        "budget by_markt",
        "by_market?",
    ),
    (
        "- send: reward_ready",
        "- send: reward_redy",
        48,
        "rules.visit.then[1].send",
        "message",
        "reward_ready?",
    ),
    (
        "- send: reward_ready",
        "- sent: reward_ready",
        48,
        "rules.visit.then[1].sent",
        "unknown key sent",
        "send?",
    ),
    (
        "- send: reward_ready",
        "- send: reward_ready\n      - send: reward_ready",
        49,
        "rules.visit.then[2]",
        "already",
        "",
    ),
    ("!member.employee", "!member.employe", 44, "rules.visit.if", "employe", "employee"),
    ("event.order_type == 'retail'", "event.paid == 'retail'", 44, "rules.visit.if", "(column ", ""),
    ("event.order_type == 'retail'", "event.paid", 44, "rules.visit.if", "(column ", ""),
    ("event.order_type == 'retail'", "(event.paid > 1", 44, "rules.visit.if", "", ""),
    ("channel: email", "channel: fax", 50, "messages.reward_ready.channel", "unknown channel fax", "email"),
    (
        "topic: service",
        "topic: services",
        50,
        "messages.reward_ready.topic",
        "unknown topic services",
        "service?",
    ),
]


@pytest.mark.parametrize("case", [*FACTS, *CONNECTIONS, *RULES], ids=lambda case: case[1])
def test_a_mistake_about_facts_is_said_with_its_line_and_a_hint(
    is_said: Callable[[Case], bool], case: Case
) -> None:
    assert is_said(case)
