"""A deal that is won: it is read, its contact becomes a member, and the reward is posted, once."""

import json
from datetime import timedelta

from tests.errands.house import ADA, REWARDS, TEXT, House

from guerdon.connectors.hubspot.api.journal import read_file
from guerdon.engine.arrivals import Unusable


def test_a_deal_that_is_won_rewards_its_contact_who_becomes_a_member(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, "dealer_code": "de-kiel", "visits": "3"})
    house.deal(ada, delivery_date="2026-05-04")
    house.settle()
    assert house.quarantined() == []
    assert house.rows("select type, outcome, data::json ->> 'price' from events") == [
        ("car.bought", "earned", "2499050")
    ]
    assert house.count(REWARDS) == 1
    member = house.rows("select market, language, location, attributes::text from members")
    assert member == [("DE", "de", "de-kiel", '{"visits":3}')]
    person = house.person(ada)
    assert person is not None
    assert (person.name, person.email) == ("Ada Byron", "ada@example.org")
    assert house.errands() == []


def test_deals_are_read_a_hundred_at_a_time(house: House) -> None:
    people = house.hubspot.add("contacts", *[{"country": "France"} for _ in range(130)])
    for person in people:
        house.deal(person)
    house.hear()
    before = house.hubspot.control("GET", "/counts")
    house.settle()
    assert house.count(REWARDS) == 130
    after = house.hubspot.control("GET", "/counts")
    asked = sum(after.get(name, 0) - before.get(name, 0) for name in after if "batch" in name)
    # Contacts, deals and whose these are; deals and contacts are told in batches of their own.
    assert 0 < asked <= 10


def test_what_is_told_twice_by_whomever_is_decided_once(house: House) -> None:
    house.publish_text(("subject: hubspot\n", "subject: hubspot\n    journal: true\n"))
    (hook,) = house.hubspot.control("GET", "/hooks")["hooks"]
    house.hubspot.control("PATCH", f"/hooks/{hook['id']}", {"duplicates": 1.0})
    (ada,) = house.hubspot.add("contacts", {**ADA, "drive_status": "done"})
    house.deal(ada)
    house.settle()
    told = [*house.heard_of("propertyChange"), *house.heard_of("creation")]
    # The journal tells of the same, in its own words, and some time later.
    events = [
        {
            "type": "crm.object",
            "portalId": each["portalId"],
            "objectId": each["objectId"],
            "objectTypeId": {"contact": "0-1", "deal": "0-3"}[each["subscriptionType"].split(".")[0]],
            "action": "UPDATE" if "propertyName" in each else "CREATE",
            "occurredAt": each["occurredAt"],
            "propertyChanges": {each["propertyName"]: each["propertyValue"]}
            if "propertyName" in each
            else {},
        }
        for each in told
    ]
    changes = read_file(json.dumps({"offset": "o", "journalEvents": events}).encode()).changes
    body = json.dumps([json.loads(each.encoded()) for each in changes if not hasattr(each, "reason")])
    kept = house.keep(body.encode())
    assert sum(each.accepted for each in kept) > 0
    house.settle()
    assert house.rows("select type, count(*) from events group by 1 order by 1") == [
        ("car.bought", 1),
        ("drive.done", 1),
    ]
    assert house.count("select n from intake_counts where what = 'told_twice'") > 0
    assert house.quarantined() == []
    # In a month nobody tells of it any more.
    claimed = house.count("select count(*) from happenings")
    house.ahead = timedelta(days=29)
    house.enrich()
    assert house.count("select count(*) from happenings") == claimed > 0
    house.ahead = timedelta(days=31)
    house.enrich()
    assert house.count("select count(*) from happenings") == 0


def test_where_the_journal_is_first_the_webhook_that_comes_late_is_the_second(house: House) -> None:
    house.publish_text(("subject: hubspot\n", "subject: hubspot\n    journal: true\n"))
    (ben,) = house.hubspot.add("contacts", {**ADA, "email": "ben@example.org"})
    house.settle()
    happened = house.heard_of("creation")[-1]["occurredAt"]
    first = {
        "eventId": 1,
        "subscriptionId": 0,
        "portalId": house.portal,
        "objectId": int(ben),
        "occurredAt": happened,
        "subscriptionType": "object.propertyChange",
        "objectTypeId": "0-1",
        "propertyName": "drive_status",
        "propertyValue": "done",
    }
    second = {**first, "eventId": 77, "subscriptionId": 5, "subscriptionType": "contact.propertyChange"}
    house.keep(json.dumps([first]).encode(), json.dumps([{**second, "objectTypeId": None}]).encode())
    house.settle()
    assert house.count("select count(*) from events where type = 'drive.done'") == 1


