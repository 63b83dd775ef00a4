"""What each change means: an edited declaration is looked at beside what came and made a draft."""

import json
import re
from typing import Any

from tests.approvals.doors import Doors, Visitor, plain
from tests.approvals.house import PROGRAM
from tests.connections.house import DECLARED, KEY, PORTAL, House, declared_in, live_in
from tests.editing.drafts import fields_of

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.publish import publish
from guerdon.program.editing.connection_forms import ROWS_MAX, VALUES_MAX
from guerdon.program.load import read_program
from guerdon.program.model import Connection, Program
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
    page = olga.page(f"{THERE}?view=text")
    text = declared_in(page)
    assert text.startswith(f"{KEY}:")
    assert "contact.propertyChange lifecyclestage" in plain(page)
    assert "An event order.placed" in plain(page)
    assert "Property that means nothing here" in plain(page)
    assert "lead-of-Ada" not in page
    # The house was published past its text: it is written in lines.
    edited = re.sub(r"\n +value: customer", "", text)
    assert edited != text
    edited = edited.replace("journal: true", "journal: true  # by hand\n  # for now\n  ignore: [shoe_size]")
    looked = plain(olga.send(THERE, act="look", text=edited).content.decode())
    assert looked.count("An event order.placed") == 3
    assert "Property that means nothing here Ignored" in looked
    assert house.rows("select count(*) from program_drafts") == [(0,)]
    answer = olga.send(THERE, act="draft", text=edited, live=live_in(page))
    assert answer.status_code == 303
    ((draft,),) = house.rows("select text from program_drafts")
    # What somebody typed beside it is kept where they did.
    assert "\n    journal: true  # by hand\n    # for now\n    ignore:" in str(draft)
    assert "ignore: [shoe_size]" in str(draft)
    assert f"portal: {PORTAL}" in str(draft)


def test_what_cannot_be_read_is_said_and_what_is_the_same_is_no_draft(doors: Doors, house: House) -> None:
    olga = doors.visitor("olga")
    page = olga.page(f"{THERE}?view=text")
    text = declared_in(page)
    for typed, said in (
        (f"{text}{'# more' * 10_000}", "this is longer than 60000 characters"),
        ("{", "this is not the declaration of the connection"),
        ("other: {}", "this is not the declaration of the connection"),
        (text.replace("order.placed", "order.plaaced"), "order.plaaced"),
        (text, "the mapping is as it was"),
    ):
        answer = olga.send(THERE, act="draft", text=typed, live=live_in(page))
        assert answer.status_code == 422, typed
        assert said in plain(answer.content.decode()), typed
    assert house.rows("select count(*) from program_drafts") == [(0,)]


def test_who_may_not_write_rules_reads_and_who_may_not_read_them_finds_nothing(doors: Doors) -> None:
    assert "<textarea" not in doors.visitor("cora").page(THERE)
    assert doors.visitor("kim").get(THERE).status_code == 404
    assert doors.visitor("opa").get(THERE).status_code == 404


