"""What each change means: an edited declaration is looked at beside what came and made a draft."""

import json
import re

from tests.approvals.doors import Doors, plain
from tests.connections.house import KEY, PORTAL, House, declared_in

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

THERE = f"connections/{KEY}/mapping"


def tell(house: House, *changes: tuple[str, str]) -> None:
    """Webhooks of properties of a contact."""
    now = utc_now()
    body = json.dumps(
        [
            {
                "eventId": n,
                "subscriptionId": 7,
                "portalId": PORTAL,
                "objectId": 500,
                "occurredAt": int(now.timestamp() * 1000),
                "subscriptionType": "contact.propertyChange",
                "propertyName": name,
                "propertyValue": value,
            }
            for n, (name, value) in enumerate(changes)
        ]
    ).encode()
    read = read_arrivals(body)
    assert not isinstance(read, Unusable)
    with connect(house.url, house.secret, "web") as db:
        keep_deliveries(db, house.vault, house.program_id, [Delivery(KEY, body, read)], now)


def test_an_edited_declaration_is_looked_at_beside_what_came_and_made_a_draft(
    doors: Doors, house: House
) -> None:
    tell(house, ("lifecyclestage", "customer"), ("lifecyclestage", "lead-of-Ada"), ("shoe_size", "44"))
    olga = doors.visitor("olga")
    page = olga.page(THERE)
    text = declared_in(page)
    assert text.startswith(f"{KEY}:")
    assert "contact.propertyChange lifecyclestage" in plain(page)
    assert "An event order.placed" in plain(page)
    assert "Property that means nothing here" in plain(page)
    assert "lead-of-Ada" not in page
    # The house was published past its text: it is written in lines.
    edited = re.sub(r"\n +value: customer", "", text)
    assert edited != text
    edited = edited.replace("journal: true", "journal: true\n  ignore: [shoe_size]")
    looked = plain(olga.send(THERE, act="look", text=edited).content.decode())
    assert looked.count("An event order.placed") == 3
    assert "Property that means nothing here Ignored" in looked
    assert house.rows("select count(*) from program_drafts") == [(0,)]
    answer = olga.send(THERE, act="draft", text=edited)
    assert answer.status_code == 303
    ((draft,),) = house.rows("select text from program_drafts")
    assert "ignore: [shoe_size]" in str(draft)
    assert f"portal: {PORTAL}" in str(draft)


def test_what_cannot_be_read_is_said_and_what_is_the_same_is_no_draft(doors: Doors, house: House) -> None:
    olga = doors.visitor("olga")
    text = declared_in(olga.page(THERE))
    for typed, said in (
        ("{", "this is not the declaration of the connection"),
        ("other: {}", "this is not the declaration of the connection"),
        (text.replace("order.placed", "order.plaaced"), "order.plaaced"),
        (text, "the mapping is as it was"),
    ):
        answer = olga.send(THERE, act="draft", text=typed)
        assert answer.status_code == 422, typed
        assert said in plain(answer.content.decode()), typed
    assert house.rows("select count(*) from program_drafts") == [(0,)]


def test_who_may_not_write_rules_reads_and_who_may_not_read_them_finds_nothing(doors: Doors) -> None:
    assert "<textarea" not in doors.visitor("cora").page(THERE)
    assert doors.visitor("kim").get(THERE).status_code == 404
    assert doors.visitor("opa").get(THERE).status_code == 404