def test_nobodys_deal_waits_until_somebody_says_whose_it_is(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", ADA)
    deal = house.deal(None)
    house.settle()
    assert house.errands() == [("deal", deal, "read", "no_contact")]
    house.hubspot.control("POST", "/associate", {"contact": ada, "deal": deal})
    changed = {
        "eventId": 9,
        "subscriptionId": 9,
        "portalId": house.portal,
        "occurredAt": house.heard_of()[-1]["occurredAt"],
        "subscriptionType": "deal.associationChange",
        "associationType": "DEAL_TO_CONTACT",
        "fromObjectId": int(deal),
        "toObjectId": int(ada),
        "associationRemoved": False,
        "isPrimaryAssociation": False,
    }
    house.keep(json.dumps([changed]).encode())
    house.settle()
    assert house.count(REWARDS) == 1
    assert house.errands() == []


def test_nobodys_deal_is_set_apart_in_the_end_and_tried_again_is_read_again(house: House) -> None:
    deal = house.deal(None)
    house.settle()
    house.ahead = timedelta(days=4)
    house.settle()
    assert house.quarantined() == [("no_contact", f"Deal {deal} has no contact")]
    assert house.errands() == []
    (ada,) = house.hubspot.add("contacts", ADA)
    house.hubspot.control("POST", "/associate", {"contact": ada, "deal": deal})
    house.retry()
    house.settle()
    assert (house.count(REWARDS), house.quarantined()) == (1, [])


def test_what_the_program_does_not_read_any_more_is_told_as_it_came(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", ADA)
    house.deal(ada)
    house.hear()
    house.decide()
    start = TEXT.index("    deals:\n")
    house.publish_text((TEXT[start : TEXT.index("budgets:")], ""))
    house.settle()
    assert house.errands() == []
    assert {reason for reason, _ in house.quarantined()} == {"unknown_type"}
    assert house.member_of(ada) is not None


def test_a_deal_belongs_to_the_contact_that_the_program_names(house: House) -> None:
    ada, ben = house.hubspot.add("contacts", ADA, {**ADA, "email": "ben@example.org"})
    house.publish_text(("delivered_on: delivery_date }", "delivered_on: delivery_date }, contact: Buyer"))
    deal = house.deal(ben)
    house.hubspot.control("POST", "/associate", {"contact": ada, "deal": deal})
    house.settle()
    # HubSpot's own association has no label, so nobody is the buyer.
    assert house.errands() == [("deal", deal, "read", "no_contact")]
    house.publish_text(("delivered_on: delivery_date }", 'delivered_on: delivery_date }, contact: "3"'))
    house.ahead = timedelta(hours=7)
    house.settle()
    member = house.count("select member_id from events")
    # Of several, the one that was there first.
    assert member == house.member_of(min(ada, ben, key=int))


def test_a_deal_in_another_currency_or_without_a_price_is_set_apart(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", ADA)
    house.deal(ada, deal_currency_code="USD")
    house.deal(ada, amount="")
    house.deal(ada, amount="10.005")
    house.settle()
    assert sorted(str(detail) for _, detail in house.quarantined()) == [
        "amount of the deal is empty, and car.bought needs price",
        "amount of the deal: '10.005' is not an amount in EUR",
        "amount of the deal: it is in USD, and the program's field in EUR",
    ]
    assert {reason for reason, _ in house.quarantined()} == {"wrong_value"}
    # Whoever looks sees the one change with what was read for it, and what is wrong with that.
    for sight, (_, detail) in zip(house.look(), house.quarantined(), strict=True):
        assert json.loads(sight.raw or "").keys() == {"change", "object", "contact"}
        assert isinstance(sight.element, Unusable)
        assert sight.element.detail == detail


def test_a_property_whose_type_was_changed_is_set_apart_and_not_guessed(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", ADA)
    house.settle()
    control = house.hubspot.control
    control("PATCH", "/properties/deals/amount", {"type": "string", "fieldType": "text"})
    control("PATCH", "/properties/contacts/visits", {"type": "string", "fieldType": "text"})
    house.deal(ada, amount="about thirty thousand")
    control("PATCH", f"/records/contacts/{ada}", {"properties": {"visits": "often", "firstname": "Augusta"}})
    house.settle()
    assert sorted({str(reason) for reason, _ in house.quarantined()}) == ["contact_unfit", "wrong_value"]
    assert ("contact_unfit", "visits: 'often' is not a whole number (money is in minor units)") in (
        house.quarantined()
    )
    # What is known of a member stays until it can be read again.
    person = house.person(ada)
    assert person is not None
    assert person.name == "Ada Byron"
    assert house.count(REWARDS) == 0


def test_a_deal_that_is_gone_and_one_of_another_account_are_set_apart(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", ADA)
    deal = house.deal(ada)
    house.hear()
    house.decide()
    house.hubspot.control("DELETE", f"/records/deals/{deal}")
    house.settle()
    assert house.quarantined() == [("deal_gone", f"Deal {deal} is not in the CRM any more")]
    won = next(each for each in house.heard_of("propertyChange") if each.get("propertyName") == "dealstage")
    house.keep(json.dumps([{**won, "portalId": 7, "eventId": 1}]).encode())
    house.settle()
    assert house.quarantined()[1:] == [("other_portal", f"Portal 7 is not {house.portal}, as declared")]
    assert house.count(REWARDS) == 0
