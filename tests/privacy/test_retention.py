"""Bodies of what came in are deleted in time, and nobody who reads one is left without."""

from datetime import timedelta
from pathlib import Path
from threading import Event

import msgspec
import psycopg
import pytest
from tests.engine.harbor_house import deed
from tests.replay.trying import tried
from tests.why.conftest import Bakery

from guerdon.connectors.hubspot.payload import Change, read_changes
from guerdon.engine.arrivals import Arrival, Unusable
from guerdon.engine.bodies import open_body, seal_body
from guerdon.engine.library import Library
from guerdon.engine.privacy.naming import Names, is_theirs, is_worded
from guerdon.engine.privacy.retention import Term, keep_to_term, lessened
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.messages.notices import RECEIPTS_KEPT, WORDS_KEPT
from guerdon.store.privacy.bodies import drop_bodies
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Vault
from guerdon.values.returns import OPEN_DAYS
from guerdon.web.readers import READERS
from guerdon.worker import MAPPERS


def kept(bakery: Bakery, days: float) -> int:
    """Keep to a month, so many days from now; how many bodies went."""
    term = Term(Library(bakery.vault, MAPPERS), timedelta(days=30), Event(), bakery.graveyard)
    with connect(bakery.url, bakery.secret, "worker") as db:
        return keep_to_term(db, term, bakery.now + timedelta(days=days))


def bodies(bakery: Bakery) -> list[object]:
    """What is kept of what came in."""
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        rows = db.execute("select connection, body from deliveries order by id").fetchall()
    return [
        msgspec.json.decode(open_body(bakery.vault, bakery.program_id, connection, body))
        for connection, body in rows
    ]


def subjects(bakery: Bakery) -> list[list[str | None]]:
    """The same of lists of events: whose each is."""
    return [
        [each and each["subject"] for each in msgspec.convert(body, list[dict[str, object] | None])]  # type: ignore[misc]
        for body in bodies(bakery)
    ]


def test_what_was_decided_goes_after_its_time_and_is_explained_and_replayed_without(
    bakery: Bakery, tmp_path: Path
) -> None:
    bakery.tell_and_work(deed("ada", "oven.lit"), deed("ada", "cake.bought", price=2500, kind="plum_cake"))
    assert (kept(bakery, 29), len(bodies(bakery))) == (0, 1)
    assert (kept(bakery, 31), bodies(bakery)) == (1, [])
    assert {account.trouble for account in bakery.accounts("ada")} == {""}
    result, _ = tried(bakery, tmp_path, bakery.program)
    assert (result["events"], result["otherwise"]) == (2, 0)


def test_what_is_still_needed_of_a_body_stays_and_the_rest_of_it_goes(bakery: Bakery) -> None:
    bakery.call([deed("ada", "oven.lit"), deed("zoe", "oven.lit"), deed("ben", "oven.lit")])
    bakery.work()
    assert kept(bakery, 31) == 0
    assert subjects(bakery) == [[None, "crm:zoe", None]]
    # A month later its contact comes, and it is decided as it came.
    bakery.enroll_rows("crm,zoe,DE,,true,a-1")
    assert kept(bakery, 31) == 0
    bakery.work()
    assert bakery.rows("select count(*) from events") == [(3,)]
    assert bakery.rows("select count(*) from rewards") == [(2,)]
    assert (kept(bakery, 31), bodies(bakery)) == (1, [])


def in_quarantine(bakery: Bakery, *who: str) -> Program:
    """Have a lit oven of each stand in quarantine, for the live version knows no ovens; the one that did."""
    before = bakery.program
    program = read_program(before.text.replace('"oven.lit"', '"oven.burnt"'))
    assert isinstance(program, Program), program
    bakery.call([deed(each, "oven.lit", -1) for each in who])
    with connect(bakery.url, bakery.secret, "owner") as db:
        publish(db, program, "test", bakery.now)
    bakery.work()
    reasons = bakery.rows("select reason from quarantine where settled_at is null")
    assert reasons == [("no_longer_fits",)] * len(who)
    return before


def test_what_stands_in_quarantine_keeps_its_body_until_somebody_settled_it(bakery: Bakery) -> None:
    in_quarantine(bakery, "ada", "ben")
    assert (kept(bakery, 400), len(bodies(bakery))) == (0, 1)
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " select program_id, 'a', 'b', 'c', now() from programs"
        )
        db.execute(
            "update quarantine set settled_at = now(), settled_as = 'put_away', settled_by = 'a',"
            " settled_for = 'old'"
        )
    assert (kept(bakery, 400), bodies(bakery)) == (1, [])