def look(visitor: Visitor, fields: dict[str, list[str]], **changed: str) -> Any:
    """What somebody is told while they type."""
    sent = fields | {name.replace("__", "."): [value] for name, value in changed.items()} | {"act": ["look"]}
    answer = visitor.client.post(visitor.home + THERE, sent, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def test_a_row_is_added_filled_in_looked_at_and_drafted_without_a_line_of_text(
    doors: Doors, house: House
) -> None:
    tell(house, ("lifecyclestage", "customer"), ("shoe_size", "44-of-Ada"))
    olga = doors.visitor("olga")
    page = olga.page(THERE)
    fields = fields_of(page)
    assert fields["map.0.property"] == ["lifecyclestage"]
    assert fields["contacts.market.theirs"] == ["Germany", "Norway", "", ""]
    assert fields["action.fields.order_no"] == ["order"]
    assert "44-of-Ada" not in page
    assert "shoe_size" in page
    assert "&#34;propertyValue&#34;: &#34;•••&#34;" in page
    begun = olga.client.post(olga.home + THERE, fields | {"act": ["add.map"]}).content.decode()
    fields = fields_of(begun)
    assert fields["map.rows"] == ["2"]
    # Begun and not filled in it is no row yet, and no mistake.
    assert look(olga, fields)["told"] == {}
    typed = {"map__1__property": "shoe_size", "map__1__event": "order.placed"}
    found = look(olga, fields, **typed)
    assert (found["count"], found["told"]) == ("", {})
    ((_, kept), (_, was)) = sorted(found["rows"].items())
    assert (kept["word"], kept["kind"], kept["changed"]) == ("An event", "order.placed", False)
    assert (was["word"], was["kind"], was["fields"], was["changed"]) == ("An event", "order.placed", [], True)
    assert house.rows("select count(*) from program_drafts") == [(0,)]
    # The event that was chosen has a field now, which the value may fill.
    shown = olga.client.post(
        olga.home + THERE,
        fields | {"act": ["look"], "map.1.property": ["shoe_size"], "map.1.event": ["order.placed"]},
    ).content.decode()
    fields = fields_of(shown, map__1__fields="order_no")
    fields["contacts.market.theirs"][2:] = ["Österreich", ""]
    fields["contacts.market.ours"][2:] = ["DE", ""]
    assert look(olga, fields)["rows"][f"{_last(house)}-1"]["fields"] == ["order_no"]
    drafted = olga.client.post(olga.home + THERE, fields | {"act": ["draft"]})
    assert drafted.status_code == 303
    connection = made_of(house)
    assert [(m.property, m.value, m.event, dict(m.fields)) for m in connection.mappings] == [
        ("lifecyclestage", "customer", "order.placed", {}),
        ("shoe_size", None, "order.placed", {"order_no": "value"}),
    ]
    assert connection.contacts is not None
    assert connection.contacts.market.values == {"Germany": "DE", "Norway": "NO", "Österreich": "DE"}
    assert (connection.action, connection.journal) == (house.declared.action, True)


def _last(house: House) -> object:
    ((number,),) = house.rows("select max(id) from deliveries")
    return number


def made_of(house: House) -> Connection:
    """The connection as the last draft has it."""
    ((text,),) = house.rows("select text from program_drafts order by id desc limit 1")
    made = read_program(str(text), None)
    assert isinstance(made, Program), made
    return made.connections[KEY]


def test_each_mistake_is_told_at_its_field(doors: Doors, house: House) -> None:
    olga = doors.visitor("olga")
    begun = fields_of(olga.page(THERE))
    for section in ("map", "deals", "deals"):
        page = olga.client.post(olga.home + THERE, begun | {"act": [f"add.{section}"]}).content.decode()
        begun = fields_of(page)
    found = look(
        olga,
        begun
        | {"deals.1.event": ["order.placed"], "deals.1.property": ["deal stage"], "ignore": ["a b\nopen=1"]},
        map__0__event="order.plaaced",
        map__1__value="only this",
        deals__1__contact="x" * 101,
        contacts__market__property="",
        contacts__email="lifecyclestage",
        action__fields__order_no="§",
    )
    told = found["told"]
    assert set(told) == {
        *("map.0.event", "map.1.property", "map.1", "deals.1.property", "deals.1.contact", "ignore"),
        *("contacts", "contacts.market", "action.fields"),
    }
    assert told["map.0.event"][0]["hint"] == "did you mean order.placed?"
    assert found["count"] == str(sum(map(len, told.values())))
    assert set(found["rows"].values()) <= {None}
    shown = olga.client.post(olga.home + THERE, begun | {"act": ["draft"], "map.0.event": ["order.plaaced"]})
    assert shown.status_code == 422
    wrong = shown.content.decode().partition('id="wrong-map.0.event"')[2].partition("</span></span>")[0]
    assert "unknown event order.plaaced" in wrong
    assert house.rows("select count(*) from program_drafts") == [(0,)]


def test_a_drafts_own_mapping_is_changed_in_it_and_upon_its_edition(doors: Doors, house: House) -> None:
    olga, otto = doors.visitor("olga"), doors.visitor("otto")
    fields = fields_of(olga.page(THERE), map__0__value="lead")
    there = olga.client.post(olga.home + THERE, fields | {"act": ["draft"]})["Location"]
    drf = there.rpartition("/")[2]
    assert f"connections/{KEY}/mapping?draft={drf}" in olga.page(there.removeprefix(olga.home))
    both = [fields_of(each.page(f"{THERE}?draft={drf}")) for each in (olga, otto)]
    assert [each["map.0.value"] for each in both] == [["lead"]] * 2
    saved = olga.client.post(olga.home + THERE, both[0] | {"act": ["draft"], "map.0.value": ["opportunity"]})
    assert (saved.status_code, saved["Location"]) == (303, f"{olga.home}{THERE}?draft={drf}")
    # With whatever is wrong in it, as the editors of rules do.
    fields = fields_of(olga.page(f"{THERE}?draft={drf}"), map__0__event="")
    assert olga.client.post(olga.home + THERE, fields | {"act": ["draft"]}).status_code == 303
    # Looked at again, what began with an older edition still does.
    looked = otto.client.post(otto.home + THERE, both[1] | {"act": ["look"], "map.0.value": ["won"]})
    late = otto.client.post(otto.home + THERE, fields_of(looked.content.decode()) | {"act": ["draft"]})
    assert late.status_code == 409
    assert "olga saved this draft meanwhile" in plain(late.content.decode())
    ((text, edition),) = house.rows("select text, edition from program_drafts")
    assert ("opportunity" in str(text), "won" in str(text), edition) == (True, False, 4)
    assert olga.get(f"{THERE}?draft=drf_0000000000009").status_code == 404


def test_the_form_and_the_text_are_one_and_what_cannot_be_read_stays_text(doors: Doors) -> None:
    olga = doors.visitor("olga")
    fields = fields_of(olga.page(THERE), ignore="shoe_size")
    text = declared_in(olga.client.post(olga.home + THERE, fields | {"act": ["as_text"]}).content.decode())
    assert "ignore: [shoe_size]" in text
    assert "secret: HUBSPOT_CLIENT_SECRET" in text
    token = {"csrfmiddlewaretoken": fields["csrfmiddlewaretoken"], "act": ["as_form"]}
    typed = text.replace("[shoe_size]", "[shoe_size, hat_size]")
    back = fields_of(olga.client.post(olga.home + THERE, token | {"text": [typed]}).content.decode())
    assert back["ignore"] == ["shoe_size\nhat_size"]
    assert back["base"] == [typed]
    broken = olga.client.post(olga.home + THERE, token | {"text": [f"{KEY}: ["]})
    assert broken.status_code == 422
    assert declared_in(broken.content.decode()) == f"{KEY}: ["


def test_a_row_that_the_form_cannot_show_stays_wherever_others_come_and_go(doors: Doors) -> None:
    olga = doors.visitor("olga")
    text = declared_in(olga.page(f"{THERE}?view=text"))
    rows = (
        "map: [{ property: hat, event: order.placed }, { property: odd, values: [1, 2] }, { property: shoe }]"
    )
    typed = f"{text.partition('  map:')[0]}  {rows}  # by hand\n"
    token = olga.page(THERE).partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    fields: dict[str, Any] = {"csrfmiddlewaretoken": [token], "text": [typed], "act": ["as_form"]}
    for act in ("remove.map.0", "add.map", "add.deals", "look", "remove.map.1", "look", "as_text"):
        page = olga.client.post(olga.home + THERE, fields).content.decode()
        fields = {**fields_of(page), "act": [act]}
    made = declared_in(olga.client.post(olga.home + THERE, fields).content.decode())
    assert "map: [{ property: odd, values: [1, 2] }]  # by hand" in made


def publish_other(house: House) -> None:
    """Another version goes live that says something else of the connection."""
    text = PROGRAM.read_text(encoding="utf-8") + DECLARED.replace("value: customer", "value: evangelist")
    made = read_program(text, None)
    assert isinstance(made, Program), made
    with connect(house.url, house.secret, "owner") as db:
        publish(db, made, "test", utc_now())


def test_a_form_that_began_with_an_older_version_is_told_and_changes_nothing(
    doors: Doors, house: House
) -> None:
    olga = doors.visitor("olga")
    fields = fields_of(olga.page(THERE), map__0__value="lead")
    looked = fields_of(olga.client.post(olga.home + THERE, fields | {"act": ["look"]}).content.decode())
    began = looked["live"]
    publish_other(house)
    # Looked at again, it still began with what it did.
    again = fields_of(olga.client.post(olga.home + THERE, looked | {"act": ["look"]}).content.decode())
    assert again["live"] == began != fields_of(olga.page(THERE))["live"]
    late = olga.client.post(olga.home + THERE, again | {"act": ["draft"]})
    assert late.status_code == 409
    assert "another version is live meanwhile" in plain(late.content.decode())
    assert house.rows("select count(*) from program_drafts") == [(0,)]


def test_a_form_is_never_cut_however_much_it_says(doors: Doors) -> None:
    olga = doors.visitor("olga")
    page = olga.page(THERE)
    fields = fields_of(page, contacts__market__theirs=[f"Land {n}" for n in range(130)])
    fields["contacts.market.ours"] = ["DE"] * 130
    fields["ignore"] = ["\n".join(f"property_{n}" for n in range(2000))]
    # Most attributes are filled by nothing, and a browser says so of each.
    fields |= {f"contacts.attributes.a{n}": ["" if n % 10 else f"from_{n}"] for n in range(1100)}
    answer = olga.client.post(olga.home + THERE, fields | {"act": ["as_text"]})
    assert answer.status_code == 200
    assert "maxlength" not in page
    text = declared_in(answer.content.decode())
    assert [n for n in range(130) if f"Land {n}: DE" not in text] == []
    assert [n for n in range(0, 1100, 10) if f"a{n}: from_{n}" not in text] == []
    assert [n for n in range(2000) if f"property_{n}" not in text] == []
    # As many lines as a form of all its rows and values has are taken.
    most = {f"deals.{row}.fields.f{n}": [""] for row in range(ROWS_MAX) for n in range(VALUES_MAX)}
    most |= {f"map.{row}.fields": ["f"] * VALUES_MAX for row in range(ROWS_MAX)}
    assert olga.client.post(olga.home + THERE, fields_of(page) | most | {"act": ["look"]}).status_code == 200