def test_of_somebody_who_was_forgotten_not_even_quarantine_is_kept(bakery: Bakery) -> None:
    in_quarantine(bakery, "ada", "ben")
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute("insert into departures select program_id, 'crm', 'ada', 'forgotten', now() from programs")
    kept(bakery, 29)
    assert bakery.rows("select count(*) from quarantine where settled_at is null") == [(2,)]
    kept(bakery, 31)
    assert bakery.rows("select settled_as, settled_by, settled_for from quarantine order by event_id") == [
        ("put_away", "worker", "The contact asked to be forgotten"),
        (None, None, ""),
    ]
    assert bakery.rows("select count(*) from audit where action = 'quarantine.put_away'") == [(1,)]
    kept(bakery, 31)
    assert subjects(bakery) == [[None, "crm:ben"]]


def forget(bakery: Bakery, *ids: str) -> None:
    """Note that contacts of the CRM asked to be forgotten."""
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        for each in ids:
            db.execute(
                "insert into departures select program_id, 'crm', %s, 'forgotten', %s from programs",
                (each, bakery.now),
            )


def test_a_request_that_stands_whole_loses_the_elements_of_whoever_was_forgotten(bakery: Bakery) -> None:
    body = msgspec.json.encode([{"subject": "crm:ada"}, {"subject": "crm:ben"}])
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute(
            "with came as (insert into deliveries (program_id, connection, body, recorded_at)"
            " values (%(p)s, 'api', %(body)s, %(at)s) returning id)"
            " insert into quarantine (program_id, connection, reason, detail, delivery_id, recorded_at)"
            " select %(p)s, 'api', 'malformed_body', '', id, %(at)s from came",
            {
                "p": bakery.program_id,
                "body": seal_body(bakery.vault, bakery.program_id, "api", body),
                "at": bakery.now,
            },
        )
    forget(bakery, "ada")
    kept(bakery, 31)
    assert subjects(bakery) == [[None, "crm:ben"]]
    assert bakery.rows("select settled_as from quarantine") == [(None,)]
    # What is theirs alone goes as a whole. Who was forgotten since is looked for in what was looked at.
    forget(bakery, "ben")
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute("update guerdon.departures set at = %s", (bakery.now + timedelta(days=31),))
    kept(bakery, 31)
    assert bakery.rows("select settled_as from quarantine") == [("put_away",)]
    assert (kept(bakery, 31), bodies(bakery)) == (1, [])


def test_what_stands_under_another_id_of_theirs_is_put_away_too(bakery: Bakery) -> None:
    in_quarantine(bakery, "ada", "ben")
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into member_ids select program_id, 'shop', 's-1', member_id from member_ids"
            " where external_id = 'ada'"
        )
        db.execute(
            "insert into departures select program_id, 'shop', 's-1', 'forgotten', now() from programs"
        )
    # They were forgotten before attributes were, so all of it is done now.
    kept(bakery, 31)
    assert bakery.rows("select settled_as from quarantine order by event_id") == [("put_away",), (None,)]


def test_what_was_looked_at_is_not_opened_again_for_the_same(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery.call([deed("zoe", "oven.lit"), deed("yan", "oven.lit"), deed("ben", "oven.lit")])
    bakery.work()
    opened: list[str] = []

    def counted(vault: Vault, program_id: int, connection: str, sealed: bytes) -> bytes:
        opened.append(connection)
        return open_body(vault, program_id, connection, sealed)

    monkeypatch.setattr("guerdon.engine.privacy.retention.open_body", counted)
    for _ in range(3):
        kept(bakery, 31)
    assert (len(opened), subjects(bakery)) == (1, [["crm:zoe", "crm:yan", None]])
    # But when less of it is needed, more of it goes.
    bakery.enroll_rows("crm,zoe,DE,,true,a-1")
    bakery.work()
    kept(bakery, 31)
    assert (len(opened), subjects(bakery)) == (2, [[None, "crm:yan", None]])


def test_a_fault_in_one_program_keeps_no_other_from_its_term(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery.tell_and_work(deed("ada", "oven.lit"))
    ours = list_programs

    def with_another(db: Connection) -> list[tuple[int, str]]:
        return [(-1, "another"), *ours(db)]

    def failing(db: Connection, program_id: int, *_: object) -> int:
        if program_id == -1:
            db.execute("set statement_timeout = 1")
            try:
                db.execute("select pg_sleep(1)")
            finally:
                db.execute("reset statement_timeout")
        return 0

    monkeypatch.setattr("guerdon.engine.privacy.retention.list_programs", with_another)
    monkeypatch.setattr("guerdon.engine.privacy.retention.forget_what_is_left", failing)
    assert (kept(bakery, 31), bodies(bakery)) == (1, [])


def test_an_emptied_neighbour_keeps_nothing_from_being_tried_again() -> None:
    event = msgspec.json.encode(
        {"id": "1", "source": "s", "type": "oven.lit", "subject": "crm:ada", "time": "2026-01-01T00:00:00Z"}
    )
    read = READERS["cloudevents"](b"[null," + event + b"]")
    assert not isinstance(read, Unusable)
    first, second = read
    assert isinstance(first, Unusable)
    assert (first.position, second.position, isinstance(second, Arrival)) == (0, 1, True)


def test_many_are_looked_at_in_sets_whatever_stands_between_them(bakery: Bakery) -> None:
    for n in range(7):
        bakery.call([deed("zoe" if n % 3 == 0 else "ada", "oven.lit")])
    bakery.work()
    before = bakery.now + timedelta(days=1)
    with connect(bakery.url, bakery.secret, "worker") as db:
        last: int | None = 0
        seen = []
        while last is not None:
            with transaction(db, bakery.program_id) as tx:
                last, gone = drop_bodies(tx, before, last, 2)
            seen.append(gone)
        # The last set is what is left over, and one more says that there is no more.
        assert (len(seen), sum(seen)) == (5, 4)
        # Of another program it sees nothing.
        with transaction(db, bakery.program_id + 1) as tx:
            assert drop_bodies(tx, before, 0, 10) == (None, 0)
    assert len(bodies(bakery)) == 3


@pytest.mark.parametrize(
    ("body", "less"),
    [
        (b'[{"a":1.50}, {"b":2} ,{"c":3}]', b'[null,{"b":2},null]'),
        (b'{"read":[{"a":1},{"b":2}]}', b'{"read":[null,{"b":2}]}'),
        (b'{"a":[1,2]}', None),
        (b"[1", None),
        (b"[null,2]", None),
    ],
)
def test_a_body_is_lessened_in_its_places(body: bytes, less: bytes | None) -> None:
    assert lessened(body, [1]) == less


def test_a_lessened_request_of_hubspots_is_read_in_its_places() -> None:
    change = {**dict.fromkeys(("eventId", "subscriptionId", "portalId", "occurredAt", "objectId"), 1)}
    body = msgspec.json.encode([{**change, "subscriptionType": kind} for kind in ("a.x", "b.y", "c.z")])
    less = lessened(body, [1])
    assert less is not None
    read = read_changes(less)
    assert not isinstance(read, Unusable)
    first, kept_one, _ = read
    assert isinstance(first, Unusable)
    assert isinstance(kept_one, Change)
    assert kept_one.subscriptionType == "b.y"


CONTACTS = {"subscriptionType": "contact.propertyChange", "portalId": 1, "objectId": 77}
STEP = {"origin": {"portalId": 1}, "object": {"objectId": 77, "objectType": "CONTACT"}}
OURS = Names(1, frozenset({"77"}), frozenset({"crm:77"}))


@pytest.mark.parametrize(
    ("said", "theirs"),
    [
        (CONTACTS, True),
        (CONTACTS | {"subscriptionType": "object.propertyChange", "objectTypeId": "0-1"}, True),
        (CONTACTS | {"objectId": 8, "mergedObjectIds": [5, 77], "subscriptionType": "contact.merge"}, True),
        (CONTACTS | {"objectId": 8, "mergedObjectIds": "5;77", "subscriptionType": "contact.merge"}, True),
        ({"subscriptionType": "deal.associationChange", "associationType": "DEAL_TO_CONTACT"}
         | {"fromObjectId": 5, "toObjectId": 77}, True),
        ({"change": CONTACTS | {"objectId": 5}, "object": {}, "contact": "77"}, True),
        ({"asked_at": 1, "action": STEP}, True),
        ({"subject": "crm:77"}, True),
        # The same number in another place is somebody else's, or no contact at all.
        (CONTACTS | {"objectId": 8, "attemptNumber": 77, "propertyValue": "77", "eventId": 77}, False),
        (CONTACTS | {"subscriptionType": "deal.propertyChange"}, False),
        (CONTACTS | {"subscriptionType": "object.propertyChange", "objectTypeId": "0-3"}, False),
        (CONTACTS | {"portalId": 2}, False),
        ({"subscriptionType": "deal.associationChange", "associationType": "DEAL_TO_CONTACT"}
         | {"fromObjectId": 77, "toObjectId": 5}, False),
        ({"change": CONTACTS, "object": {"amount": "77"}, "contact": "8"}, False),
        ({"asked_at": 1, "action": STEP | {"object": {"objectId": 77, "objectType": "DEAL"}}}, False),
        ({"subject": "crm:8", "data": {"price": 77, "friend": "crm:77"}}, False),
        (77, False),
    ],
)  # fmt: skip
def test_who_is_meant_is_told_by_the_places_of_contacts(said: object, theirs: bool) -> None:  # noqa: FBT001
    assert is_theirs(msgspec.json.encode(said), OURS) is theirs


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (b'[{"objectId":77', True),
        (b'[{"subscriptionType":"contact.x","portalId":1,"objectId":"77"', True),
        (b'[{"subject":"crm:77"', True),
        (b'[{"objectId":77},{"objectId":8', None),
        (b'[{"subscriptionType":"deal.x","objectId":77', None),
        (b'[{"portalId":2,"objectId":77', None),
        (b'[{"objectId":770,"attemptNumber":77', False),
    ],
)
def test_what_nobody_can_read_is_theirs_if_it_names_nobody_else(
    text: bytes,
    meant: bool | None,  # noqa: FBT001
) -> None:
    assert is_worded(text, OURS) is meant


def test_nesting_beyond_all_reading_is_nobodys() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert lessened(b"[" + deep + b",2]", [1]) is None
    assert is_theirs(b'{"data":' + deep + b"}", OURS) is False


def test_whatever_leads_to_a_body_is_asked_before_it_goes(bakery: Bakery) -> None:
    """A table that is made later and leads to bodies has to be named in the function that deletes them."""
    leading = bakery.rows(
        "select a.attrelid::regclass::text from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where a.attname = 'delivery_id' and c.relkind in ('r', 'p') and not c.relispartition"
        " and c.relname <> 'webhook_attempts' and not a.attisdropped order by 1"
    )
    ((told,),) = bakery.rows("select prosrc from pg_proc where proname = 'drop_bodies'")
    assert [row[0] for row in leading] == ["errands", "inbox", "quarantine", "waiting"]
    for (table,) in leading:
        assert f".delivery_id from {table} " in str(told)


def noted(bakery: Bakery) -> list[str]:
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        return [row[0] for row in db.execute("select provider_id from message_notices order by 1").fetchall()]


def test_what_providers_told_goes_when_nothing_told_again_would_be_news(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than one set of them.
    monkeypatch.setattr("guerdon.engine.privacy.retention.SET", 2)
    with psycopg.connect(bakery.url, options="-c search_path=guerdon") as db:
        db.cursor().executemany(
            "insert into message_notices (program_id, channel, digest, provider_id, state, keyword, told_at,"
            " taken_at) values (%s, 'sms', sha256(%s::bytea), %s, %s, %s, %s, %s)",
            [
                (bakery.program_id, name.encode(), name, state, word, bakery.now, taken)
                for name, state, word, taken in [
                    *((f"receipt {n}", "delivered", None, bakery.now) for n in range(5)),
                    ("waits", "delivered", None, None),
                    ("word", None, "stop", bakery.now),
                    ("word waits", None, "stop", None),
                ]
            ],
        )
    kept(bakery, 119.9)
    assert len(noted(bakery)) == 8
    kept(bakery, 120.1)
    assert noted(bakery) == ["waits", "word", "word waits"]
    kept(bakery, 429.9)
    assert noted(bakery) == ["waits", "word", "word waits"]
    kept(bakery, 430.1)
    assert noted(bakery) == ["waits", "word waits"]


def test_they_are_kept_for_longer_than_a_mail_can_say_it_again() -> None:
    assert RECEIPTS_KEPT.days > OPEN_DAYS["bounces"]
    assert WORDS_KEPT.days > OPEN_DAYS["unsubscribe"]
